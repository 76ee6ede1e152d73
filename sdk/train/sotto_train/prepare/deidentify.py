"""Takes private data out of texts: numbers and addresses that name a person, and names. In their place stands the type (<PHONE>), or a
made-up value of the same form that is the same wherever the same value stood."""

import dataclasses
import hashlib
import hmac
import ipaddress
import re
from collections import Counter
from collections.abc import Callable

from sotto_train.prepare import names, tagging
from sotto_train.prepare.clean import HAN, has_han
from sotto_train.prepare.language import COMMON
from sotto_train.prepare.marked import Marked

ALL = ("URL", "MAIL", "IP", "ID", "CARD", "PHONE", "PLATE", "ADDRESS", "NAME")
# What is taken out of published sets, too: keys to one person's accounts. Their addresses are those of hotels and their names public.
KEYS = ("MAIL", "ID", "CARD", "PHONE", "PLATE")

_DIGIT = "[0-9零〇一二三四五六七八九十百]"
_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_NOT_IN_WORD = r"(?<![A-Za-z0-9_])"
_WORD_ENDS = r"(?![A-Za-z0-9_])"
_STREETS = r"(?:street|st|avenue|ave|road|rd|lane|ln|drive|dr|boulevard|blvd|court|ct|place|pl|square|sq|terrace|way|highway|hwy)"
_PLACE = f"[{HAN}]{{1,10}}"


def _luhn(text: str) -> bool:
    digits = [int(c) for c in text if c.isdigit()]
    doubled = [d if i % 2 == 0 else d * 2 - 9 * (d > 4) for i, d in enumerate(reversed(digits))]
    return sum(doubled) % 10 == 0


def _birth_date(text: str) -> bool:
    return "18" <= text[6:8] <= "20" and "01" <= text[10:12] <= "12" and "01" <= text[12:14] <= "31"


def _address6(text: str) -> bool:
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return False
    return text.count(":") > 2


@dataclasses.dataclass(frozen=True)
class _Rule:
    type: str
    pattern: re.Pattern
    holds: Callable[[str], bool] = lambda text: True
    group: int = 0


