import math

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs torch: pip install .[train]")

from sotto_train.tokens.shard import ABSENT, CLASSES, HEAD_COLUMNS, UNKNOWN
from sotto_train.training import calibrate, heads


def turns(spans, first=3, last=6, slots=2, classes=(1, 0, UNKNOWN, 2, UNKNOWN)):
    return heads.make_turns([[0, 0, last + 1, first, last, *classes]], [spans], [0], slots)


def test_spans_count_a_turn_and_each_border_of_a_slot_that_is_there():
    assert heads.counts(turns([[4, 5], [ABSENT, ABSENT]]))[heads.SPAN] == 3
    assert heads.counts(turns([[ABSENT, ABSENT]] * 2))[heads.SPAN] == 1
    assert heads.counts(turns([[4, 5], [3, 6]]))[heads.SPAN] == 5


def test_targets_are_places_in_the_words_and_absence_is_behind_them():
    t = turns([[4, 5], [ABSENT, ABSENT]])
    assert t.words.tolist() == [[3, 4, 5, 6]]
    assert (t.begins.tolist(), t.ends.tolist()) == ([[1, 4]], [[2, 4]])
    assert turns([[UNKNOWN, UNKNOWN]] * 2).begins.tolist() == [[UNKNOWN, UNKNOWN]]


def test_losses_by_hand():
    t = turns([[4, 5], [ABSENT, ABSENT]])
    logits = {"intent": torch.tensor([[0.0, 2.0]]), heads.SPAN: torch.zeros(1, 4, 4)}
    logits[heads.SPAN][0, 1, 0] = 3.0  # slot 0 begins at the second word
    sums = heads.losses(logits, t)
    assert sums["intent"].item() == pytest.approx(math.log(1 + math.exp(-2)))
    begin = math.log(math.exp(3) + 4) - 3  # three other words and absence
    assert sums[heads.SPAN].item() == pytest.approx(begin + 3 * math.log(5), rel=1e-5)


def test_what_a_row_does_not_say_costs_nothing_and_counts_nothing():
    t = turns([[UNKNOWN, UNKNOWN]] * 2)
    assert heads.counts(t) == {"intent": 1, "scope": 1, "sentiment": 0, "emotion": 1, "care": 0, heads.SPAN: 0}
    sums = heads.losses({"sentiment": torch.randn(1, 3), heads.SPAN: torch.randn(1, 4, 4)}, t)
    assert sums["sentiment"] == 0
    assert sums[heads.SPAN] == 0


def test_shorter_turns_are_not_scored_behind_their_last_word():
    t = heads.make_turns([[0, 0, 9, 3, 8, 0, 0, 0, 0, 0], [0, 1, 14, 11, 12, 0, 0, 0, 0, 0]], [[[4, 4]], [[12, 12]]], [0, 64], 1)
    logits = torch.zeros(2, 6, 2)
    logits[1, 3:] = 50.0
    probability, first, last = heads.best_spans(logits, t)
    assert (first <= last).all()
    assert last[1].item() < 2
    assert probability[1].item() == pytest.approx((1 / 3) ** 2)  # two words and absence


def test_the_best_span_never_ends_before_it_begins():
    t = turns([[4, 5]], slots=1)
    logits = torch.zeros(1, 4, 2)
    logits[0, 3, 0], logits[0, 0, 1] = 9.0, 9.0  # begins last, ends first
    _, first, last = heads.best_spans(logits, t)
    assert first.item() <= last.item()


def test_a_head_without_an_example_is_left_out_unless_it_was_there():
    labels = {**{name: ["a", "b"] for name in CLASSES}, "slot": ["x"]}
    missing = {**{name: ["b"] for name in CLASSES}, "care": ["a", "b"], heads.SPAN: ["x"]}
    assert set(heads.trained(labels, missing, [])) == {*CLASSES, heads.SPAN} - {"care"}
    assert heads.trained(labels, missing, ["care"])["care"] == 2
    assert set(heads.facts(labels, heads.trained(labels, missing, []), {"intent": {"temperature": 2.0}})) == {*CLASSES, heads.SPAN} - {"care"}


def test_no_turns_give_no_losses():
    empty = heads.make_turns(np.zeros((0, len(HEAD_COLUMNS))), np.zeros((0, 2, 2)), np.zeros(0), 2)
    model = heads.Heads(8, {"intent": 3, "scope": 2, "sentiment": 3, "emotion": 8, heads.SPAN: 4}, 0.02)
    sums = heads.losses(heads.head_logits(model, torch.randn(5, 1, 8), empty), empty)
    assert all(s.item() == 0 for s in sums.values())
    assert set(heads.counts(empty).values()) == {0}


def test_temperature_finds_how_overconfident_scores_are():
    torch.manual_seed(0)
    honest = torch.randn(4000, 5) * 2
    target = torch.distributions.Categorical(logits=honest).sample()
    assert calibrate.fit_temperature(honest, target) == pytest.approx(1.0, abs=0.07)
    assert calibrate.fit_temperature(honest * 3, target) == pytest.approx(3.0, abs=0.2)


def test_temperature_is_a_number_with_places_that_are_none():
    scores = torch.randn(100, 4)
    scores[:, 2] = float("-inf")
    assert 0.2 <= calibrate.fit_temperature(scores, torch.zeros(100, dtype=torch.int64)) <= 10


def test_the_threshold_parts_right_from_wrong():
    probabilities = torch.tensor([0.9, 0.8, 0.7, 0.4, 0.3])
    right = torch.tensor([True, True, True, False, False])
    assert calibrate.best_threshold(probabilities, right, 3) == pytest.approx(0.55)
    assert calibrate.best_threshold(probabilities, torch.ones(5, dtype=torch.bool), 5) == pytest.approx(0.15)


def test_labels_seen_too_rarely_take_the_common_threshold():
    torch.manual_seed(0)
    label = torch.tensor([0] * 60 + [1] * 3)
    probability = torch.rand(63)
    own = calibrate.thresholds(probability, probability > 0.5, label, torch.tensor([30, 2, 0]))
    assert own[1] == own[2]
    assert own[0] == pytest.approx(0.5, abs=0.05)
    assert all(0 <= t <= 1 for t in own)


def test_a_head_or_a_label_without_examples_keeps_what_it_had():
    logits = torch.randn(50, 3, generator=torch.Generator().manual_seed(2))
    none = calibrate.sequence_head(logits, torch.full((50,), UNKNOWN))
    assert none == {"temperature": 1.0, "thresholds": [0.0, 0.0, 0.0]}
    two = calibrate.sequence_head(logits, torch.arange(50) % 2)  # the third label never is the truth
    assert len(two["thresholds"]) == 3 and all(0 <= t <= 1 for t in two["thresholds"])
