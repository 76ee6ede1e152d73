"""Words and their parts of speech: jieba for Chinese, TextBlob's lexicon tagger for English. The data of both lie in their packages."""

import functools
import logging
import re

from sotto_train.prepare.clean import has_han

_TOKEN = re.compile(
    r"<[A-Z]+>|[A-Za-z]+(?=n't\b)|n't\b|'(?:s|re|ve|ll|d|m)\b|[A-Za-z]+(?:-[A-Za-z]+)*|\d+(?:[.:,]\d+)*|\w+|[^\w\s]", re.IGNORECASE
)
_PLACEHOLDER = re.compile(r"(<[A-Z]+>)")  # of deidentify.py: one word
# Verbs that open a command and that a tagger trained on newspapers takes for nouns.
_COMMAND_VERBS = frozenset(
    """turn set play call stop open close wake remind text message email schedule book order add delete remove cancel pause
resume skip dim brighten lock unlock start mute show tell find search check make switch raise lower increase decrease change put send read
answer ring dial snooze record take give let get look shut power adjust boost cut clean vacuum heat cool warm charge track measure
navigate drive translate convert calculate rate post tweet share save create delete rename update move buy reserve""".split()
)
_POLITE = frozenset(("please", "hey", "ok", "okay", "can", "could", "would", "will", "you", "to", "and", "then", ","))


def tag(text: str, lang: str) -> list[tuple[str, str]]:
    return chinese(text) if lang != "en" and has_han(text) else english(text)


def chinese(text: str) -> list[tuple[str, str]]:
    made = []
    for piece in _PLACEHOLDER.split(text):
        if _PLACEHOLDER.fullmatch(piece):
            made.append((piece, "nz"))
        else:
            made += [(pair.word, pair.flag) for pair in _jieba().cut(piece) if not pair.word.isspace()]
    return made


def english(text: str) -> list[tuple[str, str]]:
    words = _TOKEN.findall(text)
    if not words:
        return []
    tags = [found for _, found in _tagger()(words)]
    made = []
    for index, (word, found) in enumerate(zip(words, tags)):
        before = words[index - 1].lower() if index else None
        if word.lower() in _COMMAND_VERBS and found.startswith(("NN", "VB", "JJ", "RB", "IN")) and (before is None or before in _POLITE):
            found = "VB"
        elif word.lower() == "please":
            found = "UH"
        elif word.startswith("<"):
            found = "NNP"
        made.append((word, found))
    return made


@functools.cache
def _jieba():
    import jieba
    import jieba.posseg

    jieba.setLogLevel(logging.WARNING)
    jieba.initialize()
    return jieba.posseg


@functools.cache
def _tagger():
    from textblob.en import parser

    return parser.find_tags
