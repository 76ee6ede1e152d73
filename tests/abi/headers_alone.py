"""Each public header compiles alone, in every language of the border, with every warning an error, and stays short."""
import argparse
import pathlib
import subprocess
import tempfile

import border

LONGEST = 200  # lines


def main():
    parser = argparse.ArgumentParser()
    for name in ("include", "cc", "cxx"):
        parser.add_argument("--" + name, required=True)
    args = parser.parse_args()
    c = [(args.cc, "c", "c99"), (args.cc, "c", "c11")]
    cxx = [(args.cxx, "c++", "c++17"), (args.cxx, "c++", "c++20")]

    faults, compiled = [], 0
    with tempfile.TemporaryDirectory() as folder:
        for header in sorted(pathlib.Path(args.include, "sotto").iterdir()):
            lines = len(header.read_text(encoding="utf-8").splitlines())
            if lines > LONGEST:
                faults.append(f"{header.name}: {lines} lines, {LONGEST} are allowed")
            # Twice: the include guard is part of the header.
            source = pathlib.Path(folder, "alone")
            source.write_text(f'#include "sotto/{header.name}"\n' * 2 + "extern int sotto_alone;\n")
            for compiler, language, standard in (cxx if header.suffix == ".hpp" else c + cxx):
                done = subprocess.run([compiler, "-x", language, f"-std={standard}", "-Wall", "-Wextra", "-Wconversion", "-pedantic",
                                       "-Werror", "-fsyntax-only", "-I", args.include, source], text=True, capture_output=True)
                compiled += 1
                if done.returncode:
                    faults.append(f"{header.name} as {standard}:\n{done.stderr}")
    border.report(faults, f"{compiled} compilations of single headers")


main()
