"""Attention of packed documents: torch's scaled dot product with a mask that is causal inside each document and closed between them.

Takes the place of Megatron's core_attention through the layer spec, so that projections, rotation and tensor parallelism stay Megatron's."""

import torch
import torch.nn.functional as F
from megatron.core.transformer.module import MegatronModule


def block_diagonal_mask(documents: torch.Tensor) -> torch.Tensor:
    """documents [b, s]: a number a token, the same inside a document and only there. Returns bool [b, 1, s, s], True where a token may not
    look, as Megatron's masks are. A token always sees itself, so no row is empty, padding included."""
    s = documents.shape[1]
    later = torch.ones(s, s, dtype=torch.bool, device=documents.device).triu(1)
    return (later | (documents[:, :, None] != documents[:, None, :]))[:, None]


class PackedAttention(MegatronModule):
    """softmax(q k^T / sqrt(head_dim)) v over the heads of this rank; q [s, b, heads, head_dim], k and v with fewer heads where queries are
    grouped. Returns [s, b, heads * head_dim]."""

    def __init__(self, config, layer_number, attn_mask_type, attention_type, attention_dropout=None, softmax_scale=None, **unused):
        super().__init__(config=config)
        self.scale = softmax_scale

    def forward(self, query, key, value, attention_mask, attn_mask_type=None, attention_bias=None, packed_seq_params=None):
        s, b, heads, width = query.shape
        q, k, v = (t.permute(1, 2, 0, 3) for t in (query, key, value))
        if k.shape[1] != heads:  # written out: the kernels that take a mask know no groups
            k, v = (t.repeat_interleave(heads // t.shape[1], dim=1) for t in (k, v))
        visible = None if attention_mask is None else ~attention_mask
        out = F.scaled_dot_product_attention(q, k, v, attn_mask=visible, is_causal=visible is None, scale=self.scale)
        return out.permute(2, 0, 1, 3).reshape(s, b, heads * width)
