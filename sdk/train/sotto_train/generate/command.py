"""`sotto-train generate`: rows from what we wrote by hand; `--check` says what is wrong with it instead."""

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from sotto_train import rows, schema
from sotto_train.errors import UserError
from sotto_train.generate import check, commands, dialogues, home_assistant, lines
from sotto_train.generate import patterns as pattern_files
from sotto_train.generate.values import Values

SHOWN = 20  # findings that a refusal lists; --check lists all


def add_arguments(parser: argparse.ArgumentParser) -> None:
    defaults = commands.GenerateOptions()
    parser.add_argument("--lang", default="zh,en", help="languages, comma-separated (default zh,en)")
    parser.add_argument("--per-pattern", type=int, default=defaults.per_pattern, help="sentences of a pattern, at most (default 400)")
    parser.add_argument("--count", type=int, default=defaults.count, help="command rows from patterns (default 150000)")
    parser.add_argument("--dialogues", type=int, help="chat rows made from commands and replies (default a fifth of --count)")
    parser.add_argument(
        "--lines", action="store_true", help="add the hand-written lines of mood, scope, small talk, refusals and longer talks"
    )
    parser.add_argument("--data", type=Path, help="folder of the public data: adds Home Assistant's templates")
    parser.add_argument("--hand-written", type=Path, help="folder with patterns/, values/, replies/, lines/ in place of the package's own")
    parser.add_argument("--check", action="store_true", help="only say what is wrong with the hand-written files; write nothing")
    parser.add_argument("--seed", type=int, default=defaults.seed)
    parser.add_argument("-o", "--output", type=Path, help="JSON Lines of rows")


def languages(text: str) -> tuple[str, ...]:
    langs = tuple(dict.fromkeys(text.split(",")))
    if wrong := [lang for lang in langs if lang not in pattern_files.LANGS]:
        raise UserError(f"--lang '{wrong[0]}' is none of {', '.join(pattern_files.LANGS)}")
    return langs


def findings(folder: Path, langs: tuple[str, ...]) -> int:
    wrong = check.check(folder, langs)
    for finding in wrong:
        print(finding)
    print(f"{len(wrong)} findings" if wrong else "nothing wrong")
    return 1 if wrong else 0


def made_rows(args: argparse.Namespace, folder: Path, langs: tuple[str, ...]) -> Iterator[dict]:
    found, wrong = pattern_files.load(folder / "patterns", langs)
    values = Values(folder / "values")
    for p in found:
        wrong += [f"{p.path}: {p.intent} template {p.index}: \"{p.template.text}\": no values for '{s.name}'"
                  for s in p.template.references() if not values.exists(p.lang, s.list_name, s.name, p.intent)]  # fmt: skip
    if wrong:
        more = f"\n... and {len(wrong) - SHOWN} more" if len(wrong) > SHOWN else ""
        raise UserError(
            f"{len(wrong)} templates cannot be used; mend them, `generate --check` lists all\n" + "\n".join(wrong[:SHOWN]) + more
        )
    if not found:
        raise UserError(f"{folder / 'patterns'} holds no templates for {', '.join(langs)}")
    sources = commands.expand(found, values, commands.GenerateOptions(args.count, args.per_pattern, args.seed))
    taken: set[tuple[str, str]] = set()
    yield from commands.rows_of(sources, taken)
    wanted = args.count // 5 if args.dialogues is None else args.dialogues
    if wanted:
        yield from dialogues.dialogues(sources, dialogues.Replies(folder / "replies", langs), values, wanted, args.seed)
    if args.data:
        home = home_assistant.HomeOptions(seed=args.seed)
        home.per_template = min(args.per_pattern, home.per_template)
        yield from home_assistant.rows_of(args.data, values, langs, home, taken)


def run(args: argparse.Namespace) -> int:
    langs, folder = languages(args.lang), args.hand_written or Path(str(schema.data_folder()))
    if not folder.is_dir():
        raise UserError(f"{folder} is no folder; --hand-written is one with patterns/, values/, replies/")
    if args.check:
        return findings(folder, langs)
    if args.output is None:
        raise UserError("say where the rows go with -o, or pass --check")
    if args.count < 1 or args.per_pattern < 1 or (args.dialogues or 0) < 0:
        raise UserError("--count and --per-pattern are at least 1, --dialogues at least 0")
    counts: Counter[tuple[str, str, str]] = Counter()

    def counted(made: Iterator[dict]) -> Iterator[dict]:
        for row in made:
            counts[row["source"], row["kind"], row["split"]] += 1
            yield row

    parts = [made_rows(args, folder, langs)] + ([lines.read(folder / "lines", langs)] if args.lines else [])
    total = rows.write(args.output, counted(chain(*parts)))
    for (source, kind, split), n in sorted(counts.items()):
        print(f"{source} {kind} {split}: {n}")
    if made := sum(n for (source, *_), n in counts.items() if source == commands.SOURCE):
        if made < args.count:
            print(f"{made} of {args.count} commands: repeated texts are left out, and a pattern gives at most {args.per_pattern}", file=sys.stderr)
    print(f"{total} rows in {args.output}")
    return 0
