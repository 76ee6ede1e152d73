"""Aligned English and Chinese: Tatoeba's sentences, with the numbers of both in the id because its licence asks for attribution, and the
words of Android's user interface."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from sotto_train import rows
from sotto_train.errors import UserError
from sotto_train.sources import row
from sotto_train.sources.table import Source

_NUMBERS = re.compile(r"#(\d+)")
# Placeholders and markup of Android's strings: %1$s, <xliff:g ...>, \n.
_FORMAT = re.compile(r"%(?:\d+\$)?[sd]|<[^>]+>|\\[nt'\"]|\{[^}]*\}")


def read(source: Source, path: Path, counts: Counter) -> Iterator[dict]:
    reader = _tatoeba if source.name.startswith("tatoeba") else _strings
    for number, line in rows.read_lines(path):
        columns = line.rstrip("\n").split("\t")
        if len(columns) != reader.columns:
            raise UserError(f"{path}:{number} has {len(columns)} columns, expected {reader.columns}; is this the file of {source.name}?")
        counts["read"] += 1
        identity, english, chinese = reader(number, columns)
        if not english or not chinese:
            counts["pair with placeholders or an empty side"] += 1
            continue
        yield row.make(source, identity, "mixed", "pair", english, text=english, other=chinese)


def _tatoeba(number: int, columns: list[str]) -> tuple[str, str, str]:
    numbers = _NUMBERS.findall(columns[2])
    return f"{'-'.join(numbers) or number}", columns[0].strip(), columns[1].strip()


def _strings(number: int, columns: list[str]) -> tuple[str, str, str]:
    app, key, english, chinese = columns
    if _FORMAT.search(english) or _FORMAT.search(chinese):
        return key, "", ""
    return f"{app}/{key}/{number}", english.strip(), chinese.strip()


_tatoeba.columns = 3
_strings.columns = 4
