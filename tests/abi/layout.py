"""Sizes and offsets of every struct of the border and the value of every constant, against the pins in layout.txt.

The pins hold on every 64-bit machine (x86-64, arm64). After a change that docs/abi.md allows: layout.py --update ..."""
import argparse
import pathlib
import tempfile

import border


def program(include):
    lines = ["#include <stdio.h>"] + [f'#include "sotto/{h.name}"' for h in border.c_headers(include)] + ["int main(void) {"]
    for struct, fields in border.structs(include):
        lines.append(f'  printf("{struct} %zu\\n", sizeof({struct}));')
        lines += [f'  printf("{struct}.{f} %zu %zu\\n", offsetof({struct}, {f}), sizeof((({struct} *)0)->{f}));' for f in fields]
    lines += [f'  printf("{name} %lld\\n", (long long)({name}));' for name in border.constants(include)]
    lines += [f'  printf("{name} %s\\n", {name});' for name in border.identifiers(include)]
    return "\n".join(lines + ["  return 0;", "}", ""])


def main():
    parser = argparse.ArgumentParser()
    for name in ("include", "cc", "pins"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--update", action="store_true")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder, "layout.c")
        source.write_text(program(args.include))
        border.run(args.cc, "-std=c99", "-I", args.include, source, "-o", source.with_suffix(""))
        found = border.run(source.with_suffix(""))

    pins = pathlib.Path(args.pins)
    if args.update:
        pins.write_text(found)
    pinned, now = pins.read_text().splitlines(), found.splitlines()
    faults = [f"gone or changed: {line}" for line in pinned if line not in set(now)]
    faults += [f"new or changed: {line} (pin it: layout.py --update)" for line in now if line not in set(pinned)]
    border.report(faults, f"{len(now)} sizes, offsets and constants as pinned")


main()
