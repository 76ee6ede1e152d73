"""What Megatron-Core takes for granted of CUDA, said for a machine without. Loaded by world.py only where torch sees no GPU.

Each patch is one function and a row of PATCHES; tests/training/test_cpu_compat.py leaves each out in turn and expects Megatron to break, so
that a patch that a later Megatron no longer needs is noticed and goes."""

import torch


def current_device() -> None:
    """Buffers, rotations and vocabulary masks are made on torch.cuda.current_device()."""
    torch.cuda.current_device = lambda: "cpu"


def synchronize() -> None:
    """Group creation and checkpoint writers wait for the device without asking whether there is one."""
    torch.cuda.synchronize = lambda *args, **kwargs: None


def tensors_on_cuda() -> None:
    """The norm of the gradients is summed in a tensor made with device='cuda'."""
    for name in ("tensor", "zeros"):
        make = getattr(torch, name)

        def on_cpu(*args, make=make, device=None, **kwargs):
            return make(*args, device="cpu" if str(device).startswith("cuda") else device, **kwargs)

        setattr(torch, name, on_cpu)


def moves_to_cuda() -> None:
    """Gathering the optimizer's state for a checkpoint moves it by .cuda() and back."""
    torch.Tensor.cuda = lambda self, *args, **kwargs: self


def tensor_types() -> None:
    """The optimizers sort parameters by the name of their type and know only those of CUDA."""
    plain = torch.Tensor.type

    def type_of(self, dtype=None, *args, **kwargs):
        if dtype is not None:
            return plain(self, dtype, *args, **kwargs)
        return plain(self).replace("torch.", "torch.cuda.", 1) if self.is_floating_point() else plain(self)

    torch.Tensor.type = type_of


def random_states() -> None:
    """Recomputing a layer sets the generators back to where they were, the GPU's among them; the CPU's own is handled beside it."""
    from megatron.core.tensor_parallel import random

    random._get_cuda_rng_state = lambda *args, **kwargs: torch.empty(0, dtype=torch.uint8)
    random._set_cuda_rng_state = lambda *args, **kwargs: None


PATCHES = (current_device, synchronize, tensors_on_cuda, moves_to_cuda, tensor_types, random_states)


def apply(without: str | None = None) -> None:
    """`without` names one to leave out, for the test."""
    for patch in PATCHES:
        if patch.__name__ != without:
            patch()
