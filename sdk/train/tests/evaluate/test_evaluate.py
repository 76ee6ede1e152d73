"""Metrics against figures worked out by hand, the baseline, and the report from the command line."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from sotto_train import rows
from sotto_train.cli import main
from sotto_train.errors import UserError
from sotto_train.evaluate import baseline, goals, measure, metrics, model
from sotto_train.evaluate.predictor import Answers, Predictions, Predictor
from sotto_train.tokens.tokenizer import Tokenizer


def test_accuracy_and_macro_f1():
    truth, guess = list("aaab"), list("aabb")
    assert metrics.accuracy(truth, guess) == 0.75
    assert metrics.macro_f1(truth, guess) == pytest.approx((0.8 + 2 / 3) / 2)  # a: p 1, r 2/3; b: p 1/2, r 1


def test_a_label_that_is_only_guessed_is_no_part_of_the_mean():
    assert metrics.macro_f1(["a", "a"], ["a", "c"]) == pytest.approx(2 / 3)


def test_ece_is_the_weighted_gap():
    confidence, correct = np.array([0.95, 0.95, 0.55, 0.55]), np.array([True, True, True, False])
    assert metrics.ece(confidence, correct, bins=10) == pytest.approx(0.5 * 0.05 + 0.5 * 0.05)
    assert metrics.ece(np.array([1.0, 1.0]), np.array([True, True])) == 0.0


def test_risk_falls_where_the_sure_rows_are_right():
    confidence, correct = np.array([0.9, 0.8, 0.7, 0.6]), np.array([True, True, False, False])
    coverage, risk = metrics.risk_coverage(confidence, correct)
    assert coverage.tolist() == [0.25, 0.5, 0.75, 1.0] and risk.tolist() == pytest.approx([0, 0, 1 / 3, 0.5])
    assert metrics.aurc(confidence, correct) == pytest.approx((1 / 3 + 0.5) / 4)
    assert metrics.aurc(confidence, correct) < metrics.aurc(1 - confidence, correct)


def test_rows_equally_sure_do_not_depend_on_their_order():
    same = np.full(4, 0.5)
    first, second = (metrics.aurc(same, np.array(c)) for c in ([True, True, False, False], [False, False, True, True]))
    assert first == second == 0.5


def test_spans_are_right_only_whole_and_under_their_name():
    truth = [[("area", 0, 2), ("name", 3, 4)], []]
    guess = [[("area", 0, 2), ("name", 3, 5)], [("area", 1, 2)]]
    total, every = metrics.span_scores(truth, guess)
    assert (total.precision, total.recall) == (1 / 3, 1 / 2) and every["name"].f1 == 0 and every["area"].precision == 0.5


@pytest.mark.parametrize("text, call", [
    ('{"call":"light.dim","arguments":{"area":"den"}}', ("light.dim", {"area": "den"})),
    ('Sure.\n{"call":"media.next"}', ("media.next", {})),
    ("hello", None), ("", None), ("[1]", None), ('{"call":7}', None), ('{"call":"x","arguments":[1]}', None), ("[" * 100000, None),
])  # fmt: skip
def test_calls_are_read_from_the_last_line(text, call):
    assert metrics.read_call(text) == call


def test_calls_count_function_and_arguments_apart():
    truth = [("a", {"x": "1"}), ("a", {}), ("b", {}), ("b", {}), None, None]
    guess = [("a", {"x": "2"}), ("a", {}), None, ("a", {}), None, ("b", {})]
    made = metrics.call_scores(truth, guess)
    assert made == {"count": 4, "function": 0.5, "exact": 0.25, "arguments": 0.5, "without_call": 2, "false_calls": 0.5}


def test_distinct_and_repetition():
    assert metrics.distinct([list("abab")], 2) == pytest.approx(2 / 3)
    assert metrics.repetition(["a b c".split()], 2) == 0 and metrics.repetition([["a"] * 5], 2) == 0.75 and metrics.repetition([[]]) == 0


def test_perplexity_adds_up_over_tokens_and_bytes():
    p = metrics.Perplexity()
    p.add(2 * math.log(8), 2, 3)
    p.add(math.log(8), 1, 3)
    assert p.as_dict() == {"tokens": 3, "bytes": 6, "perplexity": pytest.approx(8), "bits_per_byte": pytest.approx(1.5)}
    assert metrics.Perplexity().as_dict()["perplexity"] is None


def command(n, text, intent, *slots, split="train", lang="en"):
    marked = [{"name": k, "value": v, "start": text.index(v), "end": text.index(v) + len(v)} for k, v in slots]
    return {"id": str(n), "lang": lang, "source": "own", "licence": "Apache-2.0", "split": split, "kind": "command", "text": text,
            "intent": intent, "slots": marked, "scope": "in"}  # fmt: skip


AREAS = ("kitchen", "den", "hall", "attic", "study")


def sample():
    made = []
    for i, area in enumerate(AREAS * 6):
        split = "test" if i >= 24 else "train"
        made.append(
            command(
                f"d{i}",
                f"{'please ' * (i % 2)}dim the {area} lights {'a bit' if i % 3 else 'now'} {i}",
                "light.dim",
                ("area", area),
                split=split,
            )
        )
        made.append(command(f"l{i}", f"lock the {area} door {'for me' if i % 3 else 'now'} {i}", "lock.lock", ("area", area), split=split))
    for i in range(12):
        mood = {"id": f"m{i}", "lang": "zh", "source": "own", "licence": "Apache-2.0", "split": "test" if i > 9 else "train",
            "kind": "mood",
                "text": f"今天真{'开心' if i % 2 else '倒霉'}{i}", "sentiment": "positive" if i % 2 else "negative", "emotion": "joy" if i % 2
                else "sadness"}  # fmt: skip
        made.append(mood)
    return made


def test_the_baseline_learns_what_separates_and_its_probabilities_sum_to_one():
    made = sample()
    trained = baseline.Baseline([r for r in made if r["split"] == "train"])
    predictions = trained.predict(["dim the attic lights now", "lock the den door", "真开心"])
    assert predictions.best("intent")[0][:2] == ["light.dim", "lock.lock"] and predictions.best("sentiment")[0][2] == "positive"
    assert all(np.allclose(p.sum(axis=1), 1) for p in predictions.probabilities.values())
    assert predictions.spans[:2] == [[("area", 8, 13)], [("area", 9, 12)]]
    assert predictions.labels["scope"] == ["in"]  # one label only


def test_a_value_is_not_found_inside_a_latin_word():
    lexicon = baseline.SlotLexicon([command(0, "dim den", "light.dim", ("area", "den"))])
    assert lexicon.spans("dim the garden", {"area"}) == [] and lexicon.spans("den", {"area"}) == [("area", 0, 3)]
    assert lexicon.spans("den", {"name"}) == []


@pytest.mark.parametrize("made", [[], [{"text": "x", "kind": "text"}]])
def test_a_baseline_without_labels_is_a_sentence(made):
    with pytest.raises(UserError, match="no labels"):
        baseline.Baseline(made)


class Oracle(Predictor):
    """Knows the truth; talks in calls."""

    name = "oracle"

    def __init__(self, made):
        self.made = {r["text"]: r for r in made if "text" in r}

    def predict(self, texts):
        labels = ["light.dim", "lock.lock"]
        probabilities = np.array([[self.made[t].get("intent") == label for label in labels] for t in texts], float)
        spans = [[(s["name"], s["start"], s["end"]) for s in self.made[t].get("slots", ())] for t in texts]
        return Predictions({"intent": labels}, {"intent": probabilities}, spans)

    def answer(self, dialogues):
        rows_said = [self.made[d[-1]["text"]] for d in dialogues]
        return Answers([json.dumps({"call": r["intent"], "arguments": {s["name"]: s["value"] for s in r["slots"]}}) for r in rows_said])

    def perplexity(self, asked):
        return {"command": metrics.Perplexity(1.0, 2, 3)}


def test_who_knows_the_truth_scores_one_everywhere():
    made = [r for r in sample() if r["kind"] == "command"]
    m = measure.measure(Oracle(made), made)
    assert m["tasks"]["intent"]["accuracy"] == m["tasks"]["intent"]["macro_f1"] == m["slots"]["f1"] == m["slots"]["sentences_exact"] == 1
    assert m["slots"]["heads_as_call"]["exact"] == m["calls"]["exact"] == 1 and m["tasks"]["intent"]["aurc"] == 0 and "answers" not in m
    assert m["perplexity"]["command"]["tokens"] == 2
    silent = measure.measure(Oracle(made), made, talks=False)
    assert silent["slots"] == m["slots"] and not {"calls", "answers", "perplexity"} & set(silent)


def test_refusals_are_counted_at_the_threshold_that_spares_the_rest():
    made = [{"lang": "zh", "kind": "scope", "scope": "in"}] * 40 + [{"lang": "zh", "kind": "scope", "scope": "out"}] * 10
    out = np.array([i / 100 for i in range(40)] + [0.9] * 7 + [0.1] * 3)
    (zh,) = goals.refusals(made, Predictions({"scope": ["in", "out"]}, {"scope": np.stack([1 - out, out], axis=1)})).values()
    assert zh["refused"] == 0.7 and zh["false_refusals"] <= goals.FALSE_REFUSALS and 0.36 <= zh["threshold"] <= 0.38
    assert goals.refusals(made[:40], Predictions({"scope": ["in", "out"]}, {"scope": np.stack([1 - out, out], axis=1)[:40]})) == {}


def test_commands_taken_for_a_mood_and_calls_by_group():
    made = [command(i, f"dim {i}", "light.dim") for i in range(4)] + [{"lang": "zh", "kind": "mood", "sentiment": "positive"}]
    guess = np.eye(3)[[1, 1, 0, 1, 0]]
    predictions = Predictions({"sentiment": ["negative", "neutral", "positive"]}, {"sentiment": guess})
    lang = made[0]["lang"]
    assert goals.moody_commands(made, predictions) == {lang: {"count": 4, "share": 0.25}}
    call = ("light.dim", {})
    by_group = goals.calls_by_group(made[:4], [call] * 4, [call, None, call, call])
    assert by_group[lang]["exact"] == by_group[f"own {lang}"]["exact"] == 0.75


def test_the_report_stands_alone_and_its_json_has_the_same_numbers(tmp_path, capsys):
    rows.write(tmp_path / "rows.jsonl", sample())
    path = str(tmp_path / "rows.jsonl")
    assert main(["evaluate", "--rows", path, "--baseline-train", path, "-o", str(tmp_path / "report")]) == 0
    numbers = json.loads((tmp_path / "report/report.json").read_text())
    page = (tmp_path / "report/report.html").read_text()
    assert set(numbers["measured"][0]["tasks"]) == {"intent", "scope", "sentiment", "emotion"} and numbers["texts_in_both"] == 0
    assert page.count("data:image/png;base64,") >= 8 and "http" not in page.split("</style>")[1].replace("data:image", "")
    assert f"accuracy {numbers['measured'][0]['tasks']['intent']['accuracy']:.4f}" in capsys.readouterr().out


def test_a_text_on_both_sides_is_told(tmp_path, capsys):
    made = sample()
    rows.write(tmp_path / "rows.jsonl", [*made, {**made[0], "id": "again", "split": "test"}])
    path = str(tmp_path / "rows.jsonl")
    assert main(["evaluate", "--rows", path, "--baseline-train", path, "-o", str(tmp_path / "report")]) == 0
    assert "1 texts of the test split stand" in capsys.readouterr().out


@pytest.mark.parametrize("arguments, sentence", [
    ([], "nothing to evaluate"), (["--checkpoint", "/nowhere"], "does not exist"), (["--baseline-train", "/nowhere"], "cannot read"),
    (["--baseline-train", "ROWS", "--split", "dev"], "no rows of the dev split"),
    (["--baseline-train", "ROWS", "--limit", "0"], "at least 1"),
])  # fmt: skip
def test_wrong_arguments_are_sentences_and_leave_nothing_behind(tmp_path, capsys, arguments, sentence):
    path = tmp_path / "rows.jsonl"
    rows.write(path, sample())
    arguments = [str(path) if a == "ROWS" else a for a in arguments]
    assert main(["evaluate", "--rows", str(path), "-o", str(tmp_path / "report"), *arguments]) == 1
    assert sentence in capsys.readouterr().err and not (tmp_path / "report").exists()


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tokenizer")
    texts = [r["text"] for r in sample() if "text" in r] * 3
    rows.write(folder / "rows.jsonl", [{"id": str(i), "lang": "en", "source": "own", "licence": "CC0-1.0", "split": "train",
        "kind": "text", "text": t}
                                       for i, t in enumerate(texts)])  # fmt: skip
    assert main(["tokenizer", str(folder / "rows.jsonl"), "--vocabulary", "305", "--coverage", "1", "-o", str(folder)]) == 0
    return Tokenizer(folder)


class FakeReader:
    """Says `said` token by token, whatever the dialogue; its span head marks the tokens 2 .. 3 as area.
    Uniform where it is not asked to talk."""

    folder = Path("iter_1")
    facts = {"intent": {"labels": ["none", "light.dim"]}, "slots": {"labels": ["name", "area"], "thresholds": [0.0, 0.2]}}

    def __init__(self, tokenizer, said=()):
        self.size, self.said, self.prompt = len(tokenizer), [*said, tokenizer.im_end], None

    def logits(self, ids):
        self.prompt = len(ids) if self.prompt is None else self.prompt
        made = np.zeros((len(ids), self.size))
        made[-1, self.said[min(len(ids) - self.prompt, len(self.said) - 1)]] = 5.0 if len(self.said) > 1 else 0.0
        return made

    def heads(self, ids, position, first, last):
        return {"intent": np.array([[0.0, 2.0]]), "slots": None}, None


def best_spans(logits, turns):
    return np.array([[0.4, 0.3]]), np.array([[0, 2]]), np.array([[0, 3]])


def test_a_checkpoints_heads_become_probabilities_and_spans(tokenizer):
    made = model.CheckpointPredictor(FakeReader(tokenizer), best_spans, tokenizer, 128).predict(["dim the den lights"])
    placed = tokenizer.encode_placed("dim the den lights")
    assert made.best("intent")[0] == ["light.dim"] and made.probabilities["intent"].sum() == pytest.approx(1)
    ((name, start, end),) = made.spans[0]  # the name's 0.4 is below one half, its threshold was never fitted
    assert name == "area" and (start, end) == model.words_of("dim the den lights", placed, 2, 3)
    assert not "dim the den lights"[start].isspace()


def test_a_checkpoint_talks_until_its_turn_ends(tokenizer):
    said = tokenizer.encode('{"call":"light.dim"}')
    predictor = model.CheckpointPredictor(FakeReader(tokenizer, said), best_spans, tokenizer, 128)
    assert predictor.answer([[{"role": "user", "text": "dim the den"}]]).texts == ['{"call":"light.dim"}']


def test_an_answer_ends_where_the_context_does(tokenizer):
    predictor = model.CheckpointPredictor(FakeReader(tokenizer, tokenizer.encode("den" * 60)), best_spans, tokenizer, 40)
    (text,) = predictor.answer([[{"role": "user", "text": "dim"}]]).texts
    assert 0 < len(tokenizer.encode(text)) < 40


def test_a_uniform_model_has_the_vocabulary_as_its_perplexity(tokenizer):
    predictor = model.CheckpointPredictor(FakeReader(tokenizer), best_spans, tokenizer, 128)
    made = predictor.perplexity([command(0, "dim the den", "light.dim", ("area", "den"))])["command"].as_dict()
    assert made["perplexity"] == pytest.approx(len(tokenizer))
    assert made["bytes"] == len('{"call":"light.dim","arguments":{"area":"den"}}')


def test_of_overlapping_spans_the_likelier_stays():
    assert model.apart([(0.5, ("area", 0, 4)), (0.9, ("name", 3, 6)), (0.1, ("list", 6, 8))]) == [("name", 3, 6), ("list", 6, 8)]


def test_a_checkpoint_without_a_tokenizer_is_a_sentence(tmp_path):
    with pytest.raises(UserError, match="cannot read .*tokenizer"):
        model.load(tmp_path, None)
