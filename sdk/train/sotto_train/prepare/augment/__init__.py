"""More ways to say what a training row says: synonyms, another order, other values, the noise of speech. Labels and spans are checked again
on every row that is made; what changed its meaning or its spans is thrown away."""

import random
import re
from collections import Counter
from collections.abc import Iterator

from sotto_train import rows
from sotto_train.prepare import marked
from sotto_train.prepare.augment import noise, order, synonyms, values
from sotto_train.sources.split import words_only

# name on the command line: (mark in the id, function (row, words, random, context) -> new text with marks, or None)
WAYS = {
    "synonyms": ("syn", synonyms.vary),
    "order": ("ord", order.vary),
    "values": ("val", values.vary),
    "noise": ("asr", noise.vary),
}
KINDS = ("command", "scope", "mood")
_POLAR_ZH = re.compile("[不没别勿未莫]")
_POLAR_EN = re.compile(r"\b(?:no|not|never|without|nothing|none|off|on|up|down)\b|n't\b")


class Augmenter:
    """One row at a time; the same seed and rows give the same rows. `context`: the values and the WordNet that the ways draw from."""

    def __init__(self, ways: list[str], copies: int, seed: int, context: dict):
        self._ways = ways
        self._copies = copies
        self._seed = seed
        self._context = context

    def __call__(self, row: dict, words: list[tuple[str, str]], counts: Counter) -> Iterator[tuple[str, dict]]:
        """(way, row) for each that could be made: at most `copies` of each way, all different."""
        if row["split"] != "train" or row["kind"] not in KINDS:
            return
        made = {words_only(row["text"])}
        texts = {row["text"]}
        chance = random.Random(f"{self._seed} {row['id']}")
        for way in self._ways:
            suffix, vary = WAYS[way]
            number = 0
            for _ in range(self._copies * 2):  # some tries give nothing or the same again
                if number == self._copies:
                    break
                edited = vary(row, words, chance, self._context)
                if edited is None:
                    continue
                candidate = _row(row, edited, f"{suffix}{number + 1}")
                key = words_only(candidate["text"])
                if candidate["text"] in texts or key in made and way != "noise":
                    continue
                if wrong := _problem(row, candidate, way):
                    counts[f"{way}: {wrong}"] += 1
                    continue
                made.add(key)
                texts.add(candidate["text"])
                number += 1
                counts[way] += 1
                yield way, candidate


def _row(row: dict, edited: marked.Marked, suffix: str) -> dict:
    made = {key: value for key, value in row.items() if key not in ("raw", "tags")}
    made["id"] = f"{row['id']}+{suffix}"
    marked.into_row(made, edited)
    return made


def _problem(row: dict, made: dict, way: str) -> str | None:
    if rows.problem(made):
        return "broke the row"
    if [slot["name"] for slot in sorted(made.get("slots", ()), key=lambda s: s["name"])] != [
        slot["name"] for slot in sorted(row.get("slots", ()), key=lambda s: s["name"])
    ]:
        return "lost a slot"
    if _polarity(made) != _polarity(row):
        return "turned the meaning round"
    if way in ("synonyms", "order") and _values(made) != _values(row):
        return "changed a value"
    return None


def _polarity(row: dict) -> Counter:
    """Negations and directions outside the slots: values may hold any word."""
    pieces, at = [], 0
    for slot in sorted(row.get("slots", ()), key=lambda s: s["start"]):
        pieces.append(row["text"][at : slot["start"]])
        at = slot["end"]
    outside = " ".join((*pieces, row["text"][at:])).lower()
    # 不要 and 别 are one negation in two words, so Chinese ones are counted, not compared.
    return Counter({"zh": len(_POLAR_ZH.findall(outside)), **Counter(_POLAR_EN.findall(outside))})


def _values(row: dict) -> list[tuple[str, str]]:
    return sorted((slot["name"], slot["value"].lower()) for slot in row.get("slots", ()))
