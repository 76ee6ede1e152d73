"""Readers of public data sets: each gives rows in our labels, with their licence, and counts what it leaves out."""

import importlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from sotto_train import rows
from sotto_train.errors import UserError
from sotto_train.sources.split import words_only
from sotto_train.sources.table import SOURCES, Source

__all__ = ["SOURCES", "Source", "read"]


def read(name: str, folder: Path, counts: Counter | None = None) -> Iterator[dict]:
    """Rows of a set below `folder`. What was dropped and why is added to `counts`."""
    counts = Counter() if counts is None else counts
    source = find(name)
    leaked = _leaked(source, folder)
    seen: set[str] = set()
    reader = importlib.import_module(f"sotto_train.sources.{source.reader}")
    for row in reader.read(source, Path(folder) / source.file, counts):
        if row["split"] == "train" and leaked and words_only(row["text"]) in leaked:
            counts["sentence of a set that serves as development or test"] += 1
            continue
        if row["id"] in seen:
            counts["id stands twice"] += 1
            continue
        seen.add(row["id"])
        if wrong := rows.problem(row):
            raise UserError(f"{Path(folder) / source.file}: row {row['id']} {wrong}; this is not the version of {name} that we know")
        yield row


def find(name: str) -> Source:
    if name not in SOURCES:
        raise UserError(f"no source '{name}'; known are {', '.join(SOURCES)}")
    return SOURCES[name]


def _leaked(source: Source, folder: Path) -> set[str]:
    """Normalised texts of the sets that lie in this one; a set that is not on this machine cannot be kept apart, which must be said."""
    texts: set[str] = set()
    for other in source.leaks_into:
        path = Path(folder) / SOURCES[other].file
        if not path.exists():
            raise UserError(f"{path} is missing; {source.name} holds sentences of {other}, fetch it so that they can be left out")
        texts.update(words_only(row["text"]) for _, row in rows.read_json_lines(path) if isinstance(row.get("text"), str))
    return texts
