"""From a predictor and rows to numbers: the same for a model and a baseline, on the same rows."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict

import numpy as np

from sotto_train import schema
from sotto_train.evaluate import goals, metrics
from sotto_train.evaluate.predictor import Predictions, Predictor
from sotto_train.rows import KINDS
from sotto_train.tokens.chat import NO_CALL, arguments_of

TASKS = ("intent", "scope", "sentiment", "emotion", "care")
TALKED = (
    300  # rows that are answered word by word, and documents of each kind whose perplexity is taken: both cost a pass a token or a document
)
CURVE_POINTS = 200  # of a risk-coverage curve in the report


def measure(predictor: Predictor, rows: Sequence[dict], talks: bool = True) -> dict:
    """All that the predictor can do on these rows, by language too; without `talks` what its heads say and no word of its own."""
    labelled = [row for row in rows if row["kind"] in ("command", "mood", "scope")]
    made: dict = {"name": predictor.name, "tasks": {}}
    if labelled:
        predictions = predictor.predict([row["text"] for row in labelled])
        for task in TASKS:
            if task in predictions.labels and any(task in row for row in labelled):
                made["tasks"][task] = _task(task, labelled, predictions)
        made["refusals"] = goals.refusals(labelled, predictions)
        made["moody_commands"] = goals.moody_commands(labelled, predictions)
        if predictions.spans is not None and any("slots" in row for row in labelled):
            made["slots"] = _slots(labelled, predictions)
    if not talks:
        return made
    if calls := _calls(predictor, labelled):
        made["calls"] = calls
    if answers := _answers(predictor, rows):
        made["answers"] = answers
    if perplexity := predictor.perplexity([row for kind in KINDS for row in spread([r for r in rows if r["kind"] == kind])]):
        made["perplexity"] = {kind: p.as_dict() for kind, p in sorted(perplexity.items())}
    return made


def spread(rows: Sequence[dict]) -> list[dict]:
    """TALKED rows at even distances, so that every source and pattern has its share."""
    step = max(1, -(-len(rows) // TALKED))
    return list(rows[::step])


def _task(task: str, rows: Sequence[dict], predictions: Predictions) -> dict:
    guesses, confidence = predictions.best(task)
    known = [i for i, row in enumerate(rows) if task in row]
    truth, guess = [rows[i][task] for i in known], [guesses[i] for i in known]
    sure, right = confidence[known], np.array([t == g for t, g in zip(truth, guess, strict=True)])
    coverage, risk = metrics.risk_coverage(sure, right)
    shown = np.unique(np.linspace(0, len(risk) - 1, min(len(risk), CURVE_POINTS)).astype(int))
    groups: dict[str, list[int]] = defaultdict(list)
    for place, i in enumerate(known):
        for group in (rows[i]["lang"], rows[i]["source"]):
            groups[group].append(place)
    return {
        "count": len(known), "accuracy": metrics.accuracy(truth, guess), "macro_f1": metrics.macro_f1(truth, guess),
        "ece": metrics.ece(sure, right),
        "aurc": metrics.aurc(sure, right), "labels_unknown_to_it": sorted(set(truth) - set(predictions.labels[task])),
        "by_group": {g: {"count": len(p), "accuracy": float(right[p].mean())} for g, p in sorted(groups.items())},
        "by_label": {label: asdict(s) for label, s in metrics.by_label(truth, guess).items()},
        "confusions": metrics.confusions(truth, guess),
        "reliability": metrics.reliability(sure, right), "risk_coverage": [[float(coverage[i]), float(risk[i])] for i in shown],
    }  # fmt: skip


def _slots(rows: Sequence[dict], predictions: Predictions) -> dict:
    known = [i for i, row in enumerate(rows) if "slots" in row]
    truth = [[(s["name"], s["start"], s["end"]) for s in rows[i]["slots"]] for i in known]
    guess = [predictions.spans[i] for i in known]
    total, every = metrics.span_scores(truth, guess)
    exact = sum(set(map(tuple, t)) == set(map(tuple, g)) for t, g in zip(truth, guess, strict=True)) / len(known)
    made = {"count": len(known), **asdict(total), "sentences_exact": exact, "by_slot": {name: asdict(s) for name, s in every.items()}}
    if "intent" in predictions.labels:
        intents, _ = predictions.best("intent")
        asked, made_call = [_call_of(rows[i]) for i in known], [_head_call(intents[i], rows[i], predictions.spans[i]) for i in known]
        made["heads_as_call"] = metrics.call_scores(asked, made_call)
        made["heads_as_call_by_group"] = goals.calls_by_group([rows[i] for i in known], asked, made_call)
    return made


def _call_of(row: dict) -> tuple[str, dict] | None:
    intent = row.get("intent", schema.NO_INTENT)
    return None if intent in NO_CALL else (intent, arguments_of(row.get("slots", [])))


def _head_call(intent: str, row: dict, spans: list) -> tuple[str, dict] | None:
    """The call that intent and spans make together, for comparison with the one that the model writes."""
    if intent in NO_CALL:
        return None
    slots = [{"name": name, "value": row["text"][start:end]} for name, start, end in sorted(spans, key=lambda s: s[1])]
    return intent, arguments_of(slots)


def _calls(predictor: Predictor, rows: Sequence[dict]) -> dict | None:
    """What the model writes to a command: function and arguments, and whether it is silent where nothing is to be called."""
    commands = spread([row for row in rows if "intent" in row])
    answers = predictor.answer([[{"role": "user", "text": row["text"]}] for row in commands]) if commands else None
    if answers is None:
        return None
    return metrics.call_scores([_call_of(row) for row in commands], [metrics.read_call(text) for text in answers.texts])


def _answers(predictor: Predictor, rows: Sequence[dict]) -> dict | None:
    """Calls and words to the dialogues' assistant turns, each given what was really said before it."""
    asked = [
        (row["turns"][:i], turn)
        for row in spread([r for r in rows if r["kind"] == "chat"])
        for i, turn in enumerate(row["turns"])
        if turn["role"] == "assistant" and i
    ]
    answers = predictor.answer([before for before, _ in asked]) if asked else None
    if answers is None:
        return None
    truth = [(t["call"]["name"], t["call"].get("arguments") or {}) if t.get("call") else None for _, t in asked]
    spoken = [list(text) for text, call in zip(answers.texts, truth, strict=True) if call is None]
    return {
        "count": len(asked), "calls": metrics.call_scores(truth, [metrics.read_call(text) for text in answers.texts]),
        "distinct_1": metrics.distinct(spoken, 1), "distinct_2": metrics.distinct(spoken, 2), "repetition_4": metrics.repetition(spoken),
        "empty": sum(not text.strip() for text in answers.texts) / len(asked),
    }  # fmt: skip
