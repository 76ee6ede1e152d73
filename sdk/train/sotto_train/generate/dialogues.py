"""Dialogues from commands and replies: user, call, result, answer; what is missing is asked for; corrections, follow-ups, several wishes.

user       调亮一点客厅的灯
assistant  call light.brighten {"area": "客厅", ...}
tool       {"result": "done"}
assistant  客厅的灯亮一些了。
"""

import hashlib
import json
import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sotto_train.generate import results, typed
from sotto_train.generate.check import PLACEHOLDER
from sotto_train.generate.commands import Source
from sotto_train.generate.patterns import Pattern, read_yaml
from sotto_train.generate.template import Sentence
from sotto_train.generate.values import Values
from sotto_train.tokens.chat import NO_CALL, arguments_of

SOURCE, LICENCE = "sotto-dialogues", "Apache-2.0"
FAILS = 0.08  # share of calls that a device cannot carry out
SHAPES = ((5, "plain"), (2.5, "missing"), (1.2, "corrected"), (1.2, "follow_up"), (1.5, "together"), (1.5, "in_turn"))

# What carries a new value alone. Train frames come first, the last of each list are the test split's.
ANSWERS = {
    "zh": ("{v}", "{v}吧", "就{v}", "{v}，谢谢", "嗯，{v}", "那就{v}吧", "要{v}的"),
    "en": ("{v}", "{v} please", "{v}, thanks", "let's say {v}", "um, {v}", "I'd say {v}", "make it {v}, please"),
}
CORRECTIONS = {
    "zh": ("不对，是{v}", "说错了，{v}", "等等，改成{v}", "我说的是{v}", "不是，{v}", "哎，换成{v}", "错啦，应该{v}才对"),
    "en": (
        "no, {v}",
        "sorry, I meant {v}",
        "I said {v}",
        "wait, {v}",
        "not that, {v}",
        "actually make it {v}",
        "wrong one, it should be {v}",
    ),
}
FOLLOW_UPS = {
    "zh": ("{v}呢", "那{v}呢", "{v}也一样", "还有{v}", "{v}怎么样", "再说说{v}", "换到{v}又如何"),
    "en": ("what about {v}", "and {v}", "the same for {v}", "how about {v}", "and for {v}", "{v} too", "now do that with {v}"),
}
JOINERS = {
    "zh": ("，然后", "，再", "，还有", "，顺便", "，完了之后"),
    "en": (" and then ", " and ", ", also ", ", then ", ", after which "),
}
FOLLOWED = ("area", "name", "place", "floor", "company", "person", "artist", "city", "word", "currency", "list")
CORRECTED = (
    *FOLLOWED,
    "datetime",
    "duration",
    "percent",
    "temperature",
    "color",
    "app",
    "song",
    "item",
    "mode",
    "scene",
    "label",
    "station",
)


@dataclass
class Command:
    """A sentence and what it asks for."""

    pattern: Pattern
    text: str
    arguments: dict

    @classmethod
    def of(cls, pattern: Pattern, sentence: Sentence) -> "Command":
        return cls(pattern, sentence.text, arguments_of(sentence.slots))


class Replies:
    """data/replies of some languages, by language and intent. Const after construction."""

    def __init__(self, folder: Path, langs: tuple[str, ...]):
        self._replies = {(lang, intent): replies
                         for lang in langs for path in sorted((folder / lang).glob("*.yaml")) for intent,
                             replies in read_yaml(path).items()}  # fmt: skip

    def has(self, lang: str, intent: str) -> bool:
        return (lang, intent) in self._replies

    def ask(self, lang: str, intent: str) -> dict[str, list[str]]:
        return self._replies.get((lang, intent), {}).get("ask") or {}

    def pick(self, lang: str, intent: str, key: str, known: dict[str, str], rng: random.Random) -> str | None:
        """A reply whose slots are all known, the more telling ones first among equals; None where there is none."""
        fitting = [t for t in self._replies.get((lang, intent), {}).get(key) or () if set(PLACEHOLDER.findall(t)) <= set(known)]
        if not fitting:
            return None
        telling = [t for t in fitting if PLACEHOLDER.search(t)]
        return PLACEHOLDER.sub(lambda m: known[m[1]], rng.choice(telling if telling and rng.random() < 0.7 else fitting))


