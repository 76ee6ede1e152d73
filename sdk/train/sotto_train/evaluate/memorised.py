"""`sotto-train memorised`: how much of its training text a model says again. Samples are texts that it made (one JSON string or {"text": ...} a
line, from any engine); each is searched for stretches of at least 30 Chinese characters or 15 English words that stand in the training rows.

Method: rolling windows of that length, compared without case, spaces and punctuation (Carlini et al. 2023, "Quantifying Memorization", count
verbatim stretches of 50 tokens; ours are shorter, so they find more)."""

import argparse
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from sotto_train import rows
from sotto_train.errors import UserError
from sotto_train.tokens.chat import turn_text

HAN_LENGTH, WORD_LENGTH = 30, 15
_UNIT = re.compile(r"[\u3400-\u9fff]|[^\W\u3400-\u9fff]+(?:'[a-z]+)?")
_IS_HAN = re.compile(r"[\u3400-\u9fff]")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rows", type=Path, action="append", required=True, help="rows that were trained on; may be given several times")
    parser.add_argument("--samples", type=Path, required=True, help="what the model said: JSON Lines of strings or of {text}")
    parser.add_argument("-o", "--output", type=Path, required=True, help="the report, JSON")


def windows(text: str) -> Iterator[tuple[str, ...]]:
    """Every stretch that would count: 30 Chinese characters, or 15 words, with nothing of the other between them."""
    run: list[str] = []
    is_han = False
    for unit in [*_UNIT.findall(text.lower()), ""]:
        if unit and (not run or bool(_IS_HAN.match(unit)) == is_han):
            is_han = bool(_IS_HAN.match(unit))
            run.append(unit)
            continue
        length = HAN_LENGTH if is_han else WORD_LENGTH
        yield from (tuple(run[i : i + length]) for i in range(len(run) - length + 1))
        run, is_han = [unit], bool(_IS_HAN.match(unit))


def texts_of(row: dict) -> Iterator[str]:
    if row["kind"] == "chat":
        yield from (turn_text(turn) for turn in row["turns"])
        return
    yield row["text"]
    if "other" in row:
        yield row["other"]


def samples(path: Path) -> Iterator[str]:
    for number, line in rows.read_json_lines(path):
        text = line.get("text") if isinstance(line, dict) else line
        if not isinstance(text, str):
            raise UserError(f"{path}:{number} is neither a string nor an object with 'text'; write one sample a line")
        yield text


def measure(said: list[str], trained: Iterable[str]) -> dict:
    """Windows of the samples are the smaller side: they are kept, the training text streams past."""
    where: dict[tuple[str, ...], set[int]] = {}
    for number, text in enumerate(said):
        for window in windows(text):
            where.setdefault(window, set()).add(number)
    found: dict[tuple[str, ...], set[int]] = {}
    read = 0
    for text in trained:
        read += 1
        for window in windows(text):
            if window in where:
                found[window] = where[window]
    repeating = set().union(*found.values()) if found else set()
    examples = sorted({(" " if len(w) == WORD_LENGTH else "").join(w) for w in found})[:20]
    return {
        "samples": len(said), "samples_long_enough": len(set().union(*where.values())) if where else 0, "windows": len(where),
        "training_texts": read, "windows_found": len(found), "samples_with_overlap": len(repeating),
        "share": round(len(repeating) / max(len(said), 1), 6), "least_han": HAN_LENGTH, "least_words": WORD_LENGTH, "examples": examples,
    }  # fmt: skip


def run(args: argparse.Namespace) -> int:
    said = list(samples(args.samples))
    if not said:
        raise UserError(f"{args.samples} holds no samples; let the model say something first")
    trained = (text for path in args.rows for row in rows.read(path) if row["split"] == "train" for text in texts_of(row))
    report = measure(said, trained)
    with rows.writing(args.output) as file:
        file.write(json.dumps(report, ensure_ascii=False, indent=1).encode() + b"\n")
    print(f"{report['samples_with_overlap']} of {report['samples']} samples repeat {HAN_LENGTH} Chinese characters or {WORD_LENGTH} words of "
          f"{report['training_texts']} training texts; {args.output}")  # fmt: skip
    return 0
