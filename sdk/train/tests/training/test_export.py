"""From training to the device's file: `sotto import` reads what was trained, heads and all, and computes what torch computes; LoRA pairs as an
adapter file are the merged weights' difference."""

import json
import subprocess

import numpy as np
import pytest
from conftest import SLOWEST, TINY, command, environment

torch = pytest.importorskip("torch", reason="training needs torch: pip install .[train]")
pytest.importorskip("megatron.core", reason="training needs megatron-core: pip install .[train]")

def go(name, *arguments, ranks=1):
    done = subprocess.run(command(name, *arguments, ranks=ranks), env=environment(), text=True, capture_output=True, timeout=SLOWEST)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def runs(tmp_path_factory, sets):
    """pretrain without heads on 2 tensor ranks, then finetune with heads, all weights, and LoRA on 2 tensor ranks, each from its end."""
    folder = tmp_path_factory.mktemp("runs")
    same = ["--data", sets[0], "--dev", sets[1], "--global-batch", 8, "--micro-batch", 4]
    go("pretrain", "--config", TINY, *same, "--steps", 30, "--rate", 1e-2, "--tensor", 2, "-o", folder / "base", ranks=2)
    go("finetune", "--base", folder / "base", *same, "--steps", 30, "--rate", 1e-2, "-o", folder / "full")
    go("finetune", "--base", folder / "base", *same, "--steps", 15, "--rate", 1e-2, "--lora", "4,8", "--tensor", 2, "-o", folder / "lora", ranks=2)
    return folder


@pytest.fixture(scope="module")
def reader(world, runs):
    from sotto_train.training.reader import Reader

    return Reader(world, runs / "full")


def tensors(path):
    from gguf import GGUFReader

    return {t.name: np.array(t.data) for t in GGUFReader(path).tensors}


def test_heads_are_calibrated_and_say_what_they_are(reader):
    from sotto_train.tokens import shard

    assert reader.facts["slots"]["kind"] == "span"
    assert reader.facts["intent"]["labels"] == shard.labels()["intent"]
    for fact in reader.facts.values():
        assert 0.2 <= fact["temperature"] <= 10
        assert len(fact["thresholds"]) == len(fact["labels"])
        assert all(0 <= t <= 1 for t in fact["thresholds"])


def test_sotto_imports_it_and_computes_the_same_logits(runs, reader, sotto, tmp_path):
    go("export", runs / "full", "-o", tmp_path / "checkpoint")
    ids = [[1, *range(40, 70)], [1, *range(300, 330)]]
    (tmp_path / "io.json").write_text(json.dumps({"input_ids": ids}))
    np.stack([reader.logits(row).numpy() for row in ids]).astype("<f4").tofile(tmp_path / "logits.f32")
    where = ["--verify", tmp_path / "io.json", "--logits", tmp_path / "logits.f32"]
    verified = json.loads(sotto("import", tmp_path / "checkpoint", "-o", tmp_path / "x.gguf", *where, "--json"))
    assert "optimizer" not in (tmp_path / "checkpoint" / "iter_0000030" / ".metadata").read_bytes().decode("latin-1")
    assert verified["parity"]["pass"], verified
    # The run's own checkpoint, with optimizer and generators, gives the same file but for the domain, which export lays beside.
    (tmp_path / "checkpoint" / "assistant.json").unlink()
    sotto("import", tmp_path / "checkpoint", "-o", tmp_path / "exported.gguf")
    sotto("import", runs / "full", "-o", tmp_path / "y.gguf")
    assert (tmp_path / "exported.gguf").read_bytes() == (tmp_path / "y.gguf").read_bytes()


def test_the_file_carries_the_heads(runs, reader, sotto, tmp_path):
    from gguf import GGUFReader

    sotto("import", runs / "full", "-o", tmp_path / "x.gguf")
    stored = tensors(tmp_path / "x.gguf")
    for name, linear in reader.model.sotto_heads.items():
        assert np.array_equal(stored[f"sotto.head.{name}.weight"], linear.weight.detach().numpy())
        assert np.array_equal(stored[f"sotto.head.{name}.bias"], linear.bias.detach().numpy())
    fields = GGUFReader(tmp_path / "x.gguf").fields
    assert fields["sotto.head.slots.kind"].contents() == "span"
    assert fields["sotto.head.intent.labels"].contents() == reader.facts["intent"]["labels"]
    assert fields["sotto.head.scope.temperature"].contents() == pytest.approx(reader.facts["scope"]["temperature"])
    assert "intent" in sotto("info", tmp_path / "x.gguf")


def test_an_adapter_is_the_merged_weights_difference(runs, sotto, tmp_path):
    """Names, the three parts of q, k, v and the order of rotated rows, all by what the importer makes of base and merged weights."""
    go("export", runs / "lora", "-o", tmp_path / "pairs.gguf")
    go("export", runs / "lora", "-o", tmp_path / "merged", "--merge")
    sotto("import", runs / "base", "-o", tmp_path / "base.gguf")
    sotto("import", tmp_path / "merged", "-o", tmp_path / "merged.gguf")
    base, merged, pairs = (tensors(tmp_path / f"{name}.gguf") for name in ("base", "merged", "pairs"))
    targets = sorted(name.removesuffix(".lora_a") for name in pairs if name.endswith(".lora_a"))
    assert len(targets) == 2 * 7  # layers x linears, q, k, v and gate, up apart
    for name in targets:
        difference = merged[name] - base[name]
        assert np.abs(difference).max() > 1e-3, name
        np.testing.assert_allclose(2.0 * pairs[f"{name}.lora_b"] @ pairs[f"{name}.lora_a"], difference, atol=1e-5)
    for name in base.keys() - set(targets):
        assert np.array_equal(base[name], merged[name]), name


def test_lora_leaves_the_base_alone_and_learns(runs):
    rows = [json.loads(line) for line in (runs / "lora" / "curve.jsonl").read_text().splitlines()]
    losses = [row["loss"]["intent"] for row in rows if "loss" in row]
    assert losses[-1] < losses[0] - 0.5


def test_a_lora_run_into_a_folder_without_merge_is_refused(runs, tmp_path, run):
    status, said = run("export", runs / "lora", "-o", tmp_path / "folder")
    assert status == 1
    assert "with --merge a folder" in said


@pytest.mark.parametrize("text", ["8", "0,16", "8,-1", "a,b", "9999,1"])
def test_wrong_lora_sizes_are_refused(text):
    from sotto_train.errors import UserError
    from sotto_train.training.finetune import read_lora

    with pytest.raises(UserError, match="expected a rank"):
        read_lora(text)
