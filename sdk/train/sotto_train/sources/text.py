"""Running text: one paragraph a line, an empty line ends a document. Documents become rows, cut at paragraphs where they are long."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from sotto_train import rows
from sotto_train.sources import row
from sotto_train.sources.table import Source

# Code points in one row: about a context of 1,024 tokens, so that cutting loses little and one row never fills the memory of a worker.
LONGEST = 2400
# Sets of single sentences: each line is a document of its own.
_SENTENCES = ("zh_common_voice", "en_common_voice")


def read(source: Source, path: Path, counts: Counter) -> Iterator[dict]:
    for number, text in _documents(path, source.name in _SENTENCES):
        counts["read"] += 1
        yield row.make(source, number, source.lang, "text", text, text=text)


def _documents(path: Path, sentences: bool) -> Iterator[tuple[int, str]]:
    first, length, lines = 1, 0, []
    for number, line in rows.read_lines(path):
        line = line.strip()
        if lines and (sentences or not line or length + len(line) > LONGEST):
            yield first, "\n".join(lines)
            length, lines = 0, []
        if line:
            if not lines:
                first = number
            lines.append(line)
            length += len(line) + 1
    if lines:
        yield first, "\n".join(lines)
