"""sotto-train domain: what an assistant on a device must know, as one file. Needs no torch."""

import json
import os
from pathlib import Path

from sotto_train import schema
from sotto_train.domain.build import build
from sotto_train.errors import UserError


def add_arguments(parser) -> None:
    parser.add_argument("-o", "--output", required=True, type=Path, help="the file to write; `sotto import` takes assistant.json beside a checkpoint")
    parser.add_argument("--data", type=Path, help="another folder like sotto_train/data, for a device of your own")


def write(output: Path, data: Path | None = None) -> tuple[dict, int]:
    """The domain and how many bytes its file has; the file is whole or as it was."""
    made = build(Path(data or schema.data_folder()))
    text = json.dumps(made, ensure_ascii=False, separators=(",", ":"))
    part = output.with_name(output.name + ".part")
    try:
        part.write_text(text, "utf-8")
        os.replace(part, output)
    except OSError as error:
        raise UserError(f"cannot write {output}: {error.strerror}") from None
    return made, len(text.encode())


def run(args) -> int:
    made, size = write(args.output, args.data)
    talk = sum(len(pairs) for key in ("talk", "refusals") for pairs in made[key].values())
    print(f"{args.output}: {len(made['intents'])} intents, {len(made['slots'])} slots, {talk} reviewed answers, {size} bytes")
    return 0
