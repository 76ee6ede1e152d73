"""After training, on the dev sets: a temperature that makes each head's probabilities mean what they say, and the probability from which an
answer is worth giving."""

import torch
import torch.nn.functional as F

from sotto_train.tokens.shard import CLASSES, UNKNOWN
from sotto_train.training import heads
from sotto_train.training.heads import SPAN, Turns

FEWEST = 30  # decisions below which nothing is fitted: the temperature stays 1, the thresholds 0
FEWEST_OF_LABEL = 10  # answers of one label below which it takes the head's common threshold


def fit_temperature(scores: torch.Tensor, target: torch.Tensor) -> float:
    """The T that minimises the mean cross entropy of scores / T; scores [n, classes]."""
    if len(target) < FEWEST:
        return 1.0
    # Places that are none score minus infinity, whose derivative by T would be no number.
    scores, log_t = scores.double().clamp(min=-1e4), torch.zeros((), dtype=torch.float64, requires_grad=True)
    search = torch.optim.LBFGS([log_t], max_iter=50, line_search_fn="strong_wolfe")

    def loss():
        search.zero_grad()
        value = F.cross_entropy(scores / log_t.exp(), target)
        value.backward()
        return value

    search.step(loss)
    # A head without a mistake on dev would be made infinitely sure of itself.
    return float(log_t.detach().exp().clamp(0.2, 10.0))


def best_threshold(probabilities: torch.Tensor, is_right: torch.Tensor, wanted: int) -> float:
    """Answers with a probability from the threshold on are given. The one with the best F1 against `wanted` right answers; 0 without any."""
    if len(probabilities) == 0:
        return 0.0
    order = probabilities.argsort(descending=True, stable=True)
    sorted_p, right = probabilities[order], is_right[order].double().cumsum(0)
    given = torch.arange(1, len(order) + 1)
    f1 = 2 * right / (given + max(1, wanted))
    # Equal probabilities are given together or not at all.
    is_last = torch.cat([sorted_p[1:] < sorted_p[:-1], torch.ones(1, dtype=torch.bool)])
    best = int(torch.where(is_last, f1, -1.0).argmax())
    below = sorted_p[best + 1] if best + 1 < len(order) else torch.zeros(())
    # Half way to the next answer, so that rounding on a device does not decide.
    return round(float((sorted_p[best] + below) / 2), 4)


def thresholds(probabilities, is_right, label, wanted_of: torch.Tensor) -> list[float]:
    """One a label. label [n]: what was answered; wanted_of [labels]: how often it was right to."""
    if len(label) < FEWEST:
        return [0.0] * len(wanted_of)
    common = best_threshold(probabilities, is_right, int(wanted_of.sum()))
    own = []
    for index, wanted in enumerate(wanted_of.tolist()):
        mine = label == index
        enough = int(mine.sum()) >= FEWEST_OF_LABEL
        own.append(best_threshold(probabilities[mine], is_right[mine], int(wanted)) if enough else common)
    return own


def sequence_head(logits: torch.Tensor, target: torch.Tensor) -> dict:
    known = target != UNKNOWN
    logits, target = logits[known].float(), target[known]
    temperature = fit_temperature(logits, target)
    probability, answer = F.softmax(logits / temperature, dim=-1).max(dim=-1)
    wanted = torch.bincount(target, minlength=logits.shape[1])
    return {"temperature": temperature, "thresholds": thresholds(probability, answer == target, answer, wanted)}


def span_head(parts: list[tuple[torch.Tensor, Turns]]) -> dict:
    """parts: logits [n, w, 2 * slots] and turns of each micro-batch; their widths differ."""
    slots = parts[0][1].begins.shape[1]
    scores, targets = [], []
    for logits, turns in parts:
        for side, target in zip(heads.span_scores(logits, turns), (turns.begins, turns.ends), strict=True):
            known = target != UNKNOWN
            scores += list(side[known])
            targets += target[known].tolist()
    if not scores:
        return {"temperature": 1.0, "thresholds": [0.0] * slots}
    width = max(len(s) for s in scores)
    # Absence is the last choice of every turn: places are filled up before it.
    padded = torch.stack([torch.cat([s[:-1], s.new_full((width - len(s),), float("-inf")), s[-1:]]) for s in scores])
    target = torch.tensor([width - 1 if t == len(s) - 1 else t for s, t in zip(scores, targets, strict=True)])
    temperature = fit_temperature(padded, target)
    return {"temperature": temperature, "thresholds": _span_thresholds(parts, temperature, slots)}


def _span_thresholds(parts, temperature: float, slots: int) -> list[float]:
    found = [heads.best_spans(logits / temperature, turns) for logits, turns in parts]
    probability, right, label, wanted = [], [], [], torch.zeros(slots)
    for (p, first, last), (_, turns) in zip(found, parts, strict=True):
        known = turns.begins != UNKNOWN
        absent = turns.begins == turns.words.shape[1]
        probability.append(p[known])
        right.append(((first == turns.begins) & (last == turns.ends))[known])
        label.append(torch.arange(slots).expand_as(first)[known])
        wanted += (known & ~absent).sum(0)
    return thresholds(torch.cat(probability), torch.cat(right), torch.cat(label), wanted)


def all_heads(parts: list[tuple[dict[str, torch.Tensor], Turns]]) -> dict[str, dict]:
    """{name: {temperature, thresholds}} from the heads' logits on the dev sets."""
    parts = [part for part in parts if len(part[1].place)]
    if not parts:
        return {}
    classes = torch.cat([turns.classes for _, turns in parts])
    facts = {name: sequence_head(torch.cat([logits[name] for logits, _ in parts]), classes[:, i]) for i, name in enumerate(CLASSES) if name in parts[0][0]}
    facts[SPAN] = span_head([(logits[SPAN].float(), turns) for logits, turns in parts])
    return facts
