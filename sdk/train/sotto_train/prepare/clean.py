"""Cleaning: what is no word of the speaker goes (markup, control and zero-width characters), forms of one character become one."""

import functools
import html
import re
import unicodedata
from importlib import resources

from sotto_train.prepare import fillers
from sotto_train.prepare.marked import Marked

HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_ENTITY = re.compile(r"&(?:#\d{1,7}|#x[0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_BREAK = re.compile(r"<(?:br|p|div|li)\s*/?>|</(?:p|div|li)>", re.IGNORECASE)
_TAG = re.compile(r"<!--.*?-->|</?[a-z][a-z0-9]*(?:\s[^<>]{0,300})?/?>", re.DOTALL)
_SCRIPT = re.compile(r"<(script|style)\b[^>]*>.*?</\1>", re.DOTALL | re.IGNORECASE)
# Lone surrogates come from broken JSON escapes and cannot be written as UTF-8. A joiner inside an emoji stays.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x84\x86-\x9f\u00ad\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\ufffd\ud800-\udfff]"
    "|\u200d(?![\u2600-\u27bf\U0001f000-\U0001faff])"
)
# Forms that NFKC may unify without loss: full-width letters, ligatures, compatibility ideographs. Not ½, ①, ℃, … and not the
# punctuation ，！？：；（） that is right in Chinese.
_FORMS = re.compile(
    "[\uff10-\uff19\uff21-\uff3a\uff41-\uff5a\uff02-\uff07\uff0a\uff0b\uff0d-\uff0f\uff1c-\uff1e\uff20\uff3c\uff3e-\uff40"
    "\uff5b-\uff5d\uff65-\uff9f\uffe0-\uffe6\u2f00-\u2fdf\uf900-\ufaff\ufb00-\ufb06]+"
)
_SPACE = re.compile(r"[ \t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000\x85]+")
_LINES = re.compile(r"\s*\n\s*")
_HAN_GAP = re.compile(rf"(?<=[{HAN}，。！？；：、]) +(?=[{HAN}，。！？；：、])")
# Brackets whose content an export of a wiki has lost: 桂小太郎（），梁镜尧（，）
_EMPTY_BRACKETS = re.compile(r"[（(][\s，、；：,;:]*[）)]")
_CLAUSE = re.compile(r"[^，。！？；、：\n]+")
_EDGES = re.compile(r"\A\s+|\s+\Z")
_REPEATED = re.compile(r"([^\w\s.\-])\1{3,}|([^\W\d_])\2{5,}")
_ASCII_POINT = re.compile(rf"(?<=[{HAN}])[,!?;:](?=$|\s|[{HAN}])|(?<=[{HAN}])\.(?=$|\s)")
_WIDE_POINT = re.compile("[，。！？；：（）]")
_TO_WIDE = dict(zip(",!?;:.", "，！？；：。"))
_TO_NARROW = dict(zip("，。！？；：（）", ",.!?;:()"))
_QUOTES = re.compile("[‘’“”]")
_TO_STRAIGHT = {"‘": "'", "’": "'", "“": '"', "”": '"'}


def clean(text: Marked, kind: str) -> None:
    """All steps on one text. Running text (`text`) is written language: it has no fillers and its lines are paragraphs."""
    if "<" in text.text or "&" in text.text:
        _markup(text)
    text.sub(_INVISIBLE, "")
    text.sub(_FORMS, lambda m: unicodedata.normalize("NFKC", m.group()))
    simplify(text)
    if kind == "text":
        text.sub(_EMPTY_BRACKETS, "")
    text.sub(_SPACE, " ")
    text.sub(_LINES, "\n" if kind == "text" else " ")
    chinese = has_han(text.text)
    if chinese:
        text.sub(_ASCII_POINT, lambda m: _TO_WIDE[m.group()])
        if kind != "text":
            text.sub(_HAN_GAP, "")
    else:
        text.sub(_WIDE_POINT, lambda m: _TO_NARROW[m.group()])
        text.sub(_QUOTES, lambda m: _TO_STRAIGHT[m.group()])
    text.sub(_REPEATED, lambda m: m.group()[:3])
    text.sub(_EDGES, "")
    if kind != "text" and kind != "pair":
        fillers.remove(text)


def _markup(text: Marked) -> None:
    text.sub(_SCRIPT, "")
    for _ in range(2):  # logs of web pages have entities of entities
        text.sub(_ENTITY, lambda m: html.unescape(m.group()))
    text.sub(_BREAK, "\n")
    text.sub(_TAG, "")


def has_han(text: str) -> bool:
    return re.search(f"[{HAN}]", text) is not None


def simplify(text: Marked) -> None:
    """Traditional to Simplified. The converter is slow and most texts need none, so a set of characters decides first."""
    if _traditional().isdisjoint(text.text):
        return
    simple = _CLAUSE.sub(_simple_clause, text.text)
    if len(simple) == len(text.text):
        text.text = simple
        return
    # A phrase changed its length: between the edges of spans piece by piece, so that they can be moved.
    edges = sorted({0, len(text.text), *(place for mark in text.marks for place in mark)})
    pieces = [(a, b, _converter().convert(text.text[a:b])) for a, b in zip(edges, edges[1:])]
    text.replace([piece for piece in pieces if piece[2] != text.text[piece[0] : piece[1]]])


def _simple_clause(match: re.Match) -> str:
    """No phrase of the converter's tables goes over a point, so that clauses without a Traditional character are left alone."""
    clause = match.group()
    return clause if _traditional().isdisjoint(clause) else _converter().convert(clause)


@functools.cache
def _converter():
    import opencc

    return opencc.OpenCC("t2s")


@functools.cache
def _traditional() -> frozenset[str]:
    table = (resources.files("opencc") / "dictionary" / "TSCharacters.txt").read_text("utf-8")
    pairs = (line.split("\t") for line in table.splitlines() if "\t" in line)
    return frozenset(trad for trad, simple in pairs if trad not in simple.split())
