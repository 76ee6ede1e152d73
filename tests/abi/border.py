"""Reads the public headers as far as the ABI tests need: functions, structs with their fields, numeric constants."""
import pathlib
import re
import subprocess
import sys


def text_of(header):
    return re.sub(r"/\*.*?\*/", " ", pathlib.Path(header).read_text(encoding="utf-8"), flags=re.DOTALL)


def c_headers(folder):
    return sorted(pathlib.Path(folder).glob("sotto/*.h"))


CONVERT = "convert.h"  # of libsotto-convert; all other functions are libsotto's


def functions(folder, of_convert=False):
    """Names of the functions that the headers of a library declare as exported."""
    return {name for header in c_headers(folder) if (header.name == CONVERT) == of_convert
            for name in re.findall(r"^SOTTO_API\b[^;(]*?\b(sotto_\w+)\s*\(", text_of(header), re.MULTILINE)}


def split_fields(body):
    """Names of the fields of a struct's body, function pointers and arrays included."""
    for declaration in re.sub(r"^\s*#.*$", "", body, flags=re.MULTILINE).split(";"):
        declaration = " ".join(declaration.split())
        if not declaration:
            continue
        pointer = re.search(r"\(\*(\w+)\)\s*\(", declaration)
        names = [pointer.group(1)] if pointer else [re.search(r"(\w+)(\[\w+\])*\s*$", part).group(1)
                                                    for part in declaration.split(",")]
        yield from names


def structs(folder):
    """(struct, [fields]) of all headers, in order."""
    for header in c_headers(folder):
        text = text_of(header)
        found = re.findall(r"typedef struct (\w+) \{(.*?)\n\} \1;", text, re.DOTALL)
        if len(found) != len(re.findall(r"\b(?:struct|union|enum)\b[^;(]*\{", text)):
            sys.exit(f"{header}: a struct, union or enum that is not written as: typedef struct NAME {{ ... }} NAME;")
        for name, body in found:
            yield name, list(split_fields(body))


def constants(folder):
    """Names of numeric constants; versions are allowed to change."""
    for header in c_headers(folder):
        for name in re.findall(r"^#define (SOTTO_\w+) +-?(?:0x)?[0-9A-Fa-f]+u? *$", text_of(header), re.MULTILINE):
            if not re.match(r"SOTTO_(VERSION|ABI_MINOR|PLUGIN_MINOR)", name):
                yield name


def identifiers(folder):
    """Names of the ids by which interfaces and services are found."""
    for header in c_headers(folder):
        yield from re.findall(r'^#define (SOTTO_\w+_ID) "', text_of(header), re.MULTILINE)


def run(*command, **options):
    done = subprocess.run([str(part) for part in command], text=True, capture_output=True, timeout=300, **options)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}\nfailed with {done.returncode}:\n{done.stdout}\n{done.stderr}")
    return done.stdout


def report(faults, success):
    for fault in faults:
        print(fault)
    if faults:
        sys.exit(f"{len(faults)} faults")
    print(success)
