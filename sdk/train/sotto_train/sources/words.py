"""Chinese words with their frequency (food, places, names, cars, ...) and the administrative divisions of China, for values of slots and
for the segmenter's dictionary."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

from sotto_train.errors import UserError
from sotto_train.sources import archive
from sotto_train.sources.table import WORD_LISTS

THEMES = ("IT", "animal", "caijing", "car", "chengyu", "diming", "food", "law", "lishimingren", "medical", "poem")
LEVELS = ("provinces", "cities", "areas")


def frequencies(folder: Path, theme: str, at_least: int = 0) -> Iterator[tuple[str, int]]:
    """Words of a theme, most frequent first as the list has them."""
    assert theme in THEMES, theme
    for _, text in _files(folder, f"THUOCL_{theme}.txt"):
        for line in text.splitlines():
            columns = line.split()
            if len(columns) == 2 and columns[1].isdigit() and int(columns[1]) >= at_least:
                yield columns[0], int(columns[1])


def divisions(folder: Path, level: str) -> Iterator[str]:
    assert level in LEVELS, level
    for _, text in _files(folder, f"{level}.csv"):
        for line in csv.DictReader(io.StringIO(text)):
            # 市辖区 and the like are rows of the administration, not places that anybody names.
            if line["name"] not in ("市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划"):
                yield line["name"]


def _files(folder: Path, name: str) -> list[tuple[str, str]]:
    path = Path(folder) / WORD_LISTS.file
    found = list(archive.texts(path, (f"/{name}",)))
    if not found:
        raise UserError(f"{path} holds no {name}; is this the archive of {WORD_LISTS.name}?")
    return found
