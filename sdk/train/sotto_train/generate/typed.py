"""Typed values: times, numbers and amounts in all the forms people say them in. One module a language makes them; both know the intent and
the words around, because "wake me at seven" and "an alarm for seven" carry the same value in different words."""

import random
from dataclasses import dataclass

SLOTS = frozenset(("percent", "amount", "temperature", "duration", "datetime", "new_datetime", "repeat", "number", "expression"))

# What a datetime of an intent is like; by intent, then by its first word. "future" for all others.
TIMES = {
    "alarm": "clock", "alarm.query": "day", "clock.convert": "clock", "clock.date": "day", "calendar.query": "day", "reminder.query": "day",
    "weather": "day", "news": "past", "health": "past", "message": "past", "email": "past", "device": "soon", "appliance": "soon",
    "taxi": "soon", "movie": "day", "recommend": "day", "traffic": "soon",
}  # fmt: skip


@dataclass
class Context:
    slot: str
    intent: str
    before: str  # the sentence so far
    after: str  # the words behind the slot
    rng: random.Random

    @property
    def group(self) -> str:
        return self.intent.split(".")[0]

    @property
    def times(self) -> str:
        return TIMES.get(self.intent) or TIMES.get(self.group) or "future"

    @property
    def previous(self) -> str:
        words = self.before.lower().split()
        return words[-1].strip(",") if words else ""

    def chance(self, p: float) -> bool:
        return self.rng.random() < p

    def weighted(self, *choices: tuple[float, object]):
        """One of (weight, value or function of the context)."""
        ((_, chosen),) = self.rng.choices(choices, [w for w, _ in choices])
        return chosen(self) if callable(chosen) else chosen


def make(lang: str, context: Context) -> tuple[str, str]:
    """Words that stand before the value but are not part of it ("at "), and the value."""
    from sotto_train.generate import typed_en, typed_zh  # each imports Context from here

    if lang == "zh":
        return "", typed_zh.MAKERS[context.slot](context)
    return typed_en.make(context)
