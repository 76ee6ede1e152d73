"""The piles of home-llm: actions on named devices as commands; its names of devices, refusals and replies as lists."""

import csv
import io
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from sotto_train.errors import UserError
from sotto_train.sources import archive, labels, place, row
from sotto_train.sources.table import Source

_NAME = "<device_name>"


def read(source: Source, path: Path, counts: Counter) -> Iterator[dict]:
    """Their phrases with a name of their list in place of `<device_name>`; a name of the right kind of device, each phrase one."""
    piles = load(path)
    names: dict[str, list[str]] = {}
    for device in piles["device_names"]:
        names.setdefault(device["device_name"].split(".")[0], []).append(device["description"].strip().lower())
    for number, action in enumerate(piles["templated_actions"]):
        kind, service = action["device_type"], action["service"]
        known = names.get(kind, ())
        phrase = action["phrase"].strip()
        counts["read"] += 1
        intent = labels.intent(source.labels, f"{kind}/{service}")
        if intent == labels.SKIP or phrase.count(_NAME) != 1 or not known or "<" in phrase.replace(_NAME, ""):
            counts["action of several devices, with other placeholders or without an intent of ours"] += 1
            continue
        name = known[number % len(known)]
        yield _row(source, f"templated/{number}", intent, phrase.replace(_NAME, name), [("name", name)], counts)
    for number, action in enumerate(piles["specific_actions"]):
        kind, service = action["service_name"].split(".", 1)
        counts["read"] += 1
        intent = labels.intent(source.labels, f"{kind}/{service}")
        if intent == labels.SKIP:
            counts["action of several devices, with other placeholders or without an intent of ours"] += 1
            continue
        # The phrases name rooms and devices in running words that nobody marked: the intent is known, the slots are not.
        yield _row(source, f"specific/{number}", intent, action["phrase"].strip(), None, counts)


def _row(source: Source, number: str, intent: str, text: str, values, counts: Counter) -> dict:
    keys = {} if values is None else {"slots": place.place(text, values, counts)}
    return row.make(source, number, "en", "command", text, text=text, intent=intent, scope="in", **keys)


def load(path: Path) -> dict[str, list]:
    """name of a pile -> its lines (lists of text, or of dicts where the file has columns)."""
    piles: dict[str, list] = {}
    for name, text in archive.texts(path, (".csv", ".txt")):
        parts = name.split("/")
        if "english" not in parts or not parts[-1].startswith("pile_of_"):
            continue
        pile = parts[-1].removeprefix("pile_of_").rsplit(".", 1)[0]
        lines = text.strip().splitlines()
        columns = name.endswith(".csv") and "," in lines[0]
        piles[pile] = list(csv.DictReader(io.StringIO(text))) if columns else [line.strip() for line in lines if line.strip()]
    for pile in ("device_names", "templated_actions", "specific_actions"):
        if pile not in piles:
            raise UserError(f"{path} has no pile of {pile}; is this the archive of home_llm?")
    return piles
