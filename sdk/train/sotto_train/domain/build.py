"""assistant.json from data/: intents, their slots and replies, device kinds, small talk and refusals. The reader on the device is
plugins/dialogue/assistant/domain.cc; docs/models.md (The assistant's domain) has the format."""

import random
from collections.abc import Iterator
from pathlib import Path

import yaml

from sotto_train import rows, schema
from sotto_train.errors import UserError
from sotto_train.generate.lines import HEADERS, split_of
from sotto_train.generate.patterns import load, read_yaml

FORMAT, VERSION = "sotto.assistant", 1
LANGUAGES = ("zh", "en")
REPLY_KEYS = ("done", "failed", "ask")
SLOT_TYPES = ("text", "device", "area", "percent", "amount", "color", "temperature", "duration", "time", "repeat", "number")
MOST_EXAMPLES = 10  # of an intent in a language
INTENT_KEYS = {"targets", "needs_device", "required", "undo", "confirm", "instead"}


def build(data: Path) -> dict:
    own = yaml.safe_load((data / "assistant.yaml").read_text("utf-8"))
    intents = schema.intents()
    _check(own, intents)
    replies = {lang: _replies(data / "replies" / lang) for lang in LANGUAGES}
    return {
        "format": FORMAT,
        "version": VERSION,
        "slots": {name: own["slots"].get(name, "text") for name in schema.slots()},
        "kinds": own["kinds"],
        "intents": {name: _intent(name, intents[name], own["intents"].get(name) or {}, replies) for name in intents},
        "examples": {lang: _examples(data, lang) for lang in LANGUAGES},
        "talk": {lang: list(_pairs(data / "lines" / f"smalltalk.{lang}.tsv")) for lang in LANGUAGES},
        "refusals": {lang: list(_pairs(data / "lines" / f"refusal.{lang}.tsv")) for lang in LANGUAGES},
    }


def _check(own: dict, intents: dict) -> None:
    wrong = [f"slot {name}" for name in own["slots"] if name not in schema.slots() or own["slots"][name] not in SLOT_TYPES]
    for name, row in own["intents"].items():
        row = row or {}
        slots = set(intents.get(name, {}).get("slots", ()))
        if name not in intents or row.keys() - INTENT_KEYS:
            wrong.append(f"intent {name}")
        wrong += [f"target {kind} of {name}" for kind in row.get("targets", ()) if kind != "any" and kind not in own["kinds"]]
        wrong += [f"undo {row['undo']} of {name}" for _ in [0] if row.get("undo", name) not in intents]
        wrong += [f"instead {kind} of {name}" for kind, other in row.get("instead", {}).items() if kind not in own["kinds"] or other not in intents]
        wrong += [f"required {slot} of {name}" for group in row.get("required", ()) for slot in group if slot not in slots]
    if wrong:
        raise UserError(f"assistant.yaml: {', '.join(wrong)} is unknown; names come from intents.yaml and slots.yaml")


def _replies(folder: Path) -> dict[str, dict]:
    return {intent: replies for path in sorted(folder.glob("*.yaml")) for intent, replies in read_yaml(path).items()}


def _intent(name: str, fact: dict, row: dict, replies: dict[str, dict[str, dict]]) -> dict:
    spoken = {lang: {key: replies[lang].get(name, {}).get(key) for key in REPLY_KEYS} for lang in LANGUAGES}
    spoken = {lang: {key: texts for key, texts in of.items() if texts} for lang, of in spoken.items()}
    for lang, texts in (row.get("confirm") or {}).items():
        spoken[lang]["confirm"] = texts
    asked = dict.fromkeys(slot for lang in LANGUAGES for slot in spoken[lang].get("ask", {}))
    made = {"slots": list(fact["slots"]), "required": row.get("required", [[slot] for slot in asked]), "replies": spoken}
    return {**made, **{key: row[key] for key in ("targets", "needs_device", "undo", "instead") if key in row}}


def _examples(data: Path, lang: str) -> list[list[str]]:
    """[sentence with {slots}, intent]: one way through each pattern of the train split, and lines that no device can do."""
    rng, count, made = random.Random(f"examples/{lang}"), {}, []
    for pattern in load(data / "patterns", (lang,))[0]:
        if pattern.split != "train" or count.get(pattern.intent, 0) == MOST_EXAMPLES:
            continue
        count[pattern.intent] = count.get(pattern.intent, 0) + 1
        pieces = pattern.template.choose(rng)
        text = "".join(p if isinstance(p, str) else "{" + p.name + "}" for p in pieces)
        made.append([" ".join(text.split()), pattern.intent])
    scope = data / "lines" / f"scope.{lang}.tsv"
    lines = [line.split("\t")[0].strip() for _, line in rows.read_lines(scope)]
    return made + [[text, schema.NO_INTENT] for text in lines if text and split_of(text) == "train"]


def _pairs(path: Path) -> Iterator[list[str]]:
    """[what is said, what is answered, topic]."""
    for number, line in rows.read_lines(path):
        cells = [c.strip() for c in line.rstrip("\r\n").split("\t")]
        if len(cells) < 2 or line.startswith("#") or number == 1 and cells[0] in HEADERS:
            continue
        yield cells[:3]
