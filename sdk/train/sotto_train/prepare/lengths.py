"""Filters by length and by what a text is made of."""

import re

from sotto_train.prepare import marked

# kind: least and most code points of one text
LIMITS = {"command": (1, 300), "scope": (1, 300), "mood": (1, 600), "chat": (1, 1200), "text": (4, 20000), "pair": (1, 600)}
_LETTER = re.compile(r"[^\W\d_]")
_LEAST_LETTERS = 0.3  # of running text: tables, lists of numbers and code fall below


def problem(row: dict) -> str | None:
    """Why a row is left out, or None."""
    low, high = LIMITS[row["kind"]]
    for text in marked.texts(row):
        if len(text.strip()) < low:
            return "too short"
        if len(text) > high:
            return "too long"
    if row["kind"] == "text" and len(_LETTER.findall(row["text"])) < _LEAST_LETTERS * len(row["text"]):
        return "hardly any letters"
    if row["kind"] == "chat" and len(row["turns"]) < 2:
        return "dialogue of less than two turns"
    return None
