"""Finds where slot values stand in a sentence: the public sets give values without offsets, and Chinese xSID text stands in tokens with
spaces between them that its values lack."""

import re
from collections import Counter

# What may stand between two values that are one phrase for us: "tomorrow at 7", "Boston, Massachusetts", 明天的早上.
_JOINTS = {
    "datetime": re.compile(r"[\s,，的]*(?:(?:at|on|in|of|from|,)\s+)?(?:the\s+)?", re.IGNORECASE),
    "place": re.compile(r"[\s,，的]*(?:in\s+)?", re.IGNORECASE),
    "person": re.compile(r"\s*"),
}
# A preposition is no part of a date, "in 10 minutes" and "by" are.
_DATE_HEAD = re.compile(r"(?:at|on|for|from|during)\s+(?:the\s+(?=morning|afternoon|evening|weekend|night))?", re.IGNORECASE)
_HAN = "\u3400-\u9fff\uf900-\ufaff"
_TOKEN_GAP = re.compile(rf"(?<=[{_HAN}，。？！、：；“”《》…])\s+|\s+(?=[{_HAN}，。？！、：；“”《》…])")


def join_tokens(text: str) -> str:
    """Chinese text without the spaces between its tokens; spaces between Latin words stay."""
    return _TOKEN_GAP.sub("", text.strip())


def occurrences(text: str, value: str) -> list[tuple[int, int]]:
    """Places of a value, first where it stands as whole words; spaces and case need not agree."""
    characters = [re.escape(c) for c in value if not c.isspace()]
    if not characters:
        return []
    pattern = re.compile(r"\s*".join(characters), re.IGNORECASE)
    found = [m.span() for m in pattern.finditer(text)]
    return sorted(found, key=lambda span: not _whole_words(text, *span))


def _whole_words(text: str, start: int, end: int) -> bool:
    def joined(a: str, b: str) -> bool:
        return a.isascii() and b.isascii() and a.isalnum() and b.isalnum()

    return not (start > 0 and joined(text[start - 1], text[start])) and not (end < len(text) and joined(text[end - 1], text[end]))


def place(text: str, values: list[tuple[str, str]], counts: Counter) -> list[dict]:
    """Slots with offsets, in order and without overlaps. Longer values are placed first, so that "New York" is not taken by "York"."""
    taken: list[tuple[int, int, str]] = []
    for name, value in sorted(values, key=lambda pair: -len(pair[1])):
        free = [s for s in occurrences(text, value) if all(s[1] <= a or s[0] >= b for a, b, _ in taken)]
        whole = [s for s in free if _whole_words(text, *s)]
        if not whole:
            counts["slot value not found in its text"] += 1
            continue
        taken.append((*whole[0], name))
    return [_slot(text, *span) for span in _merge(text, sorted(taken))]


def _merge(text: str, spans: list[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    merged: list[tuple[int, int, str]] = []
    for start, end, name in spans:
        joint = _JOINTS.get(name)
        if merged and merged[-1][2] == name and joint and joint.fullmatch(text[merged[-1][1] : start]):
            merged[-1] = (merged[-1][0], end, name)
        else:
            merged.append((start, end, name))
    return merged


def _slot(text: str, start: int, end: int, name: str) -> dict:
    head = _DATE_HEAD.match(text[start:end]) if name == "datetime" else None
    if head and head.end() < end - start:
        start += head.end()
    return {"name": name, "value": text[start:end], "start": start, "end": end}
