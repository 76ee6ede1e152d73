"""sotto-train finetune: goes on from a checkpoint with talk and commands: loss on the answers, heads beside it, all weights or LoRA."""

from pathlib import Path

from sotto_train.errors import UserError
from sotto_train.training import options


def add_arguments(parser) -> None:
    parser.add_argument("--base", required=True, type=Path, metavar="DIR", help="checkpoint to begin with: a run's folder or one iteration's")
    parser.add_argument("--lora", metavar="RANK,ALPHA", help="train low-rank pairs beside the weights instead of the weights")
    parser.add_argument("--no-heads", dest="heads", action="store_false", help="train the language model alone")
    parser.add_argument("--head-weight", type=float, default=0.2, help="of each head's loss beside the language model's (%(default)s)")
    options.add_arguments(parser)


def read_lora(text: str | None) -> tuple[int, float] | None:
    if text is None:
        return None
    try:
        rank, alpha = text.split(",")
        pair = int(rank), float(alpha)
    except ValueError:
        pair = (0, 0.0)
    if not (1 <= pair[0] <= 4096 and 0 < pair[1] <= 1e6):
        raise UserError(f"--lora is '{text}', expected a rank from 1 to 4096 and an alpha above 0, such as 8,16")
    return pair


def run(args) -> int:
    settings = options.read(args, lora=read_lora(args.lora))
    options.limit_threads(settings)
    from sotto_train.training import checkpoint, config
    from sotto_train.training.loop import Trainer
    from sotto_train.training.world import World

    world = World(settings.tensor, settings.pipeline, settings.seed)
    shape = config.of_arguments(checkpoint.common_state(checkpoint.resolve(settings.base))["args"])
    outcome = Trainer(world, shape, settings).run()
    world.say(outcome)
    world.close()
    return 0
