"""Each patch is needed: Megatron breaks without it on a machine that has no GPU. A test that fails here names a patch to remove."""

import subprocess
import sys

import pytest
from conftest import PACKAGE, environment

torch = pytest.importorskip("torch", reason="training needs torch: pip install .[train]")
pytest.importorskip("megatron.core", reason="training needs megatron-core: pip install .[train]")

from sotto_train.training import cpu_compat

# Forked children, so that torch and Megatron are imported once: each applies all patches but one, and trains two steps of a tiny model.
SCRIPT = """
import os, sys
sys.path[:0] = [{tests!r}]
import torch, megatron.core.distributed, megatron.core.models.gpt, megatron.core.optimizer, megatron.core.pipeline_parallel
torch.set_num_threads(1)
from pathlib import Path
from sotto_train.training import config, cpu_compat, loop, options, world
whole = cpu_compat.apply
for name in ["", *(p.__name__ for p in cpu_compat.PATCHES)]:
    child = os.fork()
    if child:
        print(f"RESULT {{name}}:", "works" if os.waitpid(child, 0)[1] == 0 else "breaks", flush=True)
        continue
    cpu_compat.apply = lambda: whole(without=name)
    try:
        o = options.RunOptions(Path(sys.argv[1]) / (name or "all"), [Path(sys.argv[2])], steps=2, global_batch=2, micro_batch=1, recompute=True)
        loop.Trainer(world.World(), config.read({tiny!r}), o).run()
    except BaseException as error:
        print(name, "raised", repr(error)[:200], flush=True)
        os._exit(1)
    os._exit(0)
"""


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory, sets):
    if torch.cuda.is_available():
        pytest.skip("the patches are for machines without a GPU")
    script = SCRIPT.format(tests=str(PACKAGE / "tests" / "training"), tiny=str(PACKAGE / "configs" / "tiny.yaml"))
    where = tmp_path_factory.mktemp("compat")
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script, str(where), str(sets[0])], env=environment(), text=True, capture_output=True, timeout=300
    )
    lines = [line.removeprefix("RESULT ").split(": ") for line in done.stdout.splitlines() if line.startswith("RESULT ")]
    return dict(lines), done.stdout + done.stderr


def test_with_all_of_them_it_trains(outcomes):
    assert outcomes[0][""] == "works", outcomes[1]


@pytest.mark.parametrize("patch", [p.__name__ for p in cpu_compat.PATCHES])
def test_without_it_megatron_breaks(outcomes, patch):
    assert outcomes[0][patch] == "breaks", f"cpu_compat.{patch} is no longer needed"
