"""Writes unicode_tables.cc: general categories and NFC data of Unicode 16.0, the version that the reference tokenizers' regular
expressions know (of the package `tokenizers` 0.23). Run by hand when they move: pip install unicodedata2==16.0.0; python3
make_unicode_tables.py"""
import pathlib
import unicodedata2 as u

CATEGORY = {"L": 1, "N": 2, "P": 4, "S": 8, "M": 16}
SPACES = set([*range(9, 14), 32, 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F, 0x205F, 0x3000])


def flags(cp):
    category = u.category(chr(cp))
    return CATEGORY.get(category[0], 0) | (32 if cp in SPACES else 0)


def runs(value):
    previous, out = None, []
    for cp in range(0x110000):
        now = 0 if 0xD800 <= cp < 0xE000 else value(cp)
        if now != previous:
            out.append((cp, now))
            previous = now
    return out


def decomposition(cp):
    d = u.decomposition(chr(cp))
    return [int(x, 16) for x in d.split()] if d and d[0] != "<" else []


def rows(items, shape):
    line, out = "   ", []
    for item in items:
        text = " " + shape(item) + ","
        if len(line) + len(text) > 126:
            out.append(line)
            line = "   "
        line += text
    return "\n".join(out + [line])


pairs, compose = [], []
for cp in range(0x110000):
    if 0xAC00 <= cp < 0xD7A4 or 0xD800 <= cp < 0xE000:
        continue
    d = decomposition(cp)
    if d:
        pairs.append((cp, d[0], d[1] if len(d) > 1 else 0))
        if len(d) == 2 and u.normalize("NFC", chr(cp)) == chr(cp):
            compose.append((d[0], d[1], cp))

pathlib.Path(__file__).with_name("unicode_tables.cc").write_text(f"""// unicode_tables.cc: data of Unicode {u.unidata_version}, made by make_unicode_tables.py; do not edit.
#include "text/unicode_tables.h"

namespace sotto {{

// clang-format off
const CategoryRun kCategoryRuns[] = {{
{rows(runs(flags), lambda r: "{0x%x,%d}" % r)}
}};
const size_t kCategoryRunCount = sizeof kCategoryRuns / sizeof *kCategoryRuns;

const CategoryRun kCombiningRuns[] = {{
{rows(runs(lambda cp: u.combining(chr(cp))), lambda r: "{0x%x,%d}" % r)}
}};
const size_t kCombiningRunCount = sizeof kCombiningRuns / sizeof *kCombiningRuns;

const Decomposition kDecompositions[] = {{
{rows(pairs, lambda r: "{0x%x,0x%x,0x%x}" % r)}
}};
const size_t kDecompositionCount = sizeof kDecompositions / sizeof *kDecompositions;

const Decomposition kCompositions[] = {{
{rows(sorted(compose), lambda r: "{0x%x,0x%x,0x%x}" % (r[2], r[0], r[1]))}
}};
const size_t kCompositionCount = sizeof kCompositions / sizeof *kCompositions;
// clang-format on

}}  // namespace sotto
""", encoding="ascii")
