"""`sotto-train evaluate`: a checkpoint and a baseline on the same held-out rows."""

import argparse
import random
from collections import Counter
from pathlib import Path

from sotto_train import rows
from sotto_train.errors import UserError
from sotto_train.evaluate import measure, model, report
from sotto_train.evaluate.baseline import Baseline


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rows", type=Path, action="append", required=True, help="rows to measure on; may be given several times")
    parser.add_argument("--split", choices=rows.SPLITS, default="test", help="of those rows (default test)")
    parser.add_argument("--baseline-train", type=Path, action="append", default=[], help="rows whose train split the baseline learns from")
    parser.add_argument("--baseline-count", type=int, default=40_000, help="of these at most so many, chosen by seed (default 40000)")
    parser.add_argument("--checkpoint", type=Path, help="a folder that pretrain or finetune wrote")
    parser.add_argument("--tokenizer", type=Path, help="what the checkpoint's data was packed with (default: tokenizer/ in the checkpoint)")
    parser.add_argument("--heads-only", action="store_true", help="no answers and no perplexity: for a model that was trained to understand, not to talk")
    parser.add_argument("--limit", type=int, help="measure on so many rows at most, chosen by seed")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("-o", "--output", type=Path, required=True, help="folder for report.html and report.json")


def some(made: list[dict], most: int | None, seed: int) -> list[dict]:
    return made if most is None or len(made) <= most else random.Random(seed).sample(made, most)


def leaks(train: list[dict], test: list[dict]) -> int:
    """Texts that stand on both sides."""
    known = {row["text"].strip().casefold() for row in train if "text" in row}
    return sum(row.get("text", "").strip().casefold() in known for row in test if "text" in row)


def run(args: argparse.Namespace) -> int:
    if not args.baseline_train and args.checkpoint is None:
        raise UserError("nothing to evaluate: give --checkpoint, --baseline-train or both")
    if (args.limit is not None and args.limit < 1) or args.baseline_count < 1:
        raise UserError("--limit and --baseline-count are at least 1")
    test = some([row for path in args.rows for row in rows.read(path) if row["split"] == args.split], args.limit, args.seed)
    if not test:
        raise UserError(f"{', '.join(map(str, args.rows))}: no rows of the {args.split} split")
    predictors = [model.load(args.checkpoint, args.tokenizer)] if args.checkpoint else []
    about = {
        "split": args.split,
        "seed": args.seed,
        "rows": dict(sorted(Counter(f"{r['source']} {r['kind']} {r['lang']}" for r in test).items())),
    }
    if args.baseline_train:
        train = some(
            [row for path in args.baseline_train for row in rows.read(path) if row["split"] == "train" and "text" in row],
            args.baseline_count,
            args.seed,
        )
        about["baseline_rows"], about["texts_in_both"] = len(train), leaks(train, test)
        if about["texts_in_both"]:
            print(f"{about['texts_in_both']} texts of the {args.split} split stand in the baseline's training rows too")
        predictors.append(Baseline(train, args.seed))
    measured = [measure.measure(p, test, talks=not args.heads_only) for p in predictors]
    report.write(args.output, measured, about)
    for m in measured:
        for task, t in m["tasks"].items():
            figures = f"accuracy {t['accuracy']:.4f}, macro-F1 {t['macro_f1']:.4f}, ECE {t['ece']:.4f}, AURC {t['aurc']:.4f}"
            print(f"{m['name']}: {task} {figures} on {t['count']} rows")
        if "slots" in m:
            print(f"{m['name']}: slots F1 {m['slots']['f1']:.4f}, all of a sentence right {m['slots']['sentences_exact']:.4f}")
    print(f"{args.output / 'report.html'} and report.json")
    return 0
