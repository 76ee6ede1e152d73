"""A conversation with the smart speaker on two processes. Its model computes with rounded activations, so that the words may differ from
those of one process (answers.py compares); what a question is answered stays the same, and the cache of earlier turns is used."""
import os
import pathlib
import re
import subprocess
import sys

import job

CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "sotto"
MODEL = CACHE / "SmolLM2-135M-Instruct.Q4_1.gguf"
TURN = re.compile(r"first token after [\d.]+ ms, (\d+) tokens at ([\d.]+) tokens/s; (\d+) of (\d+) prompt")
SKIPPED = 77


class Speaker(job.Case):
    def test_a_conversation(self):
        lines = self.folder / "lines.txt"
        lines.write_text("Hello! What can you do for me?\nThank you. 你好\n/reset\nHello! What can you do for me?\n", encoding="utf-8")
        words = [job.arguments.job, MODEL, "--script", lines, "--max-tokens", "16"]
        one = subprocess.run([str(w) for w in words], capture_output=True, check=True, timeout=120).stdout.decode()
        status, out, err, seconds = job.mpirun(["-n", 2, *words], timeout=120)
        two = out.decode()
        self.assertEqual(status, 0, err)
        answers = [re.split(r"^> .*\n", text, flags=re.MULTILINE) for text in (one, two)]
        print(f"{seconds:.1f} s; one process said {answers[0][1:3]}, two {answers[1][1:3]}")
        self.assertEqual(len(answers[1]), len(answers[0]), two)
        self.assertEqual(answers[1][1], answers[1][4], two)  # after /reset the same question has the same answer
        turns = [tuple(map(float, turn)) for turn in TURN.findall(err)]
        self.assertEqual(len(turns), 3, err)
        computed, prompt = turns[1][2], turns[1][3]
        self.assertLess(computed, prompt, err)  # the first turn is in the caches of both


if not MODEL.is_file():
    print(f"skipped: {MODEL} is not there (sdk/tools/setup fetch)")
    sys.exit(SKIPPED)
job.main()
