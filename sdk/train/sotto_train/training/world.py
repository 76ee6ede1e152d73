"""The ranks of a run: process group, device, seeds, and the wish to stop that any rank may have been sent."""

import contextlib
import os
import random
import signal

import numpy as np
import torch
import torch.distributed as dist

from sotto_train.errors import UserError
from sotto_train.training import store


def has_gpu() -> bool:
    return torch.cuda.is_available()


class World:
    """Made once a process, before anything of Megatron; closed at the end. Reads what torchrun puts into the environment."""

    def __init__(self, tensor: int = 1, pipeline: int = 1, seed: int = 1234):
        self.rank, self.size = int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))
        self.local_size = int(os.environ.get("LOCAL_WORLD_SIZE", 1))
        self.tensor, self.pipeline = tensor, pipeline
        if self.size % (tensor * pipeline):
            raise UserError(f"{self.size} ranks cannot be split into {tensor} tensor x {pipeline} pipeline ranks; start another number of them")
        self.data = self.size // (tensor * pipeline)
        self.on_gpu = has_gpu()
        self.device = self._choose_device()
        self._join()
        self.seed(seed)
        self.should_stop = False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)

    def _choose_device(self) -> torch.device:
        if not self.on_gpu:
            from sotto_train.training import cpu_compat

            cpu_compat.apply()
            return torch.device("cpu")
        local = int(os.environ.get("LOCAL_RANK", 0))
        if local >= torch.cuda.device_count():
            raise UserError(f"rank {self.rank} has no GPU: {torch.cuda.device_count()} here; start as many processes as there are GPUs")
        torch.cuda.set_device(local)
        return torch.device("cuda", local)

    def _join(self) -> None:
        from megatron.core import parallel_state

        if not dist.is_initialized():
            where = store.make(self.rank, self.size)
            dist.init_process_group("nccl" if self.on_gpu else "gloo", store=where, rank=self.rank, world_size=self.size)
        parallel_state.initialize_model_parallel(self.tensor, self.pipeline)
        self.data_rank = parallel_state.get_data_parallel_rank()
        self.data_group = parallel_state.get_data_parallel_group()
        self.is_last_stage = parallel_state.is_pipeline_last_stage()

    def seed(self, seed: int, step: int = 0) -> None:
        """Tensor ranks draw the same dropout, data ranks and stages another; another step begins other draws than the run's first."""
        from megatron.core import parallel_state, tensor_parallel

        place = parallel_state.get_pipeline_model_parallel_rank(), self.data_rank
        own = int(np.random.SeedSequence([seed, step, *place]).generate_state(1)[0])
        random.seed(own)
        np.random.seed(own)
        torch.manual_seed(own)
        if self.on_gpu:
            tensor_parallel.model_parallel_cuda_manual_seed(own)

    def _on_signal(self, number, frame) -> None:
        self.should_stop = True

    def agree(self, number: float, op=dist.ReduceOp.MAX) -> float:
        """One number of all ranks."""
        tensor = torch.tensor([number], dtype=torch.float64, device=self.device)
        dist.all_reduce(tensor, op=op)
        return tensor.item()

    def barrier(self) -> None:
        self.agree(0)

    def say(self, line: str) -> None:
        if self.rank == 0:
            print(line, flush=True)

    def close(self) -> None:
        from megatron.core import parallel_state

        parallel_state.destroy_model_parallel()
        dist.destroy_process_group()


def random_states() -> dict:
    """Of this process: every generator that a step may draw from."""
    states = {"python": random.getstate(), "numpy": np.random.get_state(), "torch": torch.get_rng_state()}
    if has_gpu():
        from megatron.core import tensor_parallel

        states |= {"cuda": torch.cuda.get_rng_state(), "tracker": tensor_parallel.get_cuda_rng_tracker().get_states()}
    return states


def set_random_states(states: dict) -> None:
    random.setstate(states["python"])
    np.random.set_state(states["numpy"])
    torch.set_rng_state(states["torch"])
    if has_gpu() and "cuda" in states:
        from megatron.core import tensor_parallel

        torch.cuda.set_rng_state(states["cuda"])
        tensor_parallel.get_cuda_rng_tracker().set_states(states["tracker"])


@contextlib.contextmanager
def random_states_kept():
    """For what draws beside the training (probes, measurements): a run that goes on does it at other steps, or not at all."""
    states = random_states()
    try:
        yield
    finally:
        set_random_states(states)
