"""Commands with intent and slots: SNIPS, HWU64, SLURP, MTOD, CLINC150, xSID. One shape of line, one table of labels a set."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from sotto_train import schema
from sotto_train.sources import labels, place, row
from sotto_train.sources.table import Source

# A wake word is the device's, not part of the command: SLURP and HWU64 have it in one sentence of eight or so.
_WAKE = (
    "alexa",
    "siri",
    "olly",
    "google",
    "hey google",
    "ok google",
    "okay google",
    "hey siri",
    "hey alexa",
    "hi alexa",
    "hey olly",
    "hi olly",
)


def read(source: Source, path: Path, counts: Counter) -> Iterator[dict]:
    for number, given in row.objects(path, text=str, intent=str, slots=list):
        counts["read"] += 1
        intent = labels.intent(source.labels, given["intent"])
        text = without_wake_word(place.join_tokens(given["text"]))
        if intent == labels.SKIP or not text:
            counts["label that mixes what we keep apart" if text else "only a wake word"] += 1
            continue
        keys = {"text": text, "intent": intent}
        if intent == schema.NO_INTENT:
            yield row.make(source, number, source.lang, "scope", text, given.get("split"), **keys, slots=[], scope="out")
            continue
        if source.labels != "clinc150":  # it marks no slots: absent is not the same as none
            keys["slots"] = _slots(source, given, intent, text, counts)
        yield row.make(source, number, source.lang, "command", text, _split(source, given), **keys, scope="in")


def _split(source: Source, given: dict) -> str | None:
    """A set that is all training gives the part that the table asks for to development."""
    return None if source.dev_percent and given.get("split") == "train" else given.get("split")


def _slots(source: Source, given: dict, intent: str, text: str, counts: Counter) -> list[dict]:
    allowed = schema.intents()[intent]["slots"]
    values = []
    for slot in given["slots"]:
        name = labels.slot(source.labels, given["intent"], slot["name"])
        if name in allowed:
            values.append((name, slot["value"]))
        else:
            counts["slot that our intent does not have"] += 1
    return place.place(text, values, counts)


def without_wake_word(text: str) -> str:
    lower = text.lower()
    for word in sorted(_WAKE, key=len, reverse=True):
        if lower.startswith(word) and not lower[len(word) : len(word) + 1].isalnum() and lower[len(word) : len(word) + 2] != "'s":
            return text[len(word) :].lstrip(" ,.!")
    return text
