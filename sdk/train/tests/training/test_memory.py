import pytest

pytest.importorskip("torch", reason="training needs torch: pip install .[train]")

from sotto_train.errors import UserError
from sotto_train.training import memory
from sotto_train.training.memory import Cost, Plan

MB = 1 << 20
PLAIN, RECOMPUTED = Cost(False, 100 * MB, 40 * MB), Cost(True, 100 * MB, 10 * MB)


@pytest.mark.parametrize(
    ("budget", "plan"),
    [
        (1000 * MB, Plan(16, 1, False)),
        (300 * MB, Plan(4, 4, False)),  # 5 would fit but does not divide 16
        (150 * MB, Plan(1, 16, False)),
        (139 * MB, Plan(2, 8, True)),  # one window more needs recomputation
        (110 * MB, Plan(1, 16, True)),
    ],
)
def test_takes_the_largest_that_fits_and_recomputes_only_when_it_must(budget, plan):
    assert memory.choose([RECOMPUTED, PLAIN], budget, per_rank=16, most=32) == plan


def test_moments_that_come_later_are_kept_free():
    assert memory.choose([PLAIN], 300 * MB, 16, 32, later=100 * MB) == Plan(2, 8, False)


def test_too_little_is_a_sentence_with_the_numbers():
    with pytest.raises(UserError, match="micro-batch of 1 takes 110 MB .* 109 MB are there"):
        memory.choose([PLAIN, RECOMPUTED], 109 * MB, 16, 32)


@pytest.mark.parametrize(("text", "size"), [("800M", 800 * MB), ("4g", 4 << 30), ("1.5GB", 3 << 29), ("123", 123)])
def test_sizes(text, size):
    assert memory.parse_size(text) == size


@pytest.mark.parametrize("text", ["", "much", "-3M", "4T"])
def test_what_is_no_size_is_refused(text):
    with pytest.raises(UserError, match="no size"):
        memory.parse_size(text)


def test_the_peak_of_a_block_is_seen_and_the_next_one_not_hidden_by_it():
    import torch

    for _ in range(2):
        with memory.Peak(torch.device("cpu")) as peak:
            torch.ones(64 * MB // 4).sum()
        assert 60 * MB < peak.bytes < 90 * MB
