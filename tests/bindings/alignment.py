"""Every library's segments are aligned to 16 KB: Android 15 maps by such pages and refuses libraries that are aligned to less."""
import argparse
import pathlib
import struct
import sys

PAGE = 16384
PT_LOAD, PT_GNU_RELRO = 1, 0x6474E552


def faults(path):
    """What is wrong with one ELF file of 64 bits, little-endian; and the number of its loaded segments."""
    image = path.read_bytes()
    if image[:6] != b"\x7fELF\x02\x01":
        return [f"{path.name} is no 64-bit little-endian ELF file"], 0
    offset, = struct.unpack_from("<Q", image, 32)
    size, count = struct.unpack_from("<HH", image, 54)
    found, loads = [], 0
    for index in range(count):
        kind, _, start, address, _, _, memory, alignment = struct.unpack_from("<IIQQQQQQ", image, offset + index * size)
        if kind == PT_LOAD:
            loads += 1
            if alignment < PAGE:
                found.append(f"{path.name}: segment {index} is aligned to {alignment}, expected {PAGE}: link with -z max-page-size")
            if (address - start) % PAGE:
                found.append(f"{path.name}: segment {index} is at {start:#x} of the file and {address:#x} of memory")
        if kind == PT_GNU_RELRO and (address + memory) % PAGE:
            # The loader protects whole pages: what follows on the same page would become read-only with it.
            found.append(f"{path.name}: the read-only data ends inside a page, at {address + memory:#x}")
    return found, loads


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--libraries", required=True)
    libraries = [pathlib.Path(name) for name in parser.parse_args().libraries.split(",") if name]
    every, segments = [], 0
    for path in libraries:
        found, loads = faults(path)
        every += found + ([] if loads else [f"{path.name} has no loaded segment"])
        segments += loads
    for fault in every:
        print(fault)
    print(f"{len(libraries)} libraries, {segments} segments, {len(every)} faults")
    return 1 if every or not libraries else 0


sys.exit(main())
