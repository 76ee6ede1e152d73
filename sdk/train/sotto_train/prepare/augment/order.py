"""Another order of the same words: a time at the front or where it was, and the frames of politeness."""

import random
import re

from sotto_train.prepare.clean import has_han
from sotto_train.prepare.marked import Marked, of_row

_DO_ME_ZH = "叫我|提醒我|喊我|通知我|帮我|给我|叫醒我|麻烦你|麻烦|请帮我|请"
_END_ZH = "吧|吗|呢|一下|啊|呀|好吗|好不好|可以吗|行吗|谢谢|了"
_FRAMES_ZH = (
    "请{}",
    "帮我{}",
    "请帮我{}",
    "麻烦{}",
    "麻烦你{}",
    "麻烦帮我{}",
    "给我{}",
    "{}吧",
    "{}，谢谢",
    "能不能帮我{}",
    "可以帮我{}吗",
    "能帮我{}吗",
    "帮忙{}一下",
    "你帮我{}",
    "我想让你{}",
    "现在{}",
    "{}好吗",
    "快{}",
)
_FRAMED_ZH = re.compile("^(?:.{1,2}我|请|帮|麻烦|给我|能|可以|可不可以|你|我|劳驾|劳烦|让|快|现在|先|再|要|想)|[吗呢吧么?？]")
_POLITE_ZH = re.compile("^(?:请帮我|请你|请|麻烦你帮我|麻烦帮我|麻烦你|麻烦|帮我|你帮我|能不能帮我)")
_FRAMES_EN = (
    "please {}",
    "{} please",
    "can you {}",
    "could you {}",
    "could you please {}",
    "can you please {}",
    "would you {}",
    "{} for me",
    "i want you to {}",
    "i need you to {}",
    "hey {}",
    "{} now",
    "i'd like you to {}",
    "go ahead and {}",
    "will you {}",
)
_FRAMED_EN = re.compile(
    r"^(?:please|can|could|would|will|hey|i|what|how|is|are|do|does|when|where|who|why|which|go)\b|\b(?:please|thanks)\b|\bfor me\b|\?",
    re.I,
)
_POLITE_EN = re.compile(r"^(?:please|can you please|could you please|can you|could you|would you|will you)\s+(?=[a-z])", re.IGNORECASE)
_PREPOSITION = r"(?:at|on|in|for|by|from)\s+"
_LAST_POINT = re.compile(r"[.!。！]+$")


def vary(row: dict, words: list[tuple[str, str]], chance: random.Random, context: dict) -> Marked | None:
    if row["kind"] != "command":
        return None
    text = of_row(row)
    text.sub(_LAST_POINT, "")
    chinese = has_han(text.text)
    ways = [_time_zh, _frame_zh, _bare_zh] if chinese else [_time_en, _frame_en, _bare_en]
    chance.shuffle(ways)
    for way in ways:
        if (made := way(text, row, words, chance)) is not None:
            return made
    return None


def _moved(text: Marked, start: int, end: int, to: int, before: str = "", after: str = "") -> Marked:
    """The piece [start, end) at `to` (outside of it), with something around it; spans go along."""
    piece = text.text[start:end]
    made = Marked(text.text, text.marks)
    length = len(before) + len(piece) + len(after)
    rest = text.text[:start] + text.text[end:]
    target = to if to <= start else to - len(piece)
    made.text = rest[:target] + before + piece + after + rest[target:]
    marks = []
    for a, b in text.marks:
        if start <= a and b <= end:
            shift = target + len(before) - start
        else:
            left = a - (len(piece) if a >= end else 0)
            shift = left - a + (length if left >= target else 0)
        marks.append((a + shift, b + shift))
    made.marks = marks
    return made


def _times(text: Marked, row: dict):
    return [mark for slot, mark in zip(row.get("slots", ()), text.marks) if slot["name"] == "datetime"]


def _time_zh(text: Marked, row: dict, words, chance) -> Marked | None:
    """明天七点叫我起床 <-> 叫我明天七点起床. Only next to the verbs that take a time on either side."""
    times = _times(text, row)
    if len(times) != 1:
        return None
    start, end = times[0]
    if start == 0:
        head = re.match(f"(?:{_DO_ME_ZH})", text.text[end:])
        rest = text.text[end + head.end() :] if head else ""
        return _moved(text, 0, end, end + head.end()) if head and len(rest) > 1 and rest[0] not in "，,的" else None
    head = re.fullmatch(f"(?:{_DO_ME_ZH})", text.text[:start])
    rest = text.text[end:]
    if not head or len(rest) < 2 or rest[0] in "的之以前后" or re.fullmatch(_END_ZH, rest):
        return None
    return _moved(text, start, end, 0)


