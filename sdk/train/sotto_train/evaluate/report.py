"""The report: one HTML file that stands alone (plots are embedded) and the same numbers as JSON."""

import base64
import html
import io
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from sotto_train import rows
from sotto_train.errors import UserError
from sotto_train.evaluate.measure import TASKS

STYLE = """body{font:15px/1.5 system-ui,sans-serif;max-width:64rem;margin:2rem auto;padding:0 1rem;color:#222}
table{border-collapse:collapse;margin:1rem 0}td,th{padding:.25rem .7rem;border-bottom:1px solid #ddd;text-align:right}
td:first-child,th:first-child{text-align:left}img{max-width:100%}h2{margin-top:2.5rem}.note{color:#666}"""
FIGURES = (("accuracy", "accuracy"), ("macro_f1", "macro-F1"), ("ece", "ECE"), ("aurc", "AURC"))


def _plots():
    try:
        import matplotlib
    except ImportError:
        raise UserError("the report's plots need matplotlib: pip install 'sotto-train[evaluate]'") from None
    matplotlib.use("Agg")  # no screen needed
    from matplotlib import pyplot

    return pyplot


def _embedded(pyplot, figure) -> str:
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=110, bbox_inches="tight", metadata={"Software": None})
    pyplot.close(figure)
    return f'<img alt="" src="data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}">'


def table(head: Sequence[str], lines: Iterable[Sequence]) -> str:
    def cell(value) -> str:
        return f"{value:.4f}" if isinstance(value, float) else html.escape(str(value)) if value is not None else "–"

    body = "".join("<tr>" + "".join(f"<td>{cell(v)}</td>" for v in line) + "</tr>" for line in lines)
    return f"<table><tr>{''.join(f'<th>{html.escape(h)}</th>' for h in head)}</tr>{body}</table>"


def task_plots(task: str, measured: Sequence[dict]) -> str:
    """Reliability and risk by coverage, all predictors in one picture."""
    pyplot = _plots()
    figure, (left, right) = pyplot.subplots(1, 2, figsize=(10, 3.8))
    left.plot([0, 1], [0, 1], color="#bbb", linewidth=1)
    for m in measured:
        bins, curve = m["tasks"][task]["reliability"], m["tasks"][task]["risk_coverage"]
        left.plot([b["confidence"] for b in bins], [b["accuracy"] for b in bins], marker="o", markersize=3, label=m["name"])
        right.plot([c for c, _ in curve], [r for _, r in curve], label=m["name"])
    left.set(xlabel="confidence", ylabel="accuracy", title=f"{task}: reliability", xlim=(0, 1.02), ylim=(0, 1.02))
    right.set(xlabel="coverage", ylabel="risk", title=f"{task}: risk of the surest rows", xlim=(0, 1.02), ylim=(0, None))
    left.legend(fontsize=8)
    return _embedded(pyplot, figure)


def bars(title: str, names: Sequence[str], series: dict[str, list[float]]) -> str:
    pyplot = _plots()
    figure, axes = pyplot.subplots(figsize=(10, max(2.0, 0.24 * len(names) * max(len(series), 1) ** 0.5)))
    height = 0.8 / len(series)
    for i, (label, values) in enumerate(series.items()):
        axes.barh([n + i * height for n in range(len(names))], values, height=height, label=label)
    axes.set_yticks([n + 0.4 - height / 2 for n in range(len(names))], names, fontsize=7)
    axes.set(title=title, xlim=(0, 1))
    axes.invert_yaxis()
    axes.legend(fontsize=8)
    return _embedded(pyplot, figure)


def _task_section(task: str, measured: Sequence[dict]) -> str:
    able = [m for m in measured if task in m["tasks"]]
    head = ["", "rows", *(name for _, name in FIGURES)]
    parts = [
        f"<h2>{task}</h2>",
        table(head, ([m["name"], m["tasks"][task]["count"], *(m["tasks"][task][k] for k, _ in FIGURES)] for m in able)),
    ]
    groups = sorted({g for m in able for g in m["tasks"][task]["by_group"]})
    parts.append(table(["accuracy by language and source", "rows", *(m["name"] for m in able)],
                       ([g, able[0]["tasks"][task]["by_group"][g]["count"], *(m["tasks"][task]["by_group"][g]["accuracy"] for m in able)]
                       for g in groups)))  # fmt: skip
    parts.append(task_plots(task, able))
    labels = [label for label, s in able[0]["tasks"][task]["by_label"].items() if s["support"]]
    series = {m["name"]: [m["tasks"][task]["by_label"].get(label, {"f1": 0.0})["f1"] for label in labels] for m in able}
    parts.append(bars(f"{task}: F1 of each label", labels, series))
    for m in able:
        if most := m["tasks"][task]["confusions"]:
            parts.append(f"<h3>{html.escape(m['name'])}: what was taken for what</h3>" + table(["is", "was taken for", "rows"], most))
        if unknown := m["tasks"][task]["labels_unknown_to_it"]:
            parts.append(f"<p class=note>{html.escape(m['name'])} never saw {html.escape(', '.join(unknown))} in training.</p>")
    return "".join(parts)


