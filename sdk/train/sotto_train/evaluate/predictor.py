"""What the report asks of a model or a baseline. Only `tasks` and `predict` are required: what a predictor cannot do is absent from its
report."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from sotto_train.evaluate.metrics import Perplexity, Span


@dataclass
class Predictions:
    """For the texts asked: for each task the labels and a probability for each text and label, and spans where there is a span head."""

    labels: dict[str, list[str]]
    probabilities: dict[str, np.ndarray]  # task: [texts, labels]
    spans: list[list[Span]] | None = None  # code points

    def best(self, task: str) -> tuple[list[str], np.ndarray]:
        """The likeliest label of each text, and how likely it is."""
        chosen = self.probabilities[task].argmax(axis=1)
        return [self.labels[task][i] for i in chosen], self.probabilities[task].max(axis=1)


@dataclass
class Answers:
    """What a model says to dialogues."""

    texts: list[str] = field(default_factory=list)


class Predictor:
    """Implemented by the baseline (baseline.py) and by a trained checkpoint (model.py)."""

    name = "predictor"

    def tasks(self) -> tuple[str, ...]:
        """Of the heads of single labels: those it has labels for."""
        raise NotImplementedError

    def predict(self, texts: Sequence[str]) -> Predictions:
        raise NotImplementedError

    def answer(self, dialogues: Sequence[list[dict]]) -> Answers | None:
        """The next assistant turn of each list of turns, chosen greedily; None: it does not talk."""
        return None

    def perplexity(self, rows: Sequence[dict]) -> dict[str, Perplexity] | None:
        """By kind of row, and by kind and language ("text zh"); None: it has no language model."""
        return None
