"""Breaks planted in a copy of the border: baseline.py finds and names each, accepts it once the changelog names it, and lets pass what
docs/abi.md allows. Also: the baseline fits the border as it is."""
import argparse
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

SKIPPED = 77
# what is planted, header, pattern, replacement, the name that is to be reported, whether it breaks
PLANTS = (
    ("a function gone", "session.h", r"SOTTO_API uint32_t sotto_session_position\([^;]*;", "", "sotto_session_position", True),
    ("a wider parameter", "session.h", r"(sotto_session_rewind\(sotto_session \*session, )uint32_t", r"\1uint64_t", "sotto_session_rewind", True),
    ("a field of another type of the same size", "session.h", r"float top_p;", "uint32_t top_p;", "sotto_generate_options", True),
    ("two fields exchanged", "session.h", r"uint32_t stop_count;\n(\s*)uint32_t bias_count;", r"uint32_t bias_count;\n\1uint32_t stop_count;",
     "sotto_generate_options", True),
    ("a field in the middle", "session.h", r"(uint32_t max_tokens;)", r"\1 uint32_t planted;", "sotto_generate_options", True),
    ("growth of a struct without struct_size", "session.h", r"\}( sotto_token_bias;)", r"  uint64_t planted;\n}\1", "sotto_token_bias", True),
    ("a field in what was padding", "model.h", r"\}( sotto_model_facts;)", r"  uint32_t planted;\n}\1", "sotto_model_facts", True),
    ("a constant of another value", "base.h", r"#define SOTTO_NOT_FOUND 2 ", "#define SOTTO_NOT_FOUND 77 ", "SOTTO_NOT_FOUND", True),
    ("a field at the end", "session.h", r"(sotto_matcher \*matcher;)", r"\1 void *planted;", "sotto_generate_options", False),
    ("a new function", "session.h", r"(SOTTO_API uint32_t sotto_session_position)", r"SOTTO_API uint32_t sotto_planted(sotto_str text);\n\1",
     "sotto_planted", False),
    ("a new constant", "base.h", r"(#define SOTTO_NOT_FOUND 2 )", r"#define SOTTO_PLANTED 5\n\1", "SOTTO_PLANTED", False),
)


class Copy:
    """The border, its pins and its changelog in a folder of their own."""

    def __init__(self, args, folder):
        self.args, self.folder = args, pathlib.Path(folder)
        self.include, self.pins, self.changelog = self.folder / "include", self.folder / "layout.txt", self.folder / "CHANGELOG.md"
        shutil.copytree(args.include, self.include)
        shutil.copy(args.pins, self.pins)
        shutil.copy(args.changelog, self.changelog)

    def python(self, script, *options):
        return subprocess.run([sys.executable, "-B", str(pathlib.Path(__file__).with_name(script)), "--include", str(self.include), "--cc", self.args.cc,
                               "--pins", str(self.pins), *options], text=True, capture_output=True)

    def plant(self, header, pattern, replacement):
        path = self.include / "sotto" / header
        text, count = re.subn(pattern, replacement, path.read_text(encoding="utf-8"), count=1)
        if count != 1:
            sys.exit(f"{header} has nothing like {pattern}: the plant no longer fits the border")
        path.write_text(text, encoding="utf-8")
        if "#define" in replacement:  # of the pins baseline.py reads the constants alone
            pinned = self.python("layout.py", "--update")
            if pinned.returncode:
                sys.exit(pinned.stdout + pinned.stderr)

    def compare(self):
        return self.python("baseline.py", "--baseline", self.args.baseline, "--changelog", str(self.changelog))

    def name_in_changelog(self, name):
        text = self.changelog.read_text(encoding="utf-8")
        head, first, rest = re.split(r"^(## .*\n)", text, maxsplit=1, flags=re.MULTILINE)
        self.changelog.write_text(f"{head}{first}\n- Breaking: because a test wants it,\n  `{name}` is another.\n{rest}", encoding="utf-8")


def faults_of(args, what, header, pattern, replacement, name, is_breaking):
    with tempfile.TemporaryDirectory() as folder:
        copy = Copy(args, folder)
        copy.plant(header, pattern, replacement)
        done = copy.compare()
        kind = "BREAKING" if is_breaking else "compatible"
        if not re.search(rf"^{kind}: {name}: ", done.stdout, re.MULTILINE):
            yield f"{what}: not reported as {kind}: {name}"
        if (done.returncode != 0) != is_breaking:
            yield f"{what}: exit status {done.returncode}: {done.stdout}{done.stderr}"
        if is_breaking:
            copy.name_in_changelog(name)
            done = copy.compare()
            if done.returncode or f"breaking, named: {name}: " not in done.stdout:
                yield f"{what}: named in the changelog, and exit status {done.returncode}: {done.stdout}{done.stderr}"


def main():
    parser = argparse.ArgumentParser()
    for name in ("include", "cc", "baseline", "pins", "changelog"):
        parser.add_argument("--" + name, required=True)
    args = parser.parse_args()
    if shutil.which("abidiff") is None:
        print("skipped: abidiff is missing (abigail-tools)")
        sys.exit(SKIPPED)
    faults = [fault for plant in PLANTS for fault in faults_of(args, *plant)]
    for fault in faults:
        print(fault)
    print(f"{len(PLANTS)} plants, {len(faults)} faults")
    sys.exit(1 if faults else 0)


main()
