"""Readers on small files written here; test_shared.py reads the public sets themselves."""

import json
from collections import Counter

import pytest
import zstandard

from sotto_train import rows, schema, sources
from sotto_train.errors import UserError
from sotto_train.sources import labels, place
from sotto_train.sources.nlu import without_wake_word
from sotto_train.sources.split import by_words
from sotto_train.sources.table import SOURCES


@pytest.fixture
def folder(tmp_path):
    def put(name, lines):
        path = tmp_path / SOURCES[name].file
        path.parent.mkdir(exist_ok=True)
        text = "\n".join(line if isinstance(line, str) else json.dumps(line, ensure_ascii=False) for line in lines)
        path.write_bytes(zstandard.compress(text.encode()))
        return tmp_path

    return put


def nlu(text, intent, *slots, split="train"):
    return {"lang": "en", "split": split, "text": text, "intent": intent, "slots": [{"name": n, "value": v} for n, v in slots]}


@pytest.mark.parametrize("name", sorted({source.labels for source in SOURCES.values() if source.labels}))
def test_label_tables_name_labels_of_ours(name):
    assert sum(len(table) for table in labels.table(name).values()) > 2


def test_every_source_names_its_licence_and_whom_to_credit():
    assert all(source.licence and source.credit for source in SOURCES.values())
    assert {name for name, source in SOURCES.items() if not source.ship} == {"zh_cped"}
    assert {name for name, source in SOURCES.items() if source.share_alike} == {
        "zh_wikipedia",
        "en_simple_wikipedia",
        "en_topical_chat",
        "en_schema_guided",
        "en_mtod",
        "en_xsid",
        "zh_xsid",
    }


def test_neighbouring_dates_become_one_phrase_without_its_preposition():
    found = place.place("wake me on friday at 7 am please", [("datetime", "on friday"), ("datetime", "7 am")], Counter())
    assert [slot["value"] for slot in found] == ["friday at 7 am"]


def test_values_are_found_as_whole_words_longest_first():
    found = place.place("from york to new york", [("place", "york"), ("place", "new york")], Counter())
    assert [(slot["value"], slot["start"]) for slot in found] == [("york", 5), ("new york", 13)]


def test_values_that_are_not_there_are_counted():
    counts = Counter()
    assert place.place("play jazz", [("genre", "rock")], counts) == []
    assert counts == {"slot value not found in its text": 1}


def test_chinese_tokens_are_joined_and_latin_words_stay_apart():
    assert place.join_tokens("播放 六十 年代 的 some Mf Doom 。") == "播放六十年代的some Mf Doom。"
    found = place.place("播放some Mf Doom。", [("artist", "MfDoom")], Counter())
    assert found[0]["value"] == "Mf Doom"


@pytest.mark.parametrize(
    "text, rest",
    [
        ("olly play jazz", "play jazz"),
        ("Hey Siri, stop", "stop"),
        ("google's share price", "google's share price"),
        ("alexander called", "alexander called"),
    ],
)
def test_wake_words_go(text, rest):
    assert without_wake_word(text) == rest


def test_known_leaks_are_left_out_of_training(folder):
    folder("en_xsid", [nlu("Play jazz!", "PlayMusic", split="dev")])
    folder("zh_xsid", [nlu("放爵士", "PlayMusic", split="dev")])
    data = folder(
        "en_snips",
        [nlu("play Jazz", "PlayMusic", ("genre", "Jazz")), nlu("book a table for two", "BookRestaurant", ("party_size_number", "two"))],
    )
    counts = Counter()
    read = list(sources.read("en_snips", data, counts))
    assert [row["text"] for row in read] == ["book a table for two"]
    assert read[0]["slots"] == [{"name": "number", "value": "two", "start": 17, "end": 20}]
    assert counts["sentence of a set that serves as development or test"] == 1


def test_a_leak_that_cannot_be_checked_is_an_error(folder):
    data = folder("en_snips", [nlu("play jazz", "PlayMusic")])
    with pytest.raises(UserError, match="en_xsid"):
        list(sources.read("en_snips", data))


