"""Ranks that are started again find the living, whatever the dead have left in the store that both write to."""

import threading

import pytest

pytest.importorskip("torch", reason="training needs torch: pip install .[train]")

import torch.distributed as dist
from sotto_train.training import store

SIZE = 3


def start_all(shared, late=()):
    """The names that the ranks of one start got, by rank."""
    found = {}
    ranks = [threading.Thread(target=lambda r=r: found.__setitem__(r, store.start_of(shared, r, SIZE, wait=30))) for r in range(SIZE)]
    for rank, thread in enumerate(ranks):
        thread.start()
        if rank in late:
            thread.join(0.2)
    for thread in ranks:
        thread.join()
    return found


def test_every_start_has_a_name_of_its_own_that_all_its_ranks_know():
    shared = dist.HashStore()
    first = start_all(shared)
    assert len(set(first.values())) == 1 and len(first) == SIZE
    second = start_all(shared, late=(0,))  # rank 0 sees what the dead asked before the others come
    assert len(set(second.values())) == 1
    assert set(second.values()) != set(first.values())


def test_a_start_in_which_a_rank_died_early_does_not_confuse_the_next():
    shared = dist.HashStore()
    with pytest.raises(RuntimeError, match="ranks 1, 2 of 3 did not come within 0 s"):
        store.start_of(shared, 0, SIZE, wait=0)
    shared.set("ask/1", "of-the-dead")
    assert len(set(start_all(shared).values())) == 1
