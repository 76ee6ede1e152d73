"""Heads, adapters, and models that are no file of their own: what they give is what the C interface gives."""
import array
import math
import os
import struct

import pytest

import sotto
from conftest import FIXTURES, GREEDY, MINI, PROMPT
from sotto import HeadKind, Status
from test_sotto import SHORT, status_of

SMALL = FIXTURES / "gguf/small-f32.gguf"
ADAPTER = FIXTURES / "gguf/small-lora.gguf"


@pytest.fixture(scope="module")
def mini(runtime):
    with runtime.open(MINI, backend="cpu", sessions=8) as made:
        yield made


def greedy_of(session):
    tokens = []
    session.rewind()
    session.generate(PROMPT, on_token=lambda token, _: tokens.append(token), **SHORT)
    return tokens


def test_heads_are_those_of_the_file(mini, model):
    assert {head.name for head in mini.heads} >= {"intent", "sentiment", "emotion", "slots"}
    sentiment, slots = mini.head("sentiment"), mini.head("slots")
    assert (sentiment.kind, sentiment.outputs, [label.text for label in sentiment.labels]) == (
        HeadKind.SEQUENCE, 3, ["negative", "neutral", "positive"])
    assert slots.kind in (HeadKind.SPAN, HeadKind.TOKEN) and slots.outputs == len(slots.labels) * (1 + (slots.kind == HeadKind.SPAN))
    assert sentiment.temperature > 0 and all(0 <= label.threshold <= 1 for label in sentiment.labels)
    assert model.heads == []
    assert status_of(mini.head, "moot") == Status.NOT_FOUND
    assert status_of(mini.head, "a\ud83d") == Status.INVALID_ARGUMENT


@pytest.mark.parametrize("numpy", [False, True])
def test_a_head_is_read_at_a_position(mini, numpy):
    head, ids = mini.head("sentiment"), mini.tokenize("I love this, thank you so much!")
    with mini.session() as session:
        rows = session.read(head, ids, numpy=numpy)
        assert rows.shape == (1, 3) and session.position == len(ids)
        assert head.labels[max(range(3), key=lambda i: rows[0, i])].text == "positive"
        shares = head.probabilities(rows[0, i] for i in range(3))
        assert sum(shares) == pytest.approx(1) and shares[2] > 0.5
        # The same behind hidden states that are there already, one row or many.
        session.rewind()
        states = session.hidden(ids, numpy=numpy)
        again = head.apply(states, numpy=numpy)
        assert again.shape == (len(ids), 3)
        assert [again[len(ids) - 1, i] for i in range(3)] == pytest.approx([rows[0, i] for i in range(3)], abs=1e-4)
        one = head.apply([states[0, i] for i in range(mini.facts.hidden)])
        assert [one[0, i] for i in range(3)] == pytest.approx([again[0, i] for i in range(3)], abs=1e-6)
        assert session.read(head, []).nbytes == 0


def test_heads_of_tokens_give_a_row_for_each(mini):
    slots, ids = mini.head("slots"), mini.tokenize("打开客厅的灯")
    with mini.session() as session:
        assert session.read(slots, ids).shape == (len(ids), slots.outputs)
        if slots.kind == HeadKind.SPAN:
            assert status_of(slots.probabilities, [0.0] * slots.outputs) == Status.INVALID_ARGUMENT


def test_heads_refuse_what_is_not_of_their_model(mini, session, runtime):
    head = mini.head("sentiment")
    assert status_of(session.read, head, PROMPT) == Status.INVALID_ARGUMENT
    assert session.position == 0
    assert status_of(head.apply, [0.0] * 7) == Status.INVALID_ARGUMENT
    assert status_of(head.probabilities, [0.0]) == Status.INVALID_ARGUMENT
    with runtime.open(MINI, backend="cpu") as closed:
        orphan = closed.head("sentiment")
    with pytest.raises(ValueError, match="the model is closed"):
        orphan.apply([0.0] * mini.facts.hidden)


def merged():
    """small-f32.gguf with W + alpha / rank B A in place of each W that the adapter speaks of."""
    whole = bytearray(SMALL.read_bytes())
    pairs, weights = tensors_of(ADAPTER.read_bytes()), tensors_of(whole)
    for name in {key.rsplit(".", 1)[0] for key in pairs}:
        (columns, rank), a = pairs[name + ".lora_a"]
        (_, rows), b = pairs[name + ".lora_b"]
        _, weight = weights[name]
        for row in range(rows):
            for column in range(columns):
                at = weight + 4 * (row * columns + column)
                more = sum(real(ADAPTER_BYTES, b + 4 * (row * rank + r)) * real(ADAPTER_BYTES, a + 4 * (r * columns + column))
                           for r in range(rank))
                struct.pack_into("<f", whole, at, real(whole, at) + 4.0 / rank * more)
    return whole


ADAPTER_BYTES = ADAPTER.read_bytes()


def real(data, at):
    return struct.unpack_from("<f", data, at)[0]


