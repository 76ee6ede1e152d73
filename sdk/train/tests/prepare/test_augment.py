import random
from collections import Counter

import pytest

from sotto_train import rows
from sotto_train.prepare import tagging
from sotto_train.prepare.augment import Augmenter, noise, order, synonyms, wordnet
from sotto_train.prepare.augment.values import Values
from sotto_train.prepare.augment.wordnet import WordNet


def made(row, way, copies=8, context=None):
    words = tagging.tag(row["text"], row["lang"])
    return [new for _, new in Augmenter([way], copies, 1, context or {})(row, words, Counter())]


def test_the_synonym_table_is_sound():
    """1,500 groups and more, no word in two of them, no doubles: a word in two groups would join meanings that we keep apart."""
    groups = {group for words in synonyms.table().values() for group in words.values()}
    words = Counter(word for group in groups for word in group)
    assert len(groups) >= 1500
    assert [word for word, count in words.items() if count > 1] == []
    assert all(len(group) > 1 and all(word == word.strip() and word for word in group) for group in groups)


def test_chinese_synonyms_stay_out_of_slots(command):
    row = command("打开音乐播放器", "app.open", ("app", "音乐播放器"))
    texts = {new["text"] for new in made(row, "synonyms")}
    assert texts and all(text.endswith("音乐播放器") and not text.startswith("打开") for text in texts)


def test_every_made_row_is_a_right_row_with_its_own_id(command):
    row = command("明天早上七点叫我起床", "alarm.set", ("datetime", "明天早上七点"))
    for way in ("synonyms", "order", "noise"):
        news = made(row, way)
        assert all(rows.problem(new) is None and new["intent"] == "alarm.set" for new in news)
        assert len({new["id"] for new in news} | {row["id"]}) == len(news) + 1
        assert all(new["licence"] == row["licence"] and new["source"] == row["source"] for new in news)


@pytest.mark.parametrize(
    "before, time, after",
    [
        ("明天七点叫我起床", "明天七点", "叫我明天七点起床"),
        ("叫我明天七点起床", "明天七点", "明天七点叫我起床"),
        ("提醒我下午三点开会", "下午三点", "下午三点提醒我开会"),
    ],
)
def test_time_moves_in_chinese(command, before, time, after):
    row = command(before, "alarm.set", ("datetime", time))
    news = [new for new in made(row, "order") if new["text"] == after]
    assert len(news) == 1 and news[0]["slots"][0]["value"] == time


def test_time_moves_in_english(command):
    row = command("wake me up at 7 am", "alarm.set", ("datetime", "7 am"), lang="en")
    news = [new for new in made(row, "order") if new["text"] == "at 7 am wake me up"]
    assert news and news[0]["slots"] == [{"name": "datetime", "value": "7 am", "start": 3, "end": 7}]


@pytest.mark.parametrize("text, time", [("what is the weather tomorrow", "tomorrow"), ("how cold will it be at night", "night")])
def test_questions_keep_their_order(command, text, time):
    assert made(command(text, "weather.query", ("datetime", time), lang="en"), "order") == []


def test_politeness_frames_move_the_slots(command):
    row = command("打开客厅的空调", "device.turn_on", ("area", "客厅"), ("name", "空调"))
    news = made(row, "order")
    assert news and all("打开客厅的空调" in new["text"] for new in news)
    assert all([slot["value"] for slot in new["slots"]] == ["客厅", "空调"] for new in news)


def test_other_values_come_from_the_same_intent_after_the_same_small_word(command):
    seen = [
        command("wake me at seven", "alarm.set", ("datetime", "seven"), lang="en"),
        command("wake me at noon", "alarm.set", ("datetime", "noon"), lang="en"),
        command("wake me tomorrow", "alarm.set", ("datetime", "tomorrow"), lang="en"),
        {**command("wake me at midnight", "alarm.set", ("datetime", "midnight"), lang="en"), "split": "test"},
    ]
    news = made(seen[0], "values", 20, {"values": Values(seen)})
    assert [new["text"] for new in news] == ["wake me at noon"]
    assert news[0]["slots"][0]["value"] == "noon"


