"""What the journal writes is what `sotto-train prepare` reads: round_trip.py SAMPLE_PROGRAM SDK_TRAIN. 77: packages are missing."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile


def check(rows):
    texts = [turn["text"] for row in rows for turn in row.get("turns", [])] + [row.get("text", "") for row in rows]
    assert any("<PHONE>" in text for text in texts), texts
    assert not any("13812345678" in text for text in texts), texts
    pairs = [row for row in rows if any("preference" in turn for turn in row.get("turns", []))]
    assert len(pairs) == 1, rows
    assert [turn.get("preference") for turn in pairs[0]["turns"]] == [None, "rejected", None, "chosen"], pairs
    assert pairs[0]["turns"][2]["mark"] == "correction", pairs
    assert all(row["id"].startswith("journal/") for row in rows), rows
    assert len(rows) == 5, [row["id"] for row in rows]


def main():
    sample, train = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sample, folder], check=True)
        written = sorted(pathlib.Path(folder).glob("journal-*.jsonl"))
        out = pathlib.Path(folder, "rows.jsonl")
        done = subprocess.run([sys.executable, "-m", "sotto_train", "prepare", *written, "--tags", "none", "-o", out],
                              env={**os.environ, "PYTHONPATH": train}, text=True, capture_output=True)
        if "No module named" in done.stderr:
            print("skipped:", done.stderr.strip().splitlines()[-1])
            sys.exit(77)
        assert done.returncode == 0, done.stderr
        rows = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
        check(rows)
        print(f"{len(rows)} rows from {sum(len(p.read_bytes()) for p in written)} bytes")


main()
