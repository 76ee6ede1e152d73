"""What all readers share: a row with its origin filled in, and JSON Lines whose keys are checked."""

from collections.abc import Iterator
from pathlib import Path

from sotto_train import rows
from sotto_train.errors import UserError
from sotto_train.sources import split
from sotto_train.sources.table import Source


def make(source: Source, number, lang: str, kind: str, words: str, their_split: str | None = None, **keys) -> dict:
    """`words` decide the split where the set is silent. A set that must not be trained on never gives a training row."""
    part = split.given(their_split) or split.by_words(words, source.dev_percent, source.test_percent)
    if not source.ship and part == "train":
        part = "dev"
    return {
        "id": f"{source.name}/{number}",
        "lang": lang,
        "source": source.name,
        "licence": source.licence,
        "split": part,
        "kind": kind,
        **keys,
    }


def objects(path: Path, **types) -> Iterator[tuple[int, dict]]:
    """Numbered objects of a JSON Lines file that have these keys with these types."""
    for number, row in rows.read_json_lines(path):
        for key, kind in types.items():
            if not isinstance(row, dict) or not isinstance(row.get(key), kind):
                raise UserError(f"{path}:{number} has no '{key}'; is this the file of this source?")
        yield number, row
