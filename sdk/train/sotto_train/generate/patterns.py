"""The templates of data/patterns and which split each belongs to. Wrong files are sentences with file and template."""

import functools
import hashlib
from dataclasses import dataclass
from pathlib import Path

import yaml

from sotto_train import schema
from sotto_train.errors import UserError
from sotto_train.generate.template import Template

TEST_EVERY, DEV_ONE_IN = 5, 25
LANGS = ("zh", "en")


@dataclass
class Pattern:
    id: str  # light.set/zh/07
    intent: str
    lang: str
    index: int
    path: Path
    template: Template

    @functools.cached_property
    def split(self) -> str:
        """Every fifth template tests; of the others whole ones, chosen by hash, are the dev split."""
        if self.index % TEST_EVERY == TEST_EVERY - 1:
            return "test"
        return "dev" if hashlib.sha256(self.id.encode()).digest()[0] % DEV_ONE_IN == 0 else "train"


def read_yaml(path: Path) -> dict:
    try:
        content = yaml.safe_load(path.read_text("utf-8"))
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UserError(f"{path} is not UTF-8; convert it, for example with iconv") from None
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f":{mark.line + 1}" if mark else ""
        raise UserError(f"{path}{where} is no YAML: {getattr(error, 'problem', error)}; mend it, or quote the template") from None
    if not isinstance(content, dict):
        raise UserError(f"{path} is no mapping from intents; see sdk/train/README.md")
    return content


def templates_of(path: Path, lang: str) -> tuple[list[Pattern], list[str]]:
    """The file's patterns and what is wrong with it."""
    good, wrong = [], []
    for intent, texts in read_yaml(path).items():
        if intent not in schema.intents() or intent.split(".")[0] != path.stem:
            wrong.append(f"{path}: '{intent}' is no intent of the group '{path.stem}'")
            continue
        if not isinstance(texts, list) or not all(isinstance(t, str) and t.strip() for t in texts):
            wrong.append(f"{path}: {intent} is no list of templates")
            continue
        for index, text in enumerate(texts):
            try:
                pattern = Pattern(f"{intent}/{lang}/{index:02d}", intent, lang, index, path, Template(text))
                slots = pattern.template.references()  # names rules, which our own patterns have none of
            except ValueError as error:
                wrong.append(f'{path}: {intent} template {index}: "{text}": {error}')
                continue
            allowed = schema.intents()[intent]["slots"]
            if bad := [s.name for s in slots if s.name not in allowed]:
                wrong.append(
                    f"{path}: {intent} template {index}: \"{text}\": the slot '{bad[0]}' is none of {', '.join(allowed) or 'none'}"
                )
                continue
            good.append(pattern)
    return good, wrong


def load(folder: Path, langs: tuple[str, ...]) -> tuple[list[Pattern], list[str]]:
    """All patterns of data/patterns in the languages, and what is wrong with any."""
    patterns, wrong = [], []
    for lang in langs:
        for path in sorted((folder / lang).glob("*.yaml")):
            try:
                good, bad = templates_of(path, lang)
            except UserError as error:
                good, bad = [], [str(error)]
            patterns += good
            wrong += bad
    return patterns, wrong
