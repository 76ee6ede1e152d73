"""Models, sessions, streams and dialogues give what the C interface gives; bad input is an exception with a sentence."""
import array
import gc
import threading
import time

import pytest

import sotto
from conftest import FIXTURES, GREEDY, PROMPT, TEMPLATE, TEXTS

SHORT = {"max_tokens": 16, "ignore_end": True}


def status_of(function, *arguments, **options):
    with pytest.raises(sotto.SottoError) as caught:
        function(*arguments, **options)
    assert len(str(caught.value)) > 10
    return caught.value.status


def test_facts_are_those_of_the_file(model):
    facts = model.facts
    assert (facts.name, facts.architecture, facts.weight_type, facts.backend) == ("small-f32", "llama", "F32", "reference")
    assert (facts.layers, facts.hidden, facts.vocabulary, facts.context_tokens, facts.bos, facts.eos) == (2, 64, 320, 128, 1, 2)
    assert facts.file_bytes == (FIXTURES / "gguf/small-f32.gguf").stat().st_size
    assert model.text("general.architecture") == "llama"


def test_greedy_tokens_are_those_of_the_reference(session):
    tokens = []
    result = session.generate(PROMPT, on_token=lambda token, _: tokens.append(token), **SHORT)
    assert tokens == GREEDY
    assert (result.finish, result.prompt_tokens, result.generated_tokens) == (sotto.Finish.LENGTH, 16, 16)
    assert session.tokens()[:16] == PROMPT
    assert session.counters.generated_tokens == 16


@pytest.mark.parametrize("numpy", [False, True])
def test_logits_are_those_of_the_fixture(session, numpy):
    expected = array.array("f", (FIXTURES / "gguf/small-f32.logits.f32").read_bytes())
    session.feed(PROMPT[:2])
    rows = session.logits(PROMPT[2:], numpy=numpy)
    assert rows.shape == (14, 320)
    assert type(rows).__name__ == ("ndarray" if numpy else "memoryview")
    worst = max(abs(rows[i, j] - expected[(i + 2) * 320 + j]) for i in range(14) for j in range(320))
    assert worst < 1e-3
    assert session.hidden([5]).shape == (1, 64)
    assert session.position == 17


def test_a_stream_is_the_text_of_the_call(session):
    whole = session.text("打开", **SHORT)
    session.rewind()
    with session.stream("打开", **SHORT) as stream:
        assert "".join(stream) == whole
        assert stream.result.generated_tokens == 16
    session.rewind()
    with session.stream("打开", ignore_end=True) as stream:
        next(stream)
    session.rewind()  # the session is free after the close
    assert session.text("打开", **SHORT) == whole


@pytest.mark.parametrize("text", TEXTS)
def test_byte_tokens_are_held_back_until_a_character_is_whole(model, session, text):
    ids = model.tokenize(text, bos=False)
    session.feed([1])
    heard = []
    for token in ids:
        session.generate("", heard.append, max_tokens=1, ignore_end=True, biases={token: 1e9})
    assert "".join(heard) == text == model.detokenize(ids)


def test_rewind_fork_save_and_restore_go_on_alike(model, session):
    session.feed(PROMPT)
    state = session.save()
    with session.fork() as fork, model.session() as restored:
        restored.restore(state)
        for one in (session, fork, restored):
            assert one.position == 16
            one.rewind()
            tokens = []
            one.generate(PROMPT, on_token=lambda token, _: tokens.append(token), **SHORT)
            assert tokens == GREEDY
    assert status_of(session.restore, state[:-1]) in (sotto.Status.BAD_FILE, sotto.Status.MISMATCH)


def test_embeddings_have_length_one(session):
    vector = session.embed(PROMPT)
    assert len(vector) == 64
    assert sum(x * x for x in vector) == pytest.approx(1, abs=1e-5)


def test_a_dialogue_answers_and_remembers(model):
    with model.dialogue(template=TEMPLATE, system_prompt="简短", answer_tokens=16) as dialogue:
        pieces = []
        first = dialogue.say("开灯 💡", pieces.append, max_tokens=8, ignore_end=True)
        assert first.generated_tokens == 8
        assert dialogue.history[1] == {"role": "user", "content": "开灯 💡"}
        assert dialogue.history[2]["content"] == "".join(pieces)
        state = dialogue.save()
        with dialogue.stream("off", max_tokens=8, ignore_end=True) as stream:
            list(stream)
            assert stream.result.reused_tokens > 0
        dialogue.restore(state)
        assert len(dialogue.history) == 3
        dialogue.undo()
        dialogue.add("tool", "21 °C")
        assert [turn["role"] for turn in dialogue.history] == ["system", "tool"]
        dialogue.reset()
        assert len(dialogue.history) == 1
    assert status_of(model.dialogue) == sotto.Status.NOT_FOUND  # no template in the model


def test_templates_keep_messages_from_forging_turns(model):
    messages = [{"role": "user", "content": "你好"}]
    assert model.render(messages, template=TEMPLATE) == "user: 你好\n"
    assert model.detokenize(model.tokenize_messages(messages, template=TEMPLATE)) == "user: 你好\n"


