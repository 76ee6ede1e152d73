"""Home Assistant's sentence templates (nlu/home_assistant_intents.tar.zst of the public data, CC-BY-4.0), expanded with its own rules and
lists and with our devices and rooms. data/labels/home_assistant.tsv says which of our intents and slots theirs are."""

import io
import random
import re
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import yaml
import zstandard

from sotto_train import schema
from sotto_train.errors import UserError
from sotto_train.generate import typed_en, typed_zh
from sotto_train.generate.patterns import TEST_EVERY
from sotto_train.generate.template import Sentence, Slot, Template, fill
from sotto_train.generate.values import Values

ARCHIVE = "nlu/home_assistant_intents.tar.zst"
SOURCE, LICENCE = "home-assistant-intents", "CC-BY-4.0"
FOLDERS = {"zh": "zh-CN", "en": "en"}
LARGEST = 64 << 20  # bytes of the unpacked archive; a real one is 2.5 MB
RANGES = {  # lists that are ranges of numbers
    "temperature": (16, 30), "color_temperature": (2000, 6500), "timer_hours": (1, 12), "timer_minutes": (1, 59), "timer_seconds": (5, 59),
    "volume_step_up": (5, 50), "volume_step_down": (5, 50),
}  # fmt: skip
NUMBERS = {"brightness", "position", "percentage", "volume", "volume_level", "volume_percentage", "fan_speed", *RANGES}
ODD = re.compile(r"[\u3400-\u9fff].*(in|de)crease")  # a rule of the other language
OUR_LISTS = {"name": "name", "area": "area", "floor": "floor", "message": "message", "search_query": "song", "timer_name": "label",
    "color": "color",
             "item": "item", "todo_list_item": "item", "shopping_list_item": "item"}  # fmt: skip
# What belongs to a value and stands beside the number in their templates.
UNITS = {
    "percent": (r"百分之$", r"^\s?(%|percent\b)"),
    "amount": (r"百分之$", r"^\s?(%|percent\b)"),
    "temperature": (r"$.", r"^\s?(degrees?\b( celsius| fahrenheit)?|摄氏度|度|°[CF]?|[kK]elvin|K\b|开(尔文)?)"),
    "floor": (r"$.", r"^[楼层]"),
    "duration": (
        r"$.",
        r"^( |-)?(an? |and a half )?(hours?|minutes?|seconds?|个半小时|小时半|个?小时|个?钟头|分钟半?|分半钟|分|秒钟?)( and a half)?",
    ),
}
# Devices that stand in their templates as words; our sentences mark such as a name.
DEVICES = re.compile(
    r"\b(lights?|lighting|lamps?|fans?|curtains?|blinds?|locks?|switch(?:es)?)\b(?! (?:on|off))|灯光|吸顶灯|筒灯|射灯|台灯|床头灯|灯|风扇|电扇|窗帘"
)
BETWEEN = r"\s?(and a |and |and|零|和|个|，|, )?\s?"  # hours and minutes of one length of time


@dataclass
class HomeOptions:
    per_template: int = 10  # they have many that differ little
    seed: int = 0


@dataclass
class Table:
    """data/labels/home_assistant.tsv."""

    intents: dict[tuple[str, str], str] = field(default_factory=dict)
    slots: dict[str, str] = field(default_factory=dict)

    def intent(self, theirs: str, domains: list[str]) -> str | None:
        return next((self.intents[key] for d in [*domains, "-"] if (key := (theirs, d)) in self.intents), None)


def read_table() -> Table:
    table = Table()
    for line in (schema.data_folder() / "labels" / "home_assistant.tsv").read_text("utf-8").splitlines():
        if line.startswith("#") or line.startswith("what\t"):
            continue
        what, theirs, domain, ours = line.split("\t")
        if what == "intent":
            table.intents[theirs, domain] = ours
        else:
            table.slots[theirs] = ours
    return table


