"""The model: Megatron's GPTModel by its local layer spec, LLaMA's shape (RMS norm, rotation, SwiGLU, grouped queries, tied embedding, no
bias), our attention over packed documents, and the heads beside it."""

import dataclasses

import numpy as np
import torch
import torch.nn.functional as F
from megatron.core import parallel_state
from megatron.core.models.gpt import GPTModel
from megatron.core.models.gpt.gpt_layer_specs import get_gpt_layer_local_spec
from megatron.core.transformer.spec_utils import ModuleSpec
from megatron.core.transformer.torch_norm import WrappedTorchNorm
from megatron.core.transformer.transformer_config import TransformerConfig
from megatron.core.transformer.transformer_layer import TransformerLayer, get_transformer_layer_offset

from sotto_train.training import heads, lora
from sotto_train.training.attention import PackedAttention, block_diagonal_mask
from sotto_train.training.config import ModelConfig


@dataclasses.dataclass(frozen=True)
class Build:
    """How a model is laid out on the ranks and computed; not what it is."""

    tensor: int = 1
    pipeline: int = 1
    is_bf16: bool = False
    recompute: bool = False
    dropout: float = 0.0
    on_gpu: bool = False
    lora: tuple[int, float] | None = None  # rank, alpha
    seed: int = 0  # of the weights that a run begins with


EMBEDDING, HEADS = 0, 1 << 20  # as parts of seed_part, beside the layers, which count from 1


def seed_part(seed: int, part: int) -> None:
    torch.manual_seed(int(np.random.SeedSequence([seed, part]).generate_state(1)[0]))


class SeededLayer(TransformerLayer):
    """Draws its weights from the seed and its number in the whole model. Drawn one behind the other, a layer's would depend on how many its
    stage holds before it."""

    def __init__(self, config, submodules, layer_number=1, *, vp_stage=None, **more):
        stage = parallel_state.get_pipeline_model_parallel_rank()
        seed_part(config.seed_of_weights, layer_number + get_transformer_layer_offset(config, vp_stage, stage))
        super().__init__(config=config, submodules=submodules, layer_number=layer_number, vp_stage=vp_stage, **more)


def transformer_config(c: ModelConfig, b: Build) -> TransformerConfig:
    dtype = torch.bfloat16 if b.is_bf16 else torch.float32
    return TransformerConfig(
        num_layers=c.layers,
        hidden_size=c.hidden,
        num_attention_heads=c.heads,
        num_query_groups=c.groups,
        kv_channels=c.head_dim,
        ffn_hidden_size=c.ffn,
        normalization="RMSNorm",
        layernorm_epsilon=c.norm_epsilon,
        add_bias_linear=False,
        gated_linear_unit=True,
        activation_func=F.silu,
        init_method_std=c.initial_std,
        hidden_dropout=b.dropout,
        attention_dropout=0.0,
        tensor_model_parallel_size=b.tensor,
        pipeline_model_parallel_size=b.pipeline,
        pipeline_dtype=dtype,
        params_dtype=dtype,
        bf16=b.is_bf16,
        use_cpu_initialization=True,  # with SeededLayer: the same weights at every split and on every device
        gradient_accumulation_fusion=False,  # needs apex
        bias_activation_fusion=b.on_gpu,  # jit: compiled on the first step, which only pays on a GPU
        bias_dropout_fusion=b.on_gpu,
        recompute_granularity="full" if b.recompute else None,
        recompute_method="uniform" if b.recompute else None,
        recompute_num_layers=1 if b.recompute else None,
        # Losses are divided by the counts of the whole step before they reach Megatron (loop.py), so it must not divide again.
        calculate_per_token_loss=True,
    )


def layer_spec(with_lora: bool) -> ModuleSpec:
    layer = get_gpt_layer_local_spec(normalization="RMSNorm")
    layer.module = SeededLayer
    layer.submodules.input_layernorm = WrappedTorchNorm
    layer.submodules.pre_mlp_layernorm = WrappedTorchNorm
    layer.submodules.self_attention.submodules.core_attention = ModuleSpec(module=PackedAttention)
    if with_lora:
        lora.put_into(layer.submodules)
    return layer


class SottoModel(GPTModel):
    """forward(batch) of batches.py. On the last stage returns sums of losses; on others what the next stage reads."""

    def __init__(self, c: ModelConfig, b: Build, head_sizes: dict[str, int]):
        settings = transformer_config(c, b)
        settings.seed_of_weights = b.seed
        if b.lora:
            settings.lora = lora.Lora(*b.lora)
        seed_part(b.seed, EMBEDDING)
        super().__init__(
            config=settings,
            transformer_layer_spec=layer_spec(bool(b.lora)),
            vocab_size=c.vocabulary,
            max_sequence_length=c.context,
            pre_process=parallel_state.is_pipeline_first_stage(),
            post_process=parallel_state.is_pipeline_last_stage(),
            share_embeddings_and_output_weights=True,
            position_embedding_type="rope",
            rotary_base=c.rotary_base,
        )
        if self.post_process and head_sizes:
            seed_part(b.seed, HEADS)
            self.sotto_heads = heads.Heads(c.hidden, head_sizes, c.initial_std)

    def hidden_states(self, tokens, positions, documents) -> torch.Tensor:
        """[s, b, h] behind the last norm, or what goes to the next stage. tokens, positions, documents: int64 [b, s]."""
        embedded = self.embedding(input_ids=tokens, position_ids=positions) if self.pre_process else None
        # Megatron rotates by the place in the window; documents count from 0, so each takes the angles of its own positions: [s, b, 1, d].
        angles = self.rotary_pos_emb(tokens.shape[1])[positions.T, 0]
        mask = block_diagonal_mask(documents)
        return self.decoder(hidden_states=embedded, attention_mask=mask, rotary_pos_emb=angles)

    def forward(self, batch, wants: str = "loss"):
        """wants: 'loss': {name: sum} with 'lm' first; 'heads': (hidden, head logits); 'logits': [b, s, V of this rank]."""
        hidden = self.hidden_states(batch.tokens, batch.positions, batch.documents)
        if not self.post_process:
            return hidden
        if wants == "heads":
            return heads.head_logits(self.sotto_heads, hidden, batch.turns)
        if wants == "logits":
            return self._logits(hidden).transpose(0, 1).contiguous()
        sums = {"lm": self._learnt_loss(batch, hidden)}
        if hasattr(self, "sotto_heads"):
            sums |= heads.losses(heads.head_logits(self.sotto_heads, hidden, batch.turns), batch.turns)
        return sums

    def _logits(self, hidden) -> torch.Tensor:
        return self.output_layer(hidden, weight=self.shared_embedding_or_output_weight())[0]

    def _learnt_loss(self, batch, hidden) -> torch.Tensor:
        """The sum over learnt tokens. Only their logits are made: where the loss is on answers, most of the output layer's work is nobody's."""
        mask = batch.loss_mask.flatten()
        places = mask.nonzero()[:, 0]
        if len(places) == 0:
            places = places.new_zeros(1)  # weighs nothing, but every weight has its gradient
        rows = hidden.transpose(0, 1).reshape(-1, hidden.shape[-1])[places]
        each = self.compute_language_model_loss(batch.labels.flatten()[places][None], self._logits(rows[:, None]))
        return (each[0] * mask[places]).sum()
