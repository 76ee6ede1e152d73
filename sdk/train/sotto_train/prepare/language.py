"""Which language a text is in: by script, and for Latin script by the small words of English and of its neighbours. No model."""

import re

_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_LATIN_WORD = re.compile(r"[A-Za-z\u00c0-\u024f]+(?:['’][A-Za-z]+)?")
_KANA = re.compile(r"[\u3041-\u30ff]")
_OTHER = re.compile(r"[\u0370-\u1fff\uac00-\ud7af\u1100-\u11ff]")  # Greek, Cyrillic, Arabic, Thai, Hangul, ...
# Two Chinese characters are about one English word.
_HAN_PER_WORD = 1.7
_MIXED_SHARE = 0.2

COMMON = frozenset(
    """
    the a an of to in is are was were be been i you he she it we they me him her us them my your his its our their this that these those
    and or but if not no yes do does did have has had will would can could should what when where who why how which on off up down at for
    with from by about please turn set play call stop open close there here all some any more just like know think go get make want need
    good so out then than as because too very
    """.split()
)
# Small words of other Latin languages that English does not have.
_FOREIGN = (
    frozenset(
        """
    der das und ist nicht ich ein eine mit für auf den dem von zu wie wir sie auch sich aber oder wenn bitte le les des une est et dans
    pour pas je vous nous avec sur qui que ce cette mais elle sont au du il ne plus moi el los las una y es por para con como pero muy qué
    cómo esto está están yo tú usted del al se lo su más il gli che di è non per una sono della con questo anche più ma come io o os as um
    uma não é em com para mais você eu isso também ao da het een van ik niet dat de en voor met zijn maar ook wat je och att som på är jag
    det inte en av för till
    """.split()
    )
    - COMMON
)


def identify(text: str) -> str:
    """zh, en, mixed, or other; other also where there are no letters at all."""
    if len(_KANA.findall(text)) + len(_OTHER.findall(text)) > 0.25 * len(text):
        return "other"
    chinese = len(_HAN.findall(text)) / _HAN_PER_WORD
    words = _LATIN_WORD.findall(text)
    if not chinese and not words:
        return "other"
    share = len(words) / (len(words) + chinese)
    if share <= _MIXED_SHARE:
        return "zh"
    if share < 1 - _MIXED_SHARE / 2:
        return "mixed"
    return "other" if _is_foreign(words) else "en"


def _is_foreign(words: list[str]) -> bool:
    lower = [word.lower() for word in words]
    english = sum(word in COMMON or "'" in word for word in lower)
    foreign = sum(word in _FOREIGN for word in lower)
    accents = sum(not word.isascii() for word in lower)
    # Names with accents stand in English commands; one foreign small word may be a song's title.
    return foreign + accents >= 2 and foreign + accents > english
