"""The values of slots: lists of data/values/<lang>, the more particular one first, and typed values where there is no list.

A tenth of every list of 30 values or more is held out: those stand in the test split only, so that a test measures values never seen."""

import hashlib
import random
from dataclasses import dataclass, field
from pathlib import Path

from sotto_train import schema
from sotto_train.errors import UserError
from sotto_train.generate import typed

HOLD_OUT_FROM = 30
HELD_IN_TEST = 0.5  # share of a test row's values that are drawn from the held-out ones


@dataclass
class ValueList:
    path: Path
    known: list[str]
    held: list[str]

    def all(self) -> list[str]:
        return self.known + self.held


def read_list(path: Path) -> ValueList:
    try:
        lines = path.read_text("utf-8").splitlines()
    except UnicodeDecodeError:
        raise UserError(f"{path} is not UTF-8; convert it, for example with iconv") from None
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror}") from None
    values = list(dict.fromkeys(v for line in lines if (v := line.split(" #")[0].strip()) and not v.startswith("#")))
    if not values:
        raise UserError(f"{path} holds no values; write at least one a line")
    held: list[str] = []
    if len(values) >= HOLD_OUT_FROM:  # the tenth with the smallest hashes: adding a value moves few others
        by_hash = sorted(values, key=lambda v: hashlib.sha256(v.encode()).digest())
        chosen = set(by_hash[: len(values) // 10])
        held = [v for v in values if v in chosen]
    return ValueList(path, [v for v in values if v not in set(held)], held)


@dataclass
class Values:
    """Const but for its cache. `folder` is data/values."""

    folder: Path
    _cache: dict[tuple[str, str], ValueList | None] = field(default_factory=dict)

    def named(self, lang: str, name: str) -> ValueList | None:
        key = (lang, name)
        if key not in self._cache:
            path = self.folder / lang / f"{name}.txt"
            self._cache[key] = read_list(path) if path.exists() else None
        return self._cache[key]

    def find(self, lang: str, list_name: str, intent: str) -> ValueList | None:
        """<list>.<intent>, then <list>.<first word>, then <list>; a list of a typed slot is used only where it is particular."""
        for name in (f"{list_name}.{intent}", f"{list_name}.{intent.split('.')[0]}", list_name):
            if found := self.named(lang, name):
                return found
        return None

    def list_name(self, slot: str) -> str:
        return schema.slots().get(slot, {}).get("list", slot)

    def exists(self, lang: str, list_name: str, slot: str, intent: str) -> bool:
        return slot in typed.SLOTS or self.find(lang, self.list_name(list_name), intent) is not None

    def draw(self, lang: str, list_name: str, slot: str, intent: str, rng: random.Random, test: bool) -> str | None:
        """A value of a list, or None where there is none (then it is typed)."""
        found = self.find(lang, self.list_name(list_name), intent)
        if found is None:
            return None
        if test and found.held and rng.random() < HELD_IN_TEST:
            return rng.choice(found.held)
        return rng.choice(found.known)
