"""Where the words of a tagged text stand, for the ways that replace some of them."""

from collections.abc import Iterator


def located(text: str, words: list[tuple[str, str]]) -> Iterator[tuple[int, int, str, str]]:
    """(start, end, word, tag); words come in the order of the text."""
    at = 0
    for word, tag in words:
        start = text.find(word, at)
        if start < 0:
            continue
        at = start + len(word)
        yield start, at, word, tag


def free(start: int, end: int, slots) -> bool:
    return all(end <= slot["start"] or start >= slot["end"] for slot in slots)
