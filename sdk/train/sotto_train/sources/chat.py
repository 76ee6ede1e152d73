"""Dialogues whose turns alternate between two people: the first speaks as the user. ChatterBot's lines are one question and its possible
answers, not a dialogue."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from sotto_train.sources import row
from sotto_train.sources.table import Source

_ALTERNATIVES = ("en_chatterbot", "zh_chatterbot")
# A list of turns is cut after so many, at an answer, so that a row fits a small context.
LONGEST = 12


def read(source: Source, path: Path, counts: Counter) -> Iterator[dict]:
    for number, given in row.objects(path, turns=list):
        texts = [t.strip() for t in given["turns"] if isinstance(t, str) and t.strip()]
        if len(texts) < 2:
            counts["dialogue of less than two turns"] += 1
            continue
        for part, turns in enumerate(_dialogues(source.name, texts)):
            counts["read"] += 1
            # The whole dialogue decides the split, so that its parts stay together; the set's own name does not bind: only one split of
            # each of these sets is here, and no figure of theirs is reported.
            yield row.make(source, f"{number}.{part}", source.lang, "chat", "".join(texts[:2]), turns=turns)


def _dialogues(name: str, texts: list[str]) -> Iterator[list[dict]]:
    if name in _ALTERNATIVES:
        for answer in texts[1:]:
            yield [{"role": "user", "text": texts[0]}, {"role": "assistant", "text": answer}]
        return
    for start in range(0, len(texts), LONGEST):
        piece = texts[start : start + LONGEST]
        if len(piece) > 1:
            yield [{"role": ("user", "assistant")[i % 2], "text": text} for i, text in enumerate(piece)]
