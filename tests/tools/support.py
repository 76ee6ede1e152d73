"""What the tests of the command share: where things lie, how it is called."""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

TEMPLATE = "{% for m in messages %}<|{{ m.role }}|>{{ m.content }}\n{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}"

parser = argparse.ArgumentParser()
parser.add_argument("--sotto", required=True)
parser.add_argument("--fixtures", required=True)
parser.add_argument("rest", nargs="*")
arguments = parser.parse_args()
FIXTURES = pathlib.Path(arguments.fixtures, "tools")
MODEL = str(FIXTURES / "small-q8_0.gguf")
SENTENCEPIECE = str(FIXTURES / "sp_bpe_identity_bytes.model")
EXPECTED = json.loads((FIXTURES / "expected.json").read_text(encoding="utf-8"))


def call(*words, stdin=b"", env=None, timeout=120, program=None):
    """(exit status, stdout, stderr) of a call of the command, as bytes and text."""
    done = subprocess.run([program or arguments.sotto, *map(str, words)], input=stdin, capture_output=True, timeout=timeout,
                          env={**os.environ, **(env or {})}, check=False)
    return done.returncode, done.stdout, done.stderr.decode("utf-8")


def ids(values):
    return ",".join(map(str, values))


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="sotto 声音 ")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def good(self, *words, **how):
        """stdout of a call that succeeds."""
        status, out, err = call(*words, **how)
        self.assertEqual(status, 0, f"{words}: {err}")
        return out

    def json(self, *words, **how):
        """The one JSON object of a call with --json."""
        out = self.good(*words, "--json", **how)
        self.assertEqual(out.count(b"\n"), 1, out)
        return json.loads(out)

    def bad(self, status, *words, **how):
        """The sentence of a call that fails: one line on stderr, nothing on stdout."""
        got, out, err = call(*words, **how)
        self.assertEqual(got, status, f"{words}: {out} {err}")
        self.assertEqual(out, b"", words)
        self.assertRegex(err, r"^sotto: [^\n]+\n$")
        return err

    def write(self, name, content):
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
        return str(path)


def main():
    unittest.main(argv=[sys.argv[0], *arguments.rest], verbosity=1)
