"""Answers by a grammar and by a mask; the places of texts in grammars; bad input is an exception with a sentence."""
import json
import math
import threading

import pytest

import sotto
from conftest import FIXTURES, GREEDY, PROMPT, TEMPLATE
from sotto import Finish, Grammar, Status
from test_sotto import SHORT, status_of

SCHEMA = {"type": "object", "properties": {"light": {"enum": ["on", "off"]}, "room": {"enum": ["客厅", "卧室 💡"]}},
          "required": ["light", "room"]}


@pytest.fixture(scope="module")
def switch(model):
    with model.grammar(schema=SCHEMA, compact=True) as made:
        yield made


def test_answers_are_valid_under_the_schema(session, switch):
    for seed in range(4):
        session.rewind()
        said = []
        result = session.generate(PROMPT, said.append, grammar=switch, temperature=2, seed=seed)
        answer = json.loads("".join(said))
        assert answer["light"] in ("on", "off") and answer["room"] in ("客厅", "卧室 💡")
        assert result.finish in (Finish.GRAMMAR, Finish.END)
    assert switch.facts.states > 0 and switch.facts.masks_kept > 0


def test_answers_follow_gbnf_also_as_a_stream_and_in_a_dialogue(model, session):
    with model.grammar(gbnf='root ::= "打开" [灯门]{2}', lazy=True) as grammar:
        with session.stream("x", grammar=grammar) as stream:
            text = "".join(stream)
            assert stream.result.finish in (Finish.GRAMMAR, Finish.END)
        assert len(text) == 4 and text.startswith("打开") and set(text[2:]) <= set("灯门")
        with model.dialogue(template=TEMPLATE, answer_tokens=64) as dialogue:
            dialogue.say("开灯", grammar=grammar)
            assert grammar.allows(dialogue.history[-1]["content"])


def test_a_matcher_goes_on_over_calls_and_back(model, session):
    with model.grammar(gbnf='root ::= [ab]{12}') as grammar, grammar.matcher() as matcher:
        session.feed(model.tokenize("x"))
        first, second = [], []
        session.generate("", first.append, matcher=matcher, max_tokens=3)
        assert matcher.steps == 3 and matcher.is_open and not matcher.is_complete
        with matcher.fork() as fork, session.fork() as beside:
            result = session.generate("", second.append, matcher=matcher)
            assert matcher.is_complete and result.finish in (Finish.GRAMMAR, Finish.END)
            third = []
            beside.generate("", third.append, matcher=fork)
            assert third == second
        text = "".join(first + second)
        assert len(text) == 12 and set(text) <= set("ab")
        matcher.rewind()
        assert matcher.steps == 0
        matcher.accept_text(text[:11])
        allowed = matcher.allowed_tokens()
        assert {model.detokenize([token]) for token in allowed} == {"a", "b"}
        matcher.accept(allowed[0])
        assert matcher.is_complete and status_of(matcher.accept, allowed[0]) == Status.INVALID_ARGUMENT
        assert status_of(matcher.accept, 10**6) == Status.INVALID_ARGUMENT


def test_texts_are_matched_without_a_model(session):
    with Grammar(schema={"type": "integer", "minimum": 0, "maximum": 30}) as grammar:
        assert grammar.allows("7") and grammar.allows("30") and not grammar.allows("31") and not grammar.allows("")
        assert not grammar.allows("7\0")
        assert status_of(grammar.allows, "7\ud83d") == Status.INVALID_ARGUMENT
        assert status_of(session.generate, "x", grammar=grammar) == Status.INVALID_ARGUMENT
    with Grammar(schema={"type": "string"}, spans=["turn on the kitchen light"], values=["灯"]) as said:
        assert said.allows('"the kitchen light"') and said.allows('"灯"') and not said.allows('"kit"')


