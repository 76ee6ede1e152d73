"""A small packed set of made-up sentences that a model can learn: each document counts up from a word, its label follows from the word."""

from pathlib import Path

import numpy as np

from sotto_train.tokens import shard

PAD, BOS, EOS, IM_START, IM_END = 0, 1, 2, 3, 4
FIRST = 16


def write(folder: Path, blocks: int = 24, context: int = 64, vocabulary: int = 512, seed: int = 0) -> Path:
    random = np.random.default_rng(seed)
    labels = shard.labels()
    tokens = np.full((blocks, context), PAD, np.uint16)
    learnt = np.zeros((blocks, context), bool)
    documents, heads, spans = [], [], []
    for block in range(blocks):
        at = 0
        while at + 12 <= context:
            length = int(random.integers(10, min(24, context - at) + 1)) if context - at >= 10 else 0
            word = int(random.integers(0, 40))
            tokens[block, at] = BOS
            tokens[block, at + 1 : at + length - 2] = FIRST + (word * 7 + np.arange(length - 3)) % (vocabulary - FIRST)
            tokens[block, at + length - 2], tokens[block, at + length - 1] = IM_END, EOS
            learnt[block, at + 1 : at + length] = True
            row = len(documents)
            documents.append((block, at, at + length))
            known = word % 5 != 4
            heads.append((block, row, at + length - 2, at + 1, at + length - 3, word % 3, word % 2, word % 3 if known else shard.UNKNOWN, word % 8, shard.UNKNOWN))
            places = np.full((len(labels["slot"]), 2), shard.ABSENT if known else shard.UNKNOWN, np.int16)
            if known and word % 2:
                places[word % 4] = (at + 2, at + 4)
            spans.append(places)
            at += length
    meta = {
        "format": shard.FORMAT, "version": shard.VERSION, "context": context, "blocks": blocks, "documents": len(documents), "heads": len(heads),
        "tokens": int((tokens != PAD).sum()), "vocabulary": vocabulary, "pad": PAD, "bos": BOS, "eos": EOS, "im_start": IM_START, "im_end": IM_END,
        "seed": seed, "tokenizer_sha256": "0" * 64, "labels": labels, "sources": {}, "kinds": {},
    }  # fmt: skip
    arrays = {
        "tokens.u16": tokens,
        "loss.u8": np.packbits(learnt, axis=1, bitorder="little"),
        "documents.i32": np.array(documents, np.int32),
        "heads.i32": np.array(heads, np.int32),
        "spans.i16": np.array(spans, np.int16),
    }
    shard.write(folder, meta, arrays)
    return folder
