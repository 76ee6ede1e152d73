"""Which split a sentence belongs to where its set does not say: by a hash of its words, so that a sentence that stands twice in a set,
or in two of them, falls on the same side."""

import hashlib
import re

_NOT_WORDS = re.compile(r"[\W_]+")


def words_only(text: str) -> str:
    """Lower case without punctuation and spaces: what two sentences are compared by."""
    return _NOT_WORDS.sub("", text.lower())


def by_words(text: str, dev_percent: float, test_percent: float) -> str:
    digest = hashlib.blake2b(words_only(text).encode(), digest_size=8).digest()
    point = int.from_bytes(digest, "little") / 2**64 * 100
    if point < test_percent:
        return "test"
    return "dev" if point < test_percent + dev_percent else "train"


_NAMES = {"train": "train", "dev": "dev", "val": "dev", "valid": "dev", "validation": "dev", "test": "test"}


def given(name: str | None) -> str | None:
    """A set's own name of a split, or None where it is silent."""
    return _NAMES.get((name or "").lower().split("_")[0])