def read_archive(path: Path) -> dict[str, dict]:
    """Every YAML of the archive by its name below the top folder."""
    try:
        with open(path, "rb") as file:
            content = zstandard.ZstdDecompressor().stream_reader(file).read(LARGEST + 1)
        if len(content) > LARGEST:
            raise UserError(f"{path} unpacks to more than {LARGEST >> 20} MB; it is not Home Assistant's intents")
        with tarfile.open(fileobj=io.BytesIO(content)) as tar:
            return {m.name.split("/", 1)[1]: yaml.safe_load(tar.extractfile(m).read()) or {}
                    for m in tar if m.isfile() and "/" in m.name and m.name.endswith(".yaml")}  # fmt: skip
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror}; --data is the folder of the public data") from None
    except (zstandard.ZstdError, tarfile.TarError, yaml.YAMLError):
        raise UserError(f"{path} is damaged; fetch it again") from None


@dataclass
class Book:
    """The templates, rules and lists of one language."""

    lang: str
    files: dict[str, dict]
    rules: dict[str, Template] = field(default_factory=dict)
    lists: dict[str, list[Template]] = field(default_factory=dict)

    def __post_init__(self):
        folder = FOLDERS[self.lang]
        for name, content in sorted(self.files.items()):
            if name.startswith((f"rules/{folder}/", f"lists/{folder}/", f"sentences/{folder}/_common")):
                for rule, text in (content.get("expansion_rules") or {}).items():
                    self.rules[rule] = Template(text, self.rules)
                for list_name, entry in (content.get("lists") or {}).items():
                    values = [v["in"] if isinstance(v, dict) else v for v in entry.get("values") or ()]
                    self.lists[list_name] = [Template(str(v), self.rules) for v in values]

    def blocks(self) -> Iterator[tuple[str, dict]]:
        for name, content in sorted(self.files.items()):
            if name.startswith(f"sentences/{FOLDERS[self.lang]}/Hass"):
                for block in content.get("data") or ():
                    yield name.split("/")[2], block


def domains_of(block: dict) -> list[str]:
    named = block.get("name_domains")
    own = [block.get("inferred_domain"), (block.get("slots") or {}).get("domain"), *(named if isinstance(named, list) else ())]
    return [d for d in own if isinstance(d, str)]


@dataclass
class Expander:
    book: Book
    values: Values
    table: Table
    rng: random.Random

    def value(self, slot: Slot, intent: str, test: bool) -> str:
        """A value of one of their lists: a number, one of ours, or one of their words."""
        lang, rng = self.book.lang, self.rng
        if self.book.lists.get(slot.list_name) and slot.list_name not in OUR_LISTS:
            return fill(rng.choice(self.book.lists[slot.list_name]).choose(rng), lambda *_: ("", "")).text
        if slot.list_name in NUMBERS:
            n = rng.randint(*RANGES.get(slot.list_name, (1, 100)))
            n = n // 100 * 100 if slot.list_name == "color_temperature" else n
            return str(n) if rng.random() < 0.5 else typed_zh.han(n) if lang == "zh" else typed_en.words(n)
        ours = OUR_LISTS.get(slot.list_name)
        value = ours and self.values.draw(lang, ours, ours, intent, rng, test)
        if value and ours == "floor" and lang == "zh":
            value = re.sub(r"(?<=.)[楼层]$", "", value)  # their templates say it once more
        if not value:
            raise KeyError(slot.list_name)
        return value

    def sentence(self, template: Template, intent: str, test: bool) -> Sentence:
        raw = fill(template.choose(self.rng), lambda slot, before, after: ("", self.value(slot, intent, test)))
        return self.marked(raw, intent)

    def marked(self, raw: Sentence, intent: str) -> Sentence:
        """Their slots as ours: values take their units in, hours and minutes become one length of time, what we
        have no slot for is unmarked."""
        allowed, slots = schema.intents()[intent]["slots"], []
        for slot in raw.slots:
            ours = "label" if slot["name"] == "name" and "label" in allowed else self.table.slots[slot["name"]]
            name = next((n for n in ours.split("|") if n in allowed), None)
            kind = "duration" if "duration" in ours else name
            if name is None:
                continue
            if (
                kind == "amount"
                and not re.search(r"\d|[一二三四五六七八九十百]|[a-z]{3}", slot["value"])
                or slot["value"] in ("up", "down", "increase", "decrease")
            ):
                continue  # a direction, which the intent says
            start, end = self._with_units(raw.text, slot["start"], slot["end"], kind)
            if slots and kind == "duration" and slots[-1]["name"] == name and re.fullmatch(BETWEEN, raw.text[slots[-1]["end"] : start]):
                start = slots.pop()["start"]
            if not slots or start >= slots[-1]["end"]:
                slots.append({"name": name, "value": raw.text[start:end], "start": start, "end": end})
        if "name" in allowed:
            self._name_devices(raw.text, slots)
        return Sentence(raw.text, slots)

    def _name_devices(self, text: str, slots: list[dict]) -> None:
        """A device's word becomes the name, or joins the name before it: "the corner" light."""
        for found in DEVICES.finditer(text):
            start, end = found.span()
            if any(s["start"] < end and start < s["end"] for s in slots):
                continue
            name = next((s for s in slots if s["name"] == "name"), None)
            if name is None:
                slots.append({"name": "name", "value": found[0], "start": start, "end": end})
                slots.sort(key=lambda s: s["start"])
                return
            if name["end"] <= start and text[name["end"] : start] in ("", " "):
                name["value"], name["end"] = text[name["start"] : end], end
                return

    def _with_units(self, text: str, start: int, end: int, kind: str) -> tuple[int, int]:
        if kind not in UNITS:
            return start, end
        before, after = UNITS[kind]
        if found := re.search(before, text[:start]):
            start = found.start()
        if found := re.match(after, text[end:]):
            end += found.end()
        return start, end


