"""The noise of speech and of thumbs: no punctuation, words that sound the same, a character that was not heard, slips of typing. Values of
slots follow: their spans hold what the sentence now says."""

import functools
import logging
import random
import re
import unicodedata

from sotto_train.prepare.augment import places
from sotto_train.prepare.clean import HAN, has_han
from sotto_train.prepare.marked import Marked, of_row

# A heard word must not turn these round: 开, 关, 高 ... carry the intent, digits carry the value.
_GUARDED = frozenset("不没别开关大小高低上下左右升降增减多少加零一二三四五六七八九十百千万半两点")
_LEAST_USES = 500  # of a word in jieba's dictionary: a recogniser writes words that exist
_DROPPABLE = frozenset("的了吧呀啊呢嘛把一下请帮给")
_NEIGHBOURS = {
    "q": "wa",
    "w": "qes",
    "e": "wrd",
    "r": "etf",
    "t": "ryg",
    "y": "tuh",
    "u": "yij",
    "i": "uok",
    "o": "ipl",
    "p": "ol",
    "a": "qsz",
    "s": "awdx",
    "d": "sefc",
    "f": "drgv",
    "g": "fthb",
    "h": "gyjn",
    "j": "hukm",
    "k": "jil",
    "l": "ko",
    "z": "asx",
    "x": "zsdc",
    "c": "xdfv",
    "v": "cfgb",
    "b": "vghn",
    "n": "bhjm",
    "m": "njk",
}
_SOUNDS_EN = (
    ("their", "there"),
    ("to", "too"),
    ("for", "four"),
    ("your", "you're"),
    ("its", "it's"),
    ("weather", "whether"),
    ("write", "right"),
    ("hear", "here"),
    ("new", "knew"),
    ("lights", "lites"),
    ("tonight", "tonite"),
    ("through", "threw"),
    ("know", "no"),
    ("what's", "whats"),
    ("i'm", "im"),
    ("don't", "dont"),
    ("please", "pleas"),
    ("buy", "by"),
    ("meet", "meat"),
    ("wait", "weight"),
    ("would", "wood"),
    ("week", "weak"),
    ("mail", "male"),
    ("play", "pley"),
    ("rain", "reign"),
    ("alarm", "alarum"),
    ("reminder", "remainder"),
)


def vary(row: dict, words, chance: random.Random, context: dict) -> Marked | None:
    chinese = has_han(row["text"])
    ways = [_no_points, _homophone, _homophone, _dropped] if chinese else [_no_points, _typo, _typo, _sounds]
    edited = of_row(row)
    return edited if chance.choice(ways)(edited, row, words, chance) else None


def _no_points(text: Marked, row, words, chance) -> bool:
    """What a recogniser without punctuation writes: no points, in English no capitals either."""
    before = text.text
    edits = []
    for place, character in enumerate(text.text):
        inside = any(start <= place < end for start, end in text.marks)
        if not inside and unicodedata.category(character).startswith("P") and not _in_word(text.text, place):
            edits.append((place, place + 1, ""))
    text.replace(edits)
    text.sub(re.compile(r"\s{2,}"), " ", spare=True)
    text.sub(re.compile(r"\A\s+|\s+\Z"), "")
    if len(text.text.lower()) == len(text.text):
        text.text = text.text.lower()
    return text.text != before


def _in_word(text: str, place: int) -> bool:
    return 0 < place < len(text) - 1 and text[place - 1].isalnum() and text[place + 1].isalnum() and text[place].isascii()


def _homophone(text: Marked, row, words, chance) -> bool:
    found = []
    for start, end, word, _ in places.located(text.text, words):
        others = homophones(word)
        whole = [(a, b) for a, b in text.marks if a < end and start < b]
        if others and all(a <= start and end <= b for a, b in whole):
            found.append((start, end, others))
    if not found:
        return False
    start, end, others = chance.choice(found)
    text.replace([(start, end, chance.choice(others))])
    return True


def homophones(word: str) -> tuple[str, ...]:
    """Common words of the same sound without tones (a recogniser confuses tones), none that touches a guarded character."""
    if len(word) < 2 or len(word) > 3 or not re.fullmatch(f"[{HAN}]+", word) or not _GUARDED.isdisjoint(word):
        return ()
    return tuple(other for other in _by_sound().get(_sound(word), ()) if other != word and _GUARDED.isdisjoint(other))


def _sound(word: str) -> str:
    from pypinyin import Style, lazy_pinyin

    return " ".join(lazy_pinyin(word, style=Style.NORMAL))


@functools.cache
def _by_sound() -> dict[str, tuple[str, ...]]:
    import jieba

    jieba.setLogLevel(logging.WARNING)
    jieba.initialize()
    sounds: dict[str, list[str]] = {}
    for word, uses in jieba.dt.FREQ.items():
        if uses >= _LEAST_USES and 2 <= len(word) <= 3 and re.fullmatch(f"[{HAN}]+", word):
            sounds.setdefault(_sound(word), []).append(word)
    return {sound: tuple(words) for sound, words in sounds.items() if len(words) > 1}


def _dropped(text: Marked, row, words, chance) -> bool:
    """A weak syllable that was not heard; a slot's are its value, they stay."""
    found = [p for p, c in enumerate(text.text) if c in _DROPPABLE and not any(a <= p < b for a, b in text.marks)]
    if not found or len(text.text) < 5:
        return False
    place = chance.choice(found)
    text.replace([(place, place + 1, "")])
    return True


def _typo(text: Marked, row, words, chance) -> bool:
    long = [m for m in re.finditer(r"[A-Za-z]{4,}", text.text) if not any(a < m.end() and m.start() < b for a, b in text.marks)]
    if not long:
        return False
    match = chance.choice(long)
    place = match.start() + chance.randrange(1, len(match.group()) - 1)
    letter = text.text[place]
    near = chance.choice(_NEIGHBOURS[letter.lower()])
    new = chance.choice((near, letter + letter, "", letter + near, None))
    if new is None:  # two letters in the wrong order
        text.replace([(place, place + 2, text.text[place + 1] + letter)])
        return True
    text.replace([(place, place + 1, new)])
    return True


def _sounds(text: Marked, row, words, chance) -> bool:
    found = []
    for pair in _SOUNDS_EN:
        for word, other in (pair, pair[::-1]) if "'" not in "".join(pair) else (pair,):
            for match in re.finditer(rf"\b{re.escape(word)}\b", text.text):
                if not any(a < match.end() and match.start() < b for a, b in text.marks):
                    found.append((match.start(), match.end(), other))
    if not found:
        return False
    text.replace([chance.choice(found)])
    return True
