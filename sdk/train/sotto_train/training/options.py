"""The options that pretrain and finetune share."""

import argparse
import dataclasses
import os
from pathlib import Path

from sotto_train.errors import UserError
from sotto_train.sources.table import SHARE_ALIKE
from sotto_train.tokens.shard import Packed
from sotto_train.training.memory import parse_size


@dataclasses.dataclass
class RunOptions:
    output: Path
    data: list[Path]
    dev: list[Path] = dataclasses.field(default_factory=list)
    steps: int | None = None
    seconds: float | None = None
    global_batch: int = 32  # windows a step, all ranks together
    rate: float = 1e-3
    warmup: float = 0.02
    weight_decay: float = 0.1
    clip: float = 1.0
    dropout: float = 0.0
    word_dropout: float = 0.0  # share of the labelled turns' words that are hidden
    head_weight: float = 0.2  # of each head's loss beside the language model's
    heads: bool = False
    lora: tuple[int, float] | None = None  # rank, alpha
    embedding: Path | None = None  # what `neighbours` wrote, for a run that begins with nothing
    base: Path | None = None  # checkpoint whose weights the run begins with
    precision: str = "auto"
    tensor: int = 1
    pipeline: int = 1
    memory: int | None = None
    micro_batch: int | None = None
    most_micro_batch: int = 32
    recompute: bool = False
    save_every: int = 500
    keep: int = 2
    log_every: int = 10
    dev_every: int = 250
    seed: int = 1234
    threads: int | None = None
    share_alike: bool = True  # False: packed sets with a source under a share-alike licence are left out

    def is_bf16(self, on_gpu: bool) -> bool:
        return self.precision == "bf16" or (self.precision == "auto" and on_gpu)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    d = {f.name: f.default for f in dataclasses.fields(RunOptions)}
    parser.add_argument("--data", nargs="+", required=True, type=Path, metavar="DIR", help="packed sets; one given twice counts twice")
    parser.add_argument(
        "--without-share-alike", dest="share_alike", action="store_false", help="leave out the sets of --data that hold a source under such a licence"
    )
    parser.add_argument("--dev", nargs="*", default=[], type=Path, metavar="DIR", help="packed sets to measure on")
    parser.add_argument("-o", "--output", required=True, type=Path, metavar="DIR", help="checkpoints and curves; a run that is there goes on")
    length = parser.add_mutually_exclusive_group(required=True)
    length.add_argument("--steps", type=int, help="optimizer steps; the learning rate follows them")
    length.add_argument("--seconds", type=float, help="wall time of training; the learning rate follows the clock")
    parser.add_argument("--global-batch", type=int, default=d["global_batch"], help="windows a step, all ranks together (%(default)s)")
    parser.add_argument("--rate", type=float, default=d["rate"], help="highest learning rate (%(default)s)")
    parser.add_argument("--warmup", type=float, default=d["warmup"], help="part of the run in which it rises (%(default)s)")
    parser.add_argument("--weight-decay", type=float, default=d["weight_decay"])
    parser.add_argument("--clip", type=float, default=d["clip"], help="longest gradient (%(default)s)")
    parser.add_argument("--dropout", type=float, default=d["dropout"])
    parser.add_argument("--word-dropout", type=float, default=d["word_dropout"], help="share of the labelled turns' words that are hidden")
    parser.add_argument("--precision", choices=("auto", "fp32", "bf16"), default="auto", help="auto: bf16 on GPUs, fp32 on CPUs")
    parser.add_argument("--tensor", type=int, default=1, help="tensor-parallel ranks")
    parser.add_argument("--pipeline", type=int, default=1, help="pipeline-parallel ranks")
    parser.add_argument("--sequence-parallel", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--memory", metavar="SIZE", help="a cap of a rank's memory: 800M, 4G; default: what is free")
    parser.add_argument("--micro-batch", type=int, help="windows at once; default: chosen from the memory")
    parser.add_argument("--recompute", action="store_true", help="recompute activations; with no --micro-batch chosen from the memory")
    parser.add_argument("--save-every", type=int, default=d["save_every"], help="steps between checkpoints (%(default)s)")
    parser.add_argument("--keep", type=int, default=d["keep"], help="checkpoints to keep (%(default)s)")
    parser.add_argument("--log-every", type=int, default=d["log_every"])
    parser.add_argument("--dev-every", type=int, default=d["dev_every"], help="steps between measurements on --dev (%(default)s)")
    parser.add_argument("--seed", type=int, default=d["seed"])
    parser.add_argument("--threads", type=int, help="threads of a rank on a CPU")


def read(args: argparse.Namespace, **more) -> RunOptions:
    if args.sequence_parallel:
        raise UserError("--sequence-parallel needs the norms of Transformer Engine, which this package does without; leave it out")
    for name in ("steps", "seconds", "global_batch", "rate", "clip", "tensor", "pipeline", "micro_batch", "save_every", "keep", "log_every", "threads"):
        value = getattr(args, name)
        if value is not None and value <= 0:
            raise UserError(f"--{name.replace('_', '-')} is {value}, expected a number above 0")
    for name in ("warmup", "dropout", "word_dropout"):
        if not 0 <= getattr(args, name) < 1:
            raise UserError(f"--{name.replace('_', '-')} is {getattr(args, name)}, expected 0 to 1")
    if args.seed < 0:
        raise UserError(f"--seed is {args.seed}, expected 0 or more")
    known = {f.name for f in dataclasses.fields(RunOptions)}
    values = {k: v for k, v in vars(args).items() if k in known and k not in more}
    values["memory"] = parse_size(args.memory) if args.memory else None
    return RunOptions(**values, **more)


def sets_without_share_alike(folders: list[Path]) -> tuple[list[Path], list[Path]]:
    """Packed sets whose sources all are free of it, and those that are not."""
    kept, left = [], []
    for folder in folders:
        licences = [licence for licence, *_ in Packed(folder).meta["sources"].values()]
        (left if any(licence in SHARE_ALIKE for licence in licences) else kept).append(folder)
    if not kept:
        raise UserError(f"{', '.join(map(str, left))}: each holds a source under a share-alike licence; pack with --without-share-alike")
    return kept, left


def limit_threads(options: RunOptions) -> None:
    """Before torch is imported: its pools read the environment. Ranks on one machine share its cores."""
    ranks = int(os.environ.get("LOCAL_WORLD_SIZE", 1))
    threads = options.threads or max(1, len(os.sched_getaffinity(0)) // ranks)
    os.environ["OMP_NUM_THREADS"] = str(threads)
    import torch

    torch.set_num_threads(threads)