def rows_of(data: Path, values: Values, langs: tuple[str, ...], options: HomeOptions, taken: set[tuple[str, str]]) -> Iterator[dict]:
    """Command rows, without the texts that other patterns gave; templates with slots or words that we have nothing for are left out."""
    files, table = read_archive(data / ARCHIVE), read_table()
    for lang in langs:
        book = Book(lang, files)
        counts: dict[str, int] = {}
        for theirs, block in book.blocks():
            for text in block.get("sentences") or ():
                index = counts[theirs] = counts.get(theirs, -1) + 1
                name = f"{theirs}/{lang}/{index:03d}"
                intent = _intent(table, theirs, block, text)
                if intent is None:
                    continue
                split = "test" if index % TEST_EVERY == TEST_EVERY - 1 else "train"
                rng = random.Random(f"{options.seed}/{name}")
                for number, s in enumerate(
                    _sentences(Expander(book, values, table, rng), text, intent, options.per_template, split == "test")
                ):
                    key = (lang, s.text.casefold())
                    if key in taken:
                        continue
                    taken.add(key)
                    row = {"id": f"{name}:{number}", "lang": lang, "source": SOURCE, "licence": LICENCE, "split": split,
                        "kind": "command", "text": s.text,
                           "intent": intent, "slots": s.slots, "pattern": name}  # fmt: skip
                    yield row if intent == "chat.talk" else {**row, "scope": "in"}


def _intent(table: Table, theirs: str, block: dict, text: str) -> str | None:
    if theirs == "HassSetVolumeRelative":  # the direction stands in a list, not in the intent
        down, up = (re.search(words, text) for words in (r"down|decrease|quiet|lower|低|小|减", r"\bup\b|increase|loud|raise|高|大|增"))
        return None if bool(up) == bool(down) else "volume.up" if up else "volume.down"
    return table.intent(theirs, domains_of(block))


def _sentences(expander: Expander, text: str, intent: str, wanted: int, test: bool) -> Iterator[Sentence]:
    try:
        template = Template(text, expander.book.rules)
        if any(slot.name not in expander.table.slots for slot in template.references()):
            return
        made: set[str] = set()
        for _ in range(4 * wanted):
            if len(made) == wanted:
                return
            sentence = expander.sentence(template, intent, test)
            if sentence.text and sentence.text not in made and not ODD.search(sentence.text):
                made.add(sentence.text)
                yield sentence
    except (ValueError, KeyError):  # a rule or list that only the running home has
        return
