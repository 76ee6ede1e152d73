"""At most 1 % of generated commands alarm: generated.py CARE_SCORE SDK_TRAIN. 77: packages of sotto-train are missing."""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile


def main():
    score, train = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        rows, texts = pathlib.Path(folder, "rows.jsonl"), pathlib.Path(folder, "texts.txt")
        done = subprocess.run([sys.executable, "-m", "sotto_train", "generate", "--count", "4000", "--seed", "7", "-o", rows],
                              env={**os.environ, "PYTHONPATH": train}, text=True, capture_output=True)
        if "No module named" in done.stderr:
            print("skipped:", done.stderr.strip().splitlines()[-1])
            sys.exit(77)
        assert done.returncode == 0, done.stderr
        said = {json.loads(line).get("text", "") for line in rows.read_text(encoding="utf-8").splitlines()} - {""}
        texts.write_text("".join(text.replace("\n", " ") + "\n" for text in sorted(said)), encoding="utf-8")
        out = subprocess.run([score, "--texts", "--misses", texts], check=True, text=True, capture_output=True).stdout
    print(out)
    count, alarms = map(int, re.search(r"(\d+) texts,.* (\d+) alarm", out).groups())
    assert count > 2000, count
    assert alarms * 100 <= count, f"{alarms} of {count} alarm"


main()
