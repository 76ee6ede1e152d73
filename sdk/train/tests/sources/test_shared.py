"""The public sets themselves, where SOTTO_DATA names their folder."""

import itertools
import os
from collections import Counter
from pathlib import Path

import pytest

from sotto_train import sources
from sotto_train.sources import home_assistant, home_llm, words
from sotto_train.sources.split import words_only

pytestmark = pytest.mark.skipif("SOTTO_DATA" not in os.environ, reason="SOTTO_DATA names no folder of public sets")
DATA = Path(os.environ.get("SOTTO_DATA", "."))
ROWS = 3000


@pytest.mark.parametrize("name", sources.SOURCES)
def test_a_set_gives_rows_and_loses_few_slots(name):
    counts = Counter()
    read = list(itertools.islice(sources.read(name, DATA, counts), ROWS))
    assert len(read) >= 300
    slots = sum(len(row.get("slots", ())) for row in read)
    assert counts["slot value not found in its text"] <= 0.02 * max(slots, 50)
    assert {row["licence"] for row in read} == {sources.SOURCES[name].licence}


def test_training_rows_of_snips_and_mtod_are_not_in_xsid():
    held = {words_only(row["text"]) for name in ("en_xsid", "zh_xsid") for row in sources.read(name, DATA)}
    for name in ("en_snips", "en_mtod"):
        assert not any(row["split"] == "train" and words_only(row["text"]) in held for row in sources.read(name, DATA))


@pytest.mark.parametrize("lang, templates", [("zh", 500), ("en", 500)])
def test_home_assistant_templates(lang, templates):
    found = home_assistant.load(DATA, lang)
    assert len(found.templates) > templates and found.rules and found.lists and found.replies
    assert {"light.set", "cover.open", "timer.start" if lang == "en" else "cover.close"} <= {
        template.intent for template in found.templates
    }


def test_word_lists():
    assert sum(1 for _ in words.frequencies(DATA, "food", at_least=100)) > 1000
    assert "北京市" in set(words.divisions(DATA, "provinces"))


def test_piles_of_home_llm():
    piles = home_llm.load(DATA / sources.SOURCES["home_llm"].file)
    assert len(piles["device_names"]) > 100 and len(piles["todo_items"]) > 20
