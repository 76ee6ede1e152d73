"""sotto import and sotto export as scripts see them."""
import json
import os
import pathlib
import resource
import shutil
import struct
import subprocess
import time

import support
from support import arguments, call

MEGATRON = pathlib.Path(arguments.fixtures, "megatron")
LLAMA = MEGATRON / "llama"


def write_large(folder):
    """A Hugging Face folder of 260 MB that takes no room: its weights are a hole in the file."""
    hidden, ffn, vocabulary = 1024, 1024, 32000
    config = {"model_type": "llama", "hidden_size": hidden, "intermediate_size": ffn, "num_hidden_layers": 1, "num_attention_heads": 16,
              "num_key_value_heads": 16, "vocab_size": vocabulary, "max_position_embeddings": 128, "rms_norm_eps": 1e-5,
              "tie_word_embeddings": False}
    shapes = {"model.embed_tokens": [vocabulary, hidden], "lm_head": [vocabulary, hidden], "model.norm": [hidden]}
    layer = "model.layers.0."
    shapes.update({f"{layer}{norm}_layernorm": [hidden] for norm in ("input", "post_attention")})
    shapes.update({f"{layer}self_attn.{part}_proj": [hidden, hidden] for part in "qkvo"})
    shapes.update({f"{layer}mlp.{part}_proj": [ffn, hidden] for part in ("gate", "up", "down")})
    table, offset = {}, 0
    for name, shape in shapes.items():
        size = 4 * shape[0] * (shape[1] if len(shape) > 1 else 1)
        table[name + ".weight"] = {"dtype": "F32", "shape": shape, "data_offsets": [offset, offset + size]}
        offset += size
    head = json.dumps(table).encode()
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    with open(folder / "model.safetensors", "wb") as file:
        file.write(struct.pack("<Q", len(head)) + head)
        file.truncate(8 + len(head) + offset)


