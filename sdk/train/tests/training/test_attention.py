import dataclasses

import pytest

torch = pytest.importorskip("torch", reason="training needs torch: pip install .[train]")
pytest.importorskip("megatron.core", reason="training needs megatron-core: pip install .[train]")

from conftest import TINY
from sotto_train.training import config


@pytest.fixture(scope="module")
def model(world):
    from sotto_train.training.model import Build, SottoModel

    built = SottoModel(dataclasses.replace(config.read(TINY), initial_std=0.2), Build(seed=5), {})
    return built.eval()


def window(*lengths):
    """positions and documents of documents of these lengths."""
    positions = torch.cat([torch.arange(n) for n in lengths])[None]
    documents = torch.cat([torch.full((n,), i) for i, n in enumerate(lengths)])[None]
    return positions, documents


@torch.no_grad()
def test_a_document_does_not_see_the_one_before(model):
    positions, documents = window(20, 30)
    tokens = torch.randint(0, 512, (1, 50))
    other = tokens.clone()
    other[0, :20] = torch.randint(0, 512, (20,))
    a, b = (model.hidden_states(t, positions, documents) for t in (tokens, other))
    assert torch.equal(a[20:], b[20:])
    assert not torch.allclose(a[1:20], b[1:20], atol=1e-2)


@torch.no_grad()
def test_a_document_reads_the_same_wherever_it_lies(model):
    words = torch.randint(0, 512, (1, 30))
    alone = model.hidden_states(words, *window(30))
    packed = model.hidden_states(torch.cat([torch.randint(0, 512, (1, 17)), words], dim=1), *window(17, 30))
    torch.testing.assert_close(packed[17:], alone, rtol=0, atol=2e-5)  # float32: sums over masked places in another order


@torch.no_grad()
def test_no_token_sees_a_later_one(model):
    tokens = torch.randint(0, 512, (1, 32))
    later = tokens.clone()
    later[0, 16:] = torch.randint(0, 512, (16,))
    a, b = (model.hidden_states(t, *window(32)) for t in (tokens, later))
    assert torch.equal(a[:16], b[:16])


def test_grouped_heads_are_those_of_the_formula(world):
    from sotto_train.training.attention import PackedAttention, block_diagonal_mask
    from sotto_train.training.model import Build, transformer_config

    attention = PackedAttention(transformer_config(config.read(TINY), Build()), 1, None, "self")
    q, k, v = torch.randn(12, 2, 4, 16), torch.randn(12, 2, 2, 16), torch.randn(12, 2, 2, 16)
    mask = block_diagonal_mask(torch.tensor([[0] * 5 + [1] * 7, [0] * 12]))
    out = attention(q, k, v, mask)
    expected = torch.empty(12, 2, 4, 16)
    for b in range(2):
        for head in range(4):
            scores = (q[:, b, head] @ k[:, b, head // 2].T) / 4  # 1 / sqrt(16)
            expected[:, b, head] = scores.masked_fill(mask[b, 0], float("-inf")).softmax(-1) @ v[:, b, head // 2]
    torch.testing.assert_close(out, expected.reshape(12, 2, 64))


def test_sequence_parallel_is_refused_by_name():
    import argparse

    from sotto_train.errors import UserError
    from sotto_train.training import options

    parser = argparse.ArgumentParser()
    options.add_arguments(parser)
    with pytest.raises(UserError, match="--sequence-parallel needs the norms of Transformer Engine"):
        options.read(parser.parse_args(["--data", "x", "-o", "y", "--steps", "1", "--sequence-parallel"]))
