"""How fast a run is beside what the device could do."""

import time

import torch

# Dense peaks with 16-bit numbers and 32-bit sums in TFLOP/s, from the makers' data sheets; part of the device's name: figure. First hit wins.
GPU_PEAKS = (
    ("H200", 989),
    ("H100 PCIe", 756),
    ("H100 NVL", 835),
    ("H100", 989),
    ("A100", 312),
    ("A40", 150),
    ("A30", 165),
    ("A10", 125),
    ("L40S", 362),
    ("L40", 181),
    ("L4", 121),
    ("V100", 125),
    ("T4", 65),
)
MATRIX = 1024  # large enough to be bound by arithmetic, small enough for a moment


def gpu_peak(name: str) -> float | None:
    return next((peak * 1e12 for part, peak in GPU_PEAKS if part in name), None)


def matmul_peak(dtype: torch.dtype, seconds: float = 0.5) -> float:
    """FLOP/s that a square product reaches here on this process's threads: the best of what half a second allows."""
    a, b = (torch.randn(MATRIX, MATRIX).to(dtype) for _ in range(2))
    best, runs, end = 0.0, 0, time.perf_counter() + seconds
    a @ b
    while runs < 3 or time.perf_counter() < end:
        runs, start = runs + 1, time.perf_counter()
        a @ b
        best = max(best, 2 * MATRIX**3 / (time.perf_counter() - start))
    return best


def peak(device: torch.device, dtype: torch.dtype) -> tuple[float | None, str]:
    """FLOP/s of one rank's device and where the figure comes from."""
    if device.type == "cuda":
        name = torch.cuda.get_device_name(device)
        figure = gpu_peak(name)
        return figure, f"{name}: data sheet" if figure else f"{name}: not in the table"
    # Products in float32 are what training on a CPU is measured against, whatever the weights' type: it is the faster one where the
    # processor has no 16-bit products.
    best = max(matmul_peak(torch.float32), matmul_peak(dtype))
    return best, f"{torch.get_num_threads()} threads: measured product of {MATRIX} x {MATRIX}"
