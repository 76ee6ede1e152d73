"""Templates in the syntax of Home Assistant's hassil, parsed by it, sampled here: hassil gives sentences but not where their slots lie."""

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from hassil import expression as hassil
from hassil.parse_expression import parse_sentence
from hassil.parser import ParseError

CLOSERS = ",.?!;:，。？！；：、"
DEEPEST = 40  # rules within rules; a ring would not end


@dataclass
class Slot:
    name: str
    list_name: str


@dataclass
class Sentence:
    """Text that grows from left to right, with the places of its slots. Spaces never double and never stand before a comma."""

    text: str = ""
    slots: list[dict] = field(default_factory=list)

    def add(self, words: str) -> None:
        words = re.sub(r"\s+(?=[,.?!;:，。？！；：、])", "", re.sub(r"\s+", " ", words)) if words.strip() else " " * bool(words)
        if not self.text or self.text.endswith(" "):
            words = words.lstrip(" ")
        if words[:1] and words[0] in CLOSERS:
            self._strip()
        self.text += words

    def add_slot(self, name: str, value: str) -> None:
        value = re.sub(r"\s+", " ", value).strip()
        if re.search(r"(^| )a $", self.text) and re.match(r"(?i)(8|11\b|18|[aeio](?!ne\b|nce\b)|un(?!i))", value):
            self.text = self.text[:-1] + "n "  # a eight minute timer
        start = len(self.text)
        self.text += value
        self.slots.append({"name": name, "value": value, "start": start, "end": len(self.text)})

    def _strip(self) -> None:
        if not self.slots or self.slots[-1]["end"] < len(self.text):
            self.text = self.text.rstrip(" ")

    def finish(self) -> "Sentence":
        self._strip()
        return self


class Template:
    """One template; `rules` serve <rule> references (our own patterns have none). Raises ValueError with
    the reason for what cannot be parsed."""

    def __init__(self, text: str, rules: dict[str, "Template"] | None = None):
        self.text = text
        self.rules = rules
        try:
            self.root = parse_sentence(text).expression
        except (ParseError, AssertionError, IndexError) as error:
            raise ValueError(str(error) or "unbalanced brackets") from None

    def references(self) -> list[Slot]:
        return [node for node in self._walk(self.root, 0) if isinstance(node, Slot)]

    def _walk(self, node, depth: int) -> Iterator[Slot]:
        if isinstance(node, hassil.ListReference):
            yield Slot(node.slot_name, node.list_name)
        elif isinstance(node, hassil.RuleReference):
            yield from self._walk(self.rule(node.rule_name, depth).root, depth + 1)
        elif isinstance(node, hassil.Group):
            for item in node.items:
                yield from self._walk(item, depth)

    def rule(self, name: str, depth: int) -> "Template":
        if not self.rules or name not in self.rules:
            raise ValueError(f"the rule <{name}> does not exist")
        if depth > DEEPEST:
            raise ValueError(f"the rule <{name}> contains itself")
        return self.rules[name]

    def choose(self, rng: random.Random) -> list[str | Slot]:
        """One way through the template: words and slots in order, neighbouring words joined."""
        pieces: list[str | Slot] = []
        for piece in self._sample(self.root, rng, 0):
            if isinstance(piece, str) and pieces and isinstance(pieces[-1], str):
                pieces[-1] += piece
            elif piece:
                pieces.append(piece)
        return pieces

    def _sample(self, node, rng: random.Random, depth: int) -> Iterator[str | Slot]:
        if isinstance(node, hassil.TextChunk):
            yield node.original_text
        elif isinstance(node, hassil.ListReference):
            yield Slot(node.slot_name, node.list_name)
        elif isinstance(node, hassil.RuleReference):
            yield from self._sample(self.rule(node.rule_name, depth).root, rng, depth + 1)
        elif isinstance(node, hassil.Alternative):
            yield from self._sample(rng.choice(node.items), rng, depth)
        elif isinstance(node, hassil.Permutation):
            for item in rng.sample(node.items, len(node.items)):
                yield from self._sample(item, rng, depth)
        else:
            for item in node.items:
                yield from self._sample(item, rng, depth)

    def wording(self) -> str:
        """The literal words without slots, brackets, case and punctuation: templates with the same say the same."""
        bare = re.sub(r"\{[^}]*\}|<[^>]*>", " ", self.text.lower())
        return " ".join(re.findall(r"[a-z0-9']+|[\u3400-\u9fff]", bare))


Filler = Callable[[Slot, str, str], tuple[str, str]]  # slot, words before, words after -> (words outside the slot, value)


def fill(pieces: list[str | Slot], filler: Filler) -> Sentence:
    """Pieces to a sentence; the filler sees what stands around a slot, since "at seven" after "for" is "seven"."""
    sentence = Sentence()
    for i, piece in enumerate(pieces):
        if isinstance(piece, str):
            sentence.add(piece)
            continue
        after = next((p for p in pieces[i + 1 : i + 2] if isinstance(p, str)), "")
        lead, value = filler(piece, sentence.text, after)
        sentence.add(lead)
        sentence.add_slot(piece.name, value)
    return sentence.finish()
