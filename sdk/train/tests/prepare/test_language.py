import pytest

from sotto_train.prepare.language import identify


@pytest.mark.parametrize(
    "text, expected",
    [
        ("打开客厅的灯", "zh"),
        ("turn on the lights", "en"),
        ("play Despacito", "en"),
        ("播放 Taylor Swift 的歌", "mixed"),
        ("从十一年前开始巴哈马的天气怎么样，帮我查一下wifi", "zh"),
        ("今日はいい天気ですね", "other"),
        ("오늘 날씨", "other"),
        ("Включи свет", "other"),
        ("enciende la luz de la cocina por favor", "other"),
        ("schalte bitte das Licht in der Küche ein", "other"),
        ("éteins la lumière dans le salon s'il te plaît", "other"),
        ("play La Vie en Rose", "en"),
        ("12345", "other"),
    ],
)
def test_language(text, expected):
    assert identify(text) == expected
