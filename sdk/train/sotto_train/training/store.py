"""Where the ranks find each other. torchrun keeps one store for all its restarts (PyTorch issue 135712), so that a rank that was started again
may read the address that one of the dead left there, and then connects to nobody. Here rank 0 draws a name for each start and tells it to
those that live; all that the start writes is under that name."""

import os
import time
import uuid
from datetime import timedelta

import torch.distributed as dist

LONGEST_WAIT = 300.0  # seconds between the first and the last rank: a machine may be loading libraries from a slow disk
PAUSE = 0.02


def make(rank: int, size: int) -> dist.Store | None:
    """The store of this start; None where torch's own way, by MASTER_ADDR and MASTER_PORT, is right."""
    if os.environ.get("TORCHELASTIC_USE_AGENT_STORE") == "True":
        shared = dist.TCPStore(os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"]), size, False, timedelta(seconds=LONGEST_WAIT))
        return dist.PrefixStore(f"start/{start_of(shared, rank, size)}", shared)
    if "MASTER_PORT" in os.environ:
        return None
    os.environ.setdefault("MASTER_ADDR", "127.0.0.1")
    return dist.TCPStore("127.0.0.1", 0, 1, True)  # alone it needs no fixed port: two runs on one machine would meet on it


def start_of(shared: dist.Store, rank: int, size: int, wait: float = LONGEST_WAIT) -> str:
    """The name of this start, the same on every rank of it. Restart counts do not serve: each machine has its own. A rank asks under a token
    that it has just drawn, so an answer under it comes from a rank 0 that lives; questions of the dead are answered in vain."""
    own = uuid.uuid4().hex
    if rank == 0:
        _answer_all(shared, own, size, wait)
        return own
    shared.set(f"ask/{rank}", own)
    shared.wait([f"answer/{own}"], timedelta(seconds=wait))
    name = shared.get(f"answer/{own}").decode()
    shared.set(f"here/{name}/{rank}", "")
    return name


def _answer_all(shared: dist.Store, name: str, size: int, wait: float) -> None:
    missing, end = set(range(1, size)), time.monotonic() + wait
    while missing:
        for rank in missing:
            if shared.check([f"ask/{rank}"]):
                shared.set(f"answer/{shared.get(f'ask/{rank}').decode()}", name)
        missing = {rank for rank in missing if not shared.check([f"here/{name}/{rank}"])}
        if missing and time.monotonic() > end:
            raise RuntimeError(f"ranks {', '.join(map(str, sorted(missing)))} of {size} did not come within {wait:.0f} s")
        time.sleep(PAUSE if missing else 0)
