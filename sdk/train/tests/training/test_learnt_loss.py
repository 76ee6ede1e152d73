"""The language model's loss over the learnt tokens alone is the loss over all of them under the mask."""

import dataclasses

import pytest

torch = pytest.importorskip("torch", reason="training needs torch: pip install .[train]")
pytest.importorskip("megatron.core", reason="training needs megatron-core: pip install .[train]")

from conftest import TINY
from sotto_train.training import config
from sotto_train.training.batches import Batch


@pytest.fixture(scope="module")
def model(world):
    from sotto_train.training.model import Build, SottoModel

    return SottoModel(dataclasses.replace(config.read(TINY), initial_std=0.2), Build(seed=5), {})


def batch(mask):
    torch.manual_seed(7)
    tokens = torch.randint(0, 512, (2, 24))
    places = torch.arange(24).expand(2, 24)
    return Batch(tokens, torch.roll(tokens, -1, 1), mask, places, torch.zeros(2, 24, dtype=torch.int64), None)


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_loss_and_gradients_are_those_of_the_whole_under_the_mask(model, share):
    torch.manual_seed(11)
    made = batch((torch.rand(2, 24) < share).float())
    model.zero_grad()
    loss = model(made)["lm"]
    loss.backward()
    got = {name: p.grad.clone() for name, p in model.named_parameters()}  # a weight without a gradient would fail here
    model.zero_grad()
    logits = model(made, wants="logits")
    each = torch.nn.functional.cross_entropy(logits.flatten(0, 1), made.labels.flatten(), reduction="none")
    whole = (each * made.loss_mask.flatten()).sum()
    whole.backward()
    torch.testing.assert_close(loss, whole, rtol=1e-5, atol=1e-5)
    for name, p in model.named_parameters():
        torch.testing.assert_close(got[name], p.grad, rtol=1e-4, atol=1e-5)
