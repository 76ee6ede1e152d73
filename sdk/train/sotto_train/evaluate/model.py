"""A checkpoint as a Predictor. torch and Megatron are loaded by `load` and nowhere else in evaluate/."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from sotto_train.errors import UserError
from sotto_train.evaluate.metrics import Perplexity, Span, softmax
from sotto_train.evaluate.predictor import Answers, Predictions, Predictor
from sotto_train.tokens import chat
from sotto_train.tokens.tokenizer import Placed, Tokenizer

SPAN_HEAD = "slots"
LONGEST_ANSWER = 96  # tokens


def words_of(text: str, placed: Placed, first: int, last: int) -> tuple[int, int]:
    """Code points of tokens, without the spaces that pieces begin with."""
    start, end = placed.places[first][0], placed.places[last][1]
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def apart(found: list[tuple[float, Span]]) -> list[Span]:
    """Of spans that overlap the likelier stays."""
    kept: list[Span] = []
    for _, span in sorted(found, key=lambda f: -f[0]):
        if all(span[2] <= k[1] or k[2] <= span[1] for k in kept):
            kept.append(span)
    return sorted(kept, key=lambda s: s[1])


class CheckpointPredictor(Predictor):
    """`reader` is training/reader.py's Reader; `best_spans` that of training/heads.py. One thread at a time."""

    def __init__(self, reader, best_spans, tokenizer: Tokenizer, context: int):
        self.reader, self.best_spans, self.tokenizer, self.context = reader, best_spans, tokenizer, context
        self.name = f"checkpoint {reader.folder.name}"

    def tasks(self) -> tuple[str, ...]:
        return tuple(name for name in self.reader.facts if name != SPAN_HEAD)

    def predict(self, texts: Sequence[str]) -> Predictions:
        rows: dict[str, list] = defaultdict(list)
        spans = []
        for text in texts:
            document = next(chat.documents({"kind": "scope", "text": text, "source": "", "licence": ""}, self.tokenizer))
            head = document.heads[0]
            if len(document.ids) > self.context:
                raise UserError(f"a text of {len(document.ids)} tokens does not fit the model's {self.context}: {text[:60]} ...; remove it")
            logits, turns = self.reader.heads(document.ids, head.position, head.first, head.last)
            for task in self.tasks():
                rows[task].append(softmax(np.asarray(logits[task][0])))
            if SPAN_HEAD in self.reader.facts:
                spans.append(self._spans(text, self.best_spans(logits[SPAN_HEAD], turns)))
        labels = {task: list(self.reader.facts[task]["labels"]) for task in self.tasks()}
        return Predictions(labels, {task: np.stack(r) for task, r in rows.items()}, spans if SPAN_HEAD in self.reader.facts else None)

    def _spans(self, text: str, best) -> list[Span]:
        probability, first, last = (np.asarray(b)[0] for b in best)
        fact, placed = self.reader.facts[SPAN_HEAD], self.tokenizer.encode_placed(text)
        thresholds = fact.get("thresholds") or [0.0] * len(fact["labels"])
        found = []
        for i, name in enumerate(fact["labels"]):
            # Without a calibrated threshold a span has to be likelier than not.
            if probability[i] >= (thresholds[i] or 0.5):
                start, end = words_of(text, placed, int(first[i]), int(last[i]))
                if start < end:
                    found.append((float(probability[i]), (name, start, end)))
        return apart(found)

    def answer(self, dialogues: Sequence[list[dict]]) -> Answers:
        return Answers([self._answer(turns) for turns in dialogues])

    def _answer(self, turns: list[dict]) -> str:
        ids, said = chat.prompt(turns, self.tokenizer), []
        while len(said) < LONGEST_ANSWER and len(ids) + len(said) < self.context:
            token = int(np.asarray(self.reader.logits(ids + said)[-1]).argmax())
            if token in (self.tokenizer.im_end, self.tokenizer.eos):
                break
            said.append(token)
        return self.tokenizer.decode(said)

    def perplexity(self, rows: Sequence[dict]) -> dict[str, Perplexity]:
        made: dict[str, Perplexity] = defaultdict(Perplexity)
        for row in rows:
            for whole in chat.documents(row, self.tokenizer):
                for document in chat.cut(whole, self.context):
                    places = [i for i, learnt in enumerate(document.learnt) if learnt]
                    if places:
                        for group in (row["kind"], f"{row['kind']} {row['lang']}"):
                            self._add(made[group], document.ids, places)
        return dict(made)

    def _add(self, to: Perplexity, ids: list[int], places: list[int]) -> None:
        logits = np.asarray(self.reader.logits(ids), np.float64)
        before = logits[np.array(places) - 1]
        top = before.max(axis=1)
        nats = np.log(np.exp(before - top[:, None]).sum(axis=1)) + top - before[np.arange(len(places)), [ids[i] for i in places]]
        to.add(float(nats.sum()), len(places), len(self.tokenizer.decode([ids[i] for i in places]).encode()))


def load(checkpoint: Path, tokenizer: Path | None) -> Predictor:
    """The tokenizer is the one the data was packed with; an exported checkpoint has it in its folder."""
    if not checkpoint.exists():
        raise UserError(f"{checkpoint} does not exist; --checkpoint is a folder that pretrain or finetune wrote")
    pieces = Tokenizer(tokenizer or checkpoint / "tokenizer")
    try:
        from sotto_train.training.heads import best_spans
        from sotto_train.training.reader import Reader
        from sotto_train.training.world import World
    except ModuleNotFoundError as error:
        raise UserError(
            f"a checkpoint cannot be evaluated here: the module {error.name} is missing; pip install 'sotto-train[train]'"
        ) from None
    reader = Reader(World(), checkpoint)
    return CheckpointPredictor(reader, best_spans, pieces, reader.shape.context)
