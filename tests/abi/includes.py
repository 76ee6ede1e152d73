"""Who may include what: the arrows of docs/architecture.md, read from the #include lines of the sources."""
import argparse
import pathlib
import re

import border

# Folder of sdk/src: the folders it may include besides itself (the arrows, followed to their ends).
MODULES = {
    "base": set(),
    "border": {"base"},
    "model": {"base"},
    "text": {"base"},
    "host": {"base"},
    "run": {"model", "text", "host", "base"},
    "convert": {"model", "text", "border", "base"},
    "api": {"run", "model", "text", "host", "border", "base"},
}
APPLICATION = {"sotto.h", "sotto.hpp", "base.h", "types.h", "plugin.h", "runtime.h", "model.h", "session.h", "values.h", "grammar.h"}
SKILLS = {"assistant.h", "dialogue.h", "hidden.h", "sentiment.h", "recommendation.h", "care.h", "journal.h", "speech.h"}
BACKEND = {"base.h", "types.h", "plugin.h", "plugin.hpp", "backend.h", "plan.h", "profile.h", "driver.h"}
# Projects by others, built from the installed package alone: any public header and their own, nothing else of this tree.
OUTSIDE = re.compile(r"samples/external_\w+/")

# Third-party headers and the folders that may see them; `.cc only` keeps them out of headers.
THIRD_PARTY = (
    # pattern                      where                                                        .cc only
    (r"fmt/",                      r"sdk/",                                                     True),
    (r"boost/",                    r"sdk/src/host/",                                            True),
    (r"sentencepiece",             r"sdk/src/text/",                                            True),
    (r"nlohmann/",                 r"sdk/(src|tools)/|plugins/|samples/(?!external_)",           False),
    (r"CLI/",                      r"sdk/tools/|samples/(?!external_)",                          False),
    (r"libdeflate",                r"sdk/src/convert/",                                         True),
    (r"xxhash",                    r"sdk/src/run/|tests/",                                      False),
    (r"hwy/",                      r"backends/cpu/",                                            False),
    (r"vulkan/",                   r"backends/vulkan/",                                         False),
    (r"cuda|nccl",                 r"backends/cuda/",                                           False),
    (r"espeak-ng/",                r"plugins/speech/",                                          True),
    (r"pocketsphinx\.h|sphinxbase/", r"plugins/speech/",                                       False),
    (r"sqlite3\.h",                r"plugins/recommendation/|tests/",                           False),
    (r"mpi\.h",                    r"plugins/mpi/",                                             False),
    (r"gtest/|gmock/",             r"tests/",                                                   False),
)


def sources(root):
    for top in ("sdk", "backends", "plugins", "samples", "bindings"):
        for path in sorted(pathlib.Path(root, top).rglob("*")):
            if path.suffix in (".h", ".hpp", ".c", ".cc", ".cu", ".inc") and path.is_file():
                yield path.relative_to(root)


def public_fault(path, header):
    """`header` lies in sdk/include/sotto."""
    if OUTSIDE.match(path.as_posix()):
        return None
    top = path.parts[0]
    allowed = BACKEND if top == "backends" else APPLICATION | SKILLS if top in ("samples", "bindings") else None
    if allowed is not None and header not in allowed:
        return f"sotto/{header} is not for {top}: {', '.join(sorted(allowed))}"
    return None


def own_fault(root, path, name):
    """A header in quotes that is not public: it lies in the includer's own part."""
    first = name.split("/")[0]
    if path.parts[:2] == ("sdk", "src"):
        module = path.parts[2]
        if first not in MODULES:
            return f"{name}: write the folder of sdk/src first"
        return None if first == module or first in MODULES[module] else f"{module} may not include {first}"
    part = pathlib.Path(root, *path.parts[:2])
    if path.parts[0] in ("backends", "plugins") and first == "common":
        return None
    places = [pathlib.Path(root, path).parent, part]
    if path.parts[0] == "samples":
        places.append(pathlib.Path(root, "samples", "common"))
    return None if any((place / name).is_file() for place in places) else f"{name} is outside of {'/'.join(path.parts[:2])}"


def fault(root, path, opening, name):
    if ".." in name.split("/"):
        return "no ../"
    if name.startswith("sotto/"):
        return public_fault(path, name[len("sotto/"):])
    for pattern, where, cc_only in THIRD_PARTY:
        if re.match(pattern, name) and opening == "<":
            if not re.match(where, path.as_posix()):
                return f"{name} belongs to {where} only"
            return f"{name} in a header" if cc_only and path.suffix != ".cc" else None
    if path.parts[:2] == ("sdk", "include"):
        return f"{name}: public headers include public headers" if opening == '"' else None
    return own_fault(root, path, name) if opening == '"' else None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--source", required=True)
    root = pathlib.Path(parser.parse_args().source)
    faults, files, lines = [], 0, 0
    for path in sources(root):
        files += 1
        for number, line in enumerate((root / path).read_text(encoding="utf-8").splitlines(), 1):
            found = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
            if found:
                lines += 1
                why = fault(root, path, *found.groups())
                if why:
                    faults.append(f"{path}:{number}: {why}")
    if files == 0:
        faults.append(f"no sources below {root}")
    border.report(faults, f"{lines} includes of {files} files")


main()
