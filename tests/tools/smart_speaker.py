"""The smart speaker with the default model: a script is played, answers are streamed, the cache of earlier turns is used."""
import argparse
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

parser = argparse.ArgumentParser()
parser.add_argument("--speaker", required=True)
parser.add_argument("--model-file", required=True)
arguments = parser.parse_args()
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "sotto"
SKIPPED = 77


def call(*words, stdin=b"", env=None):
    done = subprocess.run([arguments.speaker, *words], input=stdin, capture_output=True, timeout=600, check=False,
                          env={**os.environ, **(env or {})})
    return done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8")


def script(text):
    file = tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8")
    file.write(text)
    file.flush()
    return file


class SmartSpeaker(unittest.TestCase):
    def test_it_plays_a_script(self):
        with script("# a comment\nHello! 你好 👋\nThank you.\n/undo\n/reset\nHello! 你好 👋\n") as lines:
            status, out, err = call("--script", lines.name, "--max-tokens", "12")
        self.assertEqual(status, 0, err)
        self.assertNotIn("a comment", out)
        answers = re.split(r"^> .*\n", out, flags=re.MULTILINE)
        self.assertEqual(answers[1], answers[5])  # after /reset the same question has the same answer
        turns = re.findall(r"first token after ([\d.]+) ms, (\d+) tokens at ([\d.]+) tokens/s; (\d+) of (\d+) prompt", err)
        self.assertEqual(len(turns), 3, err)
        first, second, third = ((int(computed), int(prompt)) for *_, computed, prompt in turns)
        self.assertEqual(first[0], first[1])
        self.assertLess(second[0], first[0])  # its own tokens only, without the system prompt
        self.assertGreater(second[1], first[1])
        self.assertEqual(third, first)

    def test_lines_from_a_pipe_are_answered_too(self):
        status, out, err = call("--max-tokens", "3", stdin=b"Hi\n/exit\nHi\n")
        self.assertEqual((status, out.count("> Hi")), (0, 1), err)

    def test_turns_that_leave_the_context_are_announced(self):
        with script("Tell me about the weather in spring.\n" * 5) as lines:
            status, _, err = call("--script", lines.name, "--context", "192", "--max-tokens", "24")
        self.assertEqual(status, 0, err)
        self.assertIn("old turns left the context", err)

    def test_failures_have_a_sentence_and_a_status(self):
        for status, words, env in ((2, ["--nonsense", "1"], {}), (2, ["--threads"], {}), (2, ["--seed", "x"], {}),
                                   (1, ["/nowhere/model.gguf"], {}), (1, ["--script", "/nowhere/lines.txt"], {}),
                                   (1, ["--plugins", "/nowhere"], {}), (1, [], {"XDG_CACHE_HOME": "/nowhere"})):
            got, _, err = call(*words, env=env)
            self.assertEqual(got, status, words)
            self.assertTrue(err.startswith("smart_speaker: "), err)


if not (CACHE / arguments.model_file).is_file():
    print(f"skipped: {CACHE / arguments.model_file} is not there (sdk/tools/setup fetch)")
    sys.exit(SKIPPED)
unittest.main(argv=sys.argv[:1])
