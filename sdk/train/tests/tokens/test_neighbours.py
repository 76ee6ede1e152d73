"""Counted embeddings: counts by hand, and words that stand in the same places come out alike."""

import random

import numpy as np
import pytest

from sotto_train import rows
from sotto_train.cli import main
from sotto_train.errors import UserError
from sotto_train.tokens import neighbours


def test_neighbours_are_counted_by_distance_and_never_across_texts():
    counts = neighbours.Counts(8, window=2)
    counts.add_texts([[1, 2, 3], [4, 1]])
    pairs = counts._pairs.reshape(8, 8)
    assert pairs[1, 2] == 1 and pairs[2, 3] == 1 and pairs[1, 3] == 0.5 and pairs[4, 1] == 1
    assert pairs.sum() == 3.5


def test_a_pair_makes_every_word_near_every_one_of_the_other_side():
    counts = neighbours.Counts(8, window=4)
    counts.add_pair([1, 2], [5, 6, 7])
    counts.add_pair([1] * 41, [5])  # too long to say which word is which
    pairs = counts._pairs.reshape(8, 8)
    assert (pairs[1:3, 5:] == 0.25).all()
    assert pairs.sum() == 1.5


def test_mutual_information_is_what_the_formula_says():
    counts = neighbours.Counts(5, window=1)
    counts.add_texts([[0, 1, 0, 1, 2, 3, 4, 3, 4]])
    both = counts._pairs.reshape(5, 5).copy()
    both += both.T
    context = both.sum(1) ** 0.75
    with np.errstate(divide="ignore"):
        expected = np.maximum(np.log(both / both.sum(1, keepdims=True) / (context / context.sum())), 0)
    assert counts.mutual_information() == pytest.approx(expected, rel=1e-5)


def test_words_of_the_same_places_come_out_alike():
    """Two groups of ten words that take each other's place, in sentences of their own."""
    generator = random.Random(3)
    groups = [list(range(10, 20)), list(range(20, 30))]
    counts = neighbours.Counts(34, window=3)
    counts.add_texts([[30 + which, generator.choice(groups[which]), 32 + which] for which in (0, 1) for _ in range(400)])
    made = neighbours.embedding_of(counts, 8, norm=2.0, seed=0)
    assert np.linalg.norm(made, axis=1) == pytest.approx(np.full(34, 2.0), rel=1e-5)
    alike = made[10:30] @ made[10:30].T / 4
    within = np.concatenate([alike[:10, :10].ravel(), alike[10:, 10:].ravel()])
    assert within.min() > 0.8
    assert alike[:10, 10:].max() < 0
    again = neighbours.Counts(34, window=3)
    again.add_texts([[30, 10, 32]])
    assert np.isfinite(neighbours.embedding_of(again, 8, norm=2.0, seed=0)).all()


def test_the_command_counts_training_rows(folder, tmp_path, capsys):
    out = tmp_path / "e.npy"
    arguments = ["neighbours", str(folder / "rows.jsonl"), "--tokenizer", str(folder / "out"), "-o", str(out)]
    assert main([*arguments, "--hidden", "16"]) == 0
    assert "tokens and 0 pairs counted" in capsys.readouterr().out
    made = np.load(out)
    assert made.shape[1] == 16 and made.dtype == np.float32 and np.isfinite(made).all()
    assert main([*arguments, "--hidden", "100000"]) == 1
    assert "give less" in capsys.readouterr().err
    rows.write(tmp_path / "dev.jsonl", [dict(next(rows.read(folder / "rows.jsonl")), split="dev")])
    with pytest.raises(UserError, match="no rows of the train split"):
        neighbours.run(_parsed(["x", str(tmp_path / "dev.jsonl"), "--tokenizer", str(folder / "out"), "--hidden", "16", "-o", str(out)]))


def _parsed(arguments):
    import argparse

    parser = argparse.ArgumentParser()
    neighbours.add_arguments(parser)
    return parser.parse_args(arguments[1:])
