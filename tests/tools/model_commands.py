"""sotto run, logits, perplexity, bench, info, doctor on a tiny model."""
import array
import json
import math
import os
import shutil
import sys

import support
from support import EXPECTED, FIXTURES, MODEL, TEMPLATE, arguments, ids


def floats(data):
    values = array.array("f", data)
    if sys.byteorder == "big":
        values.byteswap()
    return values


class Logits(support.Case):
    def test_rows_are_the_references(self):
        reference = floats((FIXTURES / "small-q8_0.logits.f32").read_bytes())
        scale = math.sqrt(sum(x * x for x in reference) / len(reference))
        # float32 arithmetic for the reference backend; the others quantise activations (README of the fixtures' origin: 6 %).
        for backend, tolerance in (("reference", 1e-3), ("cpu", 0.06 * scale)):
            with self.subTest(backend):
                out = self.folder / f"{backend}.f32"
                said = self.json("logits", MODEL, "--ids", ids(EXPECTED["tokens"]), "-o", out, "--backend", backend)
                self.assertEqual((said["tokens"], said["vocabulary"], said["backend"]), (16, 320, backend))
                ours = floats(out.read_bytes())
                self.assertEqual(len(ours), len(reference))
                rms = math.sqrt(sum((a - b) ** 2 for a, b in zip(ours, reference)) / len(ours))
                self.assertLessEqual(rms, tolerance)

    def test_an_existing_file_is_kept_unless_forced(self):
        out = self.write("kept.f32", "precious")
        self.assertIn("--force", self.bad(1, "logits", MODEL, "--ids", "1,2", "-o", out))
        self.assertEqual((self.folder / "kept.f32").read_text(), "precious")
        self.good("logits", MODEL, "--ids", "1,2", "-o", out, "--force")
        self.assertEqual(os.path.getsize(out), 2 * 320 * 4)
        self.assertEqual(os.listdir(self.folder), ["kept.f32"])

    def test_a_failure_leaves_no_file(self):
        for words in (["--ids", "1,320"], ["--ids", ids([1] * 200)], ["--ids", "1", "--backend", "abacus"]):
            with self.subTest(words):
                self.bad(1, "logits", MODEL, *words, "-o", self.folder / "x.f32")
                self.assertEqual(os.listdir(self.folder), [])
        self.bad(1, "logits", MODEL, "--ids", "1", "-o", self.folder / "no" / "folder.f32")
        self.bad(1, "logits", MODEL, "--ids", "1", "-o", "/dev/null", "--force")

    def test_ranks_and_splits_agree_with_one_rank(self):
        def rows(*words):
            out = self.folder / "x.f32"
            self.good("logits", MODEL, "--ids", ids(EXPECTED["tokens"]), "-o", out, "--force", "--backend", "reference", *words)
            return floats(out.read_bytes())
        one = rows()
        for words in (["--ranks", "2"], ["--split", "3,1"]):
            with self.subTest(words):
                self.assertLess(max(abs(a - b) for a, b in zip(one, rows(*words))), 1e-3)


class Perplexity(support.Case):
    TEXT = "Please turn on the light in the kitchen, and then the radio."

    def nll(self, tokens):
        """Mean negative log-likelihood of all tokens but the first, from the logits that the command writes."""
        out = self.folder / "l.f32"
        self.good("logits", MODEL, "--ids", ids(tokens), "-o", out, "--force")
        rows = floats(out.read_bytes())
        total = 0.0
        for i in range(len(tokens) - 1):
            row = rows[320 * i: 320 * (i + 1)]
            top = max(row)
            total += top + math.log(sum(math.exp(x - top) for x in row)) - row[tokens[i + 1]]
        return total, len(tokens) - 1

    def test_it_is_what_the_logits_say(self):
        tokens = json.loads(self.good("tokenize", MODEL, self.TEXT))
        total, count = self.nll(tokens)
        said = self.json("perplexity", MODEL, "-f", self.write("t.txt", self.TEXT))
        self.assertEqual(said["windows"], 1)
        self.assertEqual(said["scored_tokens"], count)
        self.assertAlmostEqual(said["mean_nll"], total / count, delta=2e-3)
        self.assertAlmostEqual(said["perplexity"], math.exp(said["mean_nll"]), delta=1e-6 * said["perplexity"])

    def test_a_long_text_is_cut_into_windows_of_the_context(self):
        text = self.TEXT * 3
        tokens = json.loads(self.good("tokenize", MODEL, text, "--no-bos"))
        said = self.json("perplexity", MODEL, "--context", "32", "-f", self.write("t.txt", text))
        self.assertEqual(said["tokens"], len(tokens))
        self.assertEqual(said["windows"], math.ceil(len(tokens) / 32))
        sums = [self.nll(tokens[at:at + 32]) for at in range(0, len(tokens), 32)]
        self.assertEqual(said["scored_tokens"], sum(count for _, count in sums))
        self.assertAlmostEqual(said["mean_nll"], sum(total for total, _ in sums) / said["scored_tokens"], delta=2e-3)

    def test_a_text_of_nothing_is_a_sentence(self):
        self.bad(1, "perplexity", MODEL, "-f", self.write("t.txt", ""))


