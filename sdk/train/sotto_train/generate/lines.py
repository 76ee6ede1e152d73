"""Hand-written lines of data/lines to rows: moods, what no device can do, small talk, refusals, longer talks. A fifth, by hash, tests."""

import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path

from sotto_train import rows, schema
from sotto_train.errors import UserError

SOURCE, LICENCE = "sotto-lines", "Apache-2.0"
TEST_ONE_IN, DEV_ONE_IN = 5, 25


def split_of(key: str) -> str:
    """By the words alone, so that a line written twice is on one side."""
    number = int.from_bytes(hashlib.sha256(key.strip().casefold().encode()).digest()[:4], "big")
    return "test" if number % TEST_ONE_IN == 0 else "dev" if number // TEST_ONE_IN % DEV_ONE_IN == 0 else "train"


def _mood(cells: list[str]) -> dict:
    return {"kind": "mood", "text": cells[0], "sentiment": cells[1], "emotion": cells[2]}


def _care(cells: list[str]) -> dict:
    return {"kind": "mood", "text": cells[0], "care": cells[1]}


def _scope(cells: list[str]) -> dict:
    return {"kind": "scope", "text": cells[0], "intent": schema.NO_INTENT, "scope": "out"}


def _talk(cells: list[str]) -> dict:
    return {"kind": "chat", "turns": [{"role": "user", "text": cells[0]}, {"role": "assistant", "text": cells[1]}]}


# file: (columns at least, at most, maker)
FILES: dict[str, tuple[int, int, Callable[[list[str]], dict]]] = {
    "mood": (3, 3, _mood),
    "care": (2, 3, _care),
    "scope": (1, 2, _scope),
    "smalltalk": (2, 3, _talk),
    "refusal": (2, 3, _talk),
}
HEADERS = {"text", "user"}


def table_rows(path: Path, name: str, lang: str) -> Iterator[dict]:
    least, most, make = FILES[name]
    for number, line in rows.read_lines(path):
        cells = [c.strip() for c in line.rstrip("\r\n").split("\t")]
        if not any(cells) or line.startswith("#") or number == 1 and cells[0] in HEADERS:
            continue
        if not least <= len(cells) <= most or not all(cells[:least]):
            raise UserError(
                f"{path}:{number} has {len(cells)} columns, expected {least}{f' to {most}' if most > least else ''}, none of them empty"
            )
        yield checked(path, number, {**_head(f"{name}.{lang}:{number}", lang, cells[0]), **make(cells)})


def talk_rows(path: Path, lang: str) -> Iterator[dict]:
    for number, line in rows.read_json_lines(path):
        turns = line.get("turns") if isinstance(line, dict) else None
        if not isinstance(turns, list) or not turns:
            raise UserError(f"{path}:{number} has no 'turns'")
        key = json.dumps(turns[0], ensure_ascii=False)
        yield checked(path, number, {**_head(f"multiturn.{lang}:{number}", lang, key), "kind": "chat", "turns": turns})


def _head(id: str, lang: str, key: str) -> dict:
    return {"id": id, "lang": lang, "source": SOURCE, "licence": LICENCE, "split": split_of(key)}


def checked(path: Path, number: int, row: dict) -> dict:
    if wrong := rows.problem(row):
        raise UserError(f"{path}:{number} {wrong}; see the table of rows in sdk/train/README.md")
    return row


def read(folder: Path, langs: tuple[str, ...]) -> Iterator[dict]:
    """All lines there are in the languages; files that are not there are skipped."""
    for lang in langs:
        for name in FILES:
            if (path := folder / f"{name}.{lang}.tsv").exists():
                yield from table_rows(path, name, lang)
        if (path := folder / f"multiturn.{lang}.jsonl").exists():
            yield from talk_rows(path, lang)
