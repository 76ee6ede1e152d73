"""The heads beside the language model: what they are, what they lose, how they are calibrated.

A head of kind `sequence` (intent, scope, sentiment, emotion) reads the hidden state of the token that ends a user's turn; its softmax is over
the labels. The head `slots` of kind `span` reads the hidden states of the user's words: for each slot one softmax over the places where it may
begin and one over those where it may end, each with one more choice, "this turn has no such slot", whose logit is 0. So one token's score says
as much at run time as in training, and dividing all logits by the temperature leaves 0 where it was."""

import dataclasses
from collections.abc import Iterable

import torch
import torch.nn.functional as F

from sotto_train.tokens.shard import ABSENT, CLASSES, UNKNOWN

SPAN = "slots"
NAMES = (*CLASSES, SPAN)


@dataclasses.dataclass
class Turns:
    """The labelled user turns of a micro-batch. Places count in the flattened [b * s]."""

    place: torch.Tensor  # int64 [n]: where the sequence heads read
    classes: torch.Tensor  # int64 [n, len(CLASSES)], UNKNOWN: not to be learnt from
    words: torch.Tensor  # int64 [n, w]: places of the user's words
    is_word: torch.Tensor  # bool [n, w]: False behind a shorter turn's last
    begins: torch.Tensor  # int64 [n, slots]: index into words, w: absent, UNKNOWN
    ends: torch.Tensor

    def to(self, device) -> "Turns":
        return Turns(*(getattr(self, f.name).to(device) for f in dataclasses.fields(self)))


def make_turns(rows, spans, offsets, slots: int) -> Turns:
    """rows [n, 9] and spans [n, slots, 2] as in tokens/shard.py; offsets [n]: the block's first place in the flattened micro-batch."""
    rows, spans, offsets = (torch.as_tensor(t, dtype=torch.int64) for t in (rows, spans, offsets))
    n = len(rows)
    if n == 0:
        empty = torch.zeros(0, dtype=torch.int64)
        none = torch.zeros(0, slots, dtype=torch.int64)
        return Turns(empty, torch.zeros(0, len(CLASSES), dtype=torch.int64), none[:, :0], none[:, :0].bool(), none, none)
    position, first, last = rows[:, 2], rows[:, 3], rows[:, 4]
    width = int((last - first).max()) + 1
    step = torch.arange(width)[None]
    is_word = step <= (last - first)[:, None]
    words = torch.where(is_word, first[:, None] + step, first[:, None]) + offsets[:, None]
    # Absent is the choice behind the last place, whatever this micro-batch's longest turn is.
    target = torch.where(spans == ABSENT, width, torch.where(spans == UNKNOWN, UNKNOWN, spans - first[:, None, None]))
    return Turns(position + offsets, rows[:, 5:], words, is_word, target[:, :, 0].contiguous(), target[:, :, 1].contiguous())


def outputs(labels: dict[str, list[str]]) -> dict[str, int]:
    """Rows of each head's weight."""
    return {**{name: len(labels[name]) for name in CLASSES}, SPAN: 2 * len(labels["slot"])}


def trained(labels: dict[str, list[str]], missing: dict[str, list[str]], there: Iterable[str]) -> dict[str, int]:
    """Rows of the heads that a run trains. One that never saw an example would answer at random on a device: it is left out, unless the
    checkpoint to go on from has it (`there`)."""
    kept = {name for name in CLASSES if name in there or len(missing[name]) < len(labels[name])} | {SPAN}
    return {name: rows for name, rows in outputs(labels).items() if name in kept}


class Heads(torch.nn.ModuleDict):
    """Every tensor rank holds all of every head: they are small, and their gradients come out the same on all ranks."""

    def __init__(self, hidden: int, sizes: dict[str, int], std: float):
        super().__init__({name: torch.nn.Linear(hidden, rows) for name, rows in sizes.items()})
        for linear in self.values():
            torch.nn.init.normal_(linear.weight, std=std)
            torch.nn.init.zeros_(linear.bias)
        if SPAN in self:
            # Nearly every slot of a turn is absent: beginning there spares the shared layers the lesson.
            torch.nn.init.constant_(self[SPAN].bias, -7.0)


def span_scores(logits: torch.Tensor, turns: Turns) -> tuple[torch.Tensor, torch.Tensor]:
    """logits [n, w, 2 * slots] to begin and end scores [n, slots, w + 1], the last of them absence."""
    scores = logits.float().masked_fill(~turns.is_word[:, :, None], float("-inf")).transpose(1, 2)
    scores = F.pad(scores, (0, 1))
    return scores.chunk(2, dim=1)


def best_spans(logits: torch.Tensor, turns: Turns) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """For each turn and slot the likeliest span: its probability (begin's times end's), first and last as indices into words; all [n, slots].
    A span ends where it begins or later."""
    begin, end = (F.softmax(s, dim=-1)[:, :, :-1] for s in span_scores(logits, turns))
    best_begin, first = begin.cummax(dim=-1)
    probability, last = (best_begin * end).max(dim=-1)
    return probability, first.gather(-1, last[:, :, None])[:, :, 0], last


def _sum_cross_entropy(scores: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    return F.cross_entropy(scores.float(), target, ignore_index=UNKNOWN, reduction="sum")


def head_logits(heads: Heads, hidden: torch.Tensor, turns: Turns) -> dict[str, torch.Tensor]:
    """hidden [s, b, h]. {name: [n, labels]}, and [n, w, 2 * slots] of the span head."""
    flat = hidden.transpose(0, 1).reshape(-1, hidden.shape[-1])
    read = {name: heads[name](flat[turns.place]) for name in CLASSES if name in heads}
    if SPAN in heads:
        read[SPAN] = heads[SPAN](flat[turns.words])
    return read


def losses(logits: dict[str, torch.Tensor], turns: Turns) -> dict[str, torch.Tensor]:
    """Summed cross entropies; counts() has what to divide by."""
    sums = {name: _sum_cross_entropy(logits[name], turns.classes[:, i]) for i, name in enumerate(CLASSES) if name in logits}
    if SPAN in logits:
        begin, end = span_scores(logits[SPAN], turns)
        sums[SPAN] = sum(_sum_cross_entropy(s.flatten(0, 1), t.flatten()) for s, t in ((begin, turns.begins), (end, turns.ends)))
    return sums


def counts(turns: Turns) -> dict[str, int]:
    """Learnt decisions, so that a mean loss says as much of every head: a turn each; of spans a turn's absent slots together are one (50 of them
    would drown it), and each border of a slot that is there is one more (without that, spans would drown the classes)."""
    known = {name: int((turns.classes[:, i] != UNKNOWN).sum()) for i, name in enumerate(CLASSES)}
    marked = turns.begins != UNKNOWN
    present = marked & (turns.begins != turns.words.shape[1])
    known[SPAN] = int(marked.any(dim=1).sum() + 2 * present.sum()) if turns.begins.numel() else 0
    return known


def facts(labels: dict[str, list[str]], trained: Iterable[str], calibration: dict) -> dict:
    """What a checkpoint says of the heads, under the names that `sotto import` reads. calibration: {name: {temperature, thresholds}}."""
    about = {name: {"kind": "sequence", "labels": list(labels[name])} for name in CLASSES}
    about[SPAN] = {"kind": "span", "labels": list(labels["slot"])}
    return {name: {**fact, **calibration.get(name, {})} for name, fact in about.items() if name in trained}
