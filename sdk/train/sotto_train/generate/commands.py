"""Patterns to `command` rows. Every pattern has its own random numbers, seeded by its name, so that a new one changes no other's rows."""

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from sotto_train.generate import typed
from sotto_train.generate.patterns import Pattern
from sotto_train.generate.template import Sentence, Slot, fill
from sotto_train.generate.values import Values

SOURCE, LICENCE = "sotto-patterns", "Apache-2.0"
TRIES = 8  # for each new sentence; a template without slots has few
ROUNDS = 6


@dataclass
class GenerateOptions:
    count: int = 150_000
    per_pattern: int = 400
    seed: int = 0


def filler(values: Values, intent: str, lang: str, rng: random.Random, test: bool):
    """How the slots of one sentence are filled; no two slots of it get the same value."""
    used: set[str] = set()

    def one(slot: Slot, before: str, after: str) -> tuple[str, str]:
        for _ in range(5):
            lead, value = "", values.draw(lang, slot.list_name, slot.name, intent, rng, test)
            if value is None:
                lead, value = typed.make(lang, typed.Context(slot.name, intent, before, after, rng))
            if value not in used:
                break
        used.add(value)
        return lead, value

    return one


@dataclass
class Source:
    """A pattern that gives sentences until it has no new ones."""

    pattern: Pattern
    values: Values
    seed: int
    seen: set[str] = field(default_factory=set)
    sentences: list[Sentence] = field(default_factory=list)
    dry: bool = False

    def __post_init__(self):
        self.rng = random.Random(f"{self.seed}/{self.pattern.id}")

    def grow(self, target: int) -> int:
        """Sentences up to a number; how many are new."""
        before, p = len(self.sentences), self.pattern
        tries = TRIES * (target - before)
        while len(self.sentences) < target and tries:
            tries -= 1
            fill_one = filler(self.values, p.intent, p.lang, self.rng, p.split == "test")
            sentence = fill(p.template.choose(self.rng), fill_one)
            if sentence.text and sentence.text not in self.seen:
                self.seen.add(sentence.text)
                self.sentences.append(sentence)
        self.dry = len(self.sentences) < target
        return len(self.sentences) - before


def row_of(pattern: Pattern, number: int, sentence: Sentence) -> dict:
    row = {
        "id": f"{pattern.id}:{number}", "lang": pattern.lang, "source": SOURCE, "licence": LICENCE, "split": pattern.split,
        "kind": "command",
        "text": sentence.text, "intent": pattern.intent, "slots": sentence.slots, "pattern": pattern.id,
    }  # fmt: skip
    return row if pattern.intent == "chat.talk" else {**row, "scope": "in"}


def expand(patterns: Iterable[Pattern], values: Values, options: GenerateOptions) -> list[Source]:
    """Sentences shared evenly: what patterns with few sentences leave is given to the others, up to `per_pattern` each."""
    sources = [Source(p, values, options.seed) for p in patterns]
    made = 0
    for _ in range(ROUNDS):
        open_ones = [s for s in sources if not s.dry and len(s.sentences) < options.per_pattern]
        missing = options.count - made
        if not open_ones or missing <= 0:
            break
        share, extra = divmod(missing, len(open_ones))
        for i, source in enumerate(open_ones):
            target = min(options.per_pattern, len(source.sentences) + share + (i < extra))
            if target > len(source.sentences):
                made += source.grow(target)
    return sources


def rows_of(sources: Iterable[Source], taken: set[tuple[str, str]]) -> Iterator[dict]:
    """Rows without repeated texts: a text belongs to the first pattern that gave it, and training texts never stand in dev or test.
    `taken` holds the texts that were given, for the next source."""
    order = {"train": 0, "dev": 1, "test": 2}
    for source in sorted(sources, key=lambda s: order[s.pattern.split]):
        for number, sentence in enumerate(source.sentences):
            key = (source.pattern.lang, sentence.text.casefold())
            if key not in taken:
                taken.add(key)
                yield row_of(source.pattern, number, sentence)
