"""What a run did: counts of every stage and samples before and after, as JSON and as a table for the eyes."""

import json
import random
from collections import Counter
from pathlib import Path

from sotto_train import rows

SAMPLES = 12  # of each kind of change; a reservoir, so that they come from the whole of the input


class Report:
    def __init__(self):
        self.stages: dict[str, Counter] = {}
        self._samples: dict[str, list] = {}
        self._offered: Counter = Counter()
        self._random = random.Random(7)

    def count(self, stage: str, what: str, number: int = 1) -> None:
        self.stages.setdefault(stage, Counter())[what] += number

    def add(self, stage: str, counts: Counter) -> None:
        self.stages.setdefault(stage, Counter()).update(counts)

    def sample(self, change: str, before, after) -> None:
        kept = self._samples.setdefault(change, [])
        self._offered[change] += 1
        if len(kept) < SAMPLES:
            kept.append({"before": before, "after": after})
        elif (place := self._random.randrange(self._offered[change])) < SAMPLES:
            kept[place] = {"before": before, "after": after}

    def write(self, path: Path, settings: dict) -> None:
        stages = {stage: dict(counts.most_common()) for stage, counts in self.stages.items()}
        with rows.writing(path) as file:
            content = {"settings": settings, "stages": stages, "samples": self._samples}
            file.write(json.dumps(content, ensure_ascii=False, indent=1).encode() + b"\n")

    def table(self) -> str:
        lines = []
        for stage, counts in self.stages.items():
            for index, (what, number) in enumerate(counts.most_common()):
                lines.append(f"{stage if index == 0 else '':12} {number:>9,}  {what}")
        return "\n".join(lines)
