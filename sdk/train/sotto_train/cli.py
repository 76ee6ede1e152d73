"""The command line. Each subcommand is a module with add_arguments(parser) and run(args); it is imported when it is called, so that what
needs no torch starts without it."""

import argparse
import importlib
import sys

from sotto_train.errors import UserError

# name: (module, one line of help)
COMMANDS = {
    "prepare": ("sotto_train.prepare.command", "clean, de-identify, segment and augment dialogue logs and public sets"),
    "generate": ("sotto_train.generate.command", "commands and dialogues from patterns and values"),
    "tokenizer": ("sotto_train.tokens.command", "train the SentencePiece tokenizer"),
    "pack": ("sotto_train.tokens.pack", "rows to packed sets that the trainer reads"),
    "neighbours": ("sotto_train.tokens.neighbours", "an embedding to begin with, counted from text"),
    "pretrain": ("sotto_train.training.pretrain", "train a model from nothing (run it under torchrun)"),
    "finetune": ("sotto_train.training.finetune", "go on from a checkpoint: commands, talk, heads; full or LoRA"),
    "evaluate": ("sotto_train.evaluate.command", "perplexity, intents, slots, calls, mood, scope beside baselines; HTML and JSON"),
    "memorised": ("sotto_train.evaluate.memorised", "how much of its training text a model says again"),
    "notice": ("sotto_train.evaluate.notice", "what a model was trained on: sources, licences, authors"),
    "domain": ("sotto_train.domain.command", "what an assistant on a device must know, as assistant.json"),
    "export": ("sotto_train.training.export", "a checkpoint for `sotto import`, a LoRA as a GGUF adapter"),
}


def main(argv: list[str] | None = None) -> int:
    argv = sys.argv[1:] if argv is None else argv
    parser = argparse.ArgumentParser(prog="sotto-train", description=__import__("sotto_train").__doc__)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    chosen = next((a for a in argv if not a.startswith("-")), None)
    for name, (module, line) in COMMANDS.items():
        sub = commands.add_parser(name, help=line, description=line)
        if name == chosen:
            implementation = importlib.import_module(module)
            implementation.add_arguments(sub)
            sub.set_defaults(run=implementation.run)
    args = parser.parse_args(argv)
    try:
        return args.run(args) or 0
    except UserError as error:
        print(f"sotto-train {args.command}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"sotto-train {args.command}: stopped", file=sys.stderr)
        return 130
