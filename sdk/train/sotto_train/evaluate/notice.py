"""`sotto-train notice`: what a model was trained on, as the notice that goes with its weights: sources, licences, what was done to them, and the
authors that a licence asks to name. Counted from the packed sets themselves, so that it says what was trained on and not what was meant to be."""

import argparse
import json
import re
from pathlib import Path

from sotto_train import rows
from sotto_train.errors import UserError
from sotto_train.generate.home_assistant import SOURCE as HOME_ASSISTANT_ROWS
from sotto_train.sources.table import HOME_ASSISTANT, SHARE_ALIKE, SOURCES, WORD_LISTS
from sotto_train.tokens.shard import Packed

OWN = {
    "sotto-patterns": "sentences made from patterns and values written for this project",
    "sotto-dialogues": "dialogues made from the same patterns and replies",
    "sotto-lines": "lines written by hand for this project",
}
CHANGES = (
    "Control characters, markup and duplicates were removed, Traditional Chinese was made Simplified, sentences were filtered by language and length, "
    "labels were mapped to those of this package (data/labels/*.tsv), and where it was asked for sentences were varied (prepare --augment, pack --plain). "
    "No text of these sources is part of the weights' package."
)
_AUTHOR = re.compile(r"#(\d+) \(([^)]*)\)")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("packed", nargs="+", type=Path, metavar="DIR", help="packed sets that a model was trained on, all of them")
    parser.add_argument("--name", default="the model", help="its name in the notice")
    parser.add_argument("--data", type=Path, metavar="FOLDER", help="where the public sets lie: for the names of Tatoeba's authors")
    parser.add_argument("-o", "--output", type=Path, required=True, help="the notice, Markdown")


def totals(folders: list[Path]) -> dict[str, tuple[str, int, int]]:
    """{source: (licence, documents, tokens)} over all sets; a set that was trained on twice counts once."""
    made: dict[str, tuple[str, int, int]] = {}
    for folder in dict.fromkeys(path.resolve() for path in folders):
        for source, (licence, documents, tokens) in Packed(folder).meta["sources"].items():
            _, d, t = made.get(source, (licence, 0, 0))
            made[source] = (licence, d + documents, t + tokens)
    return made


def authors(data: Path) -> list[str]:
    """Of all sentences of the Tatoeba set: which of them a run saw is not kept, so all are named."""
    path = data / SOURCES["tatoeba_en_zh"].file
    found: set[str] = set()
    for _, line in rows.read_lines(path):
        found.update(name for _, name in _AUTHOR.findall(line.rsplit("\t", 1)[-1]))
    return sorted(found, key=str.casefold)


def credit(source: str) -> str:
    if source in SOURCES:
        return SOURCES[source].credit
    if source == HOME_ASSISTANT_ROWS:
        return f"{HOME_ASSISTANT.credit}: sentence templates, expanded"
    if source in OWN:
        return OWN[source]
    raise UserError(f"nothing is known of the source '{source}': name it in sources/table.py, or do not ship what was trained on it")


def text(name: str, found: dict[str, tuple[str, int, int]], names: list[str]) -> str:
    forbidden = sorted(s for s in found if s in SOURCES and not SOURCES[s].ship)
    if forbidden:
        raise UserError(f"{', '.join(forbidden)} may not be trained on for weights that ship; pack the sets again without it")
    lines = [f"# What {name} was trained on", "", "| source | licence | documents | tokens | credit |", "|---|---|---|---|---|"]
    lines += [f"| {s} | {licence} | {d:,} | {t:,} | {credit(s)} |" for s, (licence, d, t) in sorted(found.items())]
    if any(source in OWN for source in found):
        lines += ["", f"Values in our sentences come in part from word lists: {WORD_LISTS.credit}."]
    lines += ["", "## Changes", "", CHANGES]
    shared = sorted(source for source, (licence, *_) in found.items() if licence in SHARE_ALIKE)
    lines += ["", "## Share-alike sources", ""]
    lines.append(f"{', '.join(shared)}. Their texts are not handed on, here or in tests; leave their packed sets out of --data to train without."
                 if shared else "None.")  # fmt: skip
    if names:
        lines += ["", "## Authors of the Tatoeba sentences (CC BY 2.0 FR)", "", ", ".join(names) + "."]
    return "\n".join(lines) + "\n"


def run(args: argparse.Namespace) -> int:
    found = totals(args.packed)
    needs_names = "tatoeba_en_zh" in found
    if needs_names and args.data is None:
        raise UserError("the sets hold sentences of Tatoeba, whose authors have to be named; give --data, the folder of the public sets")
    made = text(args.name, found, authors(args.data) if needs_names else [])
    with rows.writing(args.output) as file:
        file.write(made.encode())
    print(json.dumps({"sources": len(found), "documents": sum(d for _, d, _ in found.values()), "tokens": sum(t for *_, t in found.values())}))
    return 0
