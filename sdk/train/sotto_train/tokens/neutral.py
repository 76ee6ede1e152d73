"""Orders carry no mood: without examples a sentiment head takes the words of a song's title for one."""

import random


def vary(row: dict, share: float, chance: random.Random) -> dict:
    """The row; a command of which nobody said a mood is neutral with the chance `share`."""
    if not share or row["kind"] != "command" or "sentiment" in row or chance.random() >= share:
        return row
    return {"care": "none", **row, "sentiment": "neutral", "emotion": "neutral"}
