"""The baseline that a model has to beat: TF-IDF of character and word n-grams into logistic regression, one for each task, and for slots
the values seen in training where they stand in the text. scikit-learn is imported when a baseline is trained."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

import numpy as np

from sotto_train.errors import UserError
from sotto_train.evaluate.metrics import Span
from sotto_train.evaluate.predictor import Predictions, Predictor

TASKS = ("intent", "scope", "sentiment", "emotion", "care")
LEAST_COUNT = 2  # of an n-gram
LONGEST_VALUE = 24  # code points of a value that the slot baseline looks for


def _classifier(seed: int):
    try:
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline, make_union
    except ImportError:
        raise UserError("the baseline needs scikit-learn: pip install 'sotto-train[evaluate]'") from None
    characters = TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 4), min_df=LEAST_COUNT, sublinear_tf=True, max_features=200_000)
    words = TfidfVectorizer(
        analyzer="word", token_pattern=r"[a-zA-Z0-9']+|[\u3400-\u9fff]", ngram_range=(1, 2), min_df=LEAST_COUNT, sublinear_tf=True
    )
    # One regression a label would be faster to train, but its probabilities would not sum to 1; C as is usual for TF-IDF.
    return make_pipeline(make_union(characters, words), LogisticRegression(C=10.0, max_iter=200, random_state=seed))


class Constant:
    """Where training knows one label only."""

    def __init__(self, label: str):
        self.classes_ = np.array([label])

    def predict_proba(self, texts: Sequence[str]) -> np.ndarray:
        return np.ones((len(texts), 1))


class SlotLexicon:
    """Values of training, longest first, each as the slot it mostly was; a slot needs the intent to allow it."""

    def __init__(self, rows: Iterable[dict]):
        seen: dict[str, Counter] = defaultdict(Counter)
        for row in rows:
            for slot in row.get("slots", ()):
                seen[slot["value"].casefold()][slot["name"]] += 1
        self.values = {value: counts for value, counts in seen.items() if value}

    def spans(self, text: str, allowed: set[str]) -> list[Span]:
        folded, found, at = text.casefold(), [], 0
        if len(folded) != len(text):  # some letters fold to two
            folded = text
        while at < len(folded):
            for length in range(min(LONGEST_VALUE, len(folded) - at), 0, -1):
                counts = self.values.get(folded[at : at + length])
                names = [n for n, _ in counts.most_common() if n in allowed] if counts and self._whole(folded, at, at + length) else ()
                if names:
                    found.append((names[0], at, at + length))
                    at += length
                    break
            else:
                at += 1
        return found

    @staticmethod
    def _whole(text: str, start: int, end: int) -> bool:
        """Latin words are not cut."""

        def joined(i: int) -> bool:
            return 0 < i < len(text) and text[i - 1].isascii() and text[i - 1].isalnum() and text[i].isascii() and text[i].isalnum()

        return not joined(start) and not joined(end)


class Baseline(Predictor):
    name = "TF-IDF + logistic regression"

    def __init__(self, rows: Sequence[dict], seed: int = 0):
        self.models: dict[str, object] = {}
        for task in TASKS:
            known = [(row["text"], row[task]) for row in rows if task in row and "text" in row]
            if not known:
                continue
            texts, labels = zip(*known, strict=True)
            if len(set(labels)) == 1:
                self.models[task] = Constant(labels[0])
                continue
            model = _classifier(seed)
            try:
                model.fit(texts, labels)
            except ValueError as error:  # no n-gram occurs twice
                raise UserError(f"the baseline cannot be trained for {task}: {error}; give more rows") from None
            self.models[task] = model
        if not self.models:
            raise UserError("the baseline's rows have no labels; give command, mood or scope rows")
        self.lexicon = SlotLexicon(rows) if any("slots" in row for row in rows) else None

    def tasks(self) -> tuple[str, ...]:
        return tuple(self.models)

    def predict(self, texts: Sequence[str]) -> Predictions:
        from sotto_train import schema

        made = Predictions({}, {})
        for task, model in self.models.items():
            made.labels[task] = [str(label) for label in model.classes_]
            made.probabilities[task] = np.asarray(model.predict_proba(list(texts)))
        if self.lexicon and "intent" in self.models:
            intents, _ = made.best("intent")
            allowed = {name: set(entry["slots"]) for name, entry in schema.intents().items()}
            made.spans = [self.lexicon.spans(text, allowed.get(intent, set())) for text, intent in zip(texts, intents, strict=True)]
        return made