def test_what_a_callback_raises_comes_out(session):
    class Own(Exception):
        pass

    def fail(*_):
        raise Own

    with pytest.raises(Own):
        session.generate("hi", fail, ignore_end=True)
    with pytest.raises(Own):
        session.generate([5], on_token=fail, ignore_end=True)
    session.rewind()
    assert session.generate("hi", lambda piece: False, ignore_end=True).finish == sotto.Finish.CALLBACK


def test_bad_input_is_refused_in_words(runtime, model, session):
    assert status_of(model.tokenize, "ab\ud83d") == sotto.Status.INVALID_ARGUMENT
    assert status_of(session.generate, "ab\ude00") == sotto.Status.INVALID_ARGUMENT
    assert status_of(session.generate, "hi", temperature=float("nan")) == sotto.Status.INVALID_ARGUMENT
    assert status_of(session.feed, [-1]) == sotto.Status.INVALID_ARGUMENT
    assert status_of(session.feed, [320]) == sotto.Status.INVALID_ARGUMENT
    assert status_of(session.generate, PROMPT * 20) == sotto.Status.CONTEXT_FULL
    assert status_of(session.restore, b"") != sotto.Status.OK
    assert status_of(runtime.open, FIXTURES / "gguf") != sotto.Status.OK
    assert status_of(runtime.open, "/nowhere/模型.gguf") == sotto.Status.NOT_FOUND
    assert status_of(runtime.open, FIXTURES / "gguf/README.md") == sotto.Status.BAD_FILE
    assert status_of(sotto.Runtime, "/nowhere") == sotto.Status.NOT_FOUND
    with pytest.raises(TypeError, match="unknown option tempreture"):
        session.generate("hi", tempreture=1)
    with pytest.raises(ValueError, match="max_tokens"):
        session.generate("hi", max_tokens=-1)
    with pytest.raises(ValueError, match="top_k is 4294967296, which its 32 bits cannot hold"):
        session.generate("hi", top_k=2**32)
    for options in ({"threads": -1}, {"sessions": 2**33}, {"memory_cap_bytes": 2**64}):
        with pytest.raises(ValueError, match=next(iter(options))):
            runtime.open(FIXTURES / "gguf/small-f32.gguf", backend="reference", **options)
    with pytest.raises(ValueError, match="context_tokens"):
        model.session(-1)
    with pytest.raises(ValueError, match="level"):
        runtime.trim(0)
    assert session.position == 0


def test_two_threads_on_one_session_get_busy(session):
    found = []

    def beside(_):
        other = threading.Thread(target=lambda: found.append(status_of(session.rewind)))
        other.start()
        other.join()
        found.append(status_of(session.rewind))
        return False

    session.generate("hi", beside, ignore_end=True)
    assert found == [sotto.Status.BUSY, sotto.Status.REENTRANT]


def test_closing_during_a_call_cancels_and_waits(model):
    for from_inside in (True, False):
        session = model.session()
        speaking = threading.Event()

        def hear(_):
            speaking.set()
            if from_inside:
                session.close()
            threading.Event().wait(0.001)

        outcome = []
        thread = threading.Thread(target=lambda: outcome.append(status_of(session.generate, "hi", hear, ignore_end=True)))
        thread.start()
        speaking.wait()
        session.close()
        thread.join()
        assert outcome == [sotto.Status.CANCELLED]
        with pytest.raises(ValueError, match="the session is closed"):
            session.position


def test_children_outlive_what_they_were_made_from_and_the_forgotten_are_closed(runtime, model):
    small = runtime.open(FIXTURES / "gguf/small-f32.gguf", backend="reference")
    session = small.session()
    small.close()
    with pytest.raises(ValueError):
        small.facts
    session.feed([1, 2])
    session.close()
    forgotten = model.session()._handle
    gc.collect()
    assert forgotten.is_closed and small.is_closed


def test_a_forgotten_stream_ends_its_answer(model):
    with model.session() as session:
        stream = session.stream("hi", on_token=lambda *_: time.sleep(0.05), ignore_end=True)
        next(stream)
        answer = stream._answer
        del stream
        gc.collect()
        answer.thread.join(30)
        assert not answer.thread.is_alive()
        assert answer.is_cancelled.is_set()


def test_plugins_and_log_lines_are_heard():
    lines = []
    with sotto.Runtime(on_log=lambda level, line: lines.append((level, line)), log_level="debug") as runtime:
        assert "dev.sotto.reference" in [plugin.id for plugin in runtime.plugins]
    assert all(level in ("error", "warning", "info", "debug") and line for level, line in lines)


def test_hints_for_the_machine_change_no_token():
    with sotto.Runtime(threads=1) as hinted, hinted.open(FIXTURES / "gguf/small-f32.gguf", backend="reference") as model:
        for policy in ("saver", "performance", "balanced"):
            hinted.set_power_policy(policy)
            for level in (1, 2, 3):
                hinted.trim(level)
            with model.session() as session:
                tokens = []
                session.generate(PROMPT, on_token=lambda token, _: tokens.append(token), **SHORT)
                assert tokens == GREEDY
        with pytest.raises(ValueError):
            hinted.set_power_policy("warp")
    with pytest.raises(ValueError):
        hinted.trim(1)
