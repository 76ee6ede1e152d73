"""A trained checkpoint opened for reading on one process, however many ranks wrote it: for export, evaluation and tests."""

import torch

from sotto_train.tokens.shard import CLASSES
from sotto_train.training import batches, checkpoint, config, heads, model
from sotto_train.training.world import World


class Reader:
    """Needs a World of one rank. `facts`: {head: {kind, labels, temperature, thresholds}} as the checkpoint has them."""

    def __init__(self, world: World, folder):
        self.folder = checkpoint.resolve(folder)
        common = checkpoint.common_state(self.folder)
        self.common, self.iteration = common, common["iteration"]
        self.shape = config.of_arguments(common["args"])
        self.facts = common.get("sotto", {}).get("heads", {})
        self.lora = common.get("sotto_training", {}).get("lora")
        sizes = {name: len(f["labels"]) * (2 if f["kind"] == "span" else 1) for name, f in self.facts.items()}
        self.model = model.SottoModel(self.shape, model.Build(lora=self.lora, on_gpu=world.on_gpu), sizes)
        missing = checkpoint.load_weights(self.folder, self.model)
        assert not missing, missing
        self.model.to(world.device).eval()
        self.device = world.device

    @torch.no_grad()
    def logits(self, ids: list[int]) -> torch.Tensor:
        """[tokens, vocabulary] of one document."""
        return self.model(self._batch(ids), wants="logits")[0].float().cpu()

    @torch.no_grad()
    def heads(self, ids: list[int], position: int, first: int, last: int) -> tuple[dict[str, torch.Tensor], heads.Turns]:
        """Logits divided by the temperature, of one user turn: `position` ends it, its words are first..last. The span head's are
        [1, words, 2 * slots] for heads.best_spans."""
        slots = len(self.facts[heads.SPAN]["labels"])
        row = [[0, 0, position, first, last] + [0] * len(CLASSES)]
        turns = heads.make_turns(row, [[[0, 0]] * slots], [0], slots)
        read = self.model(self._batch(ids, turns), wants="heads")
        return {name: t.float().cpu() / self.facts[name].get("temperature", 1.0) for name, t in read.items()}, turns

    def _batch(self, ids, turns=None) -> batches.Batch:
        tokens = torch.tensor([ids], dtype=torch.int64)
        steps = torch.arange(len(ids))[None]
        empty = heads.make_turns([], [], [], 0) if turns is None else turns
        return batches.Batch(tokens, tokens, torch.zeros_like(tokens), steps, torch.zeros_like(tokens), empty).to(self.device)
