"""The stages in their order. Cleaning, tagging and augmenting run in workers, row by row; duplicates are found in one process, because the
first of two rows stays. A run with one seed gives the same rows with any number of workers."""

import contextlib
import dataclasses
import multiprocessing
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from tqdm import tqdm

from sotto_train import rows
from sotto_train.prepare import clean, deidentify, duplicates, language, lengths, marked, tagging
from sotto_train.prepare.augment import Augmenter
from sotto_train.prepare.augment.values import Values
from sotto_train.prepare.augment.wordnet import WordNet
from sotto_train.prepare.report import Report

TAGS = ("sentences", "all", "none")
_CHUNK = 64  # rows a worker takes at once


@dataclasses.dataclass
class Settings:
    types_of_logs: tuple[str, ...] = deidentify.ALL  # what is taken out of logs
    types_of_sources: tuple[str, ...] = deidentify.KEYS  # and out of published sets
    key: bytes | None = None  # for made-up values; None: placeholders
    near: bool = True
    threshold: float = duplicates.THRESHOLD
    languages: tuple[str, ...] = rows.LANGS
    tags: str = "sentences"
    ways: tuple[str, ...] = ()
    copies: int = 1
    seed: int = 1
    wordnet: Path | None = None
    workers: int = 1


class _Cleaner:
    """First half of a worker: row -> (row, hash values) or (None, reason)."""

    def __init__(self, settings: Settings):
        self._settings = settings
        self._logs = deidentify.Deidentifier(settings.types_of_logs, settings.key)
        self._sources = deidentify.Deidentifier(settings.types_of_sources, settings.key)

    def __call__(self, given: tuple[bool, dict]) -> tuple:
        is_log, row = given
        before = "\n".join(marked.texts(row))
        slots = len(row.get("slots", ()))
        marked.edit(row, lambda text: clean.clean(text, row["kind"]))
        if row["kind"] == "chat":
            row["turns"] = [turn for turn in row["turns"] if turn["text"] or "call" in turn]
        after = "\n".join(marked.texts(row))
        if reason := self._reason(row, after, slots):
            return None, reason, before, None, Counter()
        private: Counter = Counter()
        hide = self._logs if is_log else self._sources
        public = tuple(n for n, slot in enumerate(row.get("slots", ())) if slot["name"] in deidentify.PUBLIC_SLOTS)
        marked.edit(row, lambda text: hide(text, private, public if text.marks else ()))
        if private:
            row.pop("raw", None)  # the uncleaned words would say what was just taken out
        elif after != before:
            row["raw"] = before
        signature = duplicates.signature(row) if self._settings.near else None
        return row, None, before, signature, private

    def _reason(self, row: dict, text: str, slots: int) -> str | None:
        if not text.strip() or row["kind"] == "chat" and not row["turns"]:
            return "empty after cleaning"
        found = language.identify(_frame(row) or text)
        if row["kind"] == "pair":
            row["lang"] = "mixed"
        elif found != "other":
            row["lang"] = found
        elif row["kind"] == "text" or any(c.isalpha() for c in text):
            return "another language"
        if row["lang"] not in self._settings.languages:
            return "language not asked for"
        if len(row.get("slots", ())) != slots:
            return "a slot was nothing but noise"
        return lengths.problem(row)


def _frame(row: dict) -> str:
    """The words around the slots where they are Latin: a Spanish playlist does not make a command Spanish, while Chinese around an English
    title is still mixed."""
    text = row.get("text", "")
    for slot in sorted(row.get("slots", ()), key=lambda s: -s["start"]):
        text = text[: slot["start"]] + text[slot["end"] :]
    return text if any(c.isalpha() for c in text) and not clean.has_han(row.get("text", "")) else ""


