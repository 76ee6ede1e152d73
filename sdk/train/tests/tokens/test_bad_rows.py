"""Every command that reads rows says what is wrong with file and line, and leaves nothing behind."""

import json

import pytest
from texts import row

from sotto_train.cli import main

GOOD = json.dumps(row("打开客厅的灯", 1, "zh"), ensure_ascii=False).encode() + b"\n"
COMMAND = {**row("打开客厅的灯", 2, "zh"), "kind": "command", "intent": "device.turn_on"}


def line(**more) -> bytes:
    return json.dumps(COMMAND | more).encode() + b"\n"


BAD = [
    (GOOD + b'{"id": \n', ":2 is no JSON"),
    (GOOD + '{"id":"打开"}'.encode("gb18030"), ":2 is not UTF-8"),
    ('{"id":"打开"}'.encode("utf-16"), ":1 is not UTF-8"),
    (b"", "holds no rows"),
    (b"\n \n", "holds no rows"),
    (GOOD + b"[" * 100000 + b"\n", ":2 is no JSON"),
    (GOOD + b"7\n", ":2 is no JSON object"),
    (GOOD + b'{"text":"' + b"x" * (1 << 20) + b'"}\n', ":2 is longer than"),
    (GOOD + line(text="\ud800"), ":2 has half a character"),
    (GOOD + line(text=7), ":2 has a 'text' that is no text"),
    (GOOD + line(text=" "), ":2 has no 'text'"),
    (GOOD + line(intent=["a"]), ":2 has a 'intent' that is no text"),
    (GOOD + line(intent="fly.away"), ":2 has the unknown intent"),
    (GOOD + line(scope={}), ":2 has scope"),
    (GOOD + line(slots=5), ":2 has 'slots' that are no list"),
    (GOOD + line(slots=["area"]), ":2 has 'slots' that are no list"),
    (GOOD + line(slots=[{"name": ["area"]}]), ":2 has the unknown slot"),
    (GOOD + line(slots=[{"name": "area", "value": "客厅", "start": "2", "end": 4}]), ":2 has a slot 'area' whose value"),
    (GOOD + line(slots=[{"name": "area", "value": "灯", "start": -1, "end": 6}]), ":2 has a slot 'area' whose value"),
    (GOOD + line(kind="pair"), ":2 has no 'other'"),
    (GOOD + line(kind="chat", turns=[{"role": "user", "text": "x", "call": "light.dim"}]), ":2 has a turn whose call"),
]
COMMANDS = {
    "tokenizer": lambda path, folder: [path, "--vocabulary", "340"],
    "pack": lambda path, folder: [path, "--tokenizer", folder / "out"],
    "neighbours": lambda path, folder: [path, "--tokenizer", folder / "out", "--hidden", "16"],
    "evaluate": lambda path, folder: ["--rows", path, "--baseline-train", path],
}


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("content, sentence", BAD)
def test_a_bad_row_is_one_sentence_with_file_and_line(folder, tmp_path, capsys, name, content, sentence):
    path = tmp_path / "rows.jsonl"
    path.write_bytes(content)
    arguments = [str(a) for a in COMMANDS[name](path, folder)]
    assert main([name, *arguments, "-o", str(tmp_path / "made")]) == 1
    said = capsys.readouterr().err.strip().splitlines()[-1]  # before it only how far it got
    assert said.startswith(f"sotto-train {name}: {path}") and sentence in said
    assert [p.name for p in tmp_path.iterdir()] == ["rows.jsonl"]


def test_a_byte_order_mark_is_no_fault(folder, tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + GOOD * 2)
    assert main(["pack", str(path), "--tokenizer", str(folder / "out"), "-o", str(tmp_path / "made")]) == 0
