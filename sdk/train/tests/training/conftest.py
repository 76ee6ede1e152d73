import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import packed
import pytest

PACKAGE = Path(__file__).resolve().parents[2]
TINY = PACKAGE / "configs" / "tiny.yaml"
SOTTO = os.environ.get("SOTTO") or PACKAGE.parents[1] / "build" / "bin" / "sotto"
SLOWEST = 300  # seconds; a run that takes longer hangs, or shares its machine with too many others


@pytest.fixture(scope="session")
def world():
    """One rank in this process."""
    pytest.importorskip("torch", reason="training needs torch: pip install .[train]")
    pytest.importorskip("megatron.core", reason="training needs megatron-core: pip install .[train]")
    from sotto_train.training.world import World

    world = World()
    yield world
    world.close()


@pytest.fixture(scope="session")
def sets(tmp_path_factory):
    folder = tmp_path_factory.mktemp("packed")
    return packed.write(folder / "train"), packed.write(folder / "dev", blocks=12, seed=1)


def command(name: str, *arguments, ranks: int = 1, restarts: int = 0) -> list[str]:
    start = [sys.executable, "-W", "ignore"]
    if ranks > 1:
        start += ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(ranks), "--max-restarts", str(restarts)]
    return [*start, "-m", "sotto_train", name, *map(str, arguments)]


def environment() -> dict:
    return {**os.environ, "PYTHONPATH": str(PACKAGE), "PYTHONUNBUFFERED": "1", "OMP_NUM_THREADS": "1"}


def ranks_of(process: subprocess.Popen) -> list[int]:
    """The processes that torchrun started; they are in sessions of their own."""
    listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(process.pid)], text=True, capture_output=True)
    return [int(pid) for pid in listed.stdout.split()]


def kill(process: subprocess.Popen) -> None:
    """With all its ranks, and at once, as a machine that fails does."""
    ranks = ranks_of(process)
    for pid in (process.pid, *ranks):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    process.wait()


def arguments(sets, output, *more):
    return ["--config", TINY, "--heads", "--data", sets[0], "--global-batch", "8", "--rate", "3e-3", "--log-every", "1", "-o", output, *more]


def curve(folder) -> dict[int, dict]:
    rows = [json.loads(line) for line in (folder / "curve.jsonl").read_text().splitlines()]
    return {row["step"]: row for row in rows if "loss" in row}


def wait_for(condition, process, seconds=SLOWEST):
    end = time.monotonic() + seconds
    while not condition():
        assert process.poll() is None, process.stdout.read()
        assert time.monotonic() < end, "it takes too long"
        time.sleep(0.05)


def four_ranks(sets, output) -> list[str]:
    """30 steps on 2 data x 2 tensor ranks. Dropout and hidden words, so that generators count too."""
    more = ["--steps", 30, "--tensor", 2, "--micro-batch", 2, "--save-every", 10, "--dropout", 0.1, "--word-dropout", 0.1]
    return command("pretrain", *arguments(sets, output, *more), ranks=4)


@pytest.fixture(scope="session")
def killed(tmp_path_factory, sets):
    """four_ranks killed by SIGKILL some steps behind the checkpoint of step 10, and gone on to step 30. Returns the folder, the losses from
    before the kill and those after, and what the second run said."""
    output = tmp_path_factory.mktemp("killed") / "run"
    whole = four_ranks(sets, output)
    first = subprocess.Popen(whole, env=environment(), text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        wait_for(lambda: (output / "curve.jsonl").exists() and len(curve(output)) >= 14, first)
    finally:
        kill(first)
    # At step 14 the checkpoint of step 10 is complete; a fast machine may have reached the next.
    latest = int((output / "latest_checkpointed_iteration.txt").read_text())
    before = curve(output)
    second = subprocess.run(whole, env=environment(), text=True, capture_output=True, timeout=SLOWEST)
    assert second.returncode == 0, second.stdout + second.stderr
    return output, latest, before, curve(output), second.stdout


@pytest.fixture(scope="session")
def sotto():
    """Calls the importer's command and gives what it said."""
    if not os.access(SOTTO, os.X_OK):
        pytest.skip(f"{SOTTO} is not built; name the command in SOTTO")

    def call(*arguments):
        done = subprocess.run([SOTTO, *map(str, arguments)], text=True, capture_output=True, timeout=SLOWEST)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return call


@pytest.fixture
def start():
    """Starts a subcommand; what is still there at the end of the test goes."""
    running = []

    def begin(name: str, *arguments, **more) -> subprocess.Popen:
        process = subprocess.Popen(
            command(name, *arguments, **more), env=environment(), text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        running.append(process)
        return process

    yield begin
    for process in running:
        if process.poll() is None:
            kill(process)


@pytest.fixture
def run(start):
    """Runs a subcommand to its end: (exit status, output)."""

    def go(name: str, *arguments, **more) -> tuple[int, str]:
        process = start(name, *arguments, **more)
        output, _ = process.communicate(timeout=SLOWEST)
        return process.returncode, output

    return go
