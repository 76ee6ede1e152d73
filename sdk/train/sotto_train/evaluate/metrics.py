"""Metrics. Labels are strings, probabilities float [rows, labels], spans (name, start, end); nothing here knows a model."""

import json
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

Span = tuple[str, int, int]


def accuracy(truth: Sequence[str], guess: Sequence[str]) -> float:
    return sum(t == g for t, g in zip(truth, guess, strict=True)) / len(truth)


@dataclass
class Score:
    precision: float
    recall: float
    f1: float
    support: int


def score(hits: int, guessed: int, wanted: int) -> Score:
    """Nothing wanted and nothing guessed is no success and no failure: all three are 0 with support 0."""
    precision, recall = hits / guessed if guessed else 0.0, hits / wanted if wanted else 0.0
    return Score(precision, recall, 2 * precision * recall / (precision + recall) if hits else 0.0, wanted)


def by_label(truth: Sequence[str], guess: Sequence[str]) -> dict[str, Score]:
    hits = Counter(t for t, g in zip(truth, guess, strict=True) if t == g)
    guessed, wanted = Counter(guess), Counter(truth)
    return {label: score(hits[label], guessed[label], wanted[label]) for label in sorted(wanted | guessed)}


def macro_f1(truth: Sequence[str], guess: Sequence[str]) -> float:
    """The mean over labels that the truth holds; a label only guessed lowers the precision of nobody else and counts in accuracy."""
    scores = [s.f1 for s in by_label(truth, guess).values() if s.support]
    return sum(scores) / len(scores)


def confusions(truth: Sequence[str], guess: Sequence[str], most: int = 20) -> list[tuple[str, str, int]]:
    pairs = Counter((t, g) for t, g in zip(truth, guess, strict=True) if t != g)
    return [(t, g, n) for (t, g), n in sorted(pairs.items(), key=lambda p: (-p[1], p[0]))[:most]]


def reliability(confidence: np.ndarray, correct: np.ndarray, bins: int = 15) -> list[dict]:
    """Bins of equal width over (0, 1]: how sure, how often right, how many."""
    place = np.clip(np.ceil(confidence * bins).astype(int) - 1, 0, bins - 1)
    rows = []
    for b in range(bins):
        inside = place == b
        if inside.any():
            rows.append({"low": b / bins, "high": (b + 1) / bins, "count": int(inside.sum()),
                         "confidence": float(confidence[inside].mean()), "accuracy": float(correct[inside].mean())})  # fmt: skip
    return rows


def ece(confidence: np.ndarray, correct: np.ndarray, bins: int = 15) -> float:
    """Expected calibration error: how far confidence and accuracy are apart, weighted by the bins' counts."""
    return sum(r["count"] * abs(r["confidence"] - r["accuracy"]) for r in reliability(confidence, correct, bins)) / len(confidence)


def risk_coverage(confidence: np.ndarray, correct: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Risk among the surest rows, for each coverage 1/n .. 1. Rows equally sure are answered together, so
    that their order does not count."""
    order = np.argsort(-confidence, kind="stable")
    sure, wrong = confidence[order], 1.0 - correct[order].astype(float)
    n = np.arange(1, len(sure) + 1)
    risk = np.cumsum(wrong) / n
    last = np.flatnonzero(np.append(sure[1:] != sure[:-1], True))  # the end of each run of equals
    risk = risk[last[np.searchsorted(last, np.arange(len(sure)))]]
    return n / len(sure), risk


def aurc(confidence: np.ndarray, correct: np.ndarray) -> float:
    return float(risk_coverage(confidence, correct)[1].mean())


def span_scores(truth: Sequence[Iterable[Span]], guess: Sequence[Iterable[Span]]) -> tuple[Score, dict[str, Score]]:
    """Exact spans: name, begin and end must agree. Over all, and for each slot."""
    hits, guessed, wanted = Counter(), Counter(), Counter()
    for t, g in zip(truth, guess, strict=True):
        t, g = set(t), set(g)
        hits.update(s[0] for s in t & g)
        guessed.update(s[0] for s in g)
        wanted.update(s[0] for s in t)
    every = {name: score(hits[name], guessed[name], wanted[name]) for name in sorted(wanted | guessed)}
    return score(hits.total(), guessed.total(), wanted.total()), every


def read_call(text: str) -> tuple[str, dict] | None:
    """The call in an answer: its last line as {"call": name, "arguments": {...}}; None where it is none."""
    lines = text.strip().splitlines()
    try:
        made = json.loads(lines[-1]) if lines else None
    except (ValueError, RecursionError):
        return None
    if not isinstance(made, dict) or not isinstance(made.get("call"), str) or not isinstance(made.get("arguments", {}), dict):
        return None
    return made["call"], made.get("arguments", {})


def call_scores(truth: Sequence[tuple[str, dict] | None], guess: Sequence[tuple[str, dict] | None]) -> dict:
    """Of the rows with a call: function right; function and all arguments right; arguments right where the function is. Of the rows
    without one:
    how many were given one."""
    pairs = [(t, g) for t, g in zip(truth, guess, strict=True) if t is not None]
    silent = [g for t, g in zip(truth, guess, strict=True) if t is None]
    named = sum(g is not None and t[0] == g[0] for t, g in pairs)
    exact = sum(t == g for t, g in pairs)
    return {
        "count": len(pairs), "function": named / len(pairs) if pairs else None, "exact": exact / len(pairs) if pairs else None,
        "arguments": exact / named if named else None, "without_call": len(silent),
        "false_calls": sum(g is not None for g in silent) / len(silent) if silent else None,
    }  # fmt: skip


def distinct(texts: Iterable[Sequence], n: int) -> float:
    """Different n-grams by all n-grams: 1 is never the same twice."""
    grams = Counter(tuple(t[i : i + n]) for t in texts for i in range(len(t) - n + 1))
    return len(grams) / grams.total() if grams else 0.0


def repetition(texts: Iterable[Sequence], n: int = 4) -> float:
    """Share of n-grams that stood before in the same text: loops."""
    repeated = total = 0
    for t in texts:
        grams = [tuple(t[i : i + n]) for i in range(len(t) - n + 1)]
        total += len(grams)
        repeated += len(grams) - len(set(grams))
    return repeated / total if total else 0.0


@dataclass
class Perplexity:
    """Adds up losses in nats. Tokens of two tokenizers are no common measure, hence bits a byte as well."""

    nats: float = 0.0
    tokens: int = 0
    bytes: int = 0

    def add(self, nats: float, tokens: int, bytes: int) -> None:
        self.nats, self.tokens, self.bytes = self.nats + nats, self.tokens + tokens, self.bytes + bytes

    def as_dict(self) -> dict:
        known = self.tokens > 0
        return {
            "tokens": self.tokens, "bytes": self.bytes, "perplexity": math.exp(min(self.nats / self.tokens, 700)) if known else None,
            "bits_per_byte": self.nats / math.log(2) / self.bytes if self.bytes else None,
        }  # fmt: skip


def softmax(logits: np.ndarray) -> np.ndarray:
    raised = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return raised / raised.sum(axis=-1, keepdims=True)
