"""The whole road in one go: 2 data x 2 tensor ranks, killed, gone on, exported, imported, and the device's file computes what torch computes.
Steps of it are tested one by one in test_loop.py and test_export.py; here the checkpoint is the killed run's."""

import json
import subprocess

import numpy as np
import pytest
from conftest import SLOWEST, curve, environment, four_ranks

pytest.importorskip("torch", reason="training needs torch: pip install .[train]")
pytest.importorskip("megatron.core", reason="training needs megatron-core: pip install .[train]")


def test_a_killed_run_ends_with_the_bits_of_one_that_was_not(killed, sets, tmp_path):
    output, _, _, after, _ = killed
    done = subprocess.run(four_ranks(sets, tmp_path / "run"), env=environment(), text=True, capture_output=True, timeout=SLOWEST)
    assert done.returncode == 0, done.stdout + done.stderr
    never_stopped = curve(tmp_path / "run")
    assert {step: row["loss"] for step, row in never_stopped.items()} == {step: row["loss"] for step, row in after.items()}
    shards = sorted(p.name for p in (output / "iter_0000030").glob("*.distcp"))
    assert len(shards) == 4
    for name in shards:  # weights, moments, generators
        assert (output / "iter_0000030" / name).read_bytes() == (tmp_path / "run" / "iter_0000030" / name).read_bytes(), name


def test_a_killed_run_on_four_ranks_arrives_on_the_device(killed, world, run, sotto, tmp_path):
    output, latest, before, after, _ = killed
    repeated = [step for step in before if step > latest]
    assert repeated and all(after[step]["loss"] == before[step]["loss"] for step in repeated)

    from gguf import GGUFReader
    from sotto_train.training.reader import Reader

    reader = Reader(world, output)
    assert reader.iteration == 30 and reader.common["sotto_training"]["world"] == 4
    status, said = run("export", output, "-o", tmp_path / "checkpoint")
    assert status == 0, said

    ids = [[1, *range(40, 70)], [1, *range(300, 330)]]
    (tmp_path / "io.json").write_text(json.dumps({"input_ids": ids}))
    np.stack([reader.logits(row).numpy() for row in ids]).astype("<f4").tofile(tmp_path / "logits.f32")
    where = ["--verify", tmp_path / "io.json", "--logits", tmp_path / "logits.f32"]
    parity = json.loads(sotto("import", tmp_path / "checkpoint", "-o", tmp_path / "x.gguf", *where, "--json"))["parity"]
    # Within float32's rounding of sums in another order: the command's own tolerance, from the logits' size.
    assert parity["pass"] and parity["rows"] == 62 and parity["top1_agreement"] == 1, parity

    stored = {t.name: np.array(t.data) for t in GGUFReader(tmp_path / "x.gguf").tensors}
    assert set(reader.model.sotto_heads) == {"intent", "scope", "sentiment", "emotion", "slots"}
    for name, linear in reader.model.sotto_heads.items():
        assert np.array_equal(stored[f"sotto.head.{name}.weight"], linear.weight.detach().numpy())
        assert np.array_equal(stored[f"sotto.head.{name}.bias"], linear.bias.detach().numpy())
    print(f"gone on from step {latest}, {len(repeated)} steps repeated with the same losses; {parity}")