def _slot_section(measured: Sequence[dict]) -> str:
    able = [m for m in measured if "slots" in m]
    keys = ("precision", "recall", "f1", "sentences_exact")
    parts = ["<h2>slots</h2>", table(["exact spans", "sentences", "precision", "recall", "F1", "sentences with all right"],
                                     ([m["name"], m["slots"]["count"], *(m["slots"][k] for k in keys)] for m in able))]  # fmt: skip
    names = [name for name, s in able[0]["slots"]["by_slot"].items() if s["support"]]
    parts.append(
        bars("F1 of each slot", names, {m["name"]: [m["slots"]["by_slot"].get(n, {"f1": 0.0})["f1"] for n in names] for m in able})
    )
    return "".join(parts)


def _call_section(measured: Sequence[dict]) -> str:
    lines = []
    for m in measured:
        every = (
            ("written", m.get("calls")),
            ("from intent and spans", m.get("slots", {}).get("heads_as_call")),
            ("in dialogues", m.get("answers", {}).get("calls")),
        )
        lines += [
            [f"{m['name']}, {what}", c["count"], c["function"], c["arguments"], c["exact"], c["without_call"], c["false_calls"]]
            for what, c in every
            if c
        ]
    return (
        "<h2>calls</h2>"
        + table(["", "with a call", "function right", "arguments right where it is", "all right", "without a call", "given one"], lines)
        if lines
        else ""
    )


def _goal_section(measured: Sequence[dict]) -> str:
    parts = []
    if lines := [[f"{m['name']}, {lang}", r["out"], r["refused"], r["in"], r["false_refusals"], r["threshold"]]
                 for m in measured for lang, r in m.get("refusals", {}).items()]:  # fmt: skip
        head = ["", "out of scope", "refused", "in scope", "refused wrongly", "threshold"]
        parts.append("<h2>refusals at the threshold for 5 % false ones</h2>" + table(head, lines))
    if lines := [[f"{m['name']}, {lang}", r["count"], r["share"]] for m in measured for lang, r in m.get("moody_commands", {}).items()]:
        parts.append("<h2>plain commands taken for a mood</h2>" + table(["", "commands", "share"], lines))
    if lines := [[f"{m['name']}, {group}", c["count"], c["function"], c["exact"]]
                 for m in measured for group, c in m.get("slots", {}).get("heads_as_call_by_group", {}).items()]:  # fmt: skip
        parts.append("<h2>calls from intent and spans, by language and source</h2>" + table(["", "with a call", "function right", "all right"], lines))
    return "".join(parts)


def _talk_section(measured: Sequence[dict]) -> str:
    parts = []
    if able := [m for m in measured if "answers" in m]:
        keys = ("count", "distinct_1", "distinct_2", "repetition_4", "empty")
        parts.append("<h2>answers</h2>" + table(["", *keys], ([m["name"], *(m["answers"][k] for k in keys)] for m in able)))
    if able := [m for m in measured if "perplexity" in m]:
        lines = [
            [f"{m['name']}, {kind}", p["tokens"], p["perplexity"], p["bits_per_byte"]] for m in able for kind, p in m["perplexity"].items()
        ]
        parts.append("<h2>perplexity</h2>" + table(["", "tokens", "perplexity", "bits a byte"], lines))
    return "".join(parts)


def render(measured: Sequence[dict], about: dict) -> str:
    tasks = [t for t in TASKS if any(t in m["tasks"] for m in measured)]
    sections = [_task_section(task, measured) for task in tasks]
    if any("slots" in m for m in measured):
        sections.append(_slot_section(measured))
    sections += [_call_section(measured), _goal_section(measured), _talk_section(measured)]
    facts = table(["rows", "number"], about["rows"].items())
    return (f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Sotto evaluation</title><style>{STYLE}</style><h1>Evaluation</h1>'
            f"<p>All predictors answered the same rows of the {html.escape(about['split'])} split.</p>"
            f"{facts}{''.join(sections)}</html>\n")  # fmt: skip


def write(folder: Path, measured: Sequence[dict], about: dict) -> None:
    """report.html and report.json; both are made before either is written."""
    page = render(measured, about).encode()
    numbers = json.dumps({**about, "measured": list(measured)}, ensure_ascii=False, indent=1).encode() + b"\n"
    for name, content in (("report.json", numbers), ("report.html", page)):
        with rows.writing(folder / name) as file:
            file.write(content)
