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


def run(args) -> int:
    made = build(Path(args.data or schema.data_folder()))
    text = json.dumps(made, ensure_ascii=False, separators=(",", ":"))
    part = args.output.with_name(args.output.name + ".part")
    try:
        part.write_text(text, "utf-8")
        os.replace(part, args.output)
    except OSError as error:
        raise UserError(f"cannot write {args.output}: {error.strerror}") from None
    talk = sum(len(pairs) for key in ("talk", "refusals") for pairs in made[key].values())
    print(f"{args.output}: {len(made['intents'])} intents, {len(made['slots'])} slots, {talk} reviewed answers, {len(text.encode())} bytes")
    return 0
