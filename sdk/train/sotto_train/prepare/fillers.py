"""Fillers of speech: 嗯, 呃, 那个 ..., um, uh, you know — only where they fill, not where they mean something (那个灯, do you know)."""

import re

from sotto_train.prepare.marked import Marked

_POINT = "，。、,.!！?？…~～ "
_EDGE = rf"(?:(?<=[{_POINT}])|\A)"
# Words before which a spoken 那个 or 这个 points at nothing: 那个帮我开灯, 那个我想问一下.
_CLAUSE = "(?:帮我|给我|请|麻烦|我想|我要|我问|你能|你帮|能不能|可不可以|可以帮|现在帮|什么来着|怎么说)"
_ZH = (
    # Sounds that are never words. 额 is one (额头, 额外) unless a pause follows.
    re.compile(rf"(?:嗯+|呃+|唔+|额+(?=[{_POINT}])|額+(?=[{_POINT}])|嗯哼)[{_POINT}]*(?=.)"),
    # 啊, 哎, 哦 at the start with a pause after them
    re.compile(rf"{_EDGE}(?:啊+|哎+|诶+|欸+|哦+|噢+)[，,、…]+"),
    # 那个, 这个 said twice, with a pause after it, or before a clause
    re.compile(rf"{_EDGE}(?:(?:那个|这个)[{_POINT}]*){{2,}}(?=.)"),
    re.compile(rf"{_EDGE}(?:那个|这个|那什么|内个)[，,、…]+(?=.)"),
    re.compile(rf"{_EDGE}(?:那个|这个|那什么|内个)(?={_CLAUSE})"),
    re.compile(rf"{_EDGE}(?:就是说|怎么说呢|你知道吧|那什么)[，,、…]+"),
)
_EN = (
    re.compile(r"\b(?:u+h+m+|u+m+|u+h+|e+r+m+|h+m{2,})\b(?!-)[,.…]*\s*", re.IGNORECASE),
    re.compile(r"(?:(?<=[,.!?…] )|\A)(?:er|ah|eh)\b(?:,|\.{2,}|…)\s*", re.IGNORECASE),
    # "you know", "I mean", "like" between pauses, or "you know" with a pause after it at the start
    re.compile(r",\s*(?:you know|i mean|like|sort of|kind of)\s*,\s*", re.IGNORECASE),
    re.compile(r"(?:(?<=[.!?…] )|\A)(?:you know(?: what)?|i mean|like|well)\s*,\s*", re.IGNORECASE),
)
_ONLY_POINTS = re.compile(r"[\W_]*")
_HEAD_POINT = re.compile(r"\A[\s,，、.。…]+|(?<=[,，])\s*[,，]+")
_SENTENCE_HEAD = re.compile(r"\A[a-z]")


def remove(text: Marked) -> int:
    """The number of fillers taken out. A turn that is nothing but a filler stays: it is an answer then (嗯。)."""
    before, marks = text.text, text.marks
    capital = before[:1].isupper()
    removed = sum(text.sub(pattern, "", spare=True) for pattern in _ZH)
    removed += sum(text.sub(pattern, lambda m: " " if m.group().startswith(",") else "", spare=True) for pattern in _EN)
    if not removed:
        return 0
    if _ONLY_POINTS.fullmatch(text.text):
        text.text, text.marks = before, marks
        return 0
    text.sub(_HEAD_POINT, "", spare=True)
    if capital:
        text.sub(_SENTENCE_HEAD, lambda m: m.group().upper())
    return removed
