"""The figures a device maker asks for beyond accuracy: how many requests that no device can do are refused while hardly any other is, how often a
plain command is taken for a mood, and how many calls are right in function and arguments, by language and source."""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from sotto_train.evaluate import metrics
from sotto_train.evaluate.predictor import Predictions

FALSE_REFUSALS = 0.05  # of what a device can do, at most so many may be refused


def refusals(rows: Sequence[dict], predictions: Predictions) -> dict[str, dict]:
    """By language: the share of out-of-scope rows refused at the threshold at which FALSE_REFUSALS of the rows in scope are."""
    if "scope" not in predictions.labels or "out" not in predictions.labels["scope"]:
        return {}
    out = predictions.probabilities["scope"][:, predictions.labels["scope"].index("out")]
    made = {}
    for lang in sorted({row["lang"] for row in rows}):
        sides = {side: np.array([p for row, p in zip(rows, out, strict=True) if row["lang"] == lang and row.get("scope") == side])
                 for side in ("in", "out")}  # fmt: skip
        if all(map(len, sides.values())):
            threshold = float(np.quantile(sides["in"], 1 - FALSE_REFUSALS, method="higher"))
            made[lang] = {"in": len(sides["in"]), "out": len(sides["out"]), "threshold": threshold,
                          "refused": float((sides["out"] > threshold).mean()), "false_refusals": float((sides["in"] > threshold).mean())}  # fmt: skip
    return made


def moody_commands(rows: Sequence[dict], predictions: Predictions) -> dict[str, dict]:
    """By language: commands whose likeliest sentiment is not neutral. They are asked for without a mood, so that neutral is the truth."""
    if "sentiment" not in predictions.labels:
        return {}
    guesses, _ = predictions.best("sentiment")
    found: dict[str, list[bool]] = defaultdict(list)
    for row, guess in zip(rows, guesses, strict=True):
        if row["kind"] == "command" and row.get("sentiment", "neutral") == "neutral":
            found[row["lang"]].append(guess != "neutral")
    return {lang: {"count": len(f), "share": float(np.mean(f))} for lang, f in sorted(found.items())}


def calls_by_group(rows: Sequence[dict], truth: Sequence, guess: Sequence) -> dict[str, dict]:
    """call_scores for each language and each source in each language."""
    places: dict[str, list[int]] = defaultdict(list)
    for i, row in enumerate(rows):
        places[row["lang"]].append(i)
        places[f"{row['source']} {row['lang']}"].append(i)
    return {g: metrics.call_scores([truth[i] for i in p], [guess[i] for i in p]) for g, p in sorted(places.items())}