_RULES = (
    _Rule("URL", re.compile(r"(?:https?://|www\.)[^\s<>\"'，。！？；、（）" + HAN + r"]+", re.IGNORECASE)),
    _Rule("MAIL", re.compile(r"(?<![\w.+-])[A-Za-z0-9][\w.+-]*@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}", re.ASCII)),
    _Rule(
        "MAIL",
        re.compile(
            r"\b(?:[a-z0-9_]+ dot )*[a-z0-9._]+ at (?:gmail|yahoo|hotmail|outlook|icloud|qq|163|126) dot (?:com|net|cn)\b", re.IGNORECASE
        ),
    ),
    _Rule("IP", re.compile(r"(?<![\d.])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?![\d.]*\d)")),
    _Rule("IP", re.compile(r"(?<![0-9A-Fa-f:])[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){3,7}(?![0-9A-Fa-f:])"), _address6),
    _Rule("ID", re.compile(_NOT_IN_WORD + r"[1-9]\d{16}[\dXx]" + _WORD_ENDS), _birth_date),
    _Rule("ID", re.compile(r"\b(?!000|666|9\d\d)\d{3}-(?!00)\d{2}-(?!0000)\d{4}\b")),
    _Rule("CARD", re.compile(_NOT_IN_WORD + r"[3-6]\d{3}(?:[ -]?\d{4}){2}[ -]?\d{3,7}" + _WORD_ENDS), _luhn),
    _Rule("PHONE", re.compile(_NOT_IN_WORD + r"(?:\+?86[ -]?)?1[3-9]\d[ -]?\d{4}[ -]?\d{4}" + _WORD_ENDS)),
    _Rule("PHONE", re.compile(_NOT_IN_WORD + r"(?:\+?86[ -]?)?\(?0\d{2,3}\)?[ -]?[2-9]\d{6,7}(?:[-转]\d{1,5})?" + _WORD_ENDS)),
    _Rule("PHONE", re.compile(r"(?<![\w.-])(?:\+?1[ .-]?)?(?:\([2-9]\d{2}\) ?|[2-9]\d{2}[ .-])[2-9]?\d{2,3}[ .-]\d{4}(?![\w-])")),
    _Rule("PHONE", re.compile(r"(?<![\w.])\+\d{1,3}(?:[ -]?\d{2,4}){3,4}(?!\w)")),
    _Rule("PHONE", re.compile(r"[幺一][三四五六七八九3-9][零〇幺一二三四五六七八九]{9}(?![零〇幺一二三四五六七八九十百千万])")),
    _Rule("PLATE", re.compile(f"[{_PROVINCES}][A-HJ-NP-Z][·•. -]?[A-HJ-NP-Z0-9]{{4,5}}[A-HJ-NP-Z0-9挂学警港澳](?![A-Za-z0-9])")),
    _Rule(
        "PLATE",
        re.compile(
            r"\b(?:licen[cs]e plate|number plate|plate number|plate)(?: number)?(?: is|:)? "
            r"((?=[A-Z0-9 -]*\d)[A-Z0-9]{2,4}[ -]?[A-Z0-9]{2,4})\b"
        ),
        group=1,
    ),
    _Rule(
        "ADDRESS",
        re.compile(
            f"(?:{_PLACE}?(?:省|自治区))?(?:{_PLACE}?市)?(?:{_PLACE}?[区县旗])?{_PLACE}?(?:路|街|大道|巷|弄|胡同|道)"
            f"(?:{_DIGIT}+|[甲乙丙]{_DIGIT}+)号(?:院|楼)?(?:[{HAN}]{{0,8}}?{_DIGIT}+(?:号楼|栋|幢|单元|室|层|楼|座))*(?:{_DIGIT}{{3,4}}室?)?"
        ),
    ),
    _Rule(
        "ADDRESS",
        re.compile(
            f"[{HAN}]{{2,8}}?(?:小区|花园|公寓|家园|新村|苑){_DIGIT}+(?:号楼|栋|幢|座)(?:{_DIGIT}+(?:单元|层|楼|室))*(?:{_DIGIT}{{3,4}}室?)?"
        ),
    ),
    _Rule(
        "ADDRESS",
        re.compile(
            r"\b\d{1,5} (?:[NSEW]\.? )?(?:[A-Z][a-z]+|\d{1,3}(?:st|nd|rd|th))(?: [A-Z][a-z]+){0,2} "
            + _STREETS
            + r"\b\.?(?:,? (?:apt|apartment|suite|unit|#)\.? ?\w+)?",
            re.IGNORECASE,
        ),
    ),
)
# Words before an address that belong to the sentence: 我住在, 地址是, 送到.
_ADDRESS_HEAD = re.compile(
    "^.*?(?:住在|住址是|地址是|地址在|位于|送到|寄到|导航到|导航去|带我去|就在|是在|来到|去到|我在|我家在|家在|到|在|去|是)(?=[^号]{3,}号)"
)
_NAME_CUE_ZH = re.compile(
    f"(?:我叫|我的名字是|名字叫|名叫|姓名是|姓名[:：]|联系人是?[:：]?|收件人是?[:：]?)([{HAN}]{{2,4}}?)(?=[，。,.！!？?、\\s]|$|的|今年|想|要|是)"
)
_TITLE_ZH = re.compile("(?:先生|女士|小姐|太太|老师|医生|大夫|经理|阿姨|叔叔|师傅|主任|教授|同学|律师)")
_NAME_CUE_EN = re.compile(
    r"\b(?i:my name is|my name's|i am called|mr\.?|mrs\.?|ms\.?|dr\.?|call|text|phone|message|tell|email|ask|remind|ring|contact|"
    r"speak (?:to|with)|from|to|with|this is|i am|i'm|for|is)\s+([A-Za-z]+(?:\s[A-Z][a-z]+)?)"
)
# A surname in text without capitals: the one word between a given name and the end or a small word. Others stay, 'remind sarah buy milk'.
_SURNAME_EN = re.compile(r"\s([a-z]{3,})(?=$|[,.!?]|\s(?:please|at|on|and|now|that|to|tomorrow|tonight|today|about|for)\b)")
_FULL_NAME_EN = re.compile(r"\b([A-Z][a-z]+) (?:[A-Z]\. )?([A-Z][a-z]+)\b")
_SURE_CUE_EN = re.compile(r"(?:my name is|my name's|called|mr\.?|mrs\.?|ms\.?|dr\.?)\s*$", re.IGNORECASE)