class Run(support.Case):
    def test_one_answer_is_streamed_and_the_same_each_time(self):
        out = self.good("run", MODEL, "-p", "Hello", "-n", "12")
        self.assertGreater(len(out), 1)
        self.assertEqual(out, self.good("run", MODEL, "-p", "Hello", "-n", "12"))
        self.assertEqual(out, self.good("run", MODEL, "-f", self.write("p.txt", "Hello"), "-n", "12", "--quiet"))
        said = self.json("run", MODEL, "-p", "Hello", "-n", "12")
        self.assertEqual(said["text"], out.decode("utf-8")[:-1])
        self.assertLessEqual(said["generated_tokens"], 12)
        self.assertIn(said["finish"], ("length", "end"))

    def test_an_answer_follows_a_schema_or_a_grammar(self):
        schema = self.write("schema.json", '{"type": "object", "properties": {"on": {"type": "boolean"}}, "required": ["on"]}')
        said = self.json("run", MODEL, "-p", "Hello", "--raw", "--schema", schema)
        self.assertIsInstance(json.loads(said["text"])["on"], bool)
        self.assertEqual(said["finish"], "grammar")
        grammar = self.write("g.gbnf", 'root ::= [0-9]{4}')
        self.assertRegex(self.good("run", MODEL, "-p", "Hello", "--raw", "--grammar", grammar).decode(), r"^[0-9]{4}\n$")

    def test_a_seed_makes_sampling_repeatable(self):
        words = ("run", MODEL, "-p", "Hello", "-n", "16", "--temp", "1.5", "--top-k", "200", "--top-p", "0.99", "--min-p", "0.001",
                 "--repeat-penalty", "1.1")
        self.assertEqual(self.good(*words, "--seed", "7"), self.good(*words, "--seed", "7"))
        self.assertGreater(len({self.good(*words, "--seed", seed) for seed in range(4)}), 1)

    def test_a_stop_text_ends_the_answer_and_is_not_part_of_it(self):
        text = self.json("run", MODEL, "-p", "Hello", "-n", "24")["text"]
        stop = next(text[i:i + 2] for i in range(2, len(text)) if text[i:i + 2].isprintable() and "\ufffd" not in text[i:i + 2])
        said = self.json("run", MODEL, "-p", "Hello", "-n", "24", "--stop", "never", "--stop", stop)
        self.assertEqual((said["text"], said["finish"]), (text[:text.index(stop)], "stop"))

    def test_the_template_given_is_used_and_raw_leaves_it_out(self):
        source = self.write("t.jinja", TEMPLATE)
        count = [self.json("run", MODEL, "-p", "Hello", "-n", "1", *words)["prompt_tokens"]
                 for words in ([], ["--template", source, "--raw"], ["--template", source], ["--template", source, "--system", "S"])]
        self.assertEqual(count[0], count[1])
        self.assertLess(count[1], count[2])
        self.assertLess(count[2], count[3])

    def test_a_chat_answers_line_by_line(self):
        source = self.write("t.jinja", TEMPLATE)
        status, out, err = support.call("run", MODEL, "--template", source, "-n", "4", stdin=b"Hi\n\n/undo\nHi\n/reset\nHi\n")
        self.assertEqual(status, 0, err)
        answers = out.decode("utf-8")
        self.assertEqual(answers, answers[:len(answers) // 3] * 3)  # after /undo and /reset the same question, the same answer
        self.assertEqual(support.call("run", MODEL, "--template", source, stdin=b"/exit\nHi\n")[:2], (0, b""))

    def test_a_chat_goes_on_when_its_context_is_full(self):
        source = self.write("t.jinja", TEMPLATE)
        status, out, err = support.call("run", MODEL, "--template", source, "-n", "4", stdin=b"How are you today?\n" * 8)
        self.assertEqual(status, 0, err)
        self.assertGreaterEqual(out.count(b"\n"), 8)
        self.assertIn("old turns left the context", err)
        status, _, err = support.call("run", MODEL, "--template", source, "-n", "4", stdin=b"x" * 400 + b"\nHi\n")
        self.assertEqual(status, 0)
        self.assertIn("128", err)

    def test_what_is_missing_is_a_sentence(self):
        self.assertIn("--template", self.bad(1, "run", MODEL, stdin=b"Hi\n"))
        self.bad(1, "run", MODEL, "-p", "x", "--backend", "abacus")
        self.bad(1, "run", MODEL, "-p", "x", "--plugins", self.folder / "nowhere")
        self.bad(1, "run", MODEL, "-p", "x", "--memory", "1K")
        self.bad(1, "run", MODEL, "-p", "x" * 1000)
        empty = self.folder / "empty"
        empty.mkdir(mode=0o755)
        self.bad(1, "run", MODEL, "-p", "x", "--plugins", empty)

    def test_paths_in_any_script(self):
        path = self.folder / "模型 ü 💡.gguf"
        shutil.copyfile(MODEL, path)
        self.good("run", path, "-p", "Hello", "-n", "2")


class Bench(support.Case):
    def test_it_reports_speed_beside_the_limit_and_a_hash_of_what_was_said(self):
        words = ("bench", MODEL, "-p", "16", "-n", "8", "-r", "2", "--kv", "f32")
        said = self.json(*words)
        for key in ("model", "backend", "device", "ranks", "threads", "weight_type", "prompt_tokens", "generated_tokens", "repetitions",
                    "prefill_tokens_per_s", "decode_tokens_per_s", "first_token_ms", "load_ms", "peak_rss_mb", "model_mb",
                    "bytes_per_token", "read_gb_per_s", "limit_gb_per_s", "percent_of_limit", "all_reduce_us", "output_hash"):
            self.assertIn(key, said)
        for key in ("prefill_tokens_per_s", "decode_tokens_per_s"):
            self.assertTrue(0 < said[key]["min"] <= said[key]["median"] <= said[key]["max"], said[key])
        self.assertEqual((said["prompt_tokens"], said["generated_tokens"], said["repetitions"]), (16, 8, 2))
        self.assertGreater(said["limit_gb_per_s"], 0.1)
        self.assertAlmostEqual(said["percent_of_limit"], 100 * said["read_gb_per_s"] / said["limit_gb_per_s"], places=6)
        self.assertEqual(said["output_hash"], self.json(*words)["output_hash"])
        self.assertIn(said["output_hash"].encode(), self.good(*words))

    def test_a_profile_has_room_for_what_it_counts(self):
        said = self.good("bench", MODEL, "-p", "16", "-n", "8", "-r", "1", "--profile")
        for word in (b"prompt", b"answer", b"attention"):
            self.assertIn(word, said)


class Info(support.Case):
    def test_shape_types_tokenizer_and_memory(self):
        said = self.json("info", MODEL)
        self.assertEqual((said["architecture"], said["layers"], said["hidden"], said["heads"], said["kv_heads"], said["vocabulary"],
                          said["context_trained"]), ("llama", 2, 64, 4, 2, 320, 128))
        self.assertEqual(said["file_bytes"], os.path.getsize(MODEL))
        self.assertEqual(sum(t["tensors"] for t in said["types"].values()), said["tensors"])
        self.assertIsNone(said["chat_template"])
        self.assertEqual([m["context"] for m in said["memory"]], [128])
        self.assertGreater(said["memory"][0]["total"], 0)
        text = self.good("info", MODEL).decode()
        for word in ("llama", "Q8_0", "licence", "template", "memory"):
            self.assertIn(word, text)

    def test_a_tokenizer_alone_has_facts_too(self):
        self.assertEqual(self.json("info", support.SENTENCEPIECE)["vocabulary"], 2000)


class Doctor(support.Case):
    def test_it_tells_what_works(self):
        said = self.json("doctor")
        self.assertIn("cpu", [b["name"] for b in said["backends"]])
        self.assertIn("dev.sotto.dialogue", [p["id"] for p in said["plugins"] if p["is_loaded"]])
        self.assertGreater(said["bandwidth_gb_per_s"], 0.1)
        self.assertIn(b"GB/s", self.good("doctor"))

    def test_it_says_why_a_plugin_was_refused(self):
        folder = self.folder / "plugins"
        folder.mkdir(mode=0o755)
        (folder / "libnoise.so").write_bytes(b"no library at all")
        (folder / "libnoise.so").chmod(0o755)
        said = self.json("doctor", "--plugins", folder, "--quiet")
        self.assertEqual([(p["is_loaded"], p["reason"] != "") for p in said["plugins"]], [(False, True)])
        self.assertIn(b"refused", self.good("doctor", "--plugins", folder, "--quiet"))


support.main()
