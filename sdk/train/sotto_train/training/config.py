"""What a model is: the sizes of configs/*.yaml, and how Megatron and `sotto import` are told of them."""

import argparse
import dataclasses
from pathlib import Path

import yaml

from sotto_train.errors import UserError


@dataclasses.dataclass(frozen=True)
class ModelConfig:
    layers: int
    hidden: int
    heads: int
    groups: int  # heads of keys and values
    head_dim: int
    ffn: int
    vocabulary: int
    context: int
    rotary_base: int = 10000
    norm_epsilon: float = 1e-5
    initial_std: float = 0.02

    def parameters(self) -> int:
        """All of them, the tied embedding once, without heads."""
        attention = self.hidden * self.head_dim * (2 * self.heads + 2 * self.groups)
        layer = attention + 3 * self.hidden * self.ffn + 2 * self.hidden
        return self.layers * layer + self.vocabulary * self.hidden + self.hidden

    def flops_per_token(self) -> float:
        """Of a training step: 2 a weight forward, 4 backward, the output layer included; attention over half the window on average."""
        weights = self.parameters() - self.hidden * (2 * self.layers + 1)
        return 6 * weights + 6 * self.layers * self.context * self.heads * self.head_dim


def read(path: Path) -> ModelConfig:
    known = {f.name: f for f in dataclasses.fields(ModelConfig)}
    try:
        values = yaml.safe_load(Path(path).read_text("utf-8"))
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror}; give a file such as configs/mini.yaml") from None
    except (yaml.YAMLError, UnicodeDecodeError):
        raise UserError(f"{path} is no YAML; see configs/mini.yaml") from None
    if not isinstance(values, dict):
        raise UserError(f"{path} is no mapping of sizes; see configs/mini.yaml")
    for name, value in values.items():
        if name not in known:
            raise UserError(f"{path} has the unknown key '{name}'; known are {', '.join(known)}")
        if not isinstance(value, int | float) or isinstance(value, bool) or value <= 0:
            raise UserError(f"{path}: {name} is {value!r}, expected a number above 0")
        if known[name].type is int and not isinstance(value, int):
            raise UserError(f"{path}: {name} is {value!r}, expected a whole number")
    missing = [n for n, f in known.items() if f.default is dataclasses.MISSING and n not in values]
    if missing:
        raise UserError(f"{path} lacks {', '.join(missing)}")
    config = ModelConfig(**values)
    check(config, path)
    return config


def check(c: ModelConfig, where) -> None:
    if c.heads % c.groups:
        raise UserError(f"{where}: {c.groups} groups do not divide {c.heads} heads")
    if c.head_dim % 2 or c.context % 8:
        raise UserError(f"{where}: head_dim {c.head_dim} must be even and context {c.context} a multiple of 8")


def check_tensor_ranks(c: ModelConfig, ranks: int) -> None:
    for what, size in (("heads", c.heads), ("groups", c.groups), ("ffn", c.ffn), ("vocabulary", c.vocabulary)):
        if size % ranks:
            raise UserError(f"{what} {size} cannot be split over {ranks} tensor ranks; give a divisor with --tensor")


def checkpoint_arguments(c: ModelConfig, tensor: int, pipeline: int) -> argparse.Namespace:
    """Under the names of Megatron-LM's command line: what `sotto import` and other readers of its checkpoints take the model from."""
    return argparse.Namespace(
        num_layers=c.layers,
        hidden_size=c.hidden,
        num_attention_heads=c.heads,
        group_query_attention=c.groups != c.heads,
        num_query_groups=c.groups,
        kv_channels=c.head_dim,
        ffn_hidden_size=c.ffn,
        seq_length=c.context,
        max_position_embeddings=c.context,
        padded_vocab_size=c.vocabulary,
        normalization="RMSNorm",
        layernorm_epsilon=c.norm_epsilon,
        layernorm_zero_centered_gamma=False,
        add_bias_linear=False,
        add_qkv_bias=False,
        swiglu=True,
        position_embedding_type="rope",
        rotary_base=c.rotary_base,
        rotary_percent=1.0,
        rotary_interleaved=False,
        untie_embeddings_and_output_weights=False,
        qk_layernorm=False,
        init_method_std=c.initial_std,
        tensor_model_parallel_size=tensor,
        pipeline_model_parallel_size=pipeline,
    )


def of_arguments(args: argparse.Namespace) -> ModelConfig:
    """The way back, for a checkpoint that this package wrote."""
    return ModelConfig(
        layers=args.num_layers,
        hidden=args.hidden_size,
        heads=args.num_attention_heads,
        groups=args.num_query_groups,
        head_dim=args.kv_channels,
        ffn=args.ffn_hidden_size,
        vocabulary=args.padded_vocab_size,
        context=args.seq_length,
        rotary_base=args.rotary_base,
        norm_epsilon=args.layernorm_epsilon,
        initial_std=args.init_method_std,
    )