class Deidentifier:
    """const after construction. `key`: makes the same made-up value of the same private one; None: placeholders."""

    def __init__(self, types: tuple[str, ...], key: bytes | None = None):
        self._types = frozenset(types)
        self._key = key

    def __call__(self, text: Marked, counts: Counter, public: tuple[int, ...] = ()) -> None:
        """`public`: numbers of the spans whose names are known to all, such as an artist's."""
        for rule in _RULES:
            if rule.type in self._types:
                self._apply(text, rule, counts)
        if "NAME" in self._types:
            found = _chinese_names(text.text) if has_han(text.text) else _english_names(text.text)
            spared = [text.marks[number] for number in public]
            private = [(a, b) for a, b in found if all(b <= start or a >= end for start, end in spared)]
            edits = [(start, end, self._new("NAME", text.text[start:end], counts)) for start, end in private]
            text.replace(edits)

    def _apply(self, text: Marked, rule: _Rule, counts: Counter) -> None:
        edits = []
        for match in rule.pattern.finditer(text.text):
            start, end = match.span(rule.group)
            if rule.type == "ADDRESS" and (head := _ADDRESS_HEAD.match(text.text[start:end])):
                start += head.end()
            if rule.holds(text.text[start:end]):
                edits.append((start, end, self._new(rule.type, text.text[start:end], counts)))
        text.replace(edits)

    def _new(self, kind: str, value: str, counts: Counter) -> str:
        counts[kind] += 1
        if self._key is None:
            return f"<{kind}>"
        digest = hmac.new(self._key, f"{kind} {_canonical(kind, value)}".encode(), hashlib.sha256).digest()
        return _MADE[kind](int.from_bytes(digest[:12], "little"), value)


def _canonical(kind: str, value: str) -> str:
    """One form of one value: 138 0013 8000 and +86-13800138000 are one number."""
    value = re.sub(r"[\s().·•-]", "", value.lower()) if kind in ("PHONE", "CARD", "PLATE", "ID") else value.lower().strip()
    return value.removeprefix("+86") if kind == "PHONE" else value


# Slots whose people are public, and verbs after which a log without slots names one.
PUBLIC_SLOTS = frozenset(
    ("artist", "song", "album", "book", "movie", "playlist", "podcast", "station", "query", "word", "topic", "place", "restaurant")
)
_PUBLIC_BEFORE = re.compile("(?:播放|点播|放|听|唱|来一?首|来点|搜索|搜|看)(?:一下|一首|点|首)?$")


def _chinese_names(text: str) -> list[tuple[int, int]]:
    found, at = [], 0
    words = tagging.chinese(text)
    for index, (word, flag) in enumerate(words):
        start = text.index(word, at)
        at = end = start + len(word)
        after = words[index + 1][0] if index + 1 < len(words) else ""
        if _PUBLIC_BEFORE.search(text[:start]):
            continue
        if _is_person(word, flag):
            titled = _TITLE_ZH.search(word)
            found.append((start, start + titled.start() if titled else end))
        elif word in names.SURNAMES and _TITLE_ZH.match(after):
            found.append((start, end))
    for match in _NAME_CUE_ZH.finditer(text):
        span = match.span(1)
        if (match[1][0] in names.SURNAMES or match[1][:2] in names.SURNAMES) and all(span[1] <= a or span[0] >= b for a, b in found):
            found.append(span)
    return sorted(found)


