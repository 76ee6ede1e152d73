"""Typed values: places are characters, readings stay side by side, the normal forms are those of the C interface."""
import time

import pytest

import sotto
from conftest import TEXTS
from sotto import Amount, Language, Level, Status, Unit, ValueKind
from test_sotto import status_of

NOON = 1_764_417_600  # 2025-11-29T12:00Z, a Saturday


def parse(text, **options):
    return sotto.parse_values(text, **{"now": NOON, "utc_offset_minutes": 0, **options})


def test_values_have_their_place_in_characters():
    text = "👍🏽明天早上七点一刻叫我，把灯调到30% and dial 13800138000"
    moment, percent, phone = parse(text)
    assert [text[v.begin:v.end] for v in (moment, percent, phone)] == ["明天早上七点一刻", "30%", "13800138000"]
    assert [str(v) for v in (moment, percent, phone)] == ["datetime 2025-11-30T07:15", "percent 30", "phone 13800138000"]
    assert (moment.kind, moment.precision, moment.start.weekday) == (ValueKind.TIME, Unit.MINUTE, 7)
    assert (moment.start.hour, moment.start.minute, moment.start.unix_seconds) == (7, 15, NOON + 19 * 3600 + 900)
    assert percent.number == 30 and percent.start is None and phone.text == "13800138000"


def test_what_is_ambiguous_comes_in_several_readings_of_one_group():
    readings = parse("wake me at seven")
    assert [str(v) for v in readings] == ["datetime 2025-11-29T19:00", "datetime 2025-11-30T07:00"]
    assert {v.group for v in readings} == {0} and all(v.is_ambiguous for v in readings)


@pytest.mark.parametrize("text, expected", [
    ("turn it up a bit", {"amount": Amount.BIT, "direction": 1, "is_relative": True}),
    ("set it to max", {"level": Level.MAX}),
    ("2700K", {"kind": ValueKind.LIGHT, "number": 2700}),
    ("red", {"color": 0xFF0000}),
    ("two or three lamps", {"number": 2, "number_to": 3, "is_range": True}),
    ("26度", {"kind": ValueKind.TEMPERATURE, "unit": Unit.DEGREE}),
    ("90 minutes", {"kind": ValueKind.DURATION, "number": 5400, "unit": Unit.SECOND}),
    ("每周一和周五早上八点", {"repeat_unit": Unit.WEEK, "repeat_weekdays": (1, 5)}),
])
def test_kinds_have_their_fields(text, expected):
    value = parse(text)[0]
    assert {name: getattr(value, name) for name in expected} == expected


def test_options_are_heard():
    assert parse("seven", expect=ValueKind.TIME)[0].kind == ValueKind.TIME
    assert [v.kind for v in parse("30% red", kinds=[ValueKind.COLOR])] == [ValueKind.COLOR]
    assert parse("at seven", clock=False) == [] or all(v.kind != ValueKind.TIME for v in parse("at seven", clock=False))
    assert parse("三十", language=Language.ENGLISH) == [] != parse("三十个", language=Language.CHINESE)
    assert parse("tomorrow", utc_offset_minutes=14 * 60)[0].start.day == 1
    assert sotto.parse_values("tomorrow")[0].start.unix_seconds > time.time() - 1
    assert status_of(parse, "seven", utc_offset_minutes=5000) == Status.INVALID_ARGUMENT
    with pytest.raises(TypeError):
        parse("seven", nau=0)


def test_a_list_agrees_on_what_most_of_it_says():
    found = sotto.agree_values([("设成五十", -0.9), ("设成十五", -1.05), ("设成十五 ", -1.38)], now=NOON, utc_offset_minutes=0)
    assert found.hypothesis == 1 and found.share == pytest.approx(0.6, abs=0.02)
    assert [str(v) for v in found.values] == ["number 15"]
    assert (found.values[0].begin, found.values[0].end) == (2, 4)
    for wrong in ([], [("a", float("nan"))], [("a", 0.0)] * 65):
        assert status_of(sotto.agree_values, wrong) == Status.INVALID_ARGUMENT


@pytest.mark.parametrize("text", [*TEXTS, "", "0 " * 2000])
def test_any_text_is_read(text):
    for value in parse(text):
        assert 0 <= value.begin < value.end <= len(text)


def test_half_of_a_surrogate_pair_is_refused():
    assert status_of(parse, "7\ud83d") == Status.INVALID_ARGUMENT


def test_texts_of_too_many_values_are_refused():
    assert len(parse("7 " * 2**16)) == 2**16
    assert status_of(parse, "7 " * (2**16 + 1)) == Status.UNSUPPORTED