def test_labels_that_mix_what_we_keep_apart_are_dropped_and_out_of_scope_is_kept(folder):
    data = folder("en_clinc150", [nlu("set my pin", "pin_change"), nlu("remind me", "reminder"), nlu("flip it", "unheard_of_label")])
    counts = Counter()
    read = list(sources.read("en_clinc150", data, counts))
    assert [(row["kind"], row["intent"], row["scope"]) for row in read] == [("scope", schema.NO_INTENT, "out")]
    assert counts["label that mixes what we keep apart"] == 2


def test_moods_that_contradict_each_other_are_left_out(folder):
    lines = [
        {"text": t, "label": m}
        for t, m in (("a", "joy|love"), ("b", "joy|anger"), ("c", "gratitude|neutral"), ("d", "surprise"), ("e", "desire"))
    ]
    read = {
        row["text"]: (row.get("emotion"), row.get("sentiment")) for row in sources.read("en_goemotions", folder("en_goemotions", lines))
    }
    assert read == {"a": ("joy", "positive"), "c": ("gratitude", "positive"), "d": ("surprise", None)}


def test_what_must_not_ship_never_becomes_a_training_row(folder):
    data = folder("zh_cped", [{"split": "train", "turns": ["你好"], "emotion": ["happy"], "sentiment": ["positive"]}])
    assert [(row["split"], row["emotion"]) for row in sources.read("zh_cped", data)] == [("dev", "joy")]


def test_turns_that_point_back_are_no_commands(folder):
    def turn(speaker, text, *acts):
        frame = {"service": "Buses_1", "intent": "BuyBusTicket", "slots": [], "acts": list(acts)}
        return {"s": speaker, "t": text} if speaker == "S" else {"s": speaker, "t": text, "nlu": [frame]}

    turns = [
        turn("U", "I want to buy a bus ticket", "INFORM_INTENT"),
        turn("S", "Where to?"),
        turn("U", "two tickets on that bus please", "INFORM_INTENT"),
    ]
    read = list(sources.read("en_schema_guided", folder("en_schema_guided", [{"turns": turns}])))
    assert [row["kind"] for row in read] == ["chat", "command"]


def test_documents_end_at_empty_lines(folder):
    read = list(sources.read("zh_wikipedia", folder("zh_wikipedia", ["数学", "数学是科学。", "", "音乐", "音乐是艺术。"])))
    assert [row["text"] for row in read] == ["数学\n数学是科学。", "音乐\n音乐是艺术。"]


def test_pairs_name_their_sentences(folder):
    read = list(sources.read("tatoeba_en_zh", folder("tatoeba_en_zh", ["Hi.\t你好。\ttatoeba.org #538123 (CM) & #891077 (M)"])))
    assert (read[0]["id"], read[0]["text"], read[0]["other"]) == ("tatoeba_en_zh/538123-891077", "Hi.", "你好。")


def test_a_wrong_file_is_said(folder):
    with pytest.raises(UserError, match=r":1 has no 'intent'"):
        list(sources.read("en_slurp", folder("en_slurp", [{"text": "x"}])))
    with pytest.raises(UserError, match="has 2 columns, expected 3"):
        list(sources.read("tatoeba_en_zh", folder("tatoeba_en_zh", ["Hi.\t你好"])))


def test_an_unknown_source_names_the_known():
    with pytest.raises(UserError, match="no source 'nothing'; known are zh_wikipedia"):
        list(sources.read("nothing", "."))


def test_splits_by_hash_depend_on_the_words_alone():
    assert by_words("Play Jazz!", 50, 25) == by_words("play jazz", 50, 25)
    found = Counter(by_words(str(number), 20, 10) for number in range(4000))
    assert 0.17 < found["dev"] / 4000 < 0.23 and 0.08 < found["test"] / 4000 < 0.12


def test_read_rows_are_right_rows(folder):
    folder("en_slurp", [nlu("x", "alarm_set", split="dev")])
    data = folder("en_hwu64", [nlu("dim the kitchen lights", "iot_hue_lightdim", ("house_place", "kitchen"))])
    read = list(sources.read("en_hwu64", data))
    assert [rows.problem(row) for row in read] == [None] and read[0]["slots"][0]["name"] == "area"
