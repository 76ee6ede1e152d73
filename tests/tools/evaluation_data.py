"""The hand-written sets of the tests as data for `sotto evaluate`: challenge sets of sentiment, scripted dialogues, their sentences as intents.

evaluation_data.py --challenge FOLDER --scripts FOLDER --home FILE --domain FILE -o FILE.jsonl"""
import argparse
import json
import pathlib

parser = argparse.ArgumentParser()
parser.add_argument("--challenge", type=pathlib.Path, required=True)
parser.add_argument("--scripts", type=pathlib.Path, required=True)
parser.add_argument("--home", type=pathlib.Path, required=True)
parser.add_argument("--domain", type=pathlib.Path, required=True)
parser.add_argument("-o", "--output", type=pathlib.Path, required=True)


def moods(file):
    for line in file.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            _, label, emotion, _, text = line.split("\t")
            yield {"task": "sentiment", "text": text, "label": label, "emotion": emotion}


def dialogues(file, intents):
    """Talks without failing functions, functions of the tests and recognisers' lists; the first sentence of each as an intent."""
    talk, clock, is_plain = None, None, True
    for line in [*file.read_text(encoding="utf-8").splitlines(), "= end"]:
        kind, rest = line[:2], line[2:].strip()
        if kind == "= ":
            if talk and is_plain:
                yield {"task": "dialogue", "clock": clock, "turns": talk}
            talk, is_plain = [], True
        elif kind == "@ ":
            clock = rest
        elif kind == "> ":
            words, _, reading = rest.partition(" => ")
            talk.append({"user": words, "calls": []})
            intent = reading.split(" ")[0].split(":")[0] if reading else ""
            if intent and len(talk) == 1:
                yield {"task": "intent", "text": words, "intent": intent}
        elif kind == "! ":
            name, _, arguments = rest.partition(" ")
            is_plain = is_plain and name in intents
            talk[-1]["calls"].append({"name": name, "arguments": json.loads(arguments or "{}")})
        elif kind == "# " and rest.startswith("fails") or kind == "| ":
            is_plain = False


def main():
    options = parser.parse_args()
    intents = json.loads(options.domain.read_text(encoding="utf-8"))["intents"]
    cases = [{"task": "home", **json.loads(options.home.read_text(encoding="utf-8"))}]
    for file in sorted(options.challenge.glob("*.tsv")):
        cases += moods(file)
    for file in sorted(options.scripts.glob("*.txt")):
        cases += dialogues(file, intents)
    options.output.write_text("".join(json.dumps(case, ensure_ascii=False) + "\n" for case in cases), encoding="utf-8")


main()
