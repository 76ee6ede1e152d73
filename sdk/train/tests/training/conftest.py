import os
import signal
import subprocess
import sys
from pathlib import Path

import packed
import pytest

PACKAGE = Path(__file__).resolve().parents[2]
TINY = PACKAGE / "configs" / "tiny.yaml"
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
