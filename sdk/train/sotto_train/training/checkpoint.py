"""Checkpoints in Megatron's torch_dist format, as `sotto import` reads them, with all that a run needs to go on.

    OUT/latest_checkpointed_iteration.txt    the number; written last, so what it names is complete
    OUT/iter_0000030/                        .metadata, *.distcp, common.pt, metadata.json

A checkpoint grows in OUT/.iter_0000030.part and is renamed when all of it is on the disk. Optimizer states are stored in the parameters' own
shapes (`fully_reshardable`), so that other numbers of ranks can read them too."""

import functools
import os
import queue
import shutil
from pathlib import Path

import torch
from megatron.core import dist_checkpointing
from megatron.core.dist_checkpointing.mapping import ShardedObject
from megatron.core.dist_checkpointing.strategies import filesystem_async
from megatron.core.dist_checkpointing.strategies.torch import TorchDistSaveShardedStrategy
from torch.distributed.checkpoint import CheckpointException, FileSystemReader

from sotto_train.errors import UserError
from sotto_train.training import world as world_module

TRACKER = "latest_checkpointed_iteration.txt"
VERSION = 3.0  # of Megatron-LM's checkpoints: the order of q, k and v
METADATA = {"distrib_optim_sharding_type": "fully_reshardable"}
RANDOM = "rng_state"


def folder_of(root: Path, step: int) -> Path:
    return Path(root) / f"iter_{step:07d}"


def latest(root: Path) -> Path | None:
    """The newest complete checkpoint of a run, or None."""
    path = Path(root) / TRACKER
    try:
        text = path.read_text("utf-8", errors="replace").strip()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:  # a run that cannot see its checkpoint must not begin anew over it
        raise UserError(f"cannot read {path}: {error.strerror}") from None
    folder = folder_of(root, int(text)) if text.isdigit() else Path(root) / text
    if not text or not (folder / "metadata.json").exists():
        raise UserError(f"{path} names '{text[:40]}', which is no checkpoint; write the number of one that is there, or remove it")
    return folder


def resolve(path: Path) -> Path:
    """A run's folder or one iteration's."""
    path = Path(path)
    folder = path if (path / "metadata.json").exists() else latest(path)
    if folder is None:
        raise UserError(f"{path} holds no checkpoint; give a folder with {TRACKER} or metadata.json")
    return folder


def _sync_folder(folder: Path) -> None:
    for path in [*folder.rglob("*"), folder]:
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


class InlineSave(TorchDistSaveShardedStrategy):
    """Writes in this process. Megatron's own way forks writers, and waits for ever for one that failed; and it spawns a manager that runs the
    main script again."""

    def async_save(self, sharded_state_dict, checkpoint_dir):
        filesystem_async._results_queue = queue.Queue()  # the writer takes what is there, else starts the manager
        return super().async_save(sharded_state_dict, checkpoint_dir)

    def _get_save_and_finalize_callbacks(self, writer, save_state_dict_ret):
        request = super()._get_save_and_finalize_callbacks(writer, save_state_dict_ret)
        if request.async_fn is None:
            return request
        return request._replace(async_fn=functools.partial(self._write, request.async_fn.args[0]))

    @staticmethod
    def _write(transforms: list, rank: int, buckets: list, results: queue.Queue) -> None:
        written = {}
        for number, bucket in enumerate(buckets):
            one, count = queue.Queue(), queue.Queue()
            count.put(number)
            filesystem_async.FileSystemWriterAsync.write_preloaded_data(transforms, number, bucket, one, count, use_fsync=True)
            _, written[number] = one.get()
            if isinstance(written[number], Exception):
                raise OSError(f"{Path(bucket[0]).name}: {written[number]}")
        results.put(written)


def _random_objects(world, states) -> ShardedObject:
    return ShardedObject(RANDOM, states, (world.size,), (world.rank,))


def save(world, root: Path, step: int, model, optimizer, common: dict, keep: int = 2) -> Path:
    """`common` is the same on all ranks. `model` is the bare one, `optimizer` may be None (a checkpoint to import only)."""
    root, final = Path(root), folder_of(root, step)
    temporary = root / f".{final.name}.part"
    if world.rank == 0:
        _make_room(root, temporary)
    world.barrier()
    weights = model.sharded_state_dict()
    state = {**weights, **common, "checkpoint_version": VERSION, "iteration": step}
    if optimizer is not None:
        state["optimizer"] = optimizer.sharded_state_dict(weights, metadata=METADATA)
        state[RANDOM] = _random_objects(world, world_module.random_states())
    try:
        dist_checkpointing.save(state, str(temporary), InlineSave("torch_dist", 1, thread_count=1), content_metadata=METADATA)
        world.barrier()
        if world.rank == 0:
            _finish(root, temporary, final, step, keep)
    except (OSError, RuntimeError, CheckpointException) as error:
        shutil.rmtree(temporary, ignore_errors=True)
        raise UserError(f"cannot write {final}: {_reason(error)}; what was saved before is whole, and the same command goes on from it") from None
    world.barrier()
    return final


