"""`generate --check`: what is wrong with patterns, values and replies, each with file and template. Nothing is written."""

import re
from collections import defaultdict
from pathlib import Path

from sotto_train import schema
from sotto_train.errors import UserError
from sotto_train.generate import patterns as pattern_files
from sotto_train.generate.patterns import Pattern, read_yaml
from sotto_train.generate.template import Slot
from sotto_train.generate.values import Values, read_list

FEWEST = 25
REPLY_KEYS = {"done", "failed", "ask"}
PLACEHOLDER = re.compile(r"\{(\w+)\}")


def check(data: Path, langs: tuple[str, ...]) -> list[str]:
    """All findings, files in order."""
    patterns, wrong = pattern_files.load(data / "patterns", langs)
    values = Values(data / "values")
    wrong += value_findings(data / "values", langs)
    for pattern in patterns:
        for slot in pattern.template.references():
            if not _exists(values, pattern, slot):
                wrong.append(f"{_at(pattern)}: there is no list values/{pattern.lang}/{values.list_name(slot.list_name)}.txt")
    wrong += coverage_findings(patterns, langs)
    wrong += wording_findings(patterns)
    for lang in langs:
        for path in sorted((data / "replies" / lang).glob("*.yaml")):
            wrong += reply_findings(path)
    return list(dict.fromkeys(wrong))


def _exists(values: Values, pattern: Pattern, slot: Slot) -> bool:
    try:
        return values.exists(pattern.lang, slot.list_name, slot.name, pattern.intent)
    except UserError:
        return True  # it is there but wrong, which value_findings says once


def _at(pattern: Pattern) -> str:
    return f'{pattern.path}: {pattern.intent} template {pattern.index}: "{pattern.template.text}"'


def value_findings(folder: Path, langs: tuple[str, ...]) -> list[str]:
    wrong = []
    lists = {slot.get("list", name) for name, slot in schema.slots().items()} | set(schema.slots())
    for lang in langs:
        for path in sorted((folder / lang).glob("*.txt")):
            try:
                read_list(path)
            except UserError as error:
                wrong.append(str(error))
            name, _, rest = path.stem.partition(".")
            if name not in lists:
                wrong.append(f"{path}: '{name}' is no list of slots.yaml")
            if rest and rest not in schema.intents() and not any(i.startswith(rest + ".") for i in schema.intents()):
                wrong.append(f"{path}: '{rest}' is no intent and no group of intents")
    return wrong


def coverage_findings(patterns: list[Pattern], langs: tuple[str, ...]) -> list[str]:
    counts: dict[tuple[str, str], int] = defaultdict(int)
    for pattern in patterns:
        counts[pattern.lang, pattern.intent] += 1
    return [f"patterns/{lang}: {intent} has {counts[lang, intent]} templates, at least {FEWEST} are asked for"
            for lang in langs for intent in schema.intents() if counts[lang, intent] < FEWEST]  # fmt: skip


def wording_findings(patterns: list[Pattern]) -> list[str]:
    """A test template that says what a training template of its language says measures nothing; two intents with one wording confuse."""
    known: dict[tuple[str, str], Pattern] = {}
    wrong = []
    for pattern in sorted(patterns, key=lambda p: p.split == "test"):
        key = (pattern.lang, pattern.template.wording())
        if not key[1]:
            continue
        first = known.setdefault(key, pattern)
        if first is pattern:
            continue
        if pattern.split == "test" and first.split != "test":
            wrong.append(f'{_at(pattern)} is a test template with the wording of {first.id}: "{first.template.text}"')
        elif first.intent != pattern.intent and not pattern.template.references() and not first.template.references():
            wrong.append(f"{_at(pattern)} says what {first.id} says")
    return wrong


def reply_findings(path: Path) -> list[str]:
    try:
        content = read_yaml(path)
    except UserError as error:
        return [str(error)]
    wrong = []
    for intent, replies in content.items():
        if intent not in schema.intents():
            wrong.append(f"{path}: '{intent}' is no intent")
        elif not isinstance(replies, dict) or set(replies) - REPLY_KEYS or not replies.get("done"):
            wrong.append(f"{path}: {intent} needs 'done' and may have 'failed' and 'ask'")
        else:
            wrong += _replies_of(path, intent, replies)
    return wrong


def _replies_of(path: Path, intent: str, replies: dict) -> list[str]:
    wrong, allowed = [], {*schema.intents()[intent]["slots"], "result"}
    ask = replies.get("ask") or {}
    if not isinstance(ask, dict):
        return [f"{path}: {intent} 'ask' is no mapping from slots"]
    wrong += [f"{path}: {intent} asks for '{slot}', which it has no slot for" for slot in ask if slot not in allowed]
    for texts in (replies["done"], replies.get("failed") or [], *ask.values()):
        if not isinstance(texts, list) or not all(isinstance(t, str) and t.strip() for t in texts):
            wrong.append(f"{path}: {intent} has replies that are no list of texts")
            continue
        wrong += [f"{path}: {intent} reply \"{t}\": '{{{name}}}' is no slot of the intent"
                  for t in texts for name in PLACEHOLDER.findall(t) if name not in allowed]  # fmt: skip
    return wrong
