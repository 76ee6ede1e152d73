"""What a cross build made, without running it: every library is of the machine that was asked for, its segments are aligned to 16 KB
(tests/bindings/alignment.py), and it exports its own names alone: sotto_* of libsotto, Java_* and JNI_OnLoad of the JNI library,
sotto_plugin of a plugin. ELF is read here, since the tools of this machine need not know the other's."""
import argparse
import pathlib
import re
import struct
import subprocess
import sys

EM_AARCH64, SHT_DYNSYM, STB_LOCAL, SHN_UNDEF, SHN_ABS = 183, 11, 0, 0, 0xFFF1
# First row whose name fits wins.
EXPORTS = (("libsotto_jni", r"Java_dev_sotto_\w+|JNI_OnLoad"), ("libsotto_backend_", r"sotto_plugin"), ("libsotto_comm_", r"sotto_plugin"),
           ("libsotto", r"sotto_\w+"), ("lib", r"sotto_plugin"))


def exports(image):
    """Names that other libraries can bind to; version nodes (absolute symbols) are none."""
    offset, = struct.unpack_from("<Q", image, 40)
    size, count = struct.unpack_from("<HH", image, 58)
    sections = [struct.unpack_from("<IIQQQQIIQQ", image, offset + i * size) for i in range(count)]
    for _, kind, _, _, start, length, link, _, _, entry in sections:
        if kind != SHT_DYNSYM:
            continue
        names = sections[link][4]
        for at in range(start, start + length, entry):
            name, info, _, section = struct.unpack_from("<IBBH", image, at)
            if info >> 4 != STB_LOCAL and section not in (SHN_UNDEF, SHN_ABS):
                yield image[names + name:image.index(b"\0", names + name)].decode()


def main():
    parser = argparse.ArgumentParser()
    for name in ("source", "libraries"):
        parser.add_argument("--" + name, required=True)
    args = parser.parse_args()
    libraries = [pathlib.Path(path) for path in args.libraries.split(",") if path]
    faults, total = [], 0
    for path in libraries:
        image = path.read_bytes()
        machine, = struct.unpack_from("<H", image, 18)
        if machine != EM_AARCH64:
            faults.append(f"{path.name} is of machine {machine}, expected {EM_AARCH64} (aarch64)")
            continue
        pattern = next(pattern for prefix, pattern in EXPORTS if path.name.startswith(prefix))
        names = sorted(exports(image))
        total += len(names)
        faults += [f"{path.name} exports {name}, expected {pattern}" for name in names if not re.fullmatch(pattern, name)]
        faults += [] if names else [f"{path.name} exports nothing"]
    for fault in faults:
        print(fault)
    print(f"{len(libraries)} libraries, {total} exported names, {len(faults)} faults")
    alignment = subprocess.run([sys.executable, "-B", f"{args.source}/tests/bindings/alignment.py", f"--libraries={args.libraries}"])
    sys.exit(1 if faults or alignment.returncode else 0)


main()
