"""Schema-Guided Dialogue: the dialogues as talk, and those turns of the user that stand by themselves (they open an intent) as commands."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from sotto_train import schema
from sotto_train.sources import labels, place, row
from sotto_train.sources.chat import LONGEST
from sotto_train.sources.table import Source

_ROLES = {"U": "user", "S": "assistant"}
_GREETING_WORDS = 3  # shorter openings ("Hi there") name no function, whatever their label says

# Turns further on often point at what was said before; alone they would teach that "that bus" is a command.
_POINTS_BACK = re.compile(r"\b(that|this|it|them|those|these|there|one|ones|they)\b", re.IGNORECASE)


def read(source: Source, path: Path, counts: Counter) -> Iterator[dict]:
    for number, given in row.objects(path, turns=list):
        spoken = [t for t in given["turns"] if t.get("s") in _ROLES and (t.get("t") or "").strip()]
        opening = "".join(t["t"] for t in spoken[:2])
        for start in range(0, len(spoken), LONGEST):
            piece = spoken[start : start + LONGEST]
            counts["read"] += 1
            turns = [{"role": _ROLES[t["s"]], "text": t["t"].strip()} for t in piece]
            yield row.make(source, f"{number}.{start}", "en", "chat", opening, turns=turns)
        for index, turn in enumerate(spoken):
            if command := _command(source, turn, counts):
                text, keys = command
                if index and _POINTS_BACK.search(text):
                    counts["turn that points back at others"] += 1
                    continue
                counts["read"] += 1
                yield row.make(
                    source, f"{number}.t{index}", "en", "command" if keys["scope"] == "in" else "scope", opening, text=text, **keys
                )


def _command(source: Source, turn: dict, counts: Counter) -> tuple[str, dict] | None:
    frames = turn.get("nlu", [])
    if turn["s"] != "U" or len(frames) != 1 or "INFORM_INTENT" not in frames[0].get("acts", ()):
        return None
    text = turn["t"].strip()
    frame = frames[0]
    theirs = f"{frame['service'].split('_')[0]}/{frame['intent']}"
    intent = labels.intent(source.labels, theirs)
    if intent == labels.SKIP or len(text.split()) <= _GREETING_WORDS:
        counts["turn without an intent of ours"] += 1
        return None
    if intent == schema.NO_INTENT:
        return text, {"intent": intent, "slots": [], "scope": "out"}
    allowed = schema.intents()[intent]["slots"]
    values = [(labels.slot(source.labels, theirs, name), value) for name, value in frame["slots"]]
    kept = [(name, value) for name, value in values if name in allowed]
    return text, {"intent": intent, "slots": place.place(text, kept, counts), "scope": "in"}
