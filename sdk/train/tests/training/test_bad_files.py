"""Checkpoints that are cut, of another program or beyond repair; disks that are full; sets that teach a head nothing: a sentence each, and what
was there before stays."""

import json
import resource
import shutil
import subprocess

import pytest
from conftest import SLOWEST, arguments, command, environment

pytest.importorskip("torch", reason="training needs torch: pip install .[train]")
pytest.importorskip("megatron.core", reason="training needs megatron-core: pip install .[train]")

import packed
from sotto_train.errors import UserError
from sotto_train.training import curves, options

SHARD, STEP = "__0_0.distcp", "iter_0000002"


@pytest.fixture(scope="module")
def whole(tmp_path_factory, sets):
    """A run of two steps."""
    folder = tmp_path_factory.mktemp("whole") / "run"
    done = subprocess.run(
        command("pretrain", *arguments(sets, folder, "--steps", 2, "--micro-batch", 4)), env=environment(), text=True, capture_output=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def cut(path):
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 8])


DAMAGES = [
    (lambda run: cut(run / STEP / SHARD), f"{STEP} cannot be read: RuntimeError: .*; if there is an older one"),
    (lambda run: (run / STEP / SHARD).unlink(), f"{STEP} cannot be read: FileNotFoundError"),
    (lambda run: (run / STEP / ".metadata").write_bytes(b"xx"), f"{STEP} cannot be read"),
    (lambda run: (run / STEP / ".metadata").unlink(), f"{STEP} cannot be read"),
    (lambda run: (run / STEP / "common.pt").write_bytes(b"xx"), f"{STEP} is no checkpoint of this version"),
    (lambda run: (run / STEP / "metadata.json").write_text("{"), f"{STEP} is no checkpoint of this version"),
    (lambda run: (run / "latest_checkpointed_iteration.txt").write_bytes(b"\xff\xfe"), "latest_checkpointed_iteration.txt names"),
    (lambda run: (run / "latest_checkpointed_iteration.txt").write_text(""), "latest_checkpointed_iteration.txt names ''"),
    (lambda run: (run / "latest_checkpointed_iteration.txt").write_text("3"), "latest_checkpointed_iteration.txt names '3'"),
]


@pytest.mark.parametrize("damage, sentence", DAMAGES)
def test_a_damaged_checkpoint_is_named(whole, world, tmp_path, damage, sentence):
    from sotto_train.training.reader import Reader

    shutil.copytree(whole, tmp_path / "run")
    damage(tmp_path / "run")
    with pytest.raises(UserError, match=sentence):
        Reader(world, tmp_path / "run")


def test_a_run_does_not_go_on_from_a_cut_checkpoint_and_keeps_it(whole, sets, tmp_path, run):
    shutil.copytree(whole, tmp_path / "run")
    cut(tmp_path / "run" / STEP / SHARD)
    before = {p: p.read_bytes() for p in (tmp_path / "run").rglob("*") if p.is_file()}
    status, said = run("pretrain", *arguments(sets, tmp_path / "run", "--steps", 4, "--micro-batch", 4))
    assert status == 1
    assert f"{STEP} cannot be read" in said and "Traceback" not in said
    assert {p: p.read_bytes() for p in (tmp_path / "run").rglob("*") if p.is_file()} == before


def test_a_full_disk_leaves_the_checkpoint_before_it_and_nothing_half_written(whole, sets, tmp_path):
    """The largest file that the process may write stands for the disk; what an earlier kill left half-written goes too."""
    folder = tmp_path / "run"
    shutil.copytree(whole, folder)
    (folder / ".iter_0000001.part").mkdir()
    most = (folder / STEP / SHARD).stat().st_size // 2
    done = subprocess.run(
        command("pretrain", *arguments(sets, folder, "--steps", 3, "--micro-batch", 4)), env=environment(), text=True, capture_output=True,
        timeout=SLOWEST, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (most, most)),
    )  # fmt: skip
    assert done.returncode == 1, done.stdout + done.stderr
    assert "iter_0000003: " in done.stderr and "what was saved before is whole" in done.stderr and "Traceback" not in done.stderr
    assert sorted(p.name for p in folder.iterdir() if p.name.startswith((".", "iter"))) == [STEP]
    assert (folder / "latest_checkpointed_iteration.txt").read_text() == "2"


def test_a_folder_that_cannot_be_is_a_sentence(sets, tmp_path, run):
    (tmp_path / "file").write_text("x")
    status, said = run("pretrain", *arguments(sets, tmp_path / "file" / "run", "--steps", 1, "--micro-batch", 4))
    assert status == 1
    assert "curve.jsonl: Not a directory" in said and "Traceback" not in said


def test_a_set_without_labelled_turns_is_not_for_heads(sets, tmp_path, run):
    folder = packed.write(tmp_path / "set")
    meta = json.loads((folder / "meta.json").read_text())
    (folder / "meta.json").write_text(json.dumps(meta | {"heads": 0}))
    for name in ("heads.i32", "spans.i16"):
        (folder / name).write_bytes(b"")
    status, said = run("pretrain", *arguments([folder], tmp_path / "run", "--steps", 1, "--micro-batch", 4))
    assert status == 1
    assert f"{folder}: no labelled turn for the heads" in said and "Traceback" not in said
    assert not (tmp_path / "run").exists()


def test_a_curve_that_something_overwrote_keeps_its_good_rows(tmp_path):
    path = tmp_path / "curve.jsonl"
    path.write_bytes(b'{"step": 1}\n\xff{\n5\n{"step": "2"}\n{"step": 3}\n{"st')
    assert curves.read(path) == [{"step": 1}, {"step": 3}]


def test_sets_that_hold_share_alike_text_are_left_out_and_named(sets, tmp_path, run):
    shared = shutil.copytree(sets[0], tmp_path / "shared")
    meta = json.loads((shared / "meta.json").read_text())
    (shared / "meta.json").write_text(json.dumps({**meta, "sources": {"wikipedia": ["CC-BY-SA-4.0", 1, 1]}}))
    assert options.sets_without_share_alike([sets[0], shared]) == ([sets[0]], [shared])
    with pytest.raises(UserError, match="shared: each holds a source under a share-alike licence"):
        options.sets_without_share_alike([shared])
