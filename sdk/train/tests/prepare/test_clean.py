import json

import pytest

from sotto_train.prepare.clean import clean
from sotto_train.prepare.marked import Marked


def cleaned(text, kind="command"):
    edited = Marked(text)
    clean(edited, kind)
    return edited.text


@pytest.mark.parametrize(
    "before, after",
    [
        ("<p>打开<b>客厅</b>的灯</p>", "打开客厅的灯"),
        ("salt &amp; pepper &lt;3", "salt & pepper <3"),
        ("a<br>b", "a b"),
        ("<script>x = 1 < 2</script>hello", "hello"),
        ("3 < 5 and 7 > 2", "3 < 5 and 7 > 2"),
        ("play\u200b music\x07", "play music"),
        ("音量调到５０％", "音量调到50%"),
        ("打开ＷＩＦＩ", "打开WIFI"),
        ("打开客厅的灯,然后关窗帘.", "打开客厅的灯，然后关窗帘。"),
        ("今天21.5度", "今天21.5度"),
        ("打开 客厅 的 灯", "打开客厅的灯"),
        ("play，please！", "play,please!"),
        ("打開客廳的燈", "打开客厅的灯"),
        ("乾隆皇帝是誰", "乾隆皇帝是谁"),
        ("what’s up", "what's up"),
        ("太好了！！！！！！", "太好了！！！"),
        ("室温26℃，½杯", "室温26℃，½杯"),
        ("👨\u200d👩\u200d👧 家", "👨\u200d👩\u200d👧 家"),
    ],
)
def test_cleaning(before, after):
    assert cleaned(before) == after


@pytest.mark.parametrize(
    "before, after",
    [
        ("嗯，打开灯", "打开灯"),
        ("那个，打开灯", "打开灯"),
        ("那个帮我打开空调", "帮我打开空调"),
        ("呃呃明天七点叫我", "明天七点叫我"),
        ("那个那个我想听歌", "我想听歌"),
        ("um, turn on the lights", "turn on the lights"),
        ("turn on uh the lights", "turn on the lights"),
        ("You know, it was great", "It was great"),
        ("it was, you know, great", "it was great"),
    ],
)
def test_fillers_go(before, after):
    assert cleaned(before) == after


@pytest.mark.parametrize(
    "text",
    [
        "把那个灯打开",
        "那个灯太亮了",
        "这个怎么用",
        "额头疼",
        "额外加一杯",
        "嗯",
        "um",
        "do you know the time",
        "I mean it",
        "I like jazz",
        "human resources",
        "the umbrella",
        "那个人是谁",
        "take me to the ER",
        "sounds like rain",
    ],
)
def test_what_only_looks_like_a_filler_stays(text):
    assert cleaned(text) == text


def test_running_text_keeps_its_paragraphs_and_words():
    assert cleaned("第一段。\n\n 嗯，第二段。", "text") == "第一段。\n嗯，第二段。"


def test_lone_surrogates_of_broken_escapes_go():
    text = cleaned(json.loads('"play \\ud83d music"'))
    assert text.encode() == b"play music"


def test_slots_stay_right_through_cleaning():
    text = "嗯，給<b>王小明</b>發訊息"
    edited = Marked(text, [(text.index("王"), text.index("明") + 1)])
    clean(edited, "command")
    assert edited.text[slice(*edited.marks[0])] == "王小明"


def test_brackets_that_lost_their_content_go():
    assert cleaned("梁镜尧（），字子明（；），生于（1850年）。", "text") == "梁镜尧，字子明，生于（1850年）。"
