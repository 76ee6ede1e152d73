"""Sentences as a speech recogniser writes them: no capitals, no point at the end. Places of slots stay what they were."""

import random

KINDS = ("command", "scope", "mood")
POINTS = ".。!！?？"


def vary(row: dict, share: float, chance: random.Random) -> dict:
    """The row, or with the chance `share` its plain form, if it has one."""
    if row["kind"] not in KINDS or not share or chance.random() >= share:
        return row
    return plain(row) or row


def plain(row: dict) -> dict | None:
    """None where lower-casing would move characters or nothing would be left."""
    text, slots = row["text"], row.get("slots", [])
    lower = text.lower()
    if len(lower) != len(text):
        return None
    end = len(lower.rstrip(POINTS + " "))
    if end == 0 or any(slot["end"] > end for slot in slots):
        end = len(lower)
    changed = {**row, "text": lower[:end]}
    if slots:
        changed["slots"] = [{**slot, "value": lower[slot["start"] : slot["end"]]} for slot in slots]
    return changed
