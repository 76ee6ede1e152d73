"""Typed values in what a user says, Chinese or English (sotto/values.h); needs no runtime and no model."""
from __future__ import annotations

import ctypes
import dataclasses
import enum
import time
from typing import Any, Callable, Iterable, List, Optional, Tuple

from . import _abi
from ._errors import SottoError, Status
from ._library import Text, call, fetch_bytes, library
from ._skill import Language

MOST_VALUES = 1 << 16  # of one text
_LANGUAGES = {Language.CHINESE: 1, Language.ENGLISH: 2}
_FLAGS = {"is_ambiguous": 1, "is_approximate": 2, "is_relative": 4, "is_range": 8}


class ValueKind(enum.IntEnum):
    NUMBER = 1
    ORDINAL = 2
    PERCENT = 3
    TEMPERATURE = 4
    LIGHT = 5  # colour temperature of a lamp in kelvin
    DURATION = 6  # in seconds, or months where the length is not fixed
    TIME = 7
    AMOUNT = 8  # without a number: Value.amount
    COLOR = 9
    LEVEL = 10
    PHONE = 11


class Unit(enum.IntEnum):
    NONE = 0
    SECOND = 1
    MINUTE = 2
    HOUR = 3
    DAY = 4
    WEEK = 5
    MONTH = 6
    YEAR = 7
    PART = 8  # of a day: morning, evening; a precision only
    DEGREE = 9
    CELSIUS = 10
    FAHRENHEIT = 11
    KELVIN = 12
    STEP = 13


class Amount(enum.IntEnum):
    BIT = 1
    SOME = 2
    LOT = 3


class Level(enum.IntEnum):
    OFF = 0
    MIN = 1
    LOW = 2
    MEDIUM = 3
    HIGH = 4
    MAX = 5


@dataclasses.dataclass(frozen=True)
class Moment:
    """An instant, with its calendar fields at the offset from UTC that was given; weekday: 1 Monday to 7 Sunday."""

    unix_seconds: int
    year: int
    month: int
    day: int
    hour: int
    minute: int
    second: int
    weekday: int


@dataclasses.dataclass(frozen=True)
class Value:
    """One reading of what was said at text[begin:end]; str() is its normal form, "datetime 2026-11-29T07:15"."""

    kind: ValueKind
    begin: int
    end: int
    group: int  # readings of the same place share it
    number: float
    number_to: float  # the upper end of "two or three"; otherwise as number
    unit: Unit
    direction: int  # of a change: 1 up, -1 down, 0 not said
    color: int  # 0xRRGGBB
    precision: Unit
    start: Optional[Moment]  # of a TIME; with a repeat its first occurrence, not before now
    stop: Optional[Moment]  # where it ends, exclusive: as `start` for a point
    repeat_unit: Unit  # NONE: once
    repeat_interval: int
    repeat_weekdays: Tuple[int, ...]  # 1 Monday to 7 Sunday; empty: any
    text: str  # the digits of a PHONE
    normal: str
    is_ambiguous: bool  # other values of the same group are as possible
    is_approximate: bool
    is_relative: bool
    is_range: bool

    @property
    def amount(self) -> Optional[Amount]:
        return Amount(int(self.number)) if self.kind == ValueKind.AMOUNT else None

    @property
    def level(self) -> Optional[Level]:
        return Level(int(self.number)) if self.kind == ValueKind.LEVEL and self.unit != Unit.STEP else None

    def __str__(self) -> str:
        return self.normal


@dataclasses.dataclass(frozen=True)
class Agreement:
    """The values on which most of a recogniser's list agrees; their places are in the text of that hypothesis."""

    hypothesis: int
    share: float  # of the list's likelihood that has the same values in the same order
    values: List[Value]


