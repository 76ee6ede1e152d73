"""LoRA pairs out of a trained model: as a GGUF adapter under the names and in the row order that `sotto import` gives the base, or added to
the weights."""

import os
from pathlib import Path

import torch

from sotto_train.training.config import ModelConfig

ARCHITECTURE = "llama"  # what `sotto import` makes of our models: RMS norm, SwiGLU, whole rotation


def split_qkv(rows: torch.Tensor, c: ModelConfig) -> dict[str, torch.Tensor]:
    """Megatron's rows are, for each group, its queries, its key, its value; [rows, n] to three."""
    grouped = rows.reshape(c.groups, c.heads // c.groups + 2, c.head_dim, -1)
    parts = {"q": grouped[:, :-2], "k": grouped[:, -2], "v": grouped[:, -1]}
    return {name: part.reshape(-1, rows.shape[1]) for name, part in parts.items()}


def pair_rows(rows: torch.Tensor, heads: int) -> torch.Tensor:
    """From channels that rotate with the other half's to neighbours that rotate together, as llama files have q and k."""
    halves = rows.reshape(heads, 2, -1, rows.shape[1])
    return halves.transpose(1, 2).reshape(rows.shape)


def _pairs_of_layer(layer, c: ModelConfig):
    """(name in GGUF, A [rank, in], B [out, rank]) of each target."""
    qkv, fc1 = layer.self_attention.linear_qkv, layer.mlp.linear_fc1
    parts = split_qkv(qkv.lora_b, c)
    yield "attn_q", qkv.lora_a, pair_rows(parts["q"], c.heads)
    yield "attn_k", qkv.lora_a, pair_rows(parts["k"], c.groups)
    yield "attn_v", qkv.lora_a, parts["v"]
    yield "attn_output", layer.self_attention.linear_proj.lora_a, layer.self_attention.linear_proj.lora_b
    yield "ffn_gate", fc1.lora_a, fc1.lora_b_gate
    yield "ffn_up", fc1.lora_a, fc1.lora_b_up
    yield "ffn_down", layer.mlp.linear_fc2.lora_a, layer.mlp.linear_fc2.lora_b


def write(model, c: ModelConfig, path: Path) -> int:
    """Writes the adapter beside its place and renames it. Returns the number of pairs."""
    import gguf

    temporary = Path(path).with_name(f".{Path(path).name}.{os.getpid()}.part")
    writer = gguf.GGUFWriter(str(temporary), ARCHITECTURE)
    writer.add_type("adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", model.config.lora.alpha)
    count = 0
    for number, layer in enumerate(model.decoder.layers):
        for name, a, b in _pairs_of_layer(layer, c):
            for suffix, half in (("lora_a", a), ("lora_b", b)):
                writer.add_tensor(f"blk.{number}.{name}.weight.{suffix}", half.detach().float().cpu().contiguous().numpy())
            count += 1
    try:
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    return count


def merged_state(model) -> dict[str, torch.Tensor]:
    """The state of the same model without pairs: W + alpha / rank * B A."""
    state = {k: v for k, v in model.state_dict().items() if ".lora_" not in k}
    for name, module in model.named_modules():
        if not hasattr(module, "lora_a"):
            continue
        b = torch.cat([getattr(module, part) for part in getattr(module, "parts", ("lora_b",))])
        state[f"{name}.weight"] = module.weight.detach() + module.lora.scale * (b @ module.lora_a).detach()
    return state