def tensors_of(data):
    """{name: (dimensions, place of its F32 numbers)} of a GGUF file."""
    count, keys = struct.unpack_from("<QQ", data, 8)
    at = 24

    def text():
        nonlocal at
        size = struct.unpack_from("<Q", data, at)[0]
        at += 8 + size
        return bytes(data[at - size:at]).decode(errors="replace")

    def skip(kind):
        nonlocal at
        if kind == 8:
            text()
        elif kind == 9:
            inner, items = struct.unpack_from("<IQ", data, at)
            at += 12
            for _ in range(items):
                skip(inner)
        else:
            at += (1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8)[kind]

    for _ in range(keys):
        text()
        at += 4
        skip(struct.unpack_from("<I", data, at - 4)[0])
    found = {}
    for _ in range(count):
        name = text()
        dimensions = struct.unpack_from("<I", data, at)[0]
        shape = struct.unpack_from(f"<{dimensions}Q", data, at + 4)
        offset = struct.unpack_from("<Q", data, at + 8 + 8 * dimensions)[0]
        at += 16 + 8 * dimensions
        found[name] = shape, offset
    base = (at + 31) // 32 * 32
    return {name: (shape, base + offset) for name, (shape, offset) in found.items()}


def test_an_adapter_computes_what_the_merged_model_does(runtime, model, session):
    with runtime.open(merged(), backend="reference") as other, other.session() as expected, model.adapter(ADAPTER) as adapter:
        wanted, plain = expected.logits(PROMPT, numpy=True), session.logits(PROMPT, numpy=True)
        session.rewind()
        session.attach(adapter)
        adapter.close()  # the session holds it
        with pytest.raises(ValueError):
            session.attach(adapter)
        assert abs(session.logits(PROMPT, numpy=True) - wanted).max() < 1e-3
        assert abs(wanted - plain).max() > 0.1, "the adapter changes nothing: the test shows nothing"
        adapted = greedy_of(session)
        assert adapted == greedy_of(expected) != GREEDY
    session.detach()
    assert greedy_of(session) == GREEDY
    with model.adapter(ADAPTER_BYTES) as of_memory, open(ADAPTER, "rb") as file, model.adapter(file) as of_file:
        for adapter in (of_memory, of_file):
            session.attach(adapter, 1.0)
            assert greedy_of(session) == adapted
        session.attach(of_file, 0.0)
        assert greedy_of(session) == GREEDY


def test_adapters_refuse_what_is_none(model, mini, session):
    assert status_of(model.adapter, SMALL) == Status.BAD_FILE
    assert status_of(model.adapter, "/nowhere/低秩.gguf") == Status.NOT_FOUND
    assert status_of(mini.adapter, ADAPTER) != Status.OK  # of another shape
    with model.adapter(ADAPTER) as adapter, mini.session() as other:
        assert status_of(other.attach, adapter) != Status.OK
        assert status_of(session.attach, adapter, math.nan) != Status.OK
    assert greedy_of(session) == GREEDY


def test_models_open_from_memory_in_place(runtime):
    whole = SMALL.read_bytes()
    for source in (whole, bytearray(whole), memoryview(whole), array.array("B", whole)):
        with runtime.open(source, backend="reference") as opened, opened.session() as session:
            del source
            assert greedy_of(session) == GREEDY
    held = bytearray(whole)
    with runtime.open(held, backend="reference") as opened:
        with pytest.raises(BufferError):
            held.append(0)  # used in place
        session = opened.session()
    with pytest.raises(BufferError):
        held.append(0)  # the session reads it
    assert greedy_of(session) == GREEDY
    session.close()
    held.append(0)


def test_models_open_from_a_part_of_an_open_file(runtime, tmp_path):
    whole = SMALL.read_bytes()
    packed = tmp_path / "assets.bin"
    packed.write_bytes(bytes(4096) + whole + bytes(100))
    part = {"offset": 4096, "length": len(whole), "backend": "reference"}
    with open(packed, "rb") as file:
        by_file, by_number = runtime.open(file, **part), runtime.open(file.fileno(), **part)
    for opened in (by_file, by_number, runtime.open(packed, **part)):
        with opened, opened.session() as session:
            assert greedy_of(session) == GREEDY
    assert status_of(runtime.open, packed, backend="reference") == Status.BAD_FILE  # begins with zeros


def test_sources_that_are_none_are_refused(runtime, tmp_path):
    descriptor = os.open(tmp_path / "empty", os.O_CREAT | os.O_RDWR)
    assert status_of(runtime.open, descriptor) != Status.OK
    os.close(descriptor)
    for source, options in ((descriptor, {}), (b"", {}), (b"GGUF", {}), (SMALL.read_bytes()[:1000], {}), (3.5, {}), (-1, {}), (True, {}),
                            (b"GGUF", {"offset": 1}), (SMALL, {"offset": -1}), (SMALL, {"offset": 2**63}), (None, {})):
        assert status_of(runtime.open, source, backend="reference", **options) != Status.OK, source


def test_progress_is_heard_and_cancels(runtime):
    heard = []
    runtime.open(SMALL, backend="reference", progress=heard.append).close()
    assert heard == sorted(heard) and heard[-1] == 1
    assert status_of(runtime.open, SMALL, backend="reference", progress=lambda fraction: False) == Status.CANCELLED

    class Own(Exception):
        pass

    def fail_at(limit):
        def progress(fraction):
            if fraction >= limit:
                raise Own
        return progress

    for limit in (0, 1):
        with pytest.raises(Own):
            runtime.open(SMALL, backend="reference", progress=fail_at(limit))
