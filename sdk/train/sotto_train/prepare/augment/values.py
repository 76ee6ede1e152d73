"""Other values of the same slot: from data/values, and from other training rows of the same intent. In English a value must stand after the
same small word as there ("at seven" gives no "at tomorrow")."""

import random
import re
from collections.abc import Iterable

from sotto_train import schema
from sotto_train.prepare.clean import has_han
from sotto_train.prepare.marked import Marked, of_row

_SMALL = frozenset("a an the at on in for to by from of my this next every with and".split())
_LAST_WORD = re.compile(r"([A-Za-z']+)\s*$")
# Numbers must keep their meaning for the words around them (two songs, 20 percent), so these are not exchanged across rows.
_FIXED = ("state",)


class Values:
    """(language, slot) -> values of our lists; (language, intent, slot, small word before) -> values seen. const after construction."""

    def __init__(self, rows: Iterable[dict] = ()):
        self._seen: dict[tuple, dict[str, None]] = {}
        for row in rows:
            if row["split"] == "train":
                for slot in row.get("slots", ()):
                    self._seen.setdefault(_context(row, slot), {}).setdefault(slot["value"])
        self._pools = {context: tuple(values) for context, values in self._seen.items()}
        self._lists = {
            (lang, name): _list(lang, row["list"]) for lang in ("zh", "en") for name, row in schema.slots().items() if "list" in row
        }

    def others(self, row: dict, slot: dict, chance: random.Random) -> str | None:
        lang = "zh" if has_han(row["text"]) else "en"
        pools = [pool for pool in (self._lists.get((lang, slot["name"]), ()), self._pools.get(_context(row, slot), ())) if len(pool) > 1]
        if not pools or slot["name"] in _FIXED:
            return None
        value = chance.choice(chance.choice(pools))
        return None if value.lower() == slot["value"].lower() else value


def _context(row: dict, slot: dict) -> tuple:
    lang = "zh" if has_han(row["text"]) else "en"
    before = _LAST_WORD.search(row["text"][: slot["start"]]) if lang == "en" else None
    small = before[1].lower() if before and before[1].lower() in _SMALL else ""
    return lang, row.get("intent"), slot["name"], small


def _list(lang: str, name: str) -> tuple[str, ...]:
    file = schema.data_folder() / "values" / lang / f"{name}.txt"
    if not file.is_file():
        return ()
    return tuple(line.strip() for line in file.read_text("utf-8").splitlines() if line.strip() and not line.startswith("#"))


def vary(row: dict, words, chance: random.Random, context: dict) -> Marked | None:
    slots = sorted(row.get("slots", ()), key=lambda slot: slot["start"])
    if not slots or "values" not in context:
        return None
    edits = []
    for slot in slots:
        if (value := context["values"].others(row, slot, chance)) is not None:
            edits.append((slot["start"], slot["end"], value))
    if not edits:
        return None
    edited = of_row(row)
    edited.replace(edits)
    return edited
