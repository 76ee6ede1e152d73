"""Micro-batches of packed sets, in an order that depends on the seed and the sample's number alone: a run that continues needs no more than
how many samples it has seen."""

import dataclasses

import numpy as np
import torch

from sotto_train.errors import UserError
from sotto_train.tokens.shard import CLASSES, HEAD_COLUMNS, Packed
from sotto_train.training import heads


@dataclasses.dataclass
class Batch:
    tokens: torch.Tensor  # int64 [b, s]
    labels: torch.Tensor  # int64 [b, s]: the next token
    loss_mask: torch.Tensor  # float32 [b, s]
    positions: torch.Tensor  # int64 [b, s], from 0 in each document
    documents: torch.Tensor  # int64 [b, s]: the document's number in its window, -1 behind the last
    turns: heads.Turns

    def to(self, device) -> "Batch":
        return Batch(*(getattr(self, f.name).to(device) for f in dataclasses.fields(self)))


class Corpus:
    """Packed sets one behind another. A folder given twice counts twice."""

    def __init__(self, folders, context: int | None = None, vocabulary: int | None = None):
        self.sets = [Packed(folder) for folder in folders]
        first = self.sets[0].meta
        for packed in self.sets:
            for key in ("context", "vocabulary", "tokenizer_sha256", "labels"):
                if packed.meta[key] != first[key]:
                    raise UserError(f"{packed.folder} and {self.sets[0].folder} differ in {key}; pack both with the same tokenizer and context")
        self.labels, self.context, self.vocabulary = first["labels"], first["context"], first["vocabulary"]
        self.tokenizer, self.pad = first["tokenizer_sha256"], first["pad"]
        where = self.sets[0].folder
        if context is not None and self.context > context:
            raise UserError(f"{where} has windows of {self.context} tokens, the model's context is {context}; pack it again")
        if vocabulary is not None and self.vocabulary > vocabulary:
            raise UserError(f"{where} has {self.vocabulary} tokens, the model's vocabulary is {vocabulary}; take its tokenizer")
        self.starts = np.cumsum([0] + [len(p) for p in self.sets])
        if len(self) == 0:
            raise UserError(f"{where} holds no windows; pack more rows")

    def __len__(self) -> int:
        return int(self.starts[-1])

    def batch(self, numbers) -> Batch:
        """Blocks by number, as one micro-batch."""
        rows, spans, offsets, stacked = [], [], [], []
        for i, number in enumerate(numbers):
            which = int(np.searchsorted(self.starts, number, side="right")) - 1
            packed, block = self.sets[which], int(number - self.starts[which])
            stacked.append(_block(packed, block))
            r, s = packed.heads_of(block)
            rows.append(r)
            spans.append(s)
            offsets.append(np.full(len(r), i * self.context))
        tokens, mask, positions, documents = (torch.from_numpy(np.stack(part)) for part in zip(*stacked, strict=True))
        labels = torch.roll(tokens, -1, dims=1)
        mask = torch.roll(mask, -1, dims=1)
        mask[:, -1] = 0
        turns = heads.make_turns(np.concatenate(rows), np.concatenate(spans), np.concatenate(offsets), len(self.labels["slot"]))
        return Batch(tokens, labels, mask, positions, documents, turns)

    def without_examples(self) -> dict[str, list[str]]:
        """Of each head the labels that no turn of these sets has; all of them where the head has nothing to learn from."""
        missing = {}
        for column, name in enumerate(CLASSES, HEAD_COLUMNS.index(CLASSES[0])):
            seen = set(np.unique(np.concatenate([p.heads[:, column] for p in self.sets])).tolist())
            missing[name] = [label for i, label in enumerate(self.labels[name]) if i not in seen]
        marked = np.concatenate([(p.spans[:, :, 0] >= 0).any(axis=0)[None] for p in self.sets]).any(axis=0)
        missing[heads.SPAN] = [label for label, there in zip(self.labels["slot"], marked, strict=True) if not there]
        return missing

    def hide_words(self, batch: Batch, share: float, seed: list[int]) -> None:
        """Word dropout (Iyyer et al. 2015): puts the padding token in the place of that share of the labelled turns' words, so that heads learn
        from all of a sentence and not from the one word that gives a pattern away. The same seed hides the same words on every rank."""
        words = batch.turns.words[batch.turns.is_word]
        hidden = np.random.default_rng(seed).random(len(words)) < share
        batch.tokens.view(-1)[words[torch.from_numpy(hidden)]] = self.pad


def _block(packed: Packed, block: int) -> tuple[np.ndarray, ...]:
    tokens = packed.tokens[block].astype(np.int64)
    if tokens.max() >= packed.meta["vocabulary"]:
        most = packed.meta["vocabulary"]
        raise UserError(f"{packed.folder}/tokens.u16 has token {tokens.max()} in window {block} and a vocabulary of {most}; pack it again")
    positions, documents = np.zeros_like(tokens), np.full_like(tokens, -1)
    end = 0
    for number, (start, end) in enumerate(packed.borders(block)):
        positions[start:end] = np.arange(end - start)
        documents[start:end] = number
    positions[end:] = np.arange(len(tokens) - end)
    return tokens, packed.loss_mask(block).astype(np.float32), positions, documents


class Order:
    """Which block is sample number i: every epoch another permutation."""

    def __init__(self, blocks: int, seed: int):
        self.blocks, self.seed = blocks, seed
        self._epoch, self._permutation = -1, np.zeros(0, np.int64)

    def block(self, sample: int) -> int:
        epoch, place = divmod(sample, self.blocks)
        if epoch != self._epoch:
            self._epoch, self._permutation = epoch, np.random.default_rng([self.seed, epoch]).permutation(self.blocks)
        return int(self._permutation[place])

    def share(self, first_sample: int, per_rank: int, rank: int) -> list[int]:
        """The blocks of one data-parallel rank in the step that begins with first_sample."""
        begin = first_sample + rank * per_rank
        return [self.block(i) for i in range(begin, begin + per_rank)]
