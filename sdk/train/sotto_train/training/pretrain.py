"""sotto-train pretrain: a model from nothing, on packed text. Under torchrun on as many ranks as there are."""

from pathlib import Path

from sotto_train.training import config, options


def add_arguments(parser) -> None:
    parser.add_argument("--config", required=True, type=Path, metavar="FILE", help="sizes of the model: configs/mini.yaml, configs/base.yaml")
    parser.add_argument("--heads", action="store_true", help="train the heads too, where the data has labels")
    parser.add_argument("--head-weight", type=float, default=0.2, help="of each head's loss beside the language model's (%(default)s)")
    parser.add_argument("--embedding", type=Path, metavar="FILE", help="what `sotto-train neighbours` wrote, instead of a random embedding")
    options.add_arguments(parser)


def run(args) -> int:
    shape = config.read(args.config)
    settings = options.read(args)
    options.limit_threads(settings)
    from sotto_train.training.loop import Trainer
    from sotto_train.training.world import World

    world = World(settings.tensor, settings.pipeline, settings.seed)
    outcome = Trainer(world, shape, settings).run()
    world.say(outcome)
    world.close()
    return 0
