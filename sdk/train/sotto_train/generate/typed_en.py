"""Typed values in English. A value never begins with "at", "on" or "by": those stand before the slot, in the template or, where it has none
and one says them, as the value's lead."""

import re

from sotto_train.generate.typed import Context

ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
).split()
TENS = "zero ten twenty thirty forty fifty sixty seventy eighty ninety".split()
ORDINALS = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth sixteenth "
    "seventeenth eighteenth nineteenth twentieth"
).split()
MONTHS = "January February March April May June July August September October November December".split()
WEEKDAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
HOLIDAYS = (
    "Christmas", "Christmas Eve", "New Year's Eve", "New Year's Day", "Easter Sunday", "Valentine's Day", "Thanksgiving", "Halloween",
    "Mother's Day", "Father's Day", "Labor Day", "Boxing Day", "Good Friday", "Independence Day",
)  # fmt: skip
ARTICLES = {"a", "an", "the", "my", "our", "this", "that", "any", "another", "all"}
PREPOSITIONS = {
    "for",
    "at",
    "on",
    "by",
    "to",
    "from",
    "until",
    "till",
    "before",
    "after",
    "around",
    "of",
    "about",
    "since",
    "is",
    "it's",
    "than",
    "in",
}


def words(n: int, hyphen: str = "-") -> str:
    if n < 20:
        return ONES[n]
    if n < 100:
        return TENS[n // 10] + (hyphen + ONES[n % 10] if n % 10 else "")
    if n < 1000:
        rest = n % 100
        return f"{ONES[n // 100]} hundred" + (f" and {words(rest)}" if rest else "")
    rest = n % 1000
    return f"{words(n // 1000)} thousand" + (f" {'and ' if rest < 100 else ''}{words(rest)}" if rest else "")


def ordinal(n: int) -> str:
    if n <= 20:
        return ORDINALS[n - 1]
    return "thirtieth" if n == 30 else f"{TENS[n // 10]}-{ORDINALS[n % 10 - 1]}"


def short_ordinal(n: int) -> str:
    return f"{n}{'th' if 10 < n < 14 else {1: 'st', 2: 'nd', 3: 'rd'}.get(n % 10, 'th')}"


def say(c: Context, n: int, digits: float = 0.45) -> str:
    return str(n) if c.chance(digits) else words(n, " " if c.chance(0.3) else "-")


def plural(n: int, unit: str) -> str:
    return unit if n == 1 else unit + "s"


LEVELS = {
    "light": ("full brightness", "maximum", "minimum", "half", "max", "full"),
    "screen": ("full brightness", "maximum", "minimum", "half", "the lowest", "the highest"),
    "volume": ("maximum", "max", "half", "minimum", "full", "full volume"),
    "cover": ("half", "halfway", "a third", "three quarters", "a quarter"),
    "fan": ("maximum", "full speed", "half speed", "half", "minimum", "full"),
}


def percent(c: Context) -> str:
    n = c.rng.choice((*range(5, 101, 5), *range(10, 101, 10), *range(1, 100)))
    levels = LEVELS.get(c.group, ("half", "maximum"))
    if c.previous in ARTICLES:
        levels = ("maximum", "minimum")
    bare = 2 if c.previous in ("to", "at") and "percent" not in c.after else 0.3
    return c.weighted(
        (4, f"{n} percent"),
        (3, f"{words(n)} percent"),
        (4, f"{n}%"),
        (2, c.rng.choice(levels)),
        (bare, say(c, n, 0.6)),
        (0.3, f"{n} per cent"),
    )


def amount(c: Context) -> str:
    if c.group in ("timer", "alarm"):
        return duration(c)
    n, step = c.rng.choice((1, 2, 3, 5)), c.rng.choice((5, 10, 15, 20, 25, 30, 40, 50))
    vague = 0.3 if c.previous == "by" else 3
    if c.group == "climate":
        return c.weighted(
            (4, f"{say(c, n)} {plural(n, 'degree')}"), (vague, c.rng.choice(("a bit", "a little", "a little bit", "slightly"))),
            (1, "a degree"),
            (1, "a couple of degrees"), (0.6, "a few degrees"), (0.4, "half a degree"),
        )  # fmt: skip
    return c.weighted(
        (vague, c.rng.choice(("a bit", "a little", "a little bit", "a tad", "slightly", "a touch", "a lot", "some"))),
        (3, f"{step} percent"),
        (2, f"{words(step)} percent"), (3, f"{step}%"), (1, "a notch"), (1, f"{say(c, n + 1)} notches"), (0.6, "half"),
        (0.5, f"{say(c, n + 1)} steps"),
        (0.4, "a quarter"), (0.3, "one level"),
    )  # fmt: skip


def temperature(c: Context) -> str:
    if c.group == "light":
        k = c.rng.choice((2200, 2700, 3000, 3500, 4000, 4500, 5000, 5500, 6000, 6500))
        return c.weighted((3, f"{k} kelvin"), (3, f"{k}K"), (2, f"{words(k)} kelvin"), (1, f"{k} K"))
    f, d = c.rng.randint(60, 80), c.rng.choice((*range(16, 29), *range(19, 25)))
    n = c.rng.choice((f, d))
    return c.weighted(
        (4, f"{n} degrees"), (4, f"{words(n)} degrees"), (2, say(c, n)), (1, f"{say(c, d)} degrees Celsius"),
        (1, f"{say(c, f)} degrees Fahrenheit"),
        (1, f"{f} Fahrenheit"), (0.7, f"{d} Celsius"), (1, f"{d}.5 degrees"), (1, f"{words(d)} point five"), (0.7, f"{d}.5"),
        (0.7, f"{n}°"), (0.4, f"{d}°C"),
        (0.5, f"{words(d)} and a half degrees"),
    )  # fmt: skip


def duration(c: Context) -> str:
    m = c.rng.choice((1, 2, 3, 5, 8, 10, 12, 15, 20, 25, 30, 40, 45, 50, 90, c.rng.randint(2, 59)))
    h, s = c.rng.choice((1, 2, 3, 4, 5, 6, 8, 12)), c.rng.choice((10, 15, 20, 30, 40, 45, 50, 90))
    if c.previous in ARTICLES and re.match(r"\s*[a-z]", c.after):  # "a ten minute timer"
        dash = c.rng.choice((" ", " ", "-"))
        return c.weighted(
            (6, f"{say(c, m)}{dash}minute"),
            (3, f"{say(c, h)}{dash}hour"),
            (1, f"{say(c, s)}{dash}second"),
            (0.7, "half hour"),
            (0.4, "one and a half hour"),
        )
    minutes, hours = f"{say(c, m)} {plural(m, 'minute')}", f"{say(c, h)} {plural(h, 'hour')}"
    within = f"{say(c, min(m, 59))} {plural(m, 'minute')}"  # of an hour
    return c.weighted(
        (9, minutes), (4, hours), (2, f"{say(c, s)} seconds"), (1.5, "half an hour"), (1, "an hour"), (0.7, "a minute"),
        (1, "an hour and a half"),
        (1, f"{say(c, h + 1)} and a half hours"), (0.6, "a quarter of an hour"), (0.4, "three quarters of an hour"),
        (2, f"{hours} and {within}"),
        (0.6, f"{hours} {within}"), (1, f"{minutes} and {say(c, s)} seconds"), (0.7, f"an hour and {within}"), (0.5, f"{m} min"),
        (0.4, "a couple of minutes"),
        (0.4, f"{words(h)} and a half minutes" if h > 1 else "a minute and a half"), (0.3, "forty five minutes"),
        (0.3, "a couple of hours"),
    )  # fmt: skip


def clock(c: Context, h: int | None = None) -> str:
    h = h or c.rng.randint(1, 12)
    m = c.rng.choice((5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, c.rng.randint(1, 59)))
    half = c.rng.choice(("am", "pm", "a.m.", "p.m.", "AM", "PM"))
    minute = f"oh {ONES[m]}" if m < 10 else words(m, " ")
    return c.weighted(
        (4, f"{h} {half}"), (2, f"{h}{half.replace('.', '')}"), (3, f"{words(h)} {half}"), (2, f"{words(h)} o'clock"),
        (0.7, f"{h} o'clock"), (3, words(h)), (2, str(h)),
        (2, f"half past {words(h)}"), (1.3, f"quarter past {words(h)}"), (1.3, f"quarter to {words(h)}"), (0.6, f"a quarter to {words(h)}"),
        (1, f"{words(c.rng.choice((5, 10, 20)))} past {words(h)}"), (1, f"{words(c.rng.choice((5, 10, 20)))} to {words(h)}"),
        (3, f"{h}:{m:02d}"),
        (3, f"{h}:{m:02d} {half}"), (2, f"{words(h)} {minute}"), (1.5, f"{words(h)} thirty"), (1, f"{words(h)} {minute} {half}"),
        (0.7, "noon"), (0.5, "midnight"),
        (0.7, f"{c.rng.randint(13, 23)}:{m:02d}"), (0.4, f"{words(h)} in the {c.rng.choice(('morning', 'evening', 'afternoon'))}"),
        (0.3, f"half {words(h)}"),
    )  # fmt: skip


def date(c: Context) -> tuple[str, str]:
    """A day that takes "on", with it."""
    month, d = c.rng.choice(MONTHS), c.rng.randint(1, 28)
    spoken = ordinal(d) if c.chance(0.5) else short_ordinal(d)
    return "on ", c.weighted(
        (6, lambda c: c.rng.choice(WEEKDAYS)), (2, f"the {spoken} of {month}"), (2, f"{month} {spoken}"), (1.5, f"{month} {d}"),
        (1, f"{d} {month}"),
        (1.5, f"the {spoken}"), (1, f"{c.rng.choice(WEEKDAYS)} the {spoken}"), (1, lambda c: c.rng.choice(HOLIDAYS)),
        (0.4, f"{month} the {spoken}"),
    )  # fmt: skip


def day(c: Context) -> tuple[str, str]:
    if c.chance(0.45):
        return date(c)
    w = c.rng.choice(WEEKDAYS)
    return "", c.weighted(
        (6, "tomorrow"), (2, "today"), (1.5, "the day after tomorrow"), (2, f"next {w}"), (1, f"this {w}"), (0.7, f"{w} next week"),
        (0.4, f"a week from {w}"),
        (0.5, f"the first {w} of {c.rng.choice(MONTHS)}"),
    )  # fmt: skip


def part_of_day(c: Context) -> tuple[str, str]:
    part = c.rng.choice(("morning", "afternoon", "evening", "night"))
    lead, d = date(c)
    return c.weighted(
        (2, ("", "tonight")), (3, ("", f"tomorrow {part}")), (2, ("", f"this {part if part != 'night' else 'evening'}")),
        (2, (lead, f"{c.rng.choice(WEEKDAYS)} {part}")),
        (0.7, ("", f"{part if part != 'night' else 'late'} {'tomorrow'}" if part == "night" else f"in the {part}")),
        (0.4, ("", f"later {c.rng.choice(('today', 'tonight'))}")),
    )  # fmt: skip


def span_of_days(c: Context) -> tuple[str, str]:
    return "", c.weighted(
        (3, "this weekend"), (1, "the weekend"), (2, "this week"), (2, "next week"), (1, "next weekend"), (1, "next month"),
        (1, "this month"),
        (1, f"the next {say(c, c.rng.randint(2, 9))} days"), (0.6, f"in {c.rng.choice(MONTHS)}"), (0.5, "the rest of the week"),
        (0.5, "over the weekend"),
    )  # fmt: skip


def timed(c: Context) -> tuple[str, str]:
    """A time of a day; what it begins with decides whether "at" or "on" goes before."""
    time = clock(c)
    lead, d = day(c)
    bare = re.sub(r" in the \w+$", "", time)
    return c.weighted(
        (6, ("at ", time)), (3, (lead, f"{d} at {time}")), (1, ("at ", f"{bare} {lead}{d}")), (2, ("", f"tomorrow at {time}")),
        (1.5, ("at ", f"{bare} tomorrow morning")),
        (1, ("", f"tonight at {words(c.rng.randint(6, 11))}{c.rng.choice(('', ' thirty', ' fifteen'))}")),
        (1, ("at ", f"{bare} tonight")), (1, ("", f"tomorrow morning at {words(c.rng.randint(5, 11))}")),
        (1, ("at ", f"{words(c.rng.randint(5, 11))} in the morning")), (1, ("at ", f"{words(c.rng.randint(1, 9))} in the evening")),
        (0.7, ("on ", f"{c.rng.choice(WEEKDAYS)} {c.rng.choice(('morning', 'evening', 'afternoon'))} at {words(c.rng.randint(1, 11))}")),
    )  # fmt: skip


def relative(c: Context) -> tuple[str, str]:
    inner = Context("duration", c.intent, "", "", c.rng)
    return "", c.weighted(
        (6, f"in {duration(inner)}"), (1.2, f"{duration(inner)} from now"), (0.8, f"in {say(c, c.rng.randint(2, 6))} days"),
        (0.4, "in a week"),
        (0.4, "in a while"), (0.4, "in a few minutes"), (0.5, "a week from today"),
    )  # fmt: skip


def past(c: Context) -> tuple[str, str]:
    w = c.rng.choice(WEEKDAYS)
    return c.weighted(
        (3, ("", "today")), (3, ("", "yesterday")), (1, ("", "this morning")), (1, ("", "last night")), (1, ("", "this week")),
        (1, ("", "last week")),
        (1, ("on ", w)), (1, ("", f"last {w}")), (0.7, ("", "yesterday evening")), (0.7, ("", "this afternoon")),
        (0.7, ("", "earlier today")),
        (0.7, ("", f"the last {say(c, c.rng.randint(2, 9))} days")), (0.5, ("", "last month")), (0.5, ("", "the past hour")),
        (0.4, ("", "over the weekend")),
    )  # fmt: skip


def datetime(c: Context) -> tuple[str, str]:
    kind = c.times
    if c.previous in ("at", "around"):
        return "", re.sub(r" in the \w+$", "", clock(c)) + (
            c.rng.choice((" tomorrow", " tonight", " on Friday", " in the morning")) if c.chance(0.2) else ""
        )
    if c.previous == "on":
        return "", date(c)[1]
    if c.previous == "in" and kind != "past":
        return "", duration(Context("duration", c.intent, "", "", c.rng))
    forms = {
        "clock": ((8, timed), (1.5, relative)), "day": ((6, day), (2, span_of_days), (2.5, part_of_day)), "past": ((1, past),),
        "soon": ((5, timed), (4, relative), (2, part_of_day), (0.7, ("", "now"))),
        "future": ((6, timed), (3, day), (2.5, part_of_day), (1.5, relative)),
    }  # fmt: skip
    for _ in range(8):
        lead, value = c.weighted(*forms[kind])
        if c.previous in PREPOSITIONS and value.startswith(("in ", "over ")):
            continue
        if c.previous in ARTICLES and re.match(r"in |over |the |this |a |(next|last) (week|month)|noon|midnight", value):
            continue  # "the the third", "my in ten minutes"
        break
    bare = c.previous in PREPOSITIONS | ARTICLES or not c.before.strip() or c.before.rstrip().endswith(("?", ":"))
    return ("", value) if bare and not (not c.before.strip() and lead and c.chance(0.6)) else (lead, value)


def repeat(c: Context) -> tuple[str, str]:
    w, other = c.rng.sample(WEEKDAYS, 2)
    part = c.rng.choice(("morning", "evening", "afternoon", "night"))
    lead = "" if c.previous in PREPOSITIONS | ARTICLES else "on "
    if c.previous in ARTICLES:
        return "", c.weighted((3, "daily"), (2, "weekly"), (1, "monthly"), (2, "weekday"), (1, "weekend"), (1, w), (1, "recurring"))
    return c.weighted(
        (5, ("", "every day")), (3, (lead, "weekdays")), (2, (lead, "weekends")), (4, ("", f"every {w}")), (2, (lead, f"{w}s")),
        (2, ("", f"every {part}")),
        (2, ("", f"every {w} and {other}")), (1, (lead, f"{w}s and {other}s")), (1, ("", "every weekday")), (1, ("", "daily")),
        (1, ("", "every weekend")),
        (1, ("", f"every {w} {part}")), (1, ("", "every other day")), (1, ("", f"every {say(c, c.rng.randint(2, 6))} hours")),
        (0.7, ("", "every week")),
        (0.7, ("", "every month")), (0.7, ("", "Monday to Friday")), (0.6, ("", "every hour")), (0.6, ("", "once a week")),
        (0.5, ("", "each morning")),
        (0.7, (lead, f"the {ordinal(c.rng.randint(1, 28))} of every month")), (0.5, ("", "every year")), (0.5, ("", f"every other {w}")),
        (0.5, ("", "twice a day")),
    )  # fmt: skip


def number(c: Context) -> str:
    if c.group in ("call", "contact", "message"):
        return _telephone(c)
    if c.intent == "restaurant.book":
        return say(c, c.rng.randint(2, 14))
    if c.intent == "work.rate":
        return c.weighted((5, say(c, c.rng.randint(1, 5))), (0.5, f"{words(c.rng.randint(2, 4))} and a half"))
    n = c.rng.choice((1, 5, 10, 20, 50, 100, 200, 250, 500, 750, 1000, 1500, 3000, 5000, 10000, c.rng.randint(2, 9999)))
    return c.weighted((4, str(n)), (3, words(n)), (0.7, f"{n:,}"), (0.5, "a hundred"), (0.3, "a thousand"))


def _telephone(c: Context) -> str:
    d = "".join(c.rng.choices("0123456789", k=10))
    spoken = " ".join("oh" if x == "0" and c.chance(0.5) else ONES[int(x)] for x in d[: c.rng.choice((7, 10))])
    return c.weighted(
        (3, f"{d[:3]}-{d[3:6]}-{d[6:]}"), (2, f"{d[:3]} {d[3:6]} {d[6:]}"), (2, d), (1, f"{d[:3]}-{d[3:7]}"), (3, spoken),
        (1, f"({d[:3]}) {d[3:6]}-{d[6:]}"),
        (1, f"+44 {d[:4]} {d[4:]}"), (0.6, c.rng.choice(("911", "112", "999", "411", "311"))),
    )  # fmt: skip


CONVERSIONS = (
    ("mile", "kilometers"), ("kilometer", "miles"), ("pound", "kilograms"), ("kilo", "pounds"), ("ounce", "grams"),
    ("cup", "milliliters"), ("inch", "centimeters"),
    ("meter", "feet"), ("gallon", "liters"), ("liter", "cups"), ("acre", "square meters"), ("hour", "seconds"), ("week", "hours"),
    ("tablespoon", "teaspoons"),
    ("stone", "pounds"), ("yard", "meters"), ("gigabyte", "megabytes"), ("degree Fahrenheit", "Celsius"), ("degree Celsius", "Fahrenheit"),
)  # fmt: skip


def expression(c: Context) -> str:
    a, b, d = c.rng.randint(2, 999), c.rng.randint(2, 99), c.rng.randint(2, 20)
    word, sign = c.rng.choice((("plus", "+"), ("minus", "-"), ("times", "*"), ("multiplied by", "x"), ("divided by", "/")))
    arithmetic = c.weighted(
        (4, f"{words(a)} {word} {words(b)}"), (4, f"{a} {word} {b}"), (2, f"{a} {sign} {b}"), (1, f"{a}{sign}{b}"),
        (1, f"{a} plus {b} {word} {d}"),
        (2, f"{say(c, d)} percent of {say(c, a)}"), (1, f"{d}% of {a}"), (1, f"the square root of {say(c, d * d)}"),
        (1, f"{say(c, b)} squared"), (0.6, f"{say(c, d)} cubed"),
        (0.6, f"{words(d)} to the power of {words(c.rng.randint(2, 6))}"), (0.7, f"half of {say(c, a)}"), (0.5, f"a third of {say(c, a)}"),
    )  # fmt: skip
    if c.previous not in ("convert", "calculate", "is", "out", "what's") or c.chance(0.6) and c.previous != "convert":
        return arithmetic
    of, to = c.rng.choice(CONVERSIONS)
    unit = of.replace("degree", "degrees") if of.startswith("degree") else {"inch": "inches", "stone": "stone"}.get(of, of + "s")
    return f"{say(c, b)} {unit} {'to' if c.previous == 'convert' else 'in'} {to}"


def make(c: Context) -> tuple[str, str]:
    made = MAKERS[c.slot](c)
    return made if isinstance(made, tuple) else ("", made)


MAKERS = {
    "percent": percent, "amount": amount, "temperature": temperature, "duration": duration, "datetime": datetime, "new_datetime": datetime,
    "repeat": repeat, "number": number, "expression": expression,
}  # fmt: skip