def _is_person(word: str, flag: str) -> bool:
    if not flag.startswith("nr") or word.lower() in names.public():
        return False
    title = _TITLE_ZH.search(word)
    if title and title.start() in (1, 2):
        return word[: title.start()] in names.SURNAMES
    return 2 <= len(word) <= 4 and (word[0] in names.SURNAMES and len(word) < 4 or word[:2] in names.SURNAMES)


def _english_names(text: str) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []

    def add(start: int, end: int) -> None:
        if text[start:end].lower() not in names.public() and all(end <= a or start >= b for a, b in found):
            found.append((start, end))

    for match in _FULL_NAME_EN.finditer(text):
        if match[1].lower() in names.GIVEN_EN - names.AMBIGUOUS_EN:
            add(*match.span())
    for match in _NAME_CUE_EN.finditer(text):
        first, *rest = match[1].split()
        known = first.lower() in names.GIVEN_EN and (first.lower() not in names.AMBIGUOUS_EN or first[0].isupper())
        sure = first[0].isupper() and _SURE_CUE_EN.search(text[: match.start(1)])
        if known or sure:
            follows = _SURNAME_EN.match(text, match.end(1)) if first.islower() and not rest else None
            add(match.start(1), follows.end(1) if follows and follows[1] not in COMMON else match.end(1))
    return sorted(found)


def _digits(seed: int, count: int) -> str:
    return str(seed % 10**count).zfill(count)


# Values that belong to nobody: documentation ranges, numbers that are not given out, checks that fail.
def _phone(seed: int, value: str) -> str:
    spoken = any("\u4e00" <= c <= "\u9fff" for c in value)
    if spoken:
        return "幺零零" + "".join("零幺二三四五六七八九"[int(d)] for d in _digits(seed, 8))
    digits = re.sub(r"\D", "", value)
    return (
        f"100{_digits(seed, 8)}" if digits.removeprefix("86").startswith(("1", "0")) and len(digits) > 10 else f"555-01{_digits(seed, 2)}"
    )


def _name(seed: int, value: str) -> str:
    if not has_han(value):
        first, last = names.MADE_FIRST[seed % len(names.MADE_FIRST)], names.MADE_LAST[seed // 64 % len(names.MADE_LAST)]
        made = f"{first} {last}" if " " in value else first
        return made.lower() if value.islower() else made
    surname = names.MADE_SURNAMES[seed % len(names.MADE_SURNAMES)]
    given = [names.MADE_GIVEN[(seed >> shift) % len(names.MADE_GIVEN)] for shift in (8, 16)]
    return surname + "".join(given[: len(value) - 1])


def _address(seed: int, value: str) -> str:
    number = seed % 900 + 1
    return f"幸福路{number}号" if has_han(value) else f"{number} Sample Street"


_MADE: dict[str, Callable[[int, str], str]] = {
    "URL": lambda seed, value: f"https://example.com/{_digits(seed, 6)}",
    "MAIL": lambda seed, value: f"user{_digits(seed, 5)}@example.com",
    "IP": lambda seed, value: f"2001:db8::{seed % 65536:x}" if ":" in value else f"192.0.2.{seed % 254 + 1}",
    "ID": lambda seed, value: f"000-{_digits(seed, 2)}-{_digits(seed >> 8, 4)}" if "-" in value else f"990000190001{_digits(seed, 6)}",
    "CARD": lambda seed, value: f"0000{_digits(seed, 12)}",
    "PHONE": _phone,
    "PLATE": lambda seed, value: f"{value[0]}A0{_digits(seed, 4)}" if has_han(value) else f"XX0 {_digits(seed, 4)}",
    "ADDRESS": _address,
    "NAME": _name,
}
