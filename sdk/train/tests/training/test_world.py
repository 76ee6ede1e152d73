"""Generators: what a checkpoint keeps of them is all that a step may draw from, and what draws beside the training puts them back."""

import random

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs torch: pip install .[train]")
pytest.importorskip("megatron.core", reason="training needs megatron-core: pip install .[train]")

from sotto_train.training import speed
from sotto_train.training.world import random_states, random_states_kept, set_random_states


def draws():
    return random.random(), float(np.random.rand()), float(torch.rand(())), float(torch.nn.functional.dropout(torch.ones(64), 0.5).sum())


def test_a_state_brings_back_the_draws_of_every_generator(world):
    world.seed(3)
    states = random_states()
    first, second = draws(), draws()
    assert first != second
    set_random_states(states)
    assert (draws(), draws()) == (first, second)


def test_what_draws_beside_the_training_leaves_no_trace(world):
    """The measured peak of a CPU is made of random matrices, and a run that goes on measures it again: behind the checkpoint's states."""
    world.seed(3)
    expected = draws()
    world.seed(3)
    with pytest.raises(KeyError), random_states_kept():
        speed.matmul_peak(torch.float32, seconds=0)
        draws()
        raise KeyError
    assert draws() == expected


def test_seed_and_step_say_what_is_drawn(world):
    seen = []
    for seed, step in ((3, 0), (3, 0), (4, 0), (3, 20)):
        world.seed(seed, step)
        seen.append(draws())
    assert seen[0] == seen[1]
    assert len(set(seen)) == 3
