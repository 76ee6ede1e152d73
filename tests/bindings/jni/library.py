"""libsotto_jni exports the functions that `javac -h` declares and JNI_OnLoad, nothing else; the header in the tree is that of javac.

The sources include that header, so that the compiler compares every signature; what is exported and what is declared is compared here.
"""
import argparse
import pathlib
import re
import subprocess
import sys


def main():
    parser = argparse.ArgumentParser()
    for name in ("library", "header", "generated"):
        parser.add_argument("--" + name, required=True)
    args = parser.parse_args()
    header = pathlib.Path(args.header).read_text(encoding="utf-8")
    faults = []
    if header != pathlib.Path(args.generated).read_text(encoding="utf-8"):
        faults.append(f"{args.header} is not what javac -h writes: copy {args.generated}")
    declared = set(re.findall(r"\bJNICALL (Java_\w+)", header)) | {"JNI_OnLoad"}
    lines = subprocess.run(["nm", "-D", "--defined-only", args.library], check=True, capture_output=True, text=True).stdout.splitlines()
    exported = {line.split()[-1].split("@")[0] for line in lines if line.split()[-2] != "A"}
    faults += [f"{name} is declared and not exported" for name in sorted(declared - exported)]
    faults += [f"{name} is exported and not declared" for name in sorted(exported - declared)]
    for fault in faults:
        print(fault)
    print(f"{len(declared)} functions, {len(faults)} faults")
    return 1 if faults or len(declared) < 40 else 0


sys.exit(main())
