"""How many windows fit at once: a dry run of one and of two windows, with and without recomputation, says what a window costs; the free memory
says how many of them there is room for."""

import ctypes
import dataclasses
import os
import re

import torch

from sotto_train.errors import UserError

UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}
SPARE = 0.9  # of what is free: fragments, the writer of checkpoints, other programs


def parse_size(text: str) -> int:
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([KMG]?)B?", text.strip(), re.IGNORECASE)
    if not match:
        raise UserError(f"'{text}' is no size; give one such as 800M or 4G")
    return int(float(match[1]) * UNITS[match[2].upper()])


def free_bytes(device: torch.device, ranks_here: int) -> int:
    """Free on the device, or this rank's part of what the machine (or its control group) has left."""
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0] + torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
    with open("/proc/meminfo") as file:
        available = next(int(line.split()[1]) << 10 for line in file if line.startswith("MemAvailable"))
    return min(available, _group_left()) // ranks_here


def _group_left() -> int:
    """What the control group (a container's limit) leaves; infinite without one."""
    try:
        with open("/sys/fs/cgroup/memory.max") as file, open("/sys/fs/cgroup/memory.current") as used:
            limit = file.read().strip()
            return 1 << 62 if limit == "max" else max(0, int(limit) - int(used.read()))
    except (OSError, ValueError):
        return 1 << 62


class Peak:
    """The most memory that a block of code held beyond what it found."""

    def __init__(self, device: torch.device):
        self.device = device

    def __enter__(self):
        if self.device.type == "cuda":
            torch.cuda.empty_cache()
            torch.cuda.reset_peak_memory_stats(self.device)
            self.before = torch.cuda.memory_allocated(self.device)
        else:
            _give_back()
            with open("/proc/self/clear_refs", "w") as file:
                file.write("5")  # resets VmHWM
            self.before = _status("VmRSS")
        return self

    def __exit__(self, *unused):
        now = torch.cuda.max_memory_allocated(self.device) if self.device.type == "cuda" else _status("VmHWM")
        self.bytes = max(0, now - self.before)


def _give_back() -> None:
    """glibc keeps freed memory, in which the next run would hide; others (musl, macOS) have no such call and are measured as they are."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def _status(key: str) -> int:
    with open(f"/proc/{os.getpid()}/status") as file:
        return next(int(line.split()[1]) << 10 for line in file if line.startswith(key + ":"))


@dataclasses.dataclass(frozen=True)
class Cost:
    """Bytes of one rank: for any micro-batch, and for each window of it."""

    recompute: bool
    fixed: int
    window: int

    def at(self, windows: int) -> int:
        return self.fixed + windows * self.window


@dataclasses.dataclass(frozen=True)
class Plan:
    micro_batch: int
    accumulate: int
    recompute: bool


def cost_of(recompute: bool, one: int, two: int, logits: int) -> Cost:
    """From the peaks of one and of two windows; the first includes what does not grow. `logits`: bytes of a window's, of which the loss holds
    three at once whatever noisy measurements say."""
    window = max(two - one, 3 * logits)
    return Cost(recompute, max(0, one - window), window)


def choose(costs: list[Cost], budget: int, per_rank: int, most: int, later: int = 0) -> Plan:
    """The largest micro-batch that divides the rank's windows of a step and fits, at most `most`; without recomputation where any size fits
    so, because it costs a third more time. `later`: bytes that come with the first step (moments)."""
    for cost in sorted(costs, key=lambda c: c.recompute):
        sizes = [m for m in range(1, min(per_rank, most) + 1) if per_rank % m == 0 and cost.at(m) + later <= budget]
        if sizes:
            return Plan(sizes[-1], per_rank // sizes[-1], cost.recompute)
    least = min(c.at(1) for c in costs) + later
    raise UserError(
        f"a micro-batch of 1 takes {least >> 20} MB beside the weights even with recomputation, and {budget >> 20} MB are there; give more "
        f"--memory, a shorter context, more tensor ranks or a smaller model"
    )


def table(costs: list[Cost], budget: int, later: int, plan: Plan) -> str:
    lines = [f"{'recompute':<10}{'fixed':>10}{'a window':>10}{'fits':>8}"]
    for c in costs:
        room = budget - later - c.fixed
        lines.append(f"{'yes' if c.recompute else 'no':<10}{c.fixed >> 20:>7} MB{c.window / (1 << 20):>7.1f} MB{max(0, room // c.window):>8}")
    lines.append(
        f"free {budget >> 20} MB a rank, {later >> 20} MB for the optimizer's moments: micro-batch {plan.micro_batch} x {plan.accumulate}"
        f"{', recomputing activations' if plan.recompute else ''}"
    )
    return "\n".join(lines)
