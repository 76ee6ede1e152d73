"""sotto-train export: a checkpoint without the optimizer for `sotto import`, with the tokenizer beside it; or a LoRA run's pairs as a GGUF
adapter for a model that was imported from its base."""

import shutil
from pathlib import Path

from sotto_train.errors import UserError
from sotto_train.tokens.tokenizer import CONFIG_NAME, MODEL_NAME
from sotto_train.domain import command as domain
from sotto_train.training import options


def add_arguments(parser) -> None:
    parser.add_argument("checkpoint", type=Path, metavar="DIR", help="a run's folder or one iteration's")
    parser.add_argument("-o", "--output", required=True, type=Path, help="folder to write; for a LoRA run without --merge a .gguf file")
    parser.add_argument("--tokenizer", type=Path, metavar="DIR", help="what `sotto-train tokenizer` wrote, to lay into the folder")
    parser.add_argument("--merge", action="store_true", help="of a LoRA run: the base's weights with the pairs added, as a checkpoint")


def run(args) -> int:
    options.limit_threads(options.RunOptions(args.output, []))
    from sotto_train.training.reader import Reader
    from sotto_train.training.world import World

    world = World()
    reader = Reader(world, args.checkpoint)
    if reader.lora and not args.merge:
        _export_adapter(reader, args.output)
    else:
        _export_checkpoint(world, reader, args.output, args.tokenizer)
    world.close()
    return 0


def _export_checkpoint(world, reader, output: Path, tokenizer: Path | None) -> None:
    from sotto_train.training import adapter, checkpoint, model

    if tokenizer is not None and not (tokenizer / MODEL_NAME).is_file():
        raise UserError(f"{tokenizer} holds no {MODEL_NAME}; give the folder that the data was packed with")
    bare = reader.model
    if reader.lora:
        sizes = {name: linear.out_features for name, linear in bare.sotto_heads.items()} if reader.facts else {}
        bare = model.SottoModel(reader.shape, model.Build(), sizes)
        bare.load_state_dict(adapter.merged_state(reader.model), strict=False)
    common = {key: reader.common[key] for key in ("args", "sotto") if key in reader.common}
    common["args"].tensor_model_parallel_size = common["args"].pipeline_model_parallel_size = 1
    folder = checkpoint.save(world, output, reader.iteration, bare, None, common)
    if tokenizer is not None:
        (output / "tokenizer").mkdir(exist_ok=True)
        for name in (MODEL_NAME, CONFIG_NAME):
            shutil.copyfile(tokenizer / name, output / "tokenizer" / name)
    if reader.facts:  # what the heads' labels mean on a device, for `sotto import` to take in
        domain.write(output / "assistant.json")
    world.say(f"wrote {folder}; now: sotto import {output} -o MODEL.gguf")


def _export_adapter(reader, output: Path) -> None:
    from sotto_train.training import adapter

    if output.suffix != ".gguf":
        raise UserError(f"{output} is no .gguf name; a LoRA run exports an adapter file, with --merge a folder")
    pairs = adapter.write(reader.model, reader.shape, output)
    print(f"wrote {output}: {pairs} pairs")
    if reader.facts:
        print("the heads are not in it, since an adapter holds pairs only; --merge exports a checkpoint with both")