class Import(support.Case):
    def out(self, name="out.gguf"):
        return self.folder / name

    def test_parity_is_measured_and_reported(self):
        said = self.json("import", LLAMA / "legacy_tp2_pp2", "-o", self.out(), "--verify", LLAMA / "io.json", "--logits",
                         LLAMA / "logits.f32")
        self.assertEqual(said["architecture"], "llama")
        self.assertEqual(said["format"], "Megatron mp_rank")
        self.assertEqual(said["bytes"], os.path.getsize(self.out()))
        parity = said["parity"]
        self.assertTrue(parity["pass"])
        self.assertLessEqual(parity["max_abs_diff"], 2e-5)
        self.assertEqual(parity["top1_agreement"], 1)
        self.assertEqual(parity["rows"], 24)

    def test_other_logits_fail_and_say_by_how_much(self):
        status, out, err = call("import", LLAMA / "legacy_tp1", "-o", self.out(), "--verify", LLAMA / "io.json", "--logits",
                                MEGATRON / "gpt2" / "logits.f32", "--quiet")
        self.assertEqual(status, 1)
        self.assertIn(b"FAIL: largest difference", out)
        self.assertIn("the file is kept", err)

    def test_a_model_without_a_tokenizer_says_what_is_missing(self):
        status, _, err = call("import", LLAMA / "legacy_tp1", "-o", self.out())
        self.assertEqual(status, 0)
        self.assertIn("no tokenizer", err)
        self.assertIn("tokenizer", self.bad(1, "run", self.out(), "-p", "hello", "-n", "1"))
        self.good("logits", self.out(), "--ids", "1,2,3", "-o", self.out("rows.f32"))

    def test_the_domain_of_an_assistant_goes_into_the_file(self):
        folder = self.folder / "checkpoint"
        shutil.copytree(LLAMA / "legacy_tp1", folder)
        domain = pathlib.Path(arguments.fixtures, "assistant", "assistant.json")
        shutil.copy(domain, folder / "assistant.json")
        self.good("import", folder, "-o", self.out(), "--quiet")
        self.assertIn(b"sotto.assistant", self.out().read_bytes())
        self.assertIn(domain.read_bytes(), self.out().read_bytes())
        for broken in ("{", "[]", '{"format": "other"}'):
            (folder / "assistant.json").write_text(broken, encoding="utf-8")
            self.assertIn("assistant.json", self.bad(1, "import", folder, "-o", self.out("broken.gguf"), "--quiet"))
            self.assertFalse(self.out("broken.gguf").exists())

    def test_bad_calls_are_one_sentence(self):
        self.assertIn("no folder", self.bad(1, "import", self.folder / "nowhere", "-o", self.out()))
        self.out().write_text("precious", encoding="utf-8")
        self.assertIn("kept", self.bad(1, "import", LLAMA / "legacy_tp1", "-o", self.out()))
        self.assertEqual(self.out().read_text(encoding="utf-8"), "precious")
        self.assertIn("q4_0", self.bad(1, "import", LLAMA / "legacy_tp1", "-o", self.out("a.gguf"), "--type", "q4_0"))
        self.bad(2, "import", LLAMA / "legacy_tp1", "-o", self.out("a.gguf"), "--verify", LLAMA / "io.json")
        self.assertFalse(self.out("a.gguf").exists())

    def test_a_disk_that_is_full_leaves_nothing(self):
        """A limit on the size of files stands for the disk's."""
        done = subprocess.run([arguments.sotto, "import", str(LLAMA / "legacy_tp1"), "-o", str(self.out()), "--quiet"], capture_output=True,
                              text=True, timeout=60, check=False, restore_signals=False,
                              preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000)))
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"^sotto: writing .*: writing: [^\n]+\n$")
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_an_import_that_is_killed_leaves_nothing_that_looks_finished(self):
        write_large(self.folder / "large")
        target = self.folder / "target"
        target.mkdir()
        for _ in range(3):
            with subprocess.Popen([arguments.sotto, "import", str(self.folder / "large"), "-o", str(target / "out.gguf"), "--quiet"]) as process:
                while process.poll() is None and not any(p.stat().st_size > 1 << 20 for p in target.iterdir()):
                    time.sleep(0.001)
                process.kill()
            self.assertEqual(process.returncode, -9, "it was done before it could be killed")
            left = list(target.iterdir())
            self.assertNotIn("out.gguf", [p.name for p in left])
            for path in left:
                path.unlink()
        self.good("import", self.folder / "large", "-o", target / "out.gguf", "--quiet")
        self.assertEqual([p.name for p in target.iterdir()], ["out.gguf"])

    def test_the_users_arguments_win(self):
        config = self.folder / "config.json"
        config.write_text(json.dumps({"num_experts": 8}), encoding="utf-8")
        self.assertIn("num_experts", self.bad(1, "import", LLAMA / "legacy_tp1", "-o", self.out(), "--config", config))
        config.write_text(json.dumps({"rope_scaling_factor": 4}), encoding="utf-8")
        self.good("import", LLAMA / "legacy_tp1", "-o", self.out(), "--config", config)

    def test_export_and_back_is_the_same_file(self):
        self.good("import", MEGATRON / "nemotron" / "dist_tp2", "-o", self.out(), "--quiet")
        self.good("export", self.out(), "-o", self.folder / "checkpoint", "--tp", "2", "--pp", "2", "--quiet")
        self.assertEqual(sorted(p.name for p in (self.folder / "checkpoint" / "release").iterdir()),
                         ["mp_rank_00_000", "mp_rank_00_001", "mp_rank_01_000", "mp_rank_01_001"])
        self.good("import", self.folder / "checkpoint", "-o", self.out("again.gguf"), "--quiet")
        self.assertEqual(self.out().read_bytes(), self.out("again.gguf").read_bytes())
        self.assertIn("kept", self.bad(1, "export", self.out(), "-o", self.folder / "checkpoint"))
        self.assertIn("heads", self.bad(1, "export", self.out(), "-o", self.folder / "other", "--tp", "3"))
        self.assertFalse((self.folder / "other").exists())

    def test_one_iteration_or_the_root(self):
        root = self.folder / "root"
        shutil.copytree(LLAMA / "dist_dp2_parallel_save", root)
        self.good("import", root, "-o", self.out("root.gguf"), "--quiet")
        self.good("import", root / "iter_0000100", "-o", self.out("iteration.gguf"), "--quiet")
        self.assertEqual(self.out("root.gguf").read_bytes(), self.out("iteration.gguf").read_bytes())
        (root / "latest_checkpointed_iteration.txt").write_text("200", encoding="utf-8")
        self.assertIn("iter_0000200", self.bad(1, "import", root, "-o", self.out()))


if __name__ == "__main__":
    support.main()
