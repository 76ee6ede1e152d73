"""Mood: GoEmotions (several emotions a line), VADER's rated sentences, and CPED, whose turns carry one each."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from sotto_train.sources import labels, row
from sotto_train.sources.table import Source


def read(source: Source, path: Path, counts: Counter) -> Iterator[dict]:
    reader = _turns if source.name == "zh_cped" else _lines
    for number, text, their_split, moods in reader(source, path, counts):
        counts["read"] += 1
        if not moods:
            counts["no mood, or several that contradict each other"] += 1
            continue
        yield row.make(source, number, source.lang, "mood", text, their_split, text=text, **moods)


def _lines(source: Source, path: Path, counts: Counter):
    tables = labels.table(source.labels)
    for number, given in row.objects(path, text=str, label=str):
        theirs = given["label"].split("|")
        moods = {key: mood for key in ("emotion", "sentiment") if (mood := _agreed(tables.get(key, {}), theirs))}
        text = given["text"].strip()
        if text:
            yield number, text, None, moods


def _turns(source: Source, path: Path, counts: Counter):
    emotions = labels.table(source.labels)["emotion"]
    for number, given in row.objects(path, turns=list, emotion=list, sentiment=list):
        for turn, (text, emotion, sentiment) in enumerate(zip(given["turns"], given["emotion"], given["sentiment"])):
            ours = emotions.get(emotion, labels.UNKEPT)
            moods = {"sentiment": sentiment} if ours == labels.UNKEPT else {"sentiment": sentiment, "emotion": ours}
            yield f"{number}.{turn}", text.strip(), given.get("split"), moods


def _agreed(table: dict[str, str], theirs: list[str]) -> str | None:
    """Ours if all of theirs that mean something to us mean the same; neutral beside a feeling gives way to it."""
    ours = {table.get(label, labels.UNKEPT) for label in theirs} - {labels.UNKEPT}
    if len(ours) == 2:
        ours -= {"neutral"}
    return ours.pop() if len(ours) == 1 else None