def _make_room(root: Path, temporary: Path) -> None:
    """Away with what a killed run left half-written, too."""
    try:
        root.mkdir(parents=True, exist_ok=True)
        for old in root.glob(".iter_*.part"):
            shutil.rmtree(old, ignore_errors=True)
        temporary.mkdir()
    except OSError as error:
        raise UserError(f"cannot write {temporary}: {error.strerror}") from None


def _finish(root: Path, temporary: Path, final: Path, step: int, keep: int) -> None:
    _sync_folder(temporary)
    shutil.rmtree(final, ignore_errors=True)
    os.rename(temporary, final)
    tracker = root / f".{TRACKER}.part"
    tracker.write_text(str(step), "utf-8")
    _sync_folder(tracker.parent)
    os.replace(tracker, root / TRACKER)
    _sync_folder(root)
    complete = sorted(p for p in root.glob("iter_*") if p.is_dir())
    for old in [p for p in complete if p != final][: max(0, len(complete) - keep)]:
        shutil.rmtree(old)


def common_state(folder: Path) -> dict:
    """What is the same on all ranks: args, sotto, sotto_training, iteration."""
    try:
        return dist_checkpointing.load_common_state_dict(str(folder))
    except Exception as error:
        raise UserError(f"{folder} is no checkpoint of this version of Megatron-Core: {_reason(error)}") from None


def load(world, folder: Path, model, optimizer, same_world: bool) -> None:
    """All of a run's state. Generators' states belong to ranks: with other ranks they are left to the caller. They are set last, because
    making room for the rest may draw."""
    _allocate_moments(optimizer)
    weights = model.sharded_state_dict()
    state = {**weights, "optimizer": optimizer.sharded_state_dict(weights, is_loading=True, metadata=METADATA)}
    if same_world:
        state[RANDOM] = _random_objects(world, None)
    loaded = _load(state, folder)
    own_states = loaded.pop(RANDOM, None)
    optimizer.load_state_dict(loaded["optimizer"])
    _part_step_counts(optimizer)
    _take(model, weights, loaded)
    if same_world:
        world_module.set_random_states(own_states)


def _allocate_moments(optimizer) -> None:
    """Torch's optimizers have no moments before their first step, and Megatron loads into those that are there. What the empty step does to
    the weights is overwritten by the checkpoint's."""
    for part in optimizer.chained_optimizers:
        part._init_optimizer_states_with_dummy_values()
        _let_step_counts_pass(part)


def _let_step_counts_pass(part) -> None:
    """Megatron copies each key of a parameter's state from the checkpoint, where torch's count of steps is no tensor a parameter but one number
    a group, which it has set before."""
    plain = type(part)._set_main_param_and_optimizer_states

    def with_step(model_parameter, tensors):
        group, place = part.model_param_group_index_map[model_parameter]
        state = part.optimizer.state[part.optimizer.param_groups[group]["params"][place]]
        plain(part, model_parameter, {**tensors, "step": state["step"]})

    part._set_main_param_and_optimizer_states = with_step


def _part_step_counts(optimizer) -> None:
    """Megatron gives all parameters one tensor with the number of steps; each parameter's update would add to it."""
    for part in optimizer.chained_optimizers:
        for state in part.optimizer.state.values():
            state["step"] = state["step"].clone()


def load_weights(folder: Path, model, optimizer=None) -> list[str]:
    """Weights only, and of those what the checkpoint has; returns the parameters it does not have. The optimizer starts anew from them."""
    try:
        stored = FileSystemReader(folder).read_metadata().state_dict_metadata
    except Exception as error:
        raise UserError(f"{folder} cannot be read: {_reason(error)}; give another checkpoint") from None
    weights = model.sharded_state_dict()
    there = {k: v for k, v in weights.items() if getattr(v, "key", k) in stored or not hasattr(v, "key")}
    missing = sorted(k for k, v in weights.items() if k not in there and "_extra_state" not in k and torch.is_tensor(v.data))
    there = {k: v for k, v in there.items() if "_extra_state" not in k}
    loaded = _load(dict(there), folder)
    _take(model, there, loaded, strict=False)
    if optimizer is not None:
        optimizer.reload_model_params()
    return missing


def _load(state: dict, folder: Path) -> dict:
    """Megatron and torch have a dozen exceptions for a file that is missing, cut or of another shape, assertions among them."""
    try:
        return dist_checkpointing.load(state, str(folder))
    except dist_checkpointing.core.CheckpointingException as error:
        raise UserError(f"{folder} does not fit the model: {_reason(error)}") from None
    except (Exception, CheckpointException) as error:
        raise UserError(
            f"{folder} cannot be read: {_reason(error)}; if there is an older one beside it, write its number into {TRACKER}"
        ) from None


def _reason(error: BaseException) -> str:
    """What a rank met, without traces: torch gathers those of all ranks under one exception."""
    causes = list(getattr(error, "failures", {}).values())
    error = causes[0][0] if causes else error
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}{': ' + lines[0].split('. ')[0][:200] if lines else ''}"


def _take(model, wanted: dict, loaded: dict, strict: bool = True) -> None:
    model.load_state_dict({k: loaded[k] for k in wanted if k in loaded}, strict=strict)
