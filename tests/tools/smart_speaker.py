"""The smart speaker: with the model that comes with the source an evening at home is played; with a model that writes (SmolLM2, skipped
where `sdk/tools/setup fetch` did not lay it) answers are streamed and the cache of earlier turns is used."""
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
parser.add_argument("--samples", required=True)
arguments = parser.parse_args()
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "sotto"
WRITER = CACHE / "SmolLM2-135M-Instruct.Q4_1.gguf"
SAMPLES = pathlib.Path(arguments.samples)


def call(*words, stdin=b"", env=None):
    done = subprocess.run([arguments.speaker, *words], input=stdin, capture_output=True, timeout=600, check=False,
                          env={**os.environ, **(env or {})})
    return done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8")


def script(text):
    file = tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8")
    file.write(text)
    file.flush()
    return file


class Home(unittest.TestCase):
    """The embedded model. Only what it is sure of is asked for, so that a rounding elsewhere changes nothing."""

    def test_an_evening_at_home(self):
        status, out, err = call("--script", SAMPLES / "home.txt", "--clock", "2026-11-28T20:30", "--weather", SAMPLES / "weather.tsv")
        self.assertEqual(status, 0, err)
        answers = [part.split("\n", 1) for part in out.split("> ")[1:]]
        said = {line: answer.strip() for line, answer in answers}
        self.assertIn("台灯", said["打开书房的台灯"])
        self.assertTrue(any("时间到" in answer for answer in said.values()), out)  # the timer that was set rang
        self.assertIn("20点40分", said["现在几点"])
        self.assertTrue(all(answer for line, answer in said.items() if not line.startswith("/")), out)
        self.assertNotIn("light.", said["/home"].split(";")[0])  # all of them were turned off

    def test_the_same_words_have_the_same_answer(self):
        with script("现在几点\n/reset\n现在几点\n") as lines:
            status, out, err = call("--script", lines.name, "--clock", "2026-11-28T20:30")
        self.assertEqual(status, 0, err)
        first, second = (part.split("\n", 1)[1].strip() for part in out.split("> ") if part.startswith("现在几点"))
        self.assertEqual(first, second)


@unittest.skipUnless(WRITER.is_file(), f"{WRITER} is not there (sdk/tools/setup fetch)")
class Writer(unittest.TestCase):
    def test_it_plays_a_script(self):
        with script("# a comment\nHello! 你好 👋\nThank you.\n/undo\n/reset\nHello! 你好 👋\n") as lines:
            status, out, err = call(WRITER, "--script", lines.name, "--max-tokens", "12")
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
        status, out, err = call(WRITER, "--max-tokens", "3", stdin=b"Hi\n/exit\nHi\n")
        self.assertEqual((status, out.count("> Hi")), (0, 1), err)

    def test_turns_that_leave_the_context_are_announced(self):
        with script("Tell me about the weather in spring.\n" * 5) as lines:
            status, _, err = call(WRITER, "--script", lines.name, "--context", "192", "--max-tokens", "24")
        self.assertEqual(status, 0, err)
        self.assertIn("old turns left the context", err)


class BadInput(unittest.TestCase):
    def test_failures_have_a_sentence_and_a_status(self):
        for status, words, env in ((2, ["--nonsense", "1"], {}), (2, ["--threads"], {}), (2, ["--seed", "x"], {}),
                                   (1, ["/nowhere/model.gguf"], {}), (1, ["--script", "/nowhere/lines.txt"], {}),
                                   (1, ["--plugins", "/nowhere"], {})):
            got, _, err = call(*words, env=env)
            self.assertEqual(got, status, words)
            self.assertTrue(err.startswith("smart_speaker: "), err)


unittest.main(argv=sys.argv[:1])