class _Maker:
    """Second half: row -> its augmented rows, all tagged."""

    def __init__(self, settings: Settings, values: Values | None):
        self._tags = settings.tags
        context = {"values": values}
        if settings.wordnet and "synonyms" in settings.ways:
            context["wordnet"] = WordNet(settings.wordnet)
        self._augment = Augmenter(list(settings.ways), settings.copies, settings.seed, context) if settings.ways else None

    def __call__(self, row: dict) -> tuple[list[tuple[str, dict]], Counter]:
        counts: Counter = Counter()
        single = row["kind"] in ("command", "scope", "mood")
        words = tagging.tag(row["text"], row["lang"]) if single or self._tags == "all" and row["kind"] == "text" else []
        made = [("", row)]
        if self._augment is not None and single:
            made += self._augment(row, words, counts)
        if self._tags != "none" and words:
            row["tags"] = [list(pair) for pair in words]
            for _, other in made[1:]:
                other["tags"] = [list(pair) for pair in tagging.tag(other["text"], other["lang"])]
        return made, counts


_worker = None  # one a process; multiprocessing gives no other place for what a worker keeps


def _start(kind, *arguments) -> None:
    global _worker
    _worker = kind(*arguments)


def _work(item):
    return _worker(item)


@contextlib.contextmanager
def _mapped(settings: Settings, kind, arguments: tuple, items: Iterable) -> Iterator[Iterator]:
    """kind(*arguments) over the items, in order, in as many processes as were asked for."""
    if settings.workers <= 1:
        yield map(kind(*arguments), items)
        return
    with multiprocessing.Pool(settings.workers, _start, (kind, *arguments)) as pool:
        yield pool.imap(_work, items, _CHUNK)


def run(given: Iterable[tuple[bool, dict]], held_out: duplicates.HeldOut, settings: Settings, report: Report) -> Iterator[dict]:
    """Prepared rows. `given`: (comes from a log, row)."""
    cleaned = list(_clean(given, settings, report))
    for row, _ in cleaned:
        if row["split"] != "train":
            held_out.add(row)
    kept = list(_unique(cleaned, held_out, settings, report))
    del cleaned
    yield from _make(kept, held_out, settings, report)


def _clean(given, settings: Settings, report: Report) -> Iterator[tuple[dict, object]]:
    with _mapped(settings, _Cleaner, (settings,), given) as results:
        for row, reason, before, signature, private in tqdm(results, desc="clean", unit=" rows", mininterval=1):
            report.count("read", "rows")
            if row is None:
                report.count("clean", f"left out: {reason}")
                report.sample(f"left out: {reason}", before[:200], None)
                continue
            report.count("clean", "kept")
            report.count("language", row["lang"])
            if "raw" in row:
                report.count("clean", "changed")
                report.sample("cleaned", row["raw"][:200], "\n".join(marked.texts(row))[:200])
            if private:
                report.add("private", private)
                report.sample("de-identified", None, "\n".join(marked.texts(row))[:200])  # never the private words
            yield row, signature


def _unique(cleaned, held_out: duplicates.HeldOut, settings: Settings, report: Report) -> Iterator[dict]:
    seen = duplicates.Seen(settings.threshold)
    for row, signature in tqdm(cleaned, desc="duplicates", unit=" rows", mininterval=1):
        train = row["split"] == "train"
        reason = "held out" if train and held_out.holds(row) else None
        # Words alone decide in dev and test: their figures should not depend on a threshold of ours.
        reason = reason or seen.problem(row, signature if train else None)
        if reason:
            report.count("duplicates", reason)
            report.sample(reason, "\n".join(marked.texts(row))[:200], None)
            continue
        report.count("duplicates", "kept")
        yield row


def _make(kept: list[dict], held_out: duplicates.HeldOut, settings: Settings, report: Report) -> Iterator[dict]:
    values = Values(kept) if "values" in settings.ways else None
    known = {duplicates.key(row) for row in kept}
    with _mapped(settings, _Maker, (settings, values), kept) as results:
        for made, counts in tqdm(results, desc="tag, augment", unit=" rows", total=len(kept), mininterval=1):
            report.add("augment", counts)
            original = made[0][1]
            for way, row in made:
                words = duplicates.key(row)
                if way and (words in known and way != "noise" or held_out.holds(row)):
                    report.count("augment", "left out: stands elsewhere or is held out")
                    continue
                if way:
                    known.add(words)
                    report.sample(f"augment: {way}", original["text"], row["text"])
                report.count("written", f"{row['split']} {row['kind']} {row['lang']}")
                yield row
