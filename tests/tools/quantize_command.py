"""sotto quantize on a tiny model."""
import array
import json
import math
import os
import pathlib
import struct
import sys

import support
from support import MODEL, arguments, ids

GGUF = pathlib.Path(arguments.fixtures, "gguf")
F32 = str(GGUF / "small-f32.gguf")
EXPECTED = {row["name"]: row for row in json.loads((GGUF / "expected.json").read_text(encoding="utf-8"))}
TEXT = "Please turn on the light in the kitchen, and then the radio. " * 4

# Types of which the fixtures have the same weights quantised by gguf-py. Random weights have no redundancy: 4 bits cost them a mean
# KL divergence of 0.3 to 0.5 from the float32 model. What is searched must cost less than what is not.
TYPES = ("q8_0", "q5_1", "q5_0", "q4_1", "q4_0")


def floats(data):
    values = array.array("f", data)
    if sys.byteorder == "big":
        values.byteswap()
    return values


def log_softmax(row):
    top = max(row)
    total = top + math.log(sum(math.exp(x - top) for x in row))
    return [x - total for x in row]


def divergence(reference, ours, width):
    rows = len(reference) // width
    total = 0.0
    for r in range(rows):
        p, q = (log_softmax(values[r * width:(r + 1) * width]) for values in (reference, ours))
        total += sum(math.exp(a) * (a - b) for a, b in zip(p, q))
    return total / rows


class Quantize(support.Case):
    def out(self, name="out.gguf"):
        return self.folder / name

    def logits(self, model):
        rows = self.folder / "rows.f32"
        self.good("logits", model, "--ids", ids(EXPECTED["small-f32"]["tokens"]), "-o", rows, "--force", "--backend", "reference",
                  "--kv", "f32")
        return floats(rows.read_bytes())

    def test_every_type_answers_more_like_the_original_than_without_a_search(self):
        reference = floats((GGUF / "small-f32.logits.f32").read_bytes())
        for kind in TYPES:
            with self.subTest(kind):
                said = self.json("quantize", F32, "-o", self.out(), "--type", kind.upper(), "--force")
                self.assertEqual(said["bytes"], os.path.getsize(self.out()))
                ours = divergence(reference, self.logits(self.out()), 320)
                self.assertLess(ours, divergence(reference, self.logits(GGUF / f"small-{kind}.gguf"), 320))

    def test_half_precision_answers_like_the_original(self):
        reference = floats((GGUF / "small-f32.logits.f32").read_bytes())
        self.good("quantize", F32, "-o", self.out(), "--type", "f16")
        self.assertLess(divergence(reference, self.logits(self.out()), 320), 0.001)

    def test_k_types_load(self):
        wide = GGUF / "wide-q5_k.gguf"
        for kind in ("q4_k", "q5_k_m", "q6_k"):
            said = self.json("quantize", wide, "-o", self.out(), "--type", kind, "--force")
            self.assertLess(said["relative_error"], {"q4_k": 0.08, "q5_k_m": 0.02, "q6_k": 0.02}[kind])
            self.good("logits", self.out(), "--ids", "1,2,3", "-o", self.folder / "rows.f32", "--force")

    def test_the_table_and_the_object_say_the_same(self):
        said = self.json("quantize", F32, "-o", self.out(), "--type", "q4_0")
        text = self.good("quantize", F32, "-o", self.out(), "--type", "q4_0", "--force").decode()
        self.assertEqual(len(text.splitlines()), len(said["tensors"]) + 1)
        by_name = {t["name"]: t for t in said["tensors"]}
        self.assertEqual((by_name["blk.0.attn_q.weight"]["from"], by_name["blk.0.attn_q.weight"]["to"]), ("F32", "Q4_0"))
        self.assertEqual(by_name["output_norm.weight"]["to"], "F32")
        self.assertTrue(0.07 < said["relative_error"] < 0.09, said["relative_error"])
        self.assertIn("blk.0.attn_q.weight", text)

    def test_threads_do_not_change_the_bytes(self):
        for threads in ("1", "3"):
            self.good("quantize", F32, "-o", self.out(threads), "--type", "q5_0", "--threads", threads)
        self.assertEqual(self.out("1").read_bytes(), self.out("3").read_bytes())

    def test_quantizing_again_is_said(self):
        status, _, err = support.call("quantize", MODEL, "-o", self.out(), "--type", "q4_0")
        self.assertEqual(status, 0, err)
        self.assertIn("errors add up", err)

    def test_measuring(self):
        said = self.json("quantize", F32, "-o", self.out(), "--type", "q8_0", "--measure", self.write("t.txt", TEXT))
        measured = said["measured"]
        for side, model in (("before", F32), ("after", self.out())):
            alone = self.json("perplexity", model, "-f", self.folder / "t.txt")
            self.assertAlmostEqual(measured[f"perplexity_{side}"], alone["perplexity"], places=6)
            self.assertEqual(measured["scored_tokens"], alone["scored_tokens"])
        self.assertGreater(measured["same_likeliest_token"], 0.9)

    def test_a_calibration_text_weighs_the_columns(self):
        text = self.write("calibration.txt", TEXT)
        written = {}
        for name, words in (("plain", ()), ("calibrated", ("--calibrate", text)), ("again", ("--calibrate", text, "--backend", "cpu"))):
            said = self.json("quantize", F32, "-o", self.out(name), "--type", "q4_0", *words)
            self.assertEqual(said["calibration"], text if words else None)
            written[name] = self.out(name).read_bytes()
            key = b"sotto.quantize.importance" + struct.pack("<I?", 7, bool(words))  # a bool
            self.assertIn(key, written[name])
        self.assertNotEqual(written["plain"], written["calibrated"])
        self.assertEqual(written["again"], written["calibrated"])
        empty = self.bad(1, "quantize", F32, "-o", self.out("none"), "--type", "q4_0", "--calibrate", self.write("empty.txt", ""))
        self.assertIn("empty", empty)
        self.bad(1, "quantize", F32, "-o", self.out("none"), "--type", "q4_0", "--calibrate", self.folder / "none.txt")
        ranks = self.bad(1, "quantize", F32, "-o", self.out("none"), "--type", "q4_0", "--calibrate", text, "--ranks", "2")
        self.assertIn("one rank", ranks)
        self.assertFalse(self.out("none").exists())

    def test_what_is_wrong_is_a_sentence_and_leaves_nothing(self):
        self.assertIn("q4_k_m", self.bad(1, "quantize", F32, "-o", self.out(), "--type", "q3_z"))
        self.bad(1, "quantize", self.folder / "none.gguf", "-o", self.out(), "--type", "q8_0")
        self.bad(1, "quantize", F32, "-o", self.out(), "--type", "q8_0", "--measure", self.folder / "none.txt")
        self.bad(2, "quantize", F32, "--type", "q8_0")
        self.assertEqual(os.listdir(self.folder), [])
        kept = self.write("kept.gguf", "precious")
        self.bad(1, "quantize", F32, "-o", kept, "--type", "q8_0")
        self.assertEqual(pathlib.Path(kept).read_text(encoding="utf-8"), "precious")


support.main()
