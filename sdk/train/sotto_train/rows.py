"""The row: the one format between all commands (README.md says what each key means). Reading checks every line and names file and line of
what is wrong; writing goes to a temporary name and is renamed when complete, so that nothing half-written looks finished."""

import contextlib
import io
import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import zstandard

from sotto_train import schema
from sotto_train.errors import UserError

KINDS = ("command", "chat", "mood", "scope", "text", "pair")
LANGS = ("zh", "en", "mixed")
SPLITS = ("train", "dev", "test")
ROLES = ("system", "user", "assistant", "tool")
REQUIRED = ("id", "lang", "source", "licence", "split", "kind")
TEXTS = ("text", "other", "raw", "intent", "pattern")
KEYS = {*REQUIRED, *TEXTS, "turns", "slots", "scope", "sentiment", "emotion", "care", "tags"}
CHOICES = {
    "lang": LANGS,
    "split": SPLITS,
    "kind": KINDS,
    "scope": schema.SCOPES,
    "sentiment": schema.SENTIMENTS,
    "emotion": schema.EMOTIONS,
    "care": schema.CARE,
}
LINE_LIMIT = 1 << 20  # bytes; no dialogue is longer


def problem(row) -> str | None:
    """What is wrong with a row, or None."""
    if not isinstance(row, dict):
        return "is no JSON object"
    for key in REQUIRED:
        if not isinstance(row.get(key), str) or not row[key]:
            return f"has no '{key}'"
    for key in row:
        if key not in KEYS:
            return f"has the unknown key '{key}'"
    for key, choices in CHOICES.items():
        if key in row and row[key] not in choices:
            return f"has {key} '{row[key]}', expected one of {', '.join(choices)}"
    for key in TEXTS:
        if key in row and not isinstance(row[key], str):
            return f"has a '{key}' that is no text"
    if row["kind"] == "chat":
        return _turns_problem(row.get("turns"))
    for key in ("text", "other") if row["kind"] == "pair" else ("text",):
        if not row.get(key, "").strip():
            return f"has no '{key}'"
    if "intent" in row and row["intent"] != schema.NO_INTENT and row["intent"] not in schema.intents():
        return f"has the unknown intent '{row['intent']}'"
    return _slots_problem(row)


def _turns_problem(turns) -> str | None:
    if not isinstance(turns, list) or not turns:
        return "is a chat without turns"
    for turn in turns:
        if not isinstance(turn, dict) or turn.get("role") not in ROLES or not isinstance(turn.get("text"), str):
            return "has a turn without role and text"
        call = turn.get("call")
        if call and not (isinstance(call, dict) and isinstance(call.get("name"), str) and isinstance(call.get("arguments") or {}, dict)):
            return "has a turn whose call is no object with a name and arguments"
    return None


def _slots_problem(row) -> str | None:
    slots = row.get("slots", [])
    if not isinstance(slots, list) or not all(isinstance(slot, dict) for slot in slots):
        return "has 'slots' that are no list of objects"
    for slot in slots:
        if not isinstance(slot.get("name"), str) or slot["name"] not in schema.slots():
            return f"has the unknown slot '{slot.get('name')}'"
        start, end = (slot.get(key) if type(slot.get(key)) is int else -1 for key in ("start", "end"))
        if not 0 <= start < end <= len(row["text"]) or row["text"][start:end] != slot.get("value"):
            return f"has a slot '{slot['name']}' whose value is not what stands at its place"
    return None


@contextlib.contextmanager
def open_text(path: Path):
    """Lines of a file, .zst or plain, as UTF-8."""
    try:
        with open(path, "rb") as file:
            stream = zstandard.ZstdDecompressor().stream_reader(file) if path.suffix == ".zst" else file
            yield io.BufferedReader(stream) if path.suffix == ".zst" else stream
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror}; give a JSON Lines file") from None
    except zstandard.ZstdError:
        raise UserError(f"{path} is no zstd file or is cut; fetch it again") from None


def read_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Numbered lines, checked to be UTF-8 and not absurdly long."""
    with open_text(path) as stream:
        number = 0
        while line := stream.readline(LINE_LIMIT + 1):
            number += 1
            if len(line) > LINE_LIMIT:
                raise UserError(f"{path}:{number} is longer than {LINE_LIMIT} bytes; split it")
            try:
                text = line.decode("utf-8")
            except UnicodeDecodeError:
                raise UserError(f"{path}:{number} is not UTF-8; convert it, for example with iconv") from None
            yield number, text.removeprefix("\ufeff") if number == 1 else text


def read_json_lines(path: Path) -> Iterator[tuple[int, dict]]:
    for number, line in read_lines(path):
        if not line.strip():
            continue
        try:
            made = json.loads(line)
        except (ValueError, RecursionError):
            raise UserError(f"{path}:{number} is no JSON; mend or remove the line") from None
        if "\\ud" in line.lower() and _has_half_character(made):
            raise UserError(f"{path}:{number} has half a character (an unpaired \\ud800 to \\udfff); mend or remove the line")
        yield number, made


def _has_half_character(made) -> bool:
    try:
        json.dumps(made, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return True
    return False


def read(path: Path) -> Iterator[dict]:
    """Checked rows of a file; an empty file is an error."""
    empty = True
    for number, row in read_json_lines(path):
        empty = False
        if wrong := problem(row):
            raise UserError(f"{path}:{number} {wrong}; see the table of rows in sdk/train/README.md")
        yield row
    if empty:
        raise UserError(f"{path} holds no rows; give a file with at least one")


@contextlib.contextmanager
def writing(path: Path):
    """A binary file under a temporary name that takes its own name when all was written and synced."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with open(temporary, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError as error:
        raise UserError(f"cannot write {path}: {error.strerror}") from None
    finally:
        temporary.unlink(missing_ok=True)


def write(path: Path, rows: Iterable[dict]) -> int:
    count = 0
    with writing(path) as file:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
            count += 1
    return count