def test_grammars_that_are_wrong_are_refused_with_a_place(model, session, switch):
    with pytest.raises(sotto.SottoError, match="line 1") as caught:
        model.grammar(gbnf="root ::= (")
    assert caught.value.status == Status.INVALID_ARGUMENT
    assert status_of(model.grammar, schema="{") == Status.INVALID_ARGUMENT
    assert status_of(model.grammar, schema={"not": {}}) == Status.UNSUPPORTED
    assert status_of(model.grammar, gbnf='root ::= "a"', compact=True) == Status.INVALID_ARGUMENT
    assert status_of(model.grammar, schema={}, max_recursion=65) == Status.INVALID_ARGUMENT
    assert status_of(model.grammar, gbnf="\ude00") == Status.INVALID_ARGUMENT
    with pytest.raises(ValueError):
        model.grammar()
    with pytest.raises(ValueError), switch.matcher() as matcher:
        session.generate("x", grammar=switch, matcher=matcher)


def test_a_matcher_is_busy_while_its_answer_is_made(session, switch):
    matcher = switch.matcher()
    found = []

    def hear(_):
        other = threading.Thread(target=lambda: found.append(status_of(matcher.rewind)))
        other.start()
        other.join()
        found.append(status_of(lambda: matcher.is_open))
        matcher.close()  # the answer goes on

    said = []
    session.generate(PROMPT, lambda piece: (said.append(piece), hear(piece) if len(said) == 1 else None)[1], matcher=matcher)
    assert found == [Status.BUSY, Status.BUSY] and json.loads("".join(said))
    with pytest.raises(ValueError, match="the matcher is closed"):
        session.generate("x", matcher=matcher)


def test_grammars_and_matchers_outlive_what_they_were_made_from(runtime):
    model = runtime.open(FIXTURES / "gguf/small-f32.gguf", backend="reference")
    grammar = model.grammar(gbnf='root ::= "ab"')
    session, matcher = model.session(), grammar.matcher()
    grammar.close()
    model.close()
    assert session.text("x", matcher=matcher) == "ab"
    with pytest.raises(ValueError):
        grammar.matcher()
    session.close()
    assert matcher.is_complete
    matcher.close()


def test_masks_forbid_tokens(session):
    seen = []

    def only(logits):
        seen.append(len(logits))
        for token in range(len(logits)):
            if token != 77:
                logits[token] = -math.inf

    tokens = []
    session.generate(PROMPT, mask=only, on_token=lambda token, _: tokens.append(token), **SHORT)
    assert tokens == [77] * 16 and seen == [320] * 16
    session.rewind()
    tokens.clear()
    session.generate(PROMPT, mask=lambda logits: None, on_token=lambda token, _: tokens.append(token), **SHORT)
    assert tokens == GREEDY


def test_a_mask_sees_numpy_ends_answers_and_what_it_raises_comes_out(session):
    import numpy as np
    kept = []

    def second_best(logits):
        kept.append(np.asarray(logits))
        kept[-1][kept[-1].argmax()] = -np.inf

    tokens = []
    session.generate(PROMPT, mask=second_best, max_tokens=1, ignore_end=True, on_token=lambda token, _: tokens.append(token))
    assert tokens != GREEDY[:1]
    assert kept[0].shape == (320,)  # still there: its memory is its own
    session.rewind()
    assert session.generate(PROMPT, mask=lambda logits: False).finish == Finish.CALLBACK

    class Own(Exception):
        pass

    def fail(_):
        raise Own

    with pytest.raises(Own):
        session.generate("x", mask=fail)
    session.rewind()
    assert status_of(session.generate, PROMPT, mask=_forbid_all) != Status.OK


def _forbid_all(logits):
    for token in range(len(logits)):
        logits[token] = -math.inf


def test_a_mask_comes_behind_the_grammar(model, session):
    with model.grammar(gbnf='root ::= [ab]{6}') as grammar:
        finite = []
        text = session.text("x", grammar=grammar, mask=lambda logits: finite.append(sum(1 for x in logits if x > -math.inf)))
        assert len(text) == 6
        assert max(finite) < 20


def test_without_speculation_the_text_is_the_same(session):
    with_it = session.text(PROMPT, **SHORT)
    session.rewind()
    assert session.text(PROMPT, without_speculation=True, **SHORT) == with_it
