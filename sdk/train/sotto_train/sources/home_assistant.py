"""Home Assistant's sentence templates with their rules and lists, for the generator, which expands them with hassil."""

import dataclasses
from pathlib import Path

import yaml

from sotto_train.sources import archive, labels
from sotto_train.sources.table import HOME_ASSISTANT

# Our languages: their folders.
_FOLDERS = {"zh": "zh-CN", "en": "en"}


@dataclasses.dataclass(frozen=True)
class Template:
    theirs: str  # their intent
    intent: str  # ours
    text: str  # hassil
    domains: tuple[str, ...]  # device domains that the template holds for; empty: any
    fixed: tuple[tuple[str, str], ...]  # slots that the template implies without saying them


@dataclasses.dataclass(frozen=True)
class Templates:
    lang: str
    templates: list[Template]
    rules: dict[str, str]  # name -> hassil
    lists: dict[str, dict]  # name -> {values: [...]} or {range: {from, to}} or {wildcard: true}
    replies: dict[str, dict]  # their intent -> name -> Jinja text
    skipped: int  # templates whose intent is none of ours


def load(folder: Path, lang: str) -> Templates:
    theirs = _FOLDERS[lang]
    templates, rules, lists, replies, skipped = [], {}, {}, {}, 0
    for name, text in archive.texts(Path(folder) / HOME_ASSISTANT.file, (".yaml",)):
        parts = name.split("/")
        if len(parts) < 4 or parts[2] != theirs:
            continue
        content = yaml.safe_load(text) or {}
        if parts[1] == "sentences" and len(parts) == 5:
            for block in content.get("data", ()):
                found = _block(parts[3], block)
                skipped += len(block["sentences"]) - len(found)
                templates += found
        rules |= content.get("expansion_rules", {})
        lists |= content.get("lists", {})
        if parts[1] == "responses":
            replies |= (content.get("responses") or {}).get("intents", {})
    return Templates(lang, templates, rules, lists, replies, skipped)


def _block(theirs: str, block: dict) -> list[Template]:
    domains = block.get("name_domains") or block.get("inferred_domain") or ()
    domains = (domains,) if isinstance(domains, str) else tuple(domains)
    intents = {_intent(theirs, domain) for domain in domains or ("",)}
    if len(intents) != 1 or labels.SKIP in intents:
        return []
    ours = intents.pop()
    fixed = tuple((name, str(value)) for name, value in (block.get("slots") or {}).items())
    return [Template(theirs, ours, sentence, domains, fixed) for sentence in block["sentences"]]


def _intent(theirs: str, domain: str) -> str:
    table = labels.table(HOME_ASSISTANT.labels)["intent"]
    return table.get(f"{theirs}@{domain}", table.get(theirs, labels.SKIP))
