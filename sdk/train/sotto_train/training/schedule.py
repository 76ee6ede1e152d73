"""The learning rate: linear warm-up, then a cosine down to a tenth, over steps or over seconds of training."""

import dataclasses
import math


@dataclasses.dataclass(frozen=True)
class Schedule:
    peak: float
    steps: int | None = None
    seconds: float | None = None  # one of the two; with seconds the cosine follows the clock
    warmup: float = 0.02  # of the whole
    floor: float = 0.1  # of the peak

    def progress(self, step: int, elapsed: float) -> float:
        return min(1.0, step / self.steps if self.steps else elapsed / self.seconds)

    def rate(self, step: int, elapsed: float) -> float:
        at = self.progress(step, elapsed)
        if at < self.warmup:
            # The first step has no progress yet; it still has to move.
            return self.peak * min(1.0, max(at, 1e-3 if self.seconds else 1 / self.steps) / self.warmup)
        way = (at - self.warmup) / (1 - self.warmup)
        return self.peak * (self.floor + (1 - self.floor) * 0.5 * (1 + math.cos(math.pi * way)))

    def is_over(self, step: int, elapsed: float) -> bool:
        return self.progress(step, elapsed) >= 1.0
