import numpy as np
import pytest

pytest.importorskip("torch", reason="training needs torch: pip install .[train]")

import packed
from sotto_train.errors import UserError
from sotto_train.training.batches import Corpus, Order


def test_labels_are_the_next_tokens_and_never_cross_a_document(sets):
    corpus = Corpus([sets[0]])
    batch = corpus.batch([3, 0])
    learnt = batch.loss_mask.bool()
    assert (batch.labels[:, :-1] == batch.tokens[:, 1:]).all()
    same = batch.documents[:, :-1] == batch.documents[:, 1:]
    assert (~learnt[:, :-1] | same).all()
    assert not learnt[:, -1].any()
    # Every token but each document's first is learnt in this set.
    borders = corpus.sets[0].borders(3)
    assert int(learnt[0].sum()) == int((borders[:, 1] - borders[:, 0] - 1).sum())


def test_positions_restart_in_each_document(sets):
    corpus = Corpus([sets[0]])
    batch = corpus.batch([1])
    for number, (start, end) in enumerate(corpus.sets[0].borders(1)):
        assert batch.positions[0, start:end].tolist() == list(range(end - start))
        assert (batch.documents[0, start:end] == number).all()


def test_turns_point_at_their_tokens(sets):
    corpus = Corpus([sets[0]])
    batch = corpus.batch([5, 2])
    flat = batch.tokens.flatten()
    assert (flat[batch.turns.place] == packed.IM_END).all()
    assert (flat[batch.turns.words][batch.turns.is_word] >= packed.FIRST).all()
    turns, width = batch.turns, batch.turns.words.shape[1]
    for row, slot in (turns.begins.ge(0) & turns.begins.lt(width)).nonzero().tolist():
        assert (turns.begins[row, slot], turns.ends[row, slot]) == (1, 3)  # packed.write marks the second to the fourth word


def test_hidden_words_are_words_of_labelled_turns_and_the_same_for_the_same_seed(sets):
    corpus = Corpus([sets[0]])
    whole, first, second, other = (corpus.batch([5, 2, 7, 1]) for _ in range(4))
    for batch, seed in ((first, 1), (second, 1), (other, 2)):
        corpus.hide_words(batch, 0.3, [seed])
    changed = (first.tokens != whole.tokens).flatten()
    words = set(whole.turns.words[whole.turns.is_word].tolist())
    assert set(changed.nonzero()[:, 0].tolist()) <= words
    assert 0.1 * len(words) < int(changed.sum()) < 0.5 * len(words)
    assert (first.tokens.flatten()[changed] == corpus.pad).all()
    assert (first.tokens == second.tokens).all()
    assert (first.tokens != other.tokens).any()
    assert (first.labels == whole.labels).all()


def test_every_epoch_has_each_window_once_in_another_order():
    order = Order(10, seed=7)
    first, second = ([order.block(i) for i in range(e * 10, e * 10 + 10)] for e in (0, 1))
    assert sorted(first) == sorted(second) == list(range(10))
    assert first != second


def test_ranks_share_a_step_and_a_sample_is_found_from_its_number():
    whole = Order(10, seed=7).share(8, 8, 0)
    assert Order(10, seed=7).share(8, 4, 0) + Order(10, seed=7).share(8, 4, 1) == whole
    assert Order(10, seed=8).share(8, 8, 0) != whole


def test_sets_of_another_tokenizer_are_refused(sets, tmp_path):
    other = packed.write(tmp_path / "other", vocabulary=400)
    with pytest.raises(UserError, match="differ in vocabulary"):
        Corpus([sets[0], other])
    with pytest.raises(UserError, match="windows of 64 tokens, the model's context is 32"):
        Corpus([sets[0]], context=32)
    with pytest.raises(UserError, match="has 512 tokens, the model's vocabulary is 256"):
        Corpus([sets[0]], vocabulary=256)


def test_two_sets_are_one_behind_another(sets):
    both = Corpus(list(sets))
    assert len(both) == 36
    assert np.array_equal(both.batch([24]).tokens, Corpus([sets[1]]).batch([0]).tokens)


def test_labels_without_examples_are_named_by_head(sets):
    """packed.write uses the first three labels of intent and sentiment, two of scope, all of emotion, none of care, and the second and fourth slot."""
    corpus = Corpus([sets[0]])
    missing = corpus.without_examples()
    assert missing["intent"] == corpus.labels["intent"][3:]
    assert missing["scope"] == missing["emotion"] == missing["sentiment"] == []
    assert missing["care"] == corpus.labels["care"]
    assert missing["slots"] == [label for i, label in enumerate(corpus.labels["slot"]) if i not in (1, 3)]


def test_a_token_beyond_the_vocabulary_is_named_with_its_place(tmp_path):
    folder = packed.write(tmp_path / "set")
    tokens = np.fromfile(folder / "tokens.u16", np.uint16)
    tokens[2 * 64 + 5] = 600
    tokens.tofile(folder / "tokens.u16")
    with pytest.raises(UserError, match="tokens.u16 has token 600 in window 2 and a vocabulary of 512"):
        Corpus([folder]).batch([1, 2])
