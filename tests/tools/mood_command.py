"""sotto mood on a tiny model without heads: its words mean nothing, the shape of the answer does."""
import support
from support import MODEL

LABELS = ["negative", "neutral", "positive"]
EMOTIONS = ["neutral", "joy", "gratitude", "sadness", "anger", "anxiety", "surprise", "fatigue"]


class Mood(support.Case):
    def test_one_text(self):
        said = self.json("mood", MODEL, "it works!", "--backend", "reference")
        self.assertEqual(list(said), ["model", "texts"])
        self.assertEqual(len(said["texts"]), 1)
        text = said["texts"][0]
        self.assertEqual(text["text"], "it works!")
        self.assertEqual(list(text["probabilities"]), LABELS)
        self.assertEqual(list(text["emotions"]), EMOTIONS)
        self.assertAlmostEqual(sum(text["probabilities"].values()), 1, places=4)
        self.assertAlmostEqual(sum(text["emotions"].values()), 1, places=4)
        self.assertIn(text["label"], [*LABELS, "unsure"])
        self.assertEqual((text["language"], text["label_source"], text["emotion_source"]), ("en", "words", "words"))
        self.assertGreater(text["extra_tokens"], 0)
        self.assertGreater(text["calibration_tokens"], 0)

    def test_a_text_on_each_line(self):
        path = self.write("texts.txt", "it works\r\n\n把灯关了\nit works\n")
        texts = self.json("mood", MODEL, "-f", path, "--backend", "reference")["texts"]
        self.assertEqual([t["text"] for t in texts], ["it works", "把灯关了", "it works"])
        self.assertEqual([t["language"] for t in texts], ["en", "zh", "en"])
        self.assertEqual(texts[0]["probabilities"], texts[2]["probabilities"])
        self.assertEqual(texts[2]["calibration_tokens"], 0)
        piped = self.good("mood", MODEL, "-f", "-", "--backend", "reference", stdin="it works\n把灯关了\n".encode())
        self.assertEqual(len(piped.decode().splitlines()), 2)
        self.assertRegex(piped.decode(), r"(?m)^(negative|neutral|positive|unsure) .* intensity 0\.\d\d  zh +把灯关了$")

    def test_below_the_confidence_nothing_is_claimed(self):
        said = self.json("mood", MODEL, "it works", "--confidence", "1", "--backend", "reference")["texts"][0]
        self.assertEqual(said["label"], "unsure")

    def test_wrong_usage(self):
        for words in (["mood"], ["mood", MODEL, "a", "b"], ["mood", MODEL, "a", "-f", "x"], ["mood", MODEL, "a", "--confidence", "2"]):
            self.bad(2, *words)
        self.assertIn("holds no text", self.bad(2, "mood", MODEL, "-f", self.write("empty.txt", "\n")))
        self.bad(1, "mood", MODEL, "-f", self.folder / "none.txt")


support.main()