def _is_imperative_zh(text: Marked, words) -> bool:
    return (
        bool(words)
        and words[0][1].startswith("v")
        and words[0][0] not in ("有", "是", "没有", "会", "要", "想", "能", "应该", "喜欢", "知道", "觉得")
    )


def _frame_zh(text: Marked, row: dict, words, chance) -> Marked | None:
    if row.get("intent", "none").startswith(("dialog.", "chat.", "none", "media.like")) or ".query" in row.get("intent", ""):
        return None
    if _FRAMED_ZH.search(text.text) or not _is_imperative_zh(text, words) or len(text.text) < 3:
        return None
    frame = chance.choice(_FRAMES_ZH)
    if frame.endswith("一下") and re.search("[到成为]|一下|了$", text.text):  # 调到二十度一下 is no sentence
        frame = "请{}"
    return _framed(text, frame)


def _bare_zh(text: Marked, row: dict, words, chance) -> Marked | None:
    head = _POLITE_ZH.match(text.text)
    if not head or len(text.text) - head.end() < 3 or text.text[head.end()] in "把将给的" or re.search("[吗？?]$", text.text):
        return None
    return _without_head(text, head.end())


def _time_en(text: Marked, row: dict, words, chance) -> Marked | None:
    """wake me at 7 <-> at 7 wake me: for what is to be done then, not for questions."""
    times = _times(text, row)
    if len(times) != 1 or _QUESTION_EN.match(text.text):
        return None
    start, end = times[0]
    if end == len(text.text) and start > 8:
        head = re.search(f"{_PREPOSITION}$", text.text[:start], re.IGNORECASE)
        begin = head.start() if head else start
        if re.search(
            r"\b(?:the|a|an|my|this|next|every|to|until|of|about|and|between|than|is|for|from)\s+$", text.text[:begin], re.IGNORECASE
        ):
            return None
        if not head and not re.match(
            r"(?:today|tomorrow|tonight|this|next|every|in|on|at|after|before)\b", text.text[start:], re.IGNORECASE
        ):
            return None
        made = _moved(text, begin, end, 0, after=" ")
        made.sub(re.compile(r"\s+\Z"), "")
        return made
    return None


_QUESTION_EN = re.compile(
    r"(?:what|how|is|are|do|does|did|when|where|who|why|which|will|whats|hows|should|any|has|have|was|were|the|weather|show|give)\b",
    re.IGNORECASE,
)


def _frame_en(text: Marked, row: dict, words, chance) -> Marked | None:
    if (
        _FRAMED_EN.search(text.text)
        or len(words) < 2
        or words[0][1] != "VB"
        or row.get("intent", "none").startswith(("dialog.", "chat.", "none"))
    ):
        return None
    made = _framed(text, chance.choice(_FRAMES_EN))
    if row["text"][:1].isupper():  # the verb is no longer the first word, and the frame is
        at = made.text.find(row["text"][:1])
        if at > 0 and not any(start <= at < end for start, end in made.marks):
            made.text = made.text[:at] + made.text[at].lower() + made.text[at + 1 :]
        made.text = made.text[:1].upper() + made.text[1:]
    return made


def _bare_en(text: Marked, row: dict, words, chance) -> Marked | None:
    head = _POLITE_EN.match(text.text)
    if not head or len(text.text[head.end() :].split()) < 2 or text.text.endswith("?"):
        return None
    return _without_head(text, head.end())


def _framed(text: Marked, frame: str) -> Marked:
    before, after = frame.split("{}")
    made = Marked(text.text, text.marks)
    made.text = before + text.text + after
    made.marks = [(start + len(before), end + len(before)) for start, end in text.marks]
    return made


def _without_head(text: Marked, length: int) -> Marked | None:
    if any(start < length for start, _ in text.marks):
        return None
    made = Marked(text.text, text.marks)
    made.text = text.text[length:]
    made.marks = [(start - length, end - length) for start, end in text.marks]
    return made