@dataclass
class Talk:
    """The makers of dialogues of one split. One thread at a time: `rng` moves on."""

    replies: Replies
    values: Values
    rng: random.Random
    test: bool

    def carried_out(self, command: Command) -> list[dict] | None:
        """Call, result and answer; None where no reply fits."""
        lang, intent = command.pattern.lang, command.pattern.intent
        known = {k: v for k, v in command.arguments.items() if isinstance(v, str)}
        said = results.result(lang, intent, self.values, self.rng)
        fails = self.rng.random() < FAILS and not intent.startswith("dialog.")
        if said is not None:
            known["result"] = said
        answer = self.replies.pick(lang, intent, "failed" if fails else "done", known, self.rng)
        if answer is None:
            return None
        told = {"error": "failed"} if fails else {"result": said if said is not None else "done"}
        return [
            {"role": "assistant", "text": "", "call": {"name": intent, "arguments": dict(command.arguments)}},
            {"role": "tool", "text": json.dumps(told, ensure_ascii=False, separators=(",", ":"))},
            {"role": "assistant", "text": answer},
        ]

    def new_value(self, command: Command, slot: str) -> str:
        lang, intent = command.pattern.lang, command.pattern.intent
        value = self.values.draw(lang, slot, slot, intent, self.rng, self.test)
        return value or typed.make(lang, typed.Context(slot, intent, "", "", self.rng))[1]

    def framed(self, frames: dict[str, tuple[str, ...]], lang: str, value: str) -> str:
        every = frames[lang]
        return (every[-1] if self.test and self.rng.random() < 0.5 else self.rng.choice(every[:-1])).format(v=value)

    def plain(self, command: Command, _other: Command) -> list[dict] | None:
        done = self.carried_out(command)
        return done and [{"role": "user", "text": command.text}, *done]

    def questions(self, command: Command) -> list[tuple[str, str]]:
        """Slots that the command leaves open, each with a question whose own slots are known."""
        asked = self.replies.ask(command.pattern.lang, command.pattern.intent).items()
        known = set(command.arguments)
        return [(slot, q) for slot, texts in asked if slot not in known for q in texts if set(PLACEHOLDER.findall(q)) <= known]

    def missing(self, command: Command, _other: Command) -> list[dict] | None:
        questions = self.questions(command)
        if not questions:
            return None
        slot, question = self.rng.choice(questions)
        lang = command.pattern.lang
        value = self.new_value(command, slot)
        done = self.carried_out(Command(command.pattern, command.text, {**command.arguments, slot: value}))
        question = PLACEHOLDER.sub(lambda m: str(command.arguments[m[1]]), question)
        return done and [
            {"role": "user", "text": command.text}, {"role": "assistant", "text": question},
            {"role": "user", "text": self.framed(ANSWERS, lang, value)}, *done,
        ]  # fmt: skip

    def _again(self, command: Command, slots: tuple[str, ...], frames: dict) -> list[dict] | None:
        """The command, then the same with another value of one of its slots."""
        open_slots = [s for s in slots if isinstance(command.arguments.get(s), str)]
        if not open_slots:
            return None
        slot = self.rng.choice(open_slots)
        value = self.new_value(command, slot)
        first = self.carried_out(command)
        second = self.carried_out(Command(command.pattern, command.text, {**command.arguments, slot: value}))
        if value == command.arguments[slot] or not first or not second:
            return None
        follow = {"role": "user", "text": self.framed(frames, command.pattern.lang, value)}
        return [{"role": "user", "text": command.text}, *first, follow, *second]

    def corrected(self, command: Command, _other: Command) -> list[dict] | None:
        return self._again(command, CORRECTED, CORRECTIONS)

    def follow_up(self, command: Command, _other: Command) -> list[dict] | None:
        return self._again(command, FOLLOWED, FOLLOW_UPS)

    def together(self, command: Command, other: Command) -> list[dict] | None:
        """Two wishes in one sentence: two calls, one after the other, each with its answer."""
        first, second = self.carried_out(command), self.carried_out(other)
        joiners = JOINERS[command.pattern.lang]
        if any(c.pattern.intent.startswith("dialog.") for c in (command, other)):
            return None  # nobody agrees, takes back or asks again in one breath with a wish
        if not first or not second or command.text[-1:] in "?？!！" or len(command.text) + len(other.text) > 90:
            return None
        joiner = joiners[-1] if self.test and self.rng.random() < 0.5 else self.rng.choice(joiners[:-1])
        return [{"role": "user", "text": f"{command.text.rstrip('。.')}{joiner}{other.text}"}, *first, *second]

    def in_turn(self, command: Command, other: Command) -> list[dict] | None:
        first, second = self.plain(command, other), self.plain(other, command)
        return [*first, *second] if first and second else None


def dialogues(sources: list[Source], replies: Replies, values: Values, count: int, seed: int) -> Iterator[dict]:
    """Chat rows, spread evenly over languages and intents; a dialogue's commands are all of one split."""
    pools: dict[tuple[str, str], dict[str, list[Command]]] = defaultdict(lambda: defaultdict(list))
    sizes: dict[str, int] = defaultdict(int)
    for source in sources:
        p = source.pattern
        if p.intent not in NO_CALL and replies.has(p.lang, p.intent):
            pools[p.split, p.lang][p.intent] += [Command.of(p, s) for s in source.sentences]
            sizes[p.split] += len(source.sentences)
    total = sum(sizes.values())
    for (split, lang), by_intent in sorted(pools.items()):
        languages = sum(s == split for s, _ in pools)
        wanted = round(count * sizes[split] / total / languages)
        talk = Talk(replies, values, random.Random(f"{seed}/{split}/{lang}"), split == "test")
        yield from _of_pool(talk, by_intent, wanted, f"{lang}/{split}")


def _of_pool(talk: Talk, by_intent: dict[str, list[Command]], wanted: int, name: str) -> Iterator[dict]:
    intents, rng = sorted(i for i in by_intent if by_intent[i]), talk.rng
    asking = {i: some for i in intents if (some := [c for c in by_intent[i] if talk.questions(c)])}
    seen: set[str] = set()
    for attempt in range(8 * wanted):
        if len(seen) == wanted or not intents:
            return
        command, other = (rng.choice(by_intent[rng.choice(intents)]) for _ in range(2))
        ((_, shape),) = rng.choices(SHAPES, [w for w, _ in SHAPES])
        if shape == "missing" and asking:
            command = rng.choice(asking[rng.choice(sorted(asking))])
        turns = getattr(talk, shape)(command, other)
        if not turns:
            continue
        key = hashlib.sha256(json.dumps(turns, ensure_ascii=False).encode()).hexdigest()[:16]
        if key in seen:
            continue
        seen.add(key)
        yield {
            "id": f"{shape}/{name}:{attempt}", "lang": command.pattern.lang, "source": SOURCE, "licence": LICENCE,
            "split": command.pattern.split,
            "kind": "chat", "turns": turns, "pattern": command.pattern.id,
        }  # fmt: skip
