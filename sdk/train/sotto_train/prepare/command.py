"""`sotto-train prepare`: arguments, inputs, report."""

import argparse
import os
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from sotto_train import rows, sources
from sotto_train.errors import UserError
from sotto_train.prepare import deidentify, duplicates, inputs, pipeline
from sotto_train.prepare.augment import WAYS, wordnet
from sotto_train.prepare.report import Report


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "inputs", nargs="*", type=Path, metavar="FILE", help="rows, logs ({text} or {turns} a line) or plain text; also .zst"
    )
    parser.add_argument("--source", action="append", default=[], metavar="NAME", help=f"a public set: {', '.join(sources.SOURCES)}")
    parser.add_argument("--data", type=Path, metavar="FOLDER", help="where the public sets lie")
    parser.add_argument("--limit", type=int, metavar="N", help="so many rows of each input")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help="rows (JSON Lines)")
    parser.add_argument("--report", type=Path, metavar="FILE", help="counts of each stage and samples, as JSON")
    parser.add_argument(
        "--held-out", action="append", default=[], type=Path, metavar="FILE", help="rows whose sentences must not be trained on"
    )
    logs = parser.add_argument_group("what logs do not say themselves")
    logs.add_argument("--name", help="their source (default: the file's name)")
    logs.add_argument("--licence", default="LicenseRef-own", help="SPDX (default: %(default)s)")
    logs.add_argument("--kind", choices=[kind for kind in rows.KINDS if kind not in ("chat", "pair")], default="command")
    logs.add_argument("--split", choices=rows.SPLITS, default="train")
    steps = parser.add_argument_group("steps")
    steps.add_argument("--languages", nargs="+", choices=rows.LANGS, default=list(rows.LANGS))
    steps.add_argument(
        "--deidentify",
        choices=("auto", "all", "keys", "off"),
        default="auto",
        help="auto: everything in logs, keys to a person (mail, phone, cards, plates) in public sets",
    )
    steps.add_argument("--pseudonym", action="store_true", help="made-up values instead of placeholders, the same for the same value")
    steps.add_argument("--pseudonym-key", metavar="TEXT", help="makes them the same in another run, too (default: a new key each run)")
    steps.add_argument(
        "--near",
        type=float,
        default=duplicates.THRESHOLD,
        metavar="SHARE",
        help="similarity from which rows are duplicates; 1 keeps near ones (default: %(default)s)",
    )
    steps.add_argument(
        "--tags",
        choices=pipeline.TAGS,
        default="sentences",
        help="words and parts of speech in the rows: of single sentences, of running text too (slow), or none (default: %(default)s)",
    )
    steps.add_argument(
        "--augment", nargs="*", choices=list(WAYS), metavar="WAY", help=f"more training rows by {', '.join(WAYS)} (default: all)"
    )
    steps.add_argument("--copies", type=int, default=1, metavar="N", help="rows of each way at most (default: %(default)s)")
    steps.add_argument("--seed", type=int, default=1)
    steps.add_argument("--wordnet", type=Path, metavar="FOLDER", help=f"WordNet's files, for English synonyms (default: {wordnet.FOLDER})")
    parser.add_argument("--workers", type=int, default=min(4, os.cpu_count() or 1))


def run(args: argparse.Namespace) -> int:
    _check(args)
    report = Report()
    held_out = duplicates.HeldOut(args.held_out)
    settings = _settings(args)
    prepared = pipeline.run(_given(args, report), held_out, settings, report)
    count = rows.write(args.output, _at_least_one(prepared))
    if args.report:
        report.write(args.report, _said(args))
    print(report.table())
    print(f"{count:,} rows in {args.output}")
    return 0


def _check(args: argparse.Namespace) -> None:
    if not args.inputs and not args.source:
        raise UserError("nothing to prepare; give files or --source NAME --data FOLDER")
    if args.source and args.data is None:
        raise UserError("--source needs --data, the folder where the public sets lie")
    for name in args.source:
        sources.find(name)
    if args.copies < 1 or args.workers < 1 or not 0.5 <= args.near <= 1 or (args.limit is not None and args.limit < 1):
        raise UserError("--copies, --workers and --limit are at least 1, --near is between 0.5 and 1")
    if args.pseudonym_key and not args.pseudonym:
        raise UserError("--pseudonym-key only has a meaning with --pseudonym")
    for path in args.inputs:
        if args.output.resolve() == path.resolve():
            raise UserError(f"{path} is input and output; write to another file")


def _settings(args: argparse.Namespace) -> pipeline.Settings:
    types = {
        "all": (deidentify.ALL, deidentify.ALL),
        "keys": (deidentify.KEYS, deidentify.KEYS),
        "off": ((), ()),
        "auto": (deidentify.ALL, deidentify.KEYS),
    }[args.deidentify]
    key = None
    if args.pseudonym:
        key = args.pseudonym_key.encode() if args.pseudonym_key else os.urandom(16)
    ways = () if args.augment is None else tuple(args.augment or WAYS)
    return pipeline.Settings(
        *types,
        key=key,
        near=args.near < 1,
        threshold=args.near,
        languages=tuple(args.languages),
        tags=args.tags,
        ways=ways,
        copies=args.copies,
        seed=args.seed,
        wordnet=_wordnet(args, ways),
        workers=args.workers,
    )


def _wordnet(args: argparse.Namespace, ways: tuple[str, ...]) -> Path | None:
    """Its default folder may be missing (then English has no synonyms, which is said); one that was named may not."""
    if args.wordnet or "synonyms" not in ways:
        return args.wordnet
    if wordnet.FOLDER.is_dir():
        return wordnet.FOLDER
    print(f"no WordNet in {wordnet.FOLDER}: English gets no synonyms; install wordnet-base or give --wordnet", file=sys.stderr)
    return None


def _given(args: argparse.Namespace, report: Report) -> Iterator[tuple[bool, dict]]:
    for path in args.inputs:
        for number, row in enumerate(inputs.read(path, args)):
            if args.limit is not None and number >= args.limit:
                break
            yield row["source"] not in sources.SOURCES, row
    for name in args.source:
        counts: Counter = Counter()
        for number, row in enumerate(sources.read(name, args.data, counts)):
            if args.limit is not None and number >= args.limit:
                break
            yield False, row
        for what, number in counts.items():
            report.count(f"{name[:11]}", what, number)


def _at_least_one(prepared: Iterator[dict]) -> Iterator[dict]:
    empty = True
    for row in prepared:
        empty = False
        yield row
    if empty:
        raise UserError("no row was left after cleaning and removing duplicates; the report of --report says why")


def _said(args: argparse.Namespace) -> dict:
    said = {key: value for key, value in vars(args).items() if key not in ("run", "command", "pseudonym_key")}
    return {
        key: [str(v) for v in value] if isinstance(value, list) else str(value) if isinstance(value, Path) else value
        for key, value in said.items()
    }
