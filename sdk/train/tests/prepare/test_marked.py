import random
import re

import pytest

from sotto_train.prepare.marked import Marked, into_row


@pytest.mark.parametrize(
    "text, mark, pattern, new, expected, value",
    [
        ("set a timer for 5 minutes", (16, 25), "timer", "countdown", "set a countdown for 5 minutes", "5 minutes"),
        ("set a timer for 5 minutes", (16, 25), "5", "fifteen", "set a timer for fifteen minutes", "fifteen minutes"),
        ("set a timer for 5 minutes", (16, 25), "5 minutes", "an hour", "set a timer for an hour", "an hour"),
        ("给<b>王芳</b>打电话", (4, 6), "<.*?>", "", "给王芳打电话", "王芳"),
        ("call  John", (6, 10), " +", " ", "call John", "John"),
        ("ab", (1, 2), "a", "", "b", "b"),
    ],
)
def test_spans_follow_edits(text, mark, pattern, new, expected, value):
    edited = Marked(text, [mark])
    edited.sub(re.compile(pattern), new)
    start, end = edited.marks[0]
    assert edited.text == expected
    assert edited.text[start:end] == value


def test_a_span_that_an_edit_cuts_takes_the_whole_replacement():
    edited = Marked("call 138 0013 8000 now", [(5, 12)])
    edited.sub(re.compile(r"\d{3} \d{4} \d{4}"), "<PHONE>")
    start, end = edited.marks[0]
    assert edited.text[start:end] == "<PHONE>"


def test_spared_spans_are_not_edited():
    edited = Marked("um play um", [(8, 10)])
    edited.sub(re.compile(r"um ?"), "", spare=True)
    assert edited.text == "play um"
    assert edited.text[slice(*edited.marks[0])] == "um"


def test_spans_outside_of_random_edits_keep_their_words():
    chance = random.Random(3)
    for case in range(300):
        words = [f"w{chance.randrange(90)}" for _ in range(8)]
        text = " ".join(words)
        kept = chance.randrange(8)
        start = sum(len(w) + 1 for w in words[:kept])
        edited = Marked(text, [(start, start + len(words[kept]))])
        edits, at = [], 0
        for index, word in enumerate(words):
            if index != kept and chance.random() < 0.5:
                edits.append((at, at + len(word), "x" * chance.randrange(6)))
            at += len(word) + 1
        edited.replace(edits)
        assert edited.text[slice(*edited.marks[0])] == words[kept], (case, text, edits)


def test_a_slot_without_words_left_is_dropped():
    row = {"kind": "command", "text": "play ", "slots": [{"name": "song", "value": "x", "start": 5, "end": 6}]}
    into_row(row, Marked("play  ", [(5, 6)]))
    assert row["slots"] == []
