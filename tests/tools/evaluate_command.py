"""sotto evaluate: figures that follow from a model whose heads always answer the same, a report as JSON and as a page."""
import json
import pathlib

import support
from assistant_model import model_for

SENTIMENT = ("sentiment", ["negative", "neutral", "positive"], "negative")
EMOTION = ("emotion", ["neutral", "joy", "gratitude", "sadness", "anger", "anxiety", "surprise", "fatigue"], "anger")
DAY = 86400000


def lines(*cases):
    return "".join(json.dumps(case, ensure_ascii=False) + "\n" for case in cases)


HOME = {"task": "home", "areas": [{"id": "study", "zh": ["书房"], "en": ["study"]}],
        "devices": [{"id": "lamp", "kind": "light", "area": "study", "zh": ["台灯"], "en": ["desk lamp"]}]}
LAMP = {"name": "device.turn_on", "arguments": {"device": "lamp"}}
CASES = lines(
    {"task": "sentiment", "text": "this is bad", "label": "negative", "emotion": "anger"},
    {"task": "sentiment", "text": "that is sad", "label": "negative", "emotion": "sadness"},
    {"task": "sentiment", "text": "how lovely", "label": "positive"},
    {"task": "sentiment", "text": "真讨厌", "label": "negative"},
    {"task": "intent", "text": "turn on the desk lamp", "intent": "device.turn_on"},
    {"task": "intent", "text": "打开台灯", "intent": "device.turn_on"},
    {"task": "intent", "text": "what time is it", "intent": "clock.time"},
    HOME,
    {"task": "dialogue", "turns": [{"user": "turn on the desk lamp", "calls": [LAMP]}, {"user": "please turn on the desk lamp", "rephrase": True}]},
    {"task": "dialogue", "turns": [{"user": "turn on the desk lamp", "calls": []}]},
    {"task": "catalogue", "version": 1, "features": [{"id": name, "name": {"en": name}} for name in ("radio", "news", "music")]},
    *({"task": "event", "user": "ann", "time": 1762000000000 + day * DAY, "kind": "used", "feature": "music", "place": "kitchen"} for day in range(10)),
    {"task": "event", "user": "ann", "time": 1762000000000 + 10 * DAY, "kind": "dismissed", "feature": "news"},
    {"task": "event", "user": "ann", "time": 1762000000000 + 11 * DAY, "kind": "accepted", "feature": "music"})


class Evaluate(support.Case):
    def setUp(self):
        super().setUp()
        self.model = self.write("model.gguf", model_for("device.turn_on", heads=[SENTIMENT, EMOTION]))
        self.data = self.write("cases.jsonl", CASES)

    def run_it(self, *more):
        return self.json("evaluate", self.model, "-f", self.data, "--backend", "reference", "--quiet", *more)

    def test_figures_are_those_that_follow(self):
        parts = self.run_it()["parts"]
        english = parts["sentiment"]["en"]["label"]
        self.assertEqual((english["count"], english["given"]), (3, 3))
        self.assertAlmostEqual(english["accuracy"], 2 / 3)
        self.assertAlmostEqual(english["labels"]["negative"]["f1"], 2 * (2 / 3) / (2 / 3 + 1))
        self.assertAlmostEqual(english["macro_f1"], 0.8 / 2)
        self.assertEqual(parts["sentiment"]["en"]["emotion"]["confusion"], {"anger": {"anger": 1}, "sadness": {"anger": 1}})
        self.assertEqual(parts["sentiment"]["zh"]["label"]["accuracy"], 1)
        self.assertEqual(parts["intents"]["en"]["accuracy"], 0.5)
        self.assertEqual(parts["intents"]["zh"]["accuracy"], 1)
        talk = parts["dialogues"]["en"]
        self.assertEqual((talk["task_completion"]["rate"], talk["task_completion"]["count"]), (0.5, 2))
        self.assertAlmostEqual(talk["satisfaction"]["rephrases"]["rate"], 1 / 3)
        self.assertEqual(len(parts["dialogues"]["mood_by_turn"]), 2)
        self.assertLess(parts["dialogues"]["mood_by_turn"][0], -0.9)
        offers = parts["recommendation"]
        self.assertEqual(offers["plugin"]["hit_at_1"]["count"], 11)
        self.assertGreaterEqual(offers["plugin"]["hit_at_1"]["rate"], 10 / 11 - 1e-9)  # all but the first
        self.assertGreater(offers["popularity"]["mrr"], 0.9)
        self.assertEqual((offers["dismissals"]["rate"], offers["dismissals"]["count"]), (0.5, 2))
        self.assertIn("skipped", parts["writing"])

    def test_reports_are_written_whole_and_not_over_others(self):
        page, report = self.folder / "report.html", self.folder / "report.json"
        printed = self.run_it("--html", page, "--report", report)
        self.assertEqual(json.loads(report.read_text(encoding="utf-8"))["parts"]["intents"]["en"], printed["parts"]["intents"]["en"])
        html = page.read_text(encoding="utf-8")
        for piece in ("<!doctype html>", "<svg", "negative", "hit_at_1", "mood of the user", "peak_resident_mb", "</html>"):
            self.assertIn(piece, html)
        self.assertNotIn("http", html)  # it loads nothing
        self.assertEqual(html.count("<svg"), html.count("</svg>"))
        again = self.bad(1, "evaluate", self.model, "-f", self.data, "--backend", "reference", "--quiet", "--html", page, "--json")
        self.assertIn("report.html", again)

    def test_labels_of_the_data_are_data(self):
        data = self.write("evil.jsonl", lines({"task": "sentiment", "text": "x <b>", "label": "<script>alert(1)</script>"}))
        page = self.folder / "evil.html"
        self.good("evaluate", self.model, "-f", data, "--backend", "reference", "--quiet", "--html", page)
        self.assertNotIn("<script>", page.read_text(encoding="utf-8"))

    def test_broken_data_is_a_sentence_with_its_line(self):
        for broken, says in (("{", "line 2"), ('{"task": "dance"}', "dance"), ('{"task": "intent", "text": 3}', '"text"'), ("[]", "object"),
                             ('{"task": "event", "kind": "used", "feature": "x"}', '"time"'), ('{"task": "dialogue", "turns": []}', "turns"),
                             ('{"task": "prompt", "text": ' + "[" * 100 + "]" * 100 + "}", "levels")):
            data = self.write("broken.jsonl", "\n" + broken + "\n")
            self.assertIn(says, self.bad(1, "evaluate", self.model, "-f", data, "--backend", "reference", "--quiet"))
        self.bad(2, "evaluate", self.model, "-f", self.write("empty.jsonl", "\n"), "--backend", "reference", "--quiet")
        self.bad(2, "evaluate", self.model)

    def test_a_part_that_a_model_is_not_made_for_is_skipped(self):
        plain = str(pathlib.Path(support.arguments.fixtures, "gguf", "small-f32.gguf"))
        parts = self.json("evaluate", plain, "-f", self.data, "--backend", "reference", "--quiet")["parts"]
        self.assertIn("domain", parts["intents"]["skipped"])
        self.assertEqual(parts["sentiment"]["en"]["label"]["count"], 3)  # by label words


support.main()
