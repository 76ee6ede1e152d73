"""An embedding that was counted (tokens/neighbours.py) instead of a random one."""

from pathlib import Path

import numpy as np
import torch
from megatron.core import parallel_state

from sotto_train.errors import UserError


def read(path: Path, vocabulary: int, hidden: int) -> np.ndarray:
    """[vocabulary, hidden], mapped from the file."""
    try:
        whole = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError) as error:
        raise UserError(f"cannot read {path}: {error}; give what `sotto-train neighbours` wrote") from None
    if whole.shape != (vocabulary, hidden) or whole.dtype != np.float32:
        raise UserError(
            f"{path} is {list(whole.shape)} of {whole.dtype}, this model's embedding is [{vocabulary}, {hidden}] of float32; "
            "count it with the same tokenizer and --hidden"
        )
    return whole


def put_into(model, path: Path) -> None:
    """Each tensor rank takes its rows of the vocabulary, on the first stage and where the last one holds the tied copy."""
    whole = read(path, model.vocab_size, model.config.hidden_size)
    holders = [model.embedding.word_embeddings.weight] if model.pre_process else []
    if model.post_process and not model.pre_process:
        holders.append(model.output_layer.weight)
    for weight in holders:
        begin = parallel_state.get_tensor_model_parallel_rank() * weight.shape[0]
        rows = torch.from_numpy(np.array(whole[begin : begin + weight.shape[0]]))
        with torch.no_grad():
            weight[: len(rows)].copy_(rows)
