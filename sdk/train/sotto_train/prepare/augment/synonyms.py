"""Synonyms, bounded by the part of speech: our own table for Chinese, WordNet's most frequent sense for English."""

import functools
import random

from sotto_train import schema
from sotto_train.prepare.augment import places
from sotto_train.prepare.augment.wordnet import WordNet
from sotto_train.prepare.clean import has_han
from sotto_train.prepare.marked import Marked, of_row

_MOST = 2  # words replaced in one sentence: more and it is no longer the sentence whose label we know
_LONGEST = 4  # words of jieba that may join to one entry (调 高 一点)
# Penn tags that need no inflection, and WordNet's parts of speech.
_EN_TAGS = {"NN": "n", "VB": "v", "JJ": "a", "RB": "r"}


@functools.cache
def table() -> dict[str, dict[str, tuple[str, ...]]]:
    """tag -> word -> its whole group. Lines of data/synonyms/zh.tsv: tag<TAB>words separated by spaces."""
    groups: dict[str, dict[str, tuple[str, ...]]] = {}
    for line in (schema.data_folder() / "synonyms" / "zh.tsv").read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            tag, words = line.split("\t")
            group = tuple(words.split(" "))
            for word in group:
                groups.setdefault(tag, {})[word] = group
    return groups


def vary(row: dict, words: list[tuple[str, str]], chance: random.Random, context: dict) -> Marked | None:
    found = _chinese(row, words) if has_han(row["text"]) else _english(row, words, context.get("wordnet"))
    if not found:
        return None
    chosen = sorted(chance.sample(found, min(len(found), chance.randint(1, _MOST))))
    edited = of_row(row)
    edited.replace([(start, end, chance.choice(others)) for start, end, others in chosen])
    return edited


def _chinese(row: dict, words) -> list[tuple[int, int, list[str]]]:
    """The longest entries at the borders of words; places inside slots stay."""
    spans = list(places.located(row["text"], words))
    found, index = [], 0
    while index < len(spans):
        for last in range(min(index + _LONGEST, len(spans)), index, -1):
            start, end = spans[index][0], spans[last - 1][1]
            others = _others(row["text"][start:end], spans[index][3] if last == index + 1 else None)
            if others and places.free(start, end, row.get("slots", ())):
                found.append((start, end, others))
                index = last - 1
                break
        index += 1
    return found


def _others(word: str, tag: str | None) -> list[str]:
    """Members of its group: of the tag's table where it is one word of the segmenter, of any table where it is several."""
    for kind, groups in table().items():
        if word in groups and (tag is None or kind == "i" or tag != "vn" and (tag[0] == kind or (kind, tag[0]) in _LOOSE)):
            return [other for other in groups[word] if other != word]
    return []


# The segmenter's tags waver between these: 快 as a and d, 现在 as t and n, 一点 as m and d. A verb used as a noun (vn: 设个提醒) has
# other synonyms than the verb.
_LOOSE = {
    ("v", "n"),
    ("a", "d"),
    ("d", "a"),
    ("a", "v"),
    ("v", "a"),
    ("d", "m"),
    ("m", "d"),
    ("d", "c"),
    ("c", "d"),
    ("d", "v"),
    ("r", "d"),
    ("d", "r"),
    ("t", "d"),
    ("t", "n"),
    ("n", "j"),
    ("y", "e"),
    ("e", "y"),
    ("n", "l"),
    ("n", "t"),
    ("n", "s"),
    ("q", "m"),
    ("v", "p"),
    ("p", "v"),
    ("d", "z"),
    ("a", "z"),
    ("v", "i"),
    ("a", "i"),
    ("n", "x"),
    ("a", "b"),
    ("a", "n"),
    ("u", "y"),
}


def _english(row: dict, words, wordnet: WordNet | None) -> list[tuple[int, int, list[str]]]:
    if wordnet is None:
        return []
    found = []
    for start, end, word, tag in places.located(row["text"], words):
        pos = _EN_TAGS.get(tag)
        if pos and word.islower() and places.free(start, end, row.get("slots", ())):
            others = [other for other in wordnet.synonyms(word, pos) if _same_article(row["text"][:start], word, other)]
            if others:
                found.append((start, end, others))
    return found


def _same_article(before: str, word: str, other: str) -> bool:
    """After "a" or "an" the first sound must stay of its kind."""
    last = before.split()[-1:] or [""]
    return last[0].lower() not in ("a", "an") or (word[0] in "aeiou") == (other[0] in "aeiou")