def test_only_training_rows_are_augmented(command):
    row = {**command("打开空调"), "split": "dev"}
    assert made(row, "synonyms") == []


@pytest.mark.parametrize("text", ["不要打开空调", "别关灯", "don't turn on the lights"])
def test_negations_stay(command, text):
    row = command(text, lang="en" if text.isascii() else "zh")
    for way in ("synonyms", "noise", "order"):
        for new in made(row, way):
            assert any(word in new["text"] for word in ("不", "别", "don't", "dont")), new["text"]


def test_homophones_sound_the_same_and_are_words():
    assert "回忆" in noise.homophones("会议")
    assert noise.homophones("打开") == ()  # 开 carries the intent
    assert all(noise._sound(other) == noise._sound("时间") for other in noise.homophones("时间"))


def test_typos_stay_out_of_slots(command):
    row = command("please remind me to buy milk", "reminder.set", ("item", "buy milk"), lang="en")
    news = made(row, "noise", 20)
    assert len(news) > 3 and all(new["slots"][0]["value"] == "buy milk" for new in news)


@pytest.fixture
def small_wordnet(tmp_path):
    """Three nouns in WordNet's format: couch and sofa mean one thing, bank means two things equally often."""
    lines = [
        "  1 head of the licence",
        "00000026 06 n 02 couch 0 sofa 0 000 | seat for two  ",
        "00000077 06 n 02 bank 0 sofa_bed 0 000 | money  ",
    ]
    data = "\n".join(lines) + "\n"
    at = [data.index("06 n 02 couch") - 9, data.index("06 n 02 bank") - 9]
    for name in ("noun", "verb", "adj", "adv"):
        (tmp_path / f"data.{name}").write_text(data if name == "noun" else "")
        (tmp_path / f"index.{name}").write_text("")
    index = f"bank n 2 0 2 2 {at[1]:08} {at[0]:08}  \ncouch n 1 0 1 1 {at[0]:08}  \nsofa n 1 0 1 1 {at[0]:08}  \n"
    (tmp_path / "index.noun").write_text(index)
    (tmp_path / "cntlist.rev").write_text("bank%1:06:00:: 1 5\nbank%1:06:01:: 2 5\ncouch%1:06:00:: 1 9\nsofa%1:06:00:: 1 7\n")
    return WordNet(tmp_path)


def test_wordnet_gives_words_whose_first_sense_is_one(small_wordnet):
    assert small_wordnet.synonyms("couch", "n") == ("sofa",)
    assert small_wordnet.synonyms("bank", "n") == ()
    assert small_wordnet.synonyms("couch", "v") == ()


def test_english_synonyms_keep_the_article_and_the_part_of_speech(command, small_wordnet):
    row = command("vacuum under the couch", "vacuum.start", lang="en")
    assert [new["text"] for new in made(row, "synonyms", 4, {"wordnet": small_wordnet})] == ["vacuum under the sofa"]


@pytest.mark.skipif(not wordnet.FOLDER.is_dir(), reason="Debian's package wordnet-base is not installed")
def test_the_real_wordnet():
    assert "sofa" in WordNet().synonyms("couch", "n")


def test_moving_a_piece_moves_its_spans_and_those_it_passes():
    chance = random.Random(2)
    from sotto_train.prepare.marked import Marked

    for _ in range(200):
        words = [f"w{chance.randrange(10, 99)}" for _ in range(6)]
        text = " ".join(words)
        piece, passed = sorted(chance.sample(range(6), 2))
        spans = [(index * 4, index * 4 + 3) for index in (piece, passed)]
        made_ = order._moved(Marked(text, spans), *spans[1], 0, after=" ")
        assert [made_.text[a:b] for a, b in made_.marks] == [words[piece], words[passed]]


@pytest.mark.parametrize("text", ["提醒我下午三点开会", "叫我起床", "告诉我天气"])
def test_no_frame_before_what_is_already_for_me(command, text):
    assert not any("帮我" in new["text"] or "麻烦" in new["text"] for new in made(command(text, "reminder.set"), "order"))
