"""What a user gives: rows, raw logs as JSON Lines ({"text": ...} or {"turns": ...}) or plain text with one utterance a line."""

from collections.abc import Iterator
from pathlib import Path

from sotto_train import rows
from sotto_train.errors import UserError
from sotto_train.prepare.language import identify

_LOG_KEYS = {"id", "text", "turns", "lang", "split", "source", "licence", "intent", "slots", "scope", "sentiment", "emotion", "care"}
_SPEAKERS = {
    "user": "user",
    "human": "user",
    "u": "user",
    "assistant": "assistant",
    "bot": "assistant",
    "system": "system",
    "s": "assistant",
    "tool": "tool",
}


def read(path: Path, options) -> Iterator[dict]:
    """Checked rows. `options`: name, licence, kind and split for logs, which say none of these themselves."""
    reader = _json if path.name.removesuffix(".zst").endswith((".jsonl", ".json", ".ndjson")) else _plain
    empty = True
    for number, row in reader(path, options):
        empty = False
        if wrong := rows.problem(row):
            raise UserError(f"{path}:{number} {wrong}; see the table of rows in sdk/train/README.md")
        yield row
    if empty:
        raise UserError(f"{path} is empty; give a file with at least one line")


def _plain(path: Path, options) -> Iterator[tuple[int, dict]]:
    for number, line in rows.read_lines(path):
        if number == 1 and line.startswith('{"'):  # as plain text every brace and key would be trained on
            raise UserError(f"{path}:1 looks like JSON Lines; name the file with .jsonl at the end, or leave the braces out")
        if line.strip():
            yield number, _row(path, number, {"text": line.rstrip("\r\n")}, options)


def _json(path: Path, options) -> Iterator[tuple[int, dict]]:
    for number, given in rows.read_json_lines(path):
        if not isinstance(given, dict):
            raise UserError(f"{path}:{number} is no JSON object; one line is one row or one log entry")
        if "kind" in given:
            yield number, given
            continue
        for key in given:
            if key not in _LOG_KEYS:
                raise UserError(f"{path}:{number} has the unknown key '{key}'; a log line has {', '.join(sorted(_LOG_KEYS))}")
        if ("text" in given) == ("turns" in given):
            raise UserError(f'{path}:{number} needs either "text" or "turns"')
        yield number, _row(path, number, given, options)


def _row(path: Path, number: int, given: dict, options) -> dict:
    name = options.name or path.name.split(".")[0]
    row = {"id": f"{name}/{number}", "source": name, "licence": options.licence, "split": options.split, "kind": options.kind, **given}
    if "turns" in given:
        row["kind"] = "chat"
        row["turns"] = _turns(path, number, given["turns"])
        words = " ".join(turn["text"] for turn in row["turns"])
    else:
        words = given["text"]
        if not isinstance(words, str):
            raise UserError(f"{path}:{number} has a 'text' that is no text")
    if "lang" not in row:
        found = identify(words)
        row["lang"] = "mixed" if found == "other" else found  # decided for good after cleaning
    return row


def _turns(path: Path, number: int, turns) -> list[dict]:
    if not isinstance(turns, list) or not turns:
        raise UserError(f"{path}:{number} has 'turns' that are no list of turns")
    made = []
    for index, turn in enumerate(turns):
        if isinstance(turn, str):
            made.append({"role": ("user", "assistant")[index % 2], "text": turn})
            continue
        role = turn.get("role") if isinstance(turn, dict) else None
        if not isinstance(role, str) or role.lower() not in _SPEAKERS or not isinstance(turn.get("text"), str):
            raise UserError(f"{path}:{number} turn {index + 1} has no role (user, assistant, system, tool) and text")
        made.append({**turn, "role": _SPEAKERS[role.lower()]})
    return made
