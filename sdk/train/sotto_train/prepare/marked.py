"""Text that is edited while the places of its slots stay right: every step of preparing goes through `Marked.sub`."""

import re
from collections.abc import Callable


class Marked:
    """A text and the spans [start, end) that must follow its edits."""

    __slots__ = ("text", "marks")

    def __init__(self, text: str, marks=()):
        self.text = text
        self.marks = [tuple(mark) for mark in marks]

    def sub(self, pattern: re.Pattern, replacement: str | Callable[[re.Match], str], spare: bool = False) -> int:
        """Replaces each match and moves the spans; the number of changes. `spare`: a match that touches a span stays as it is."""
        edits = []
        for match in pattern.finditer(self.text):
            if spare and any(match.start() < end and start < match.end() for start, end in self.marks):
                continue
            new = replacement if isinstance(replacement, str) else replacement(match)
            if new != match.group():
                edits.append((match.start(), match.end(), new))
        self.replace(edits)
        return len(edits)

    def replace(self, edits: list[tuple[int, int, str]]) -> None:
        """Sorted edits without overlaps. A span that an edit cuts grows to hold the whole replacement."""
        if not edits:
            return
        pieces, at = [], 0
        for start, end, new in edits:
            pieces += (self.text[at:start], new)
            at = end
        self.text = "".join(pieces) + self.text[at:]
        self.marks = [(_moved(start, edits, True), _moved(end, edits, False)) for start, end in self.marks]


def _moved(place: int, edits: list[tuple[int, int, str]], is_start: bool) -> int:
    shift = 0
    for start, end, new in edits:
        if end < place or end == place and (is_start or start < place):
            shift += len(new) - (end - start)
        elif start < place:  # inside the edit: the span takes all of it
            return start + shift + (0 if is_start else len(new))
        else:
            break
    return place + shift


def of_row(row: dict) -> Marked:
    return Marked(row["text"], [(slot["start"], slot["end"]) for slot in row.get("slots", ())])


def into_row(row: dict, edited: Marked) -> None:
    """Writes text and slots back; a slot whose words are gone goes too, space at its edges is left out."""
    row["text"] = edited.text
    if "slots" not in row:
        return
    slots = []
    for slot, (start, end) in zip(row["slots"], edited.marks):
        value = edited.text[start:end]
        start += len(value) - len(value.lstrip())
        value = value.strip()
        if value:
            slots.append({**slot, "value": value, "start": start, "end": start + len(value)})
    row["slots"] = slots


def edit(row: dict, step: Callable[[Marked], object]) -> None:
    """Runs a step over every text of a row."""
    if row["kind"] == "chat":
        row["turns"] = [{**turn, "text": _plain(turn["text"], step)} for turn in row["turns"]]
        return
    edited = of_row(row)
    step(edited)
    into_row(row, edited)
    if "other" in row:
        row["other"] = _plain(row["other"], step)


def _plain(text: str, step: Callable[[Marked], object]) -> str:
    edited = Marked(text)
    step(edited)
    return edited.text


def texts(row: dict) -> list[str]:
    if row["kind"] == "chat":
        return [turn["text"] for turn in row["turns"]]
    return [row["text"], row["other"]] if "other" in row else [row["text"]]
