"""The border as a library that holds nothing but it: every function of the headers with an empty body, every struct by a pointer. Its debug
information is what abidw and abidiff read: only public types, the same whatever the core is made of and however it was optimised."""
import pathlib
import re

import border

TYPE_PREFIX = "type_of_"  # of the variables that bring a struct along, whether or not a function takes it


def source(include):
    lines = [f'#include "sotto/{header.name}"' for header in border.c_headers(include)]
    for header in border.c_headers(include):
        for declaration in re.findall(r"^SOTTO_API\b([^;{]*\));", border.text_of(header), re.MULTILINE):
            lines.append(f"{declaration.strip()} {{ __builtin_trap(); }}")
    lines += [f"{struct} *{TYPE_PREFIX}{struct};" for struct, _ in border.structs(include)]
    return "\n".join(lines + [""])


def build(include, cc, folder):
    """Path of the library, made in `folder`."""
    code, library = pathlib.Path(folder, "surface.c"), pathlib.Path(folder, "libsotto_border.so")
    code.write_text(source(include))
    border.run(cc, "-std=c99", "-g", "-O0", "-fPIC", "-shared", "-nostdlib", "-fvisibility=default", "-DSOTTO_BUILDING", "-I", include,
               code, "-o", library)
    return library
