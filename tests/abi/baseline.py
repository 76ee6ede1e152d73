"""Every change of the border since the baseline, as compatible or breaking; fails on a break that the changelog does not name.

tests/abi/baseline holds the border of the last release (until the first: of the day it was begun): sotto.abi, the types as abidw describes
them, and layout.txt, whose constants abidw does not see. A break is named by an item of the changelog's first section that begins with
"Breaking:" and has the name in backticks. After a release: baseline.py --update ..."""
import argparse
import pathlib
import re
import shutil
import sys
import tempfile

import border
import surface

SKIPPED = 77  # for ctest
ABIDIFF_FAILED = 0b0011  # bits of its exit status; the others say what changed
DUMP = ["--no-show-locs", "--no-corpus-path", "--no-comp-dir-path", "--no-elf-needed", "--type-id-style", "hash"]


class Change:
    def __init__(self, name, is_breaking, why):
        self.name, self.is_breaking, self.why = name, is_breaking, " ".join(why.split())


def growing_structs(include):
    """Structs that the other side reads as far as it knows them: docs/abi.md, Growth."""
    return {name for name, fields in border.structs(include) if fields[0] == "struct_size"}


def struct_change(name, details, may_grow):
    """`details`: abidiff's lines below "'struct NAME' changed"."""
    sizes = re.search(r"type size changed from (\d+) to \d+ \(in bits\)", details)
    inserted = [int(bits) for bits in re.findall(r"^    '.*', at offset (\d+) \(in bits\)", details, re.MULTILINE)]
    known = r"\s*(type size changed from .*|\d+ data member insertions?:|'.*', at offset \d+ \(in bits\).*|)"
    only_inserts = inserted and all(re.fullmatch(known, line) for line in details.splitlines())
    if not only_inserts:
        return Change(name, True, details)
    if not sizes or min(inserted) < int(sizes.group(1)):
        return Change(name, True, f"a field inside of the old size, which old callers leave unset: {details}")
    if name not in may_grow:
        return Change(name, True, f"grows, and has no struct_size that says how far it is filled: {details}")
    return Change(name, False, f"fields at the end: {details}")


def type_changes(text, may_grow):
    """What abidiff --leaf-changes-only prints."""
    changes = []
    for kind, head, details in re.findall(r"^  \[([ACD])\] '(.*?)'(?: +\{.*\})?(?: has some sub-type changes:)?\n((?:    .*\n|(?=\n)\n)*)", text, re.MULTILINE):
        name = re.search(r"(sotto_\w+)\(", head) or re.search(surface.TYPE_PREFIX + r"(sotto_\w+)", head) or re.search(r"(\w+)$", head)
        what = {"A": "is new", "C": "changed", "D": "is gone"}[kind]
        changes.append(Change(name.group(1), kind != "A", f"{head} {what} {details}"))
    for kind, name, details in re.findall(r"^'(\w+) (\w+)[^']*' changed:\n((?:  .*\n)*)", text, re.MULTILINE):
        changes.append(struct_change(name, details, may_grow) if kind == "struct" else Change(name, True, f"{kind} {details}"))
    return changes


def constant_changes(old, new):
    """Lines NAME VALUE of the two layouts."""
    values = [dict(re.findall(r"^(SOTTO_\w+) (.*)$", text, re.MULTILINE)) for text in (old, new)]
    for name in sorted(values[0].keys() | values[1].keys()):
        before, now = values[0].get(name), values[1].get(name)
        if before != now:
            yield Change(name, before is not None, f"{'absent' if before is None else before} before, {'gone' if now is None else now} now")


def named_breaks(changelog):
    sections = re.split(r"^## ", changelog, flags=re.MULTILINE)
    items = re.findall(r"^- Breaking: ((?:.|\n(?!- |\n))*)", sections[1] if len(sections) > 1 else "", re.MULTILINE)
    return set(re.findall(r"`(\w+)`", "\n".join(items)))


def compare_types(include, cc, dump):
    with tempfile.TemporaryDirectory() as folder:
        library = surface.build(include, cc, folder)
        done = border.subprocess.run(["abidiff", "--leaf-changes-only", "--no-show-locs", dump, library], text=True, capture_output=True)
        if done.returncode & ABIDIFF_FAILED:
            sys.exit(f"abidiff failed with {done.returncode}: {done.stdout}{done.stderr}")
        changes = type_changes(done.stdout, growing_structs(include))
        if done.returncode and not changes:
            sys.exit(f"abidiff reports changes that this script cannot read:\n{done.stdout}")
        return changes


def update(args, folder, layout):
    with tempfile.TemporaryDirectory() as work:
        dump = border.run("abidw", *DUMP, surface.build(args.include, args.cc, work)).replace(f"{work}/", "")
    # Indentation is a tenth of the file.
    (folder / "sotto.abi").write_text(re.sub(r"^ +", "", dump, flags=re.MULTILINE))
    (folder / "layout.txt").write_text(layout)


def main():
    parser = argparse.ArgumentParser()
    for name in ("include", "cc", "baseline", "pins", "changelog"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--update", action="store_true", help="the border as it is becomes the baseline")
    args = parser.parse_args()
    folder, layout = pathlib.Path(args.baseline), pathlib.Path(args.pins).read_text()
    if args.update:
        update(args, folder, layout)
    changes = list(constant_changes((folder / "layout.txt").read_text(), layout))
    is_whole = shutil.which("abidiff") is not None
    if is_whole:
        changes += compare_types(args.include, args.cc, folder / "sotto.abi")
    named = named_breaks(pathlib.Path(args.changelog).read_text(encoding="utf-8"))
    for change in changes:
        kind = "compatible" if not change.is_breaking else "breaking, named" if change.name in named else "BREAKING"
        print(f"{kind}: {change.name}: {change.why}")
    breaks = [change for change in changes if change.is_breaking and change.name not in named]
    if breaks:
        sys.exit(f"{len(breaks)} breaks that {args.changelog} does not name: take them back, or add an item to its first section: "
                 f"\"- Breaking: `{breaks[0].name}` ...\"")
    if not is_whole:
        print("skipped: functions and structs are not compared, abidiff is missing (abigail-tools)")
        sys.exit(SKIPPED)
    print(f"{len(changes)} changes since the baseline, none breaks unnamed")


main()
