"""Low-rank adapters (Hu et al. 2021, arXiv:2106.09685) on the four linears of each layer: y += alpha / rank * B A x, tensor parallel as the
linear is. The base stays as it is."""

import dataclasses
import math

import torch
from megatron.core.tensor_parallel import (
    ColumnParallelLinear,
    RowParallelLinear,
    copy_to_tensor_model_parallel_region,
    reduce_from_tensor_model_parallel_region,
)
from megatron.core.transformer.utils import make_sharded_tensors_for_checkpoint


@dataclasses.dataclass(frozen=True)
class Lora:
    rank: int
    alpha: float

    @property
    def scale(self) -> float:
        return self.alpha / self.rank


def _parameter(rows: int, columns: int, like: torch.Tensor, std: float) -> torch.nn.Parameter:
    values = torch.randn(rows, columns) * std if std else torch.zeros(rows, columns)
    return torch.nn.Parameter(values.to(like.dtype))


class LoraColumn(ColumnParallelLinear):
    """linear_qkv and linear_fc1: A whole on every rank, the rows of B cut as the weight's. fc1's B has its gate and its up apart, because a
    rank holds a part of each and not consecutive rows."""

    def __init__(self, input_size, output_size, *args, **kwargs):
        super().__init__(input_size, output_size, *args, **kwargs)
        self.lora: Lora = self.config.lora
        self.parts = ("lora_b_gate", "lora_b_up") if output_size == 2 * self.config.ffn_hidden_size else ("lora_b",)
        self.lora_a = _parameter(self.lora.rank, input_size, self.weight, 1 / math.sqrt(input_size))
        for name in self.parts:
            self.register_parameter(name, _parameter(self.weight.shape[0] // len(self.parts), self.lora.rank, self.weight, 0))
            _is_cut(getattr(self, name), 0)

    def forward(self, x, *args, **kwargs):
        out, bias = super().forward(x, *args, **kwargs)
        narrow = copy_to_tensor_model_parallel_region(x @ self.lora_a.T) * self.lora.scale
        return out + torch.cat([narrow @ getattr(self, name).T for name in self.parts], dim=-1), bias

    def sharded_state_dict(self, prefix="", sharded_offsets=(), metadata=None):
        return _sharded(self, prefix, {"weight": 0, **dict.fromkeys(self.parts, 0)}, sharded_offsets, metadata)


class LoraRow(RowParallelLinear):
    """linear_proj and linear_fc2: the columns of A cut as the weight's, B whole on every rank."""

    def __init__(self, input_size, output_size, *args, **kwargs):
        super().__init__(input_size, output_size, *args, **kwargs)
        self.lora: Lora = self.config.lora
        ranks = input_size // self.weight.shape[1]
        whole = torch.randn(self.lora.rank, input_size) / math.sqrt(input_size)
        own = whole.chunk(ranks, dim=1)[self.tp_group.rank()] if ranks > 1 else whole
        self.lora_a = torch.nn.Parameter(own.contiguous().to(self.weight.dtype))
        _is_cut(self.lora_a, 1)
        self.lora_b = _parameter(output_size, self.lora.rank, self.weight, 0)

    def forward(self, x):
        out, bias = super().forward(x)
        narrow = reduce_from_tensor_model_parallel_region(x @ self.lora_a.T) * self.lora.scale
        return out + narrow @ self.lora_b.T, bias

    def sharded_state_dict(self, prefix="", sharded_offsets=(), metadata=None):
        return _sharded(self, prefix, {"weight": 1, "lora_a": 1}, sharded_offsets, metadata)


def _is_cut(parameter: torch.Tensor, dimension: int) -> None:
    """Megatron counts a parameter once in the gradient's norm unless it is marked as another part on every rank."""
    parameter.tensor_model_parallel, parameter.partition_dim, parameter.partition_stride = True, dimension, 1


def _sharded(module, prefix, axes, offsets, metadata):
    state = module.state_dict(prefix="", keep_vars=True)
    return make_sharded_tensors_for_checkpoint(state, prefix, axes, offsets, tp_group=module.tp_group, dp_cp_group=metadata["dp_cp_group"])


def freeze_base(model: torch.nn.Module) -> None:
    """Pairs and heads learn; all else keeps its numbers."""
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(".lora_" in name or "sotto_heads." in name)


def put_into(layer_submodules) -> None:
    """In a layer's spec, takes the place of the four linears."""
    layer_submodules.self_attention.submodules.linear_qkv = LoraColumn
    layer_submodules.self_attention.submodules.linear_proj = LoraRow
    layer_submodules.mlp.submodules.linear_fc1 = LoraColumn
    layer_submodules.mlp.submodules.linear_fc2 = LoraRow
