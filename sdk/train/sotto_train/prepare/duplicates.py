"""Duplicates: the same words again, nearly the same words with the same labels, and sentences that are held out for a test."""

import re
import zlib
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from datasketch import MinHash, MinHashLSH

from sotto_train import rows
from sotto_train.prepare import marked
from sotto_train.sources.split import words_only

THRESHOLD = 0.85  # Jaccard similarity of character n-grams
_PERMUTATIONS = 64
_SHINGLE = {"zh": 3, "mixed": 3, "en": 4}
# "timer for 5 minutes" and "for 6" are near, yet two sentences.
_NUMBERS = re.compile(r"\d+|[零〇一二两三四五六七八九十百千万半]+|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|half|quarter)\b")
_POLAR = re.compile(r"[不没别未开关上下升降增减高低大小]|\b(?:on|off|up|down|not|no|never|open|close|lock|unlock)\b|n't")
_LABELS = ("kind", "intent", "scope", "sentiment", "emotion", "care")
_prototype = MinHash(num_perm=_PERMUTATIONS, seed=1, hashfunc=zlib.crc32)


def key(row: dict) -> str:
    """The words that two rows are compared by; what has no words (an emoji) by itself."""
    texts = marked.texts(row)
    return "\n".join(words_only(text) or text.strip() for text in texts)


def signature(row: dict) -> np.ndarray:
    """Hash values of the n-grams of a row's words; made in the workers, compared in one process."""
    words = key(row)
    size = _SHINGLE[row["lang"]]
    grams = {words[i : i + size] for i in range(max(1, len(words) - size + 1))}
    made = _prototype.copy()
    made.update_batch([gram.encode() for gram in grams])
    return made.hashvalues


class HeldOut:
    """Sentences that no training row may be: of files that were named, and the dev and test rows of this run."""

    def __init__(self, files: Iterable[Path] = ()):
        self._texts: set[str] = set()
        for path in files:
            for row in rows.read(path):
                self.add(row)

    def add(self, row: dict) -> None:
        self._texts.update(words for text in _user_texts(row) if (words := words_only(text)))

    def holds(self, row: dict) -> bool:
        """For talk only its opening counts: single short answers (yes, 好的) are in every dialogue."""
        texts = _user_texts(row)
        return any(words_only(text) in self._texts for text in (texts[:1] if row["kind"] == "chat" else texts))


def _user_texts(row: dict) -> list[str]:
    if row["kind"] == "chat":
        return [turn["text"] for turn in row["turns"] if turn["role"] == "user"][:1]
    return marked.texts(row)


class Seen:
    """Rows so far. REQUIRES: one process, rows in their order, so that a run repeats itself."""

    def __init__(self, threshold: float = THRESHOLD):
        self._threshold = threshold
        self._exact: dict[str, tuple] = {}
        self._near: dict[tuple, MinHashLSH] = {}
        self._content: list[tuple] = []

    def problem(self, row: dict, hashvalues: np.ndarray | None) -> str | None:
        """Why a row is left out, or None; then it counts as seen. Without hash values only the same words count."""
        words, labels = key(row), tuple(row.get(name) for name in _LABELS)
        if words in self._exact:
            return "duplicate" if self._exact[words] == labels else "same words with another label"
        if hashvalues is not None and self._is_near(row, labels, hashvalues):
            return "near duplicate"
        self._exact[words] = labels
        return None

    def _is_near(self, row: dict, labels: tuple, hashvalues: np.ndarray) -> bool:
        group = (*labels, row["lang"], row["split"])
        if group not in self._near:  # making one is slow: it integrates to find its bands
            self._near[group] = MinHashLSH(threshold=self._threshold, num_perm=_PERMUTATIONS)
        index = self._near[group]
        made = MinHash(num_perm=_PERMUTATIONS, seed=1, hashfunc=zlib.crc32, hashvalues=hashvalues, scheme=_prototype.scheme)
        content = _content(row)
        for other in index.query(made):
            agreed = np.count_nonzero(self._content[other][1] == hashvalues) / _PERMUTATIONS
            if agreed >= self._threshold and self._content[other][0] == content:
                return True
        index.insert(len(self._content), made)
        self._content.append((content, hashvalues))
        return False


def _content(row: dict) -> tuple:
    """What must agree in near duplicates: values of slots, numbers, words that turn a meaning round. Not in running text."""
    if row["kind"] == "text":
        return ()
    text = "\n".join(marked.texts(row)).lower()
    values = tuple((slot["name"], slot["value"].lower()) for slot in row.get("slots", ()))
    return values, tuple(_NUMBERS.findall(text)), tuple(sorted(Counter(_POLAR.findall(text)).items()))
