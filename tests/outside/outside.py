"""Installs Sotto into an empty folder, builds the samples of outsiders from it with plain cmake, and judges them:

  backend  the external backend passes the conformance kit and generates the same ids as `reference`
  faults   each wrong copy of it fails the kit with a sentence that points at the fault
  skill    the application of the external skill notes, remembers and summarises
"""
import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

# Wrong copy: what the kit's output must speak of (any of these, in any case).
FAULTS = {
    "wrong_rotation": ("rotation", "rotat", "interleaved"),
    "stale_cache_row": ("truncat", "stale"),
    "lost_bias": ("bias",),
    "leak": ("leak", "grew", "grow"),
    "late_cancel": ("cancel", "stop"),
    "unknown_fields": ("unknown", "of the future"),
}
# Faults that only the installed kit (sotto-conformance) looks for, and words it alone has.
NEEDS_KIT = {"leak", "lost_bias"}


class Outside:
    def __init__(self, args, work):
        self.args, self.work = args, work
        self.prefix = work / "prefix"
        self.model = pathlib.Path(args.source, "tests", "fixtures", "gguf", "small-q8_0.gguf")
        self.run("cmake", "--install", args.build, "--prefix", self.prefix)
        self.plugins = next(self.prefix.glob("lib*/**/libsotto_backend_reference.so")).parent

    def run(self, *command, expect=0):
        print("+", " ".join(map(str, command)), flush=True)
        done = subprocess.run([str(part) for part in command], text=True, capture_output=True, timeout=1500)
        if done.returncode != expect:
            sys.exit(f"ended with {done.returncode}, expected {expect}:\n{done.stdout[-6000:]}\n{done.stderr[-6000:]}")
        return done.stdout + done.stderr

    def build_sample(self, name, *targets):
        """A copy of the sample's folder, so that nothing of the tree is beside it."""
        source, build = self.work / name, self.work / (name + "-build")
        shutil.copytree(pathlib.Path(self.args.source, "samples", name), source)
        flags = "-Wall -Wextra -Wconversion -Werror" + (f" -fsanitize={self.args.sanitize}" if self.args.sanitize else "")
        self.run("cmake", "-S", source, "-B", build, f"-DCMAKE_PREFIX_PATH={self.prefix}", f"-DCMAKE_CXX_COMPILER={self.args.cxx}",
                 f"-DCMAKE_CXX_FLAGS={flags}", "-DCMAKE_BUILD_TYPE=Release")
        self.run("cmake", "--build", build, "-j2", *(word for target in targets for word in ("--target", target)))
        return build

    def kit(self):
        installed = self.prefix / "bin" / "sotto-conformance"
        return installed if installed.is_file() else pathlib.Path(self.args.build, "tests", "conformance_tests")

    def judge(self, library):
        """(passed, output) of the conformance kit."""
        print("+", self.kit(), library, flush=True)
        done = subprocess.run([str(self.kit()), str(library)], text=True, capture_output=True, timeout=1500)
        output = done.stdout + done.stderr
        if done.returncode < 0:
            sys.exit(f"the kit died of signal {-done.returncode} on {library}:\n{output[-6000:]}")
        return done.returncode == 0, output


def check_backend(o):
    library = o.build_sample("external_backend") / "libsotto_backend_external.so"
    passed, output = o.judge(library)
    if not passed:
        sys.exit(f"the external backend fails the kit:\n{output[-6000:]}")
    folder = o.work / "plugins"
    folder.mkdir(mode=0o755)
    for file in (library, o.plugins / "libsotto_backend_reference.so"):
        shutil.copy(file, folder)
    sotto = o.prefix / "bin" / "sotto"
    if not sotto.is_file():
        print("skipped: the sotto command is not installed")
        return
    if "loaded   com.example.external" not in o.run(sotto, "doctor", "--plugins", folder):
        sys.exit("doctor does not list the external backend as loaded")
    hashes = set()
    for backend in ("reference", "external"):
        for ranks in ("1", "2"):
            told = json.loads(o.run(sotto, "bench", o.model, "--json", "-p", "16", "-n", "24", "--backend", backend, "--ranks", ranks,
                                    "--plugins", folder).strip().splitlines()[-1])
            hashes.add(told["output_hash"])
    if len(hashes) != 1:
        sys.exit(f"greedy ids differ between reference and external: {hashes}")
    print("the external backend passes the kit and generates the ids of the reference")


def points_at(output, words):
    """The lines of the kit's output that report a failure and speak of the fault."""
    lines = [line for line in output.splitlines() if not re.match(r"\[ +(OK|RUN) +\]", line)]
    return [line for line in lines if any(word in line.lower() for word in words)]


def check_faults(o):
    build = o.build_sample("external_backend", "wrong_copies")
    has_kit = o.kit().name == "sotto-conformance"
    silent = []
    for fault, words in FAULTS.items():
        if fault in NEEDS_KIT and not has_kit:
            print(f"{fault}: skipped, sotto-conformance is not installed")
            continue
        passed, output = o.judge(build / "faults" / f"libsotto_backend_external_{fault}.so")
        found = points_at(output, words)
        if passed or not found:
            silent.append(f"{fault}: the kit {'passes it' if passed else 'speaks of none of ' + ', '.join(words)}\n{output[-3000:]}")
        else:
            print(f"{fault}: {found[0].strip()}")
    if silent:
        sys.exit("\n".join(silent))


def check_skill(o):
    build = o.build_sample("external_skill")
    data = o.work / "data"
    data.mkdir(mode=0o700)
    skill = build / "libnotes.so"

    def notes(*words, now=1700000000000, expect=0):
        return o.run(build / "take_notes", "--skill", skill, "--data", data, "--now", now, "--plugins", o.plugins, "--model", o.model,
                     "--backend", "reference", "--tokens", "8", *words, expect=expect)

    if notes("add", "buy milk", "list") != "1700000000000 buy milk\n":
        sys.exit("the note is not listed")
    listed = notes("add", 'say "hi" \\ 你好', "list", now=1700000060000)
    if listed != '1700000000000 buy milk\n1700000060000 say "hi" \\ 你好\n':
        sys.exit(f"the notes did not outlive the program: {listed}")
    if "[2 notes, 0 left out]" not in notes("summary"):
        sys.exit("no summary of two notes")
    if "nothing to summarise" not in notes("forget", "list", "summary", expect=1):
        sys.exit("the notes were not forgotten")
    if "no text on one line" not in notes("add", "two\nlines", expect=1):
        sys.exit("a note of two lines is taken")
    (data / "com.example.notes").mkdir(exist_ok=True)
    (data / "com.example.notes" / "notes").write_text("damaged\n")
    if "is damaged" not in notes("list", expect=1):
        sys.exit("damaged notes are not refused")
    alone = o.run(build / "take_notes", "--skill", skill, "add", "nowhere to keep it", expect=1)
    if "data folder" not in alone:
        sys.exit(f"without a blob store the skill must say what is missing: {alone}")
    print("the external skill notes, remembers and summarises")


def main():
    parser = argparse.ArgumentParser()
    for name in ("source", "build", "cxx"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--sanitize", default="")
    parts = {"backend": check_backend, "faults": check_faults, "skill": check_skill}
    parser.add_argument("part", choices=parts)
    args = parser.parse_args()
    os.umask(0o022)  # a plugin that others may write is refused
    with tempfile.TemporaryDirectory() as folder:
        parts[args.part](Outside(args, pathlib.Path(folder)))


main()