def parse_values(text: str, **options: Any) -> List[Value]:
    """In order of their places; what can be meant in several ways comes back in several readings of one group, never guessed.

    Keywords: language: CHINESE or ENGLISH (else both); now: seconds since 1970 (None: the clock of this machine); clock=False: no clock,
    and no times; utc_offset_minutes (None: of this machine's zone); expect: the kind that was asked for; kinds: what to return.
    """
    words, given = Text("the text", text), _options(**options)
    library()
    found = _structs(lambda values, stride, capacity, count: call(
        "values_parse", words.view, ctypes.byref(given), values, stride, capacity, count))
    return _values(text, found)


def agree_values(hypotheses: Iterable[Tuple[str, float]], **options: Any) -> Agreement:
    """Reads every (text, natural logarithm of its likelihood) of a recogniser's list, 1 to 64. Keywords: those of parse_values."""
    lines = list(hypotheses)
    texts, given = [Text("a hypothesis", text) for text, _ in lines], _options(**options)
    size = ctypes.sizeof(_abi.Hypothesis)
    list_of = (_abi.Hypothesis * len(lines))(*[_abi.Hypothesis(size, score, text.view) for text, (_, score) in zip(texts, lines)])
    agreement = _abi.sized(_abi.Agreement)
    library()
    found = _structs(lambda values, stride, capacity, count: call(
        "values_agree", list_of, size, len(list_of), ctypes.byref(given), ctypes.byref(agreement), values, stride, capacity, count))
    return Agreement(agreement.hypothesis, agreement.share, _values(lines[agreement.hypothesis][0], found))


def _options(*, language: Language = Language.UNKNOWN, now: Optional[float] = None, clock: bool = True,
             utc_offset_minutes: Optional[int] = None, expect: Optional[ValueKind] = None, kinds: Iterable[ValueKind] = ()) -> Any:
    seconds = time.time() if now is None else now
    if utc_offset_minutes is None:
        utc_offset_minutes = time.localtime(seconds).tm_gmtoff // 60
    return _abi.sized(_abi.ValuesOptions, language=_LANGUAGES.get(language, 0), now_unix_ms=int(seconds * 1000) if clock else 0,
                      utc_offset_minutes=utc_offset_minutes, expect=expect or 0, kinds=sum(1 << kind for kind in set(kinds)))


def _structs(read: Callable[..., None]) -> Any:
    """read(values, stride, capacity, count), twice."""
    count, stride = ctypes.c_uint64(), ctypes.sizeof(_abi.Value)
    read(None, stride, 0, ctypes.byref(count))
    if count.value > MOST_VALUES:
        raise SottoError(Status.UNSUPPORTED, f"reading values: the text has {count.value}, at most {MOST_VALUES} are given: read it in parts")
    values = (_abi.Value * count.value)()
    if count.value:
        read(values, stride, len(values), ctypes.byref(count))
    return values


def _values(text: str, structs: Any) -> List[Value]:
    """Places are bytes of UTF-8 there, characters here; they come in order."""
    encoded, found = text.encode(), []
    at = characters = 0
    for struct in structs:
        characters += len(encoded[at:struct.begin].decode())
        at = struct.begin
        found.append(_value(struct, characters, characters + len(encoded[at:struct.end].decode())))
    return found


def _value(s: Any, begin: int, end: int) -> Value:
    kind = ValueKind(s.kind)
    start, stop = (_moment(getattr(s, "from")), _moment(s.to)) if kind == ValueKind.TIME else (None, None)
    weekdays = tuple(day for day in range(1, 8) if s.repeat_weekdays >> (day - 1) & 1)
    normal = fetch_bytes(library().sotto_value_print, ctypes.byref(s)).decode()
    flags = {name: bool(s.flags & bit) for name, bit in _FLAGS.items()}
    return Value(kind, begin, end, s.group, s.number, s.number_to, Unit(s.unit), s.direction, s.color, Unit(s.precision), start, stop,
                 Unit(s.repeat_unit), s.repeat_interval, weekdays, s.text.decode(), normal, **flags)


def _moment(m: Any) -> Moment:
    return Moment(*[getattr(m, field.name) for field in dataclasses.fields(Moment)])
