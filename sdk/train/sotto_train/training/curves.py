"""Loss curves: JSON lines as the run goes, a picture of them on request."""

import json
from pathlib import Path

from sotto_train.errors import UserError


class Curve:
    """OUT/curve.jsonl. Opening it for a run that continues drops what was written after the checkpoint it continues from."""

    def __init__(self, path: Path, from_step: int):
        self.path = Path(path)
        temporary = self.path.with_suffix(".part")
        try:
            kept = [row for row in read(self.path) if row["step"] <= from_step]
            self.path.parent.mkdir(parents=True, exist_ok=True)
            temporary.write_text("".join(json.dumps(row) + "\n" for row in kept), "utf-8")
            temporary.replace(self.path)
        except OSError as error:
            raise UserError(f"cannot write {self.path}: {error.strerror}; give another --output") from None

    def add(self, row: dict) -> None:
        with open(self.path, "a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")


def read(path: Path) -> list[dict]:
    """Rows; what a crash cut or overwrote is left out."""
    rows = []
    if Path(path).exists():
        for line in Path(path).read_text("utf-8", errors="replace").splitlines():
            try:
                row = json.loads(line)
            except ValueError:
                continue
            if isinstance(row, dict) and isinstance(row.get("step"), int):
                rows.append(row)
    return rows


def draw(source: Path, target: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    rows = read(source)
    figure, (left, right) = pyplot.subplots(1, 2, figsize=(12, 4.5))
    for name in sorted({key for row in rows for key in row.get("loss", {})}):
        points = [(r["step"], r["loss"][name]) for r in rows if r.get("loss", {}).get(name) is not None]
        left.plot(*zip(*points, strict=True), label=name, linewidth=1)
    for name in sorted({key for row in rows for key in row.get("dev", {})}):
        points = [(r["step"], r["dev"][name]) for r in rows if "dev" in r and r["dev"].get(name) is not None]
        left.plot(*zip(*points, strict=True), "o--", label=f"{name} (dev)", markersize=3)
    left.set(xlabel="step", ylabel="cross entropy")
    left.legend(fontsize=7)
    steps = [r for r in rows if "rate" in r]
    right.plot([r["step"] for r in steps], [r["rate"] for r in steps], color="tab:gray")
    right.set(xlabel="step", ylabel="learning rate")
    speed = right.twinx()
    speed.plot([r["step"] for r in steps], [r["tokens_per_second"] for r in steps], color="tab:green", linewidth=0.8)
    speed.set_ylabel("tokens/s")
    figure.tight_layout()
    temporary = Path(target).with_suffix(".part.png")
    figure.savefig(temporary, dpi=110)
    pyplot.close(figure)
    temporary.replace(target)
