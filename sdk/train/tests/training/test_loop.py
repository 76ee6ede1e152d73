"""Whole runs: ranks, checkpoints, going on. Each start of torch and Megatron takes seconds, so a test does several things with one run."""

import os
import shutil
import signal

import numpy as np
import pytest
from conftest import SLOWEST, TINY, arguments, curve, ranks_of, wait_for

pytest.importorskip("torch", reason="training needs torch: pip install .[train]")
pytest.importorskip("megatron.core", reason="training needs megatron-core: pip install .[train]")

from sotto_train.training import config  # noqa: E402  (it needs torch)


def test_a_killed_run_goes_on_with_the_very_same_losses(killed, sets):
    output, latest, before, after, said = killed
    assert f"going on from {output}/iter_{latest:07d}" in said
    repeated = [step for step in before if step > latest]
    assert repeated
    for step in repeated:
        assert after[step]["loss"] == before[step]["loss"], step
    assert sorted(after) == list(range(1, 31))
    assert f"{sets[0]}: no example of " in said and "labels of the head intent (" in said


def test_it_learns(killed):
    after = killed[3]
    assert after[30]["loss"]["lm"] < after[1]["loss"]["lm"] - 1
    assert after[30]["loss"]["intent"] < after[1]["loss"]["intent"] - 1
    assert (killed[0] / "curve.png").read_bytes()[:4] == b"\x89PNG"


def test_old_checkpoints_go_and_nothing_half_written_is_left(killed):
    names = sorted(p.name for p in killed[0].iterdir())
    assert names == ["curve.jsonl", "curve.png", "iter_0000020", "iter_0000030", "latest_checkpointed_iteration.txt"]


def test_other_ranks_go_on_from_it(killed, sets, tmp_path, run):
    """2 x 2 ranks wrote it; one rank and two pipeline ranks go on with the losses of the same weights (step 21), moments and number of steps
    (those behind it). Without dropout, since generators belong to ranks."""
    for name, ranks, split in (("one", 1, []), ("stages", 2, ["--pipeline", 2])):
        folder = tmp_path / name
        shutil.copytree(killed[0], folder)
        shutil.rmtree(folder / "iter_0000030")
        (folder / "latest_checkpointed_iteration.txt").write_text("20")
        status, said = run("pretrain", *arguments(sets, folder, "--steps", 23, "--micro-batch", 4, *split), ranks=ranks)
        assert status == 0, said
        assert f"by 4 ranks then and {ranks} now" in said
        assert "generators begin anew from seed 1234 and step 20" in said
    one, stages = curve(tmp_path / "one"), curve(tmp_path / "stages")
    for step in (21, 22, 23):
        assert stages[step]["loss"] == pytest.approx(one[step]["loss"], rel=1e-4)  # float32, sums in another order
    assert one[23]["loss"]["lm"] < curve(killed[0])[20]["loss"]["lm"] + 0.2


def test_other_ranks_draw_the_same_each_time(killed, sets, tmp_path, run):
    """Whose generators are in no checkpoint: they begin anew, but not just anyhow, and not with the draws of step 1."""
    last = {}
    for name in ("first", "second"):
        folder = tmp_path / name
        shutil.copytree(killed[0], folder)
        status, said = run("pretrain", *arguments(sets, folder, "--steps", 32, "--micro-batch", 4, "--dropout", 0.5), ranks=1)
        assert status == 0, said
        last[name] = curve(folder)[32]["loss"]
    assert last["first"] == last["second"]


def test_another_shape_is_refused_with_what_differs(killed, sets, tmp_path, run):
    other = tmp_path / "other.yaml"
    other.write_text(TINY.read_text().replace("ffn: 128", "ffn: 192"))
    args = arguments(sets, killed[0], "--steps", 40)
    args[args.index(TINY)] = other
    status, said = run("pretrain", *args)
    assert status == 1
    assert "was trained with model {'ffn': 128}, this run has {'ffn': 192}" in said
    assert "Traceback" not in said


def test_a_counted_embedding_is_the_same_at_every_split(sets, tmp_path, run):
    counted = tmp_path / "embedding.npy"
    shape = config.read(TINY)
    np.save(counted, np.random.default_rng(1).standard_normal((shape.vocabulary, shape.hidden)).astype(np.float32) / 8)
    first = {}
    for name, ranks, more in (
        ("random", 1, []),
        ("random stages", 2, ["--pipeline", 2]),
        ("one", 1, ["--embedding", counted]),
        ("tensor", 2, ["--embedding", counted, "--tensor", 2]),
        ("stages", 2, ["--embedding", counted, "--pipeline", 2]),
    ):
        status, said = run("pretrain", *arguments(sets, tmp_path / name, "--steps", 1, "--micro-batch", 4, *more), ranks=ranks)
        assert status == 0, said
        first[name] = curve(tmp_path / name)[1]["loss"]["lm"]
    assert first["tensor"] == pytest.approx(first["one"], rel=1e-5)  # float32, sums in another order
    assert first["stages"] == pytest.approx(first["one"], rel=1e-5)
    assert first["random stages"] == pytest.approx(first["random"], rel=1e-5)
    assert abs(first["random"] - first["one"]) > 1e-3
    np.save(counted, np.zeros((shape.vocabulary, 8), np.float32))
    status, said = run("pretrain", *arguments(sets, tmp_path / "wrong", "--steps", 1, "--embedding", counted))
    assert status == 1
    assert "count it with the same tokenizer" in said and "Traceback" not in said


def test_sigterm_saves_first_and_the_clock_rules_the_rate(sets, tmp_path, start):
    process = start("pretrain", *arguments(sets, tmp_path / "run", "--seconds", 600, "--micro-batch", 2))
    wait_for(lambda: (tmp_path / "run" / "curve.jsonl").exists() and len(curve(tmp_path / "run")) >= 3, process)
    process.send_signal(signal.SIGTERM)
    said, _ = process.communicate(timeout=SLOWEST)
    assert process.returncode == 0, said
    assert "the same command goes on" in said
    step = int((tmp_path / "run" / "latest_checkpointed_iteration.txt").read_text())
    assert step >= 3
    rates = [row["rate"] for row in curve(tmp_path / "run").values()]
    assert rates == sorted(rates)  # seconds into ten minutes it is still rising
    assert max(rates) < 3e-3


def test_a_rank_that_dies_is_started_again_from_the_last_checkpoint(sets, tmp_path, start):
    output = tmp_path / "run"
    process = start("pretrain", *arguments(sets, output, "--steps", 16, "--micro-batch", 2, "--save-every", 4), ranks=2, restarts=1)
    wait_for(lambda: (output / "latest_checkpointed_iteration.txt").exists(), process)
    os.kill(ranks_of(process)[-1], signal.SIGKILL)
    said, _ = process.communicate(timeout=SLOWEST)
    assert process.returncode == 0, said
    assert "going on from" in said
    assert sorted(curve(output)) == list(range(1, 17))


def test_too_little_memory_is_a_sentence(sets, tmp_path, run):
    status, said = run("pretrain", *arguments(sets, tmp_path / "run", "--steps", 3, "--memory", "10M"))
    assert status == 1
    assert "a micro-batch of 1 takes" in said
    assert "Traceback" not in said
    assert not (tmp_path / "run").exists()
