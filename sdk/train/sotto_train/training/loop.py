"""The training loop: data x tensor x pipeline parallel under torchrun, Megatron's distributed optimizer, checkpoints that a run goes on from."""

import dataclasses
import os
import time

import torch
import torch.distributed as dist
from megatron.core import parallel_state
from megatron.core.distributed import DistributedDataParallel, DistributedDataParallelConfig, finalize_model_grads
from megatron.core.optimizer import OptimizerConfig, get_megatron_optimizer
from megatron.core.pipeline_parallel import get_forward_backward_func

from sotto_train.errors import UserError
from sotto_train.training import calibrate, checkpoint, config, curves, embedding, heads, lora, memory, model, speed
from sotto_train.training.batches import Batch, Corpus, Order
from sotto_train.training.options import RunOptions, sets_without_share_alike
from sotto_train.training.schedule import Schedule
from sotto_train.training.world import World, random_states_kept

MICROBATCH_LIMIT_CPU = 8  # beyond it a window's activations leave the caches and nothing gets faster


class Trainer:
    """One run on this rank. Not thread-safe; one a process."""

    def __init__(self, world: World, shape: config.ModelConfig, options: RunOptions):
        self.world, self.shape, self.options = world, shape, options
        config.check_tensor_ranks(shape, options.tensor)
        if shape.layers % options.pipeline:
            raise UserError(f"{shape.layers} layers cannot be split over {options.pipeline} pipeline ranks; give a divisor with --pipeline")
        if options.global_batch % world.data:
            raise UserError(f"--global-batch {options.global_batch} is no multiple of the {world.data} data-parallel ranks; give one that is")
        self.per_rank = options.global_batch // world.data
        if not options.share_alike:
            options.data, left = sets_without_share_alike(options.data)
            world.say(f"without share-alike sources: {len(left)} of {len(options.data) + len(left)} sets are left out{': ' if left else ''}{', '.join(map(str, left))}")
        self.corpus = Corpus(options.data, shape.context, shape.vocabulary)
        self.dev = Corpus(options.dev, shape.context, shape.vocabulary) if options.dev else None
        self.order = Order(len(self.corpus), options.seed)
        self.schedule = Schedule(options.rate, options.steps, options.seconds, options.warmup)
        self.head_sizes = self._sizes_of_heads() if options.heads else {}
        self.is_bf16 = options.is_bf16(world.on_gpu)
        self.step, self.samples, self.elapsed = 0, 0, 0.0
        self.calibration: dict[str, dict] = {}
        self._build()
        self._choose_plan()
        self._resume()

    # --- what is trained

    def _sizes_of_heads(self) -> dict[str, int]:
        missing = self.corpus.without_examples()
        self._say_what_heads_lack(missing)
        begun = checkpoint.latest(self.options.output) or (checkpoint.resolve(self.options.base) if self.options.base else None)
        there = checkpoint.common_state(begun).get("sotto", {}).get("heads", {}) if begun else {}
        return heads.trained(self.corpus.labels, missing, there)

    def _say_what_heads_lack(self, missing: dict[str, list[str]]) -> None:
        where, sizes = ", ".join(map(str, self.options.data)), heads.outputs(self.corpus.labels)
        if not any(len(packed.heads) for packed in self.corpus.sets):
            raise UserError(f"{where}: no labelled turn for the heads to learn from; pack commands, moods or scope rows, or train without heads")
        for name, labels in missing.items():
            if labels:
                count = sizes[name] // (2 if name == heads.SPAN else 1)
                some = ", ".join(labels[:3]) + (", ..." if len(labels) > 3 else "")
                self.world.say(f"{where}: no example of {len(labels)} of {count} labels of the head {name} ({some}); it will not learn them")

    def _build(self) -> None:
        o = self.options
        layout = model.Build(o.tensor, o.pipeline, self.is_bf16, False, o.dropout, self.world.on_gpu, o.lora, o.seed)
        self.bare = model.SottoModel(self.shape, layout, self.head_sizes)
        self.world.seed(self.options.seed)
        if self.options.embedding:
            embedding.put_into(self.bare, self.options.embedding)
        if self.is_bf16:
            self.bare.bfloat16()
        self.bare.to(self.world.device)
        if self.options.lora:
            lora.freeze_base(self.bare)
        self.ddp = DistributedDataParallel(
            self.bare.config,
            DistributedDataParallelConfig(
                use_distributed_optimizer=True, grad_reduce_in_fp32=True, overlap_grad_reduce=self.world.on_gpu, average_in_collective=False
            ),
            self.bare,
        )
        self.bare.config.finalize_model_grads_func = lambda parts, tokens, **more: finalize_model_grads(parts, None, **more)
        self.bare.config.no_sync_func = self.ddp.no_sync
        self.optimizer = get_megatron_optimizer(
            OptimizerConfig(
                optimizer="adam",
                lr=self.options.rate,
                min_lr=0.0,
                weight_decay=self.options.weight_decay,
                adam_beta1=0.9,
                adam_beta2=0.95,
                clip_grad=self.options.clip,
                bf16=self.is_bf16,
                params_dtype=torch.bfloat16 if self.is_bf16 else torch.float32,
                use_distributed_optimizer=True,
            ),
            [self.ddp],
        )
        self.bare.config.grad_scale_func = self.optimizer.scale_loss
        self.run_schedule = get_forward_backward_func()

    def trained_parameters(self) -> int:
        return sum(p.numel() for p in self.bare.parameters() if p.requires_grad)

    # --- how many windows at once

    def _choose_plan(self) -> None:
        saved = self._saved_plan()
        if saved is not None:
            self._use(saved)
            return
        if self.options.micro_batch:
            if self.per_rank % self.options.micro_batch:
                raise UserError(f"--micro-batch {self.options.micro_batch} does not divide the {self.per_rank} windows of a rank's step")
            self._use(memory.Plan(self.options.micro_batch, self.per_rank // self.options.micro_batch, self.options.recompute))
            return
        costs = [self._probe(recompute) for recompute in ((True,) if self.options.recompute else (False, True))]
        free = memory.free_bytes(self.world.device, self.world.local_size)
        cap = None if self.options.memory is None else self.options.memory - self._held()
        budget = int(self.world.agree(min(free * memory.SPARE, free if cap is None else cap), dist.ReduceOp.MIN))
        later = 8 * self.trained_parameters() // self.world.data
        most = self.options.most_micro_batch if self.world.on_gpu else MICROBATCH_LIMIT_CPU
        plan = memory.choose(costs, budget, self.per_rank, most, later)
        self.world.say(memory.table(costs, budget, later, plan))
        self._use(plan)

    def _held(self) -> int:
        """Bytes of this rank already taken, which a cap counts too."""
        return torch.cuda.memory_allocated() if self.world.on_gpu else memory._status("VmRSS")

    def _saved_plan(self) -> memory.Plan | None:
        """A run that goes on takes the sizes it had: sums in another order differ in their last bits."""
        folder = checkpoint.latest(self.options.output)
        if folder is None:
            return None
        saved = checkpoint.common_state(folder).get("sotto_training", {})
        same = saved.get("data_ranks") == self.world.data and saved.get("global_batch") == self.options.global_batch
        return memory.Plan(**saved["plan"]) if same else None

    def _use(self, plan: memory.Plan) -> None:
        self.plan = plan
        self._set_recompute(plan.recompute)

    def _set_recompute(self, recompute: bool) -> None:
        for c in {id(m.config): m.config for m in self.bare.modules() if hasattr(m, "config")}.values():
            c.recompute_granularity = "full" if recompute else None
            c.recompute_method = "uniform" if recompute else None
            c.recompute_num_layers = 1 if recompute else None

    def _probe(self, recompute: bool) -> memory.Cost:
        """Peaks of one and of two windows, forwards and backwards, the worst of all ranks. Leaves weights and generators as they were."""
        self._set_recompute(recompute)
        peaks = []
        for windows in (1, 1, 2):  # the first also pays for what is made once
            batch = self.corpus.batch([0] * windows)
            with random_states_kept(), memory.Peak(self.world.device) as peak:
                self._forward_backward([batch], windows, self._counts([batch]))
            peaks.append(int(self.world.agree(peak.bytes)))
        self.ddp.zero_grad_buffer()
        return memory.cost_of(recompute, peaks[1], peaks[2], 4 * self.corpus.context * self.shape.vocabulary // self.options.tensor)

    # --- one step

    def _counts(self, batches: list[Batch]) -> torch.Tensor:
        """Learnt decisions of the whole step: tokens, then those of each head."""
        own = [sum(float(b.loss_mask.sum()) for b in batches)]
        per_batch = [heads.counts(b.turns) for b in batches]
        own += [float(sum(c[name] for c in per_batch)) for name in self.head_sizes]
        total = torch.tensor(own, dtype=torch.float64, device=self.world.device)
        dist.all_reduce(total, group=self.world.data_group)
        return total

    def _forward_backward(self, batches: list[Batch], micro: int, counts: torch.Tensor, forward_only: bool = False) -> torch.Tensor:
        """Mean losses of the step in the order of _counts, on the last stage; gradients are in the buffers."""
        names = ("lm", *self.head_sizes)
        weights = torch.tensor([1.0] + [self.options.head_weight] * len(self.head_sizes), dtype=torch.float32, device=self.world.device)
        divisors = counts.clamp(min=1).float()

        def loss_of(sums):
            means = torch.stack([sums[name] for name in names]) / divisors
            # The weighed sum is the loss; 1 token is what Megatron is told, since the division is done.
            return (means * weights).sum(), torch.tensor(1, dtype=torch.int), means.detach()

        def forward_step(iterator, part, *unused):
            return part(next(iterator).to(self.world.device)), loss_of

        parts = self.run_schedule(
            forward_step_func=forward_step,
            data_iterator=iter(batches),
            model=[self.ddp],
            num_microbatches=len(batches),
            seq_length=self.corpus.context,
            micro_batch_size=micro,
            forward_only=forward_only,
        )
        return torch.stack(parts).sum(0) if parts else torch.zeros(len(names), device=self.world.device)

    def _share(self, losses: torch.Tensor) -> dict[str, float]:
        """Summed over the data ranks, told to all stages."""
        dist.all_reduce(losses, group=self.world.data_group)
        if self.options.pipeline > 1:
            dist.broadcast(losses, parallel_state.get_pipeline_model_parallel_last_rank(), parallel_state.get_pipeline_model_parallel_group())
        return dict(zip(("lm", *self.head_sizes), losses.tolist(), strict=True))

    def _one_step(self) -> tuple[dict[str, float], float, float]:
        blocks = self.order.share(self.samples, self.per_rank, self.world.data_rank)
        micro = self.plan.micro_batch
        batches = [self.corpus.batch(blocks[i : i + micro]) for i in range(0, len(blocks), micro)]
        for i, batch in enumerate(batches):
            self.corpus.hide_words(batch, self.options.word_dropout, [self.options.seed, self.samples, self.world.data_rank, i])
        rate = self.schedule.rate(self.step, self.elapsed)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.ddp.zero_grad_buffer()
        self.optimizer.zero_grad()
        losses = self._forward_backward(batches, micro, self._counts(batches))
        _, norm, _ = self.optimizer.step()
        return self._share(losses), rate, float(norm or 0.0)

    @torch.no_grad()
    def measure(self, most: int = 64) -> dict[str, float]:
        """Mean losses on the dev sets: their first windows, the same each time."""
        count = min(len(self.dev), most) // self.world.data * self.world.data or self.world.data
        own = [i % len(self.dev) for i in range(self.world.data_rank, count, self.world.data)]
        self.bare.eval()
        batches = [self.dev.batch([b]) for b in own]
        losses = self._share(self._forward_backward(batches, 1, self._counts(batches), forward_only=True))
        self.bare.train()
        return losses

    @torch.no_grad()
    def calibrate(self) -> dict[str, dict]:
        """Temperatures and thresholds from all windows of the dev sets; the same on every rank."""
        own = [self.dev.batch([b]) for b in range(self.world.data_rank, len(self.dev), self.world.data)]
        # Every data rank runs as many windows, since tensor ranks and stages wait for each other; the last rank's surplus is not counted.
        runs = -(-len(self.dev) // self.world.data)
        self.bare.eval()
        read = self.run_schedule(
            forward_step_func=lambda iterator, part, *unused: (
                part(next(iterator).to(self.world.device), wants="heads"),
                lambda output, non_loss_data: {name: t.float().cpu() for name, t in output.items()},
            ),
            data_iterator=iter(own + own[-1:] * (runs - len(own)) if own else [self.dev.batch([0])] * runs),
            model=[self.ddp],
            num_microbatches=runs,
            seq_length=self.corpus.context,
            micro_batch_size=1,
            forward_only=True,
            collect_non_loss_data=True,
        )
        self.bare.train()
        parts = list(zip(read[: len(own)], (b.turns for b in own), strict=True)) if self.world.is_last_stage else []
        everything = [None] * self.world.size
        dist.all_gather_object(everything, parts if parallel_state.get_tensor_model_parallel_rank() == 0 else [])
        return calibrate.all_heads([part for rank in everything for part in rank])

    # --- the run

    def run(self) -> str:
        """'done' or 'stopped'. Everything is saved when it returns."""
        with random_states_kept():  # those of the checkpoint are there already
            peak, source = speed.peak(self.world.device, torch.bfloat16 if self.is_bf16 else torch.float32)
        # Ranks on one machine's CPU are together no faster than its cores.
        together = self.world.local_size if self.world.on_gpu else min(self.world.local_size, max(1, os.cpu_count() // torch.get_num_threads()))
        self.whole_peak = None if peak is None else peak * together * self.world.size / self.world.local_size
        self.world.say(
            f"{self.trained_parameters() * self.options.tensor * self.options.pipeline / 1e6:.2f}M trained parameters, {self.world.data} data x "
            f"{self.options.tensor} tensor x {self.options.pipeline} pipeline, {'bf16' if self.is_bf16 else 'fp32'}, "
            f"{len(self.corpus)} windows of {self.corpus.context}; peak of a rank {'unknown' if peak is None else f'{peak / 1e9:.1f} GFLOP/s'} ({source})"
        )
        self.curve = curves.Curve(self.options.output / "curve.jsonl", self.step) if self.world.rank == 0 else None
        self.started, self.already = time.monotonic(), self.elapsed
        since, since_step, saved = self.started, self.step, self.step
        while not self.schedule.is_over(self.step, self.elapsed):
            losses, rate, norm = self._one_step()
            self.step, self.samples = self.step + 1, self.samples + self.options.global_batch
            if not all(map(_is_finite, losses.values())):
                raise UserError(f"the loss is no number at step {self.step}; lower --rate and start again from the last checkpoint")
            self.elapsed, stop = self._agree_on_time()
            over = stop or self.schedule.is_over(self.step, self.elapsed)
            if self.step % self.options.log_every == 0 or over or self.step == 1:
                now = time.monotonic()
                self._log(losses, rate, norm, (self.step - since_step) / (now - since))
                since, since_step = now, self.step
            if self.dev and (self.step % self.options.dev_every == 0 or over):
                self._log_dev()
                since = time.monotonic()
            if over and not stop and self.dev and self.head_sizes:
                self.calibration = self.calibrate()
            if self.step % self.options.save_every == 0 or over:
                self.save()
                saved, since = self.step, time.monotonic()
            if stop:
                self.world.say(f"stopped at step {self.step}; saved, the same command goes on")
                return "stopped"
        if saved != self.step:
            self.save()
        self._draw()
        return "done"

    def _agree_on_time(self) -> tuple[float, bool]:
        """Seconds of training so far by rank 0's clock, and whether any rank was told to stop."""
        own = [self.already + time.monotonic() - self.started if self.world.rank == 0 else 0.0, float(self.world.should_stop)]
        agreed = torch.tensor(own, dtype=torch.float64, device=self.world.device)
        dist.all_reduce(agreed, op=dist.ReduceOp.MAX)
        return agreed[0].item(), agreed[1].item() > 0

    def _log(self, losses: dict, rate: float, norm: float, steps_per_second: float) -> None:
        if self.curve is None:
            return
        tokens = steps_per_second * self.options.global_batch * self.corpus.context
        share = None if self.whole_peak is None else tokens * self.shape.flops_per_token() / self.whole_peak
        row = {"step": self.step, "seconds": round(self.elapsed, 2), "loss": losses, "rate": rate, "norm": norm, "tokens_per_second": round(tokens, 1)}
        self.curve.add(row | ({} if share is None else {"of_peak": round(share, 4)}))
        of_peak = "" if share is None else f" ({share:.0%} of peak)"
        print(f"step {self.step}  " + "  ".join(f"{k} {v:.4f}" for k, v in losses.items()) + f"  rate {rate:.2e}  {tokens:.0f} tokens/s{of_peak}", flush=True)

    def _log_dev(self) -> None:
        losses = self.measure()
        if self.curve is not None:
            self.curve.add({"step": self.step, "dev": losses})
            print(f"step {self.step} dev  " + "  ".join(f"{k} {v:.4f}" for k, v in losses.items()), flush=True)

    def _draw(self) -> None:
        if self.world.rank == 0:
            curves.draw(self.options.output / "curve.jsonl", self.options.output / "curve.png")

    # --- checkpoints

    def common(self) -> dict:
        """The part of a checkpoint that all ranks share."""
        state = {"args": config.checkpoint_arguments(self.shape, self.options.tensor, self.options.pipeline)}
        if self.head_sizes:
            state["sotto"] = {"heads": heads.facts(self.corpus.labels, self.head_sizes, self.calibration)}
        state["sotto_training"] = {
            "step": self.step,
            "samples": self.samples,
            "elapsed": self.elapsed,
            "model": dataclasses.asdict(self.shape),
            "heads": list(self.head_sizes),
            "lora": self.options.lora,
            "tokenizer": self.corpus.tokenizer,
            "seed": self.options.seed,
            **self._ranks(),
            "data_ranks": self.world.data,
            "global_batch": self.options.global_batch,
            "bf16": self.is_bf16,
            "plan": dataclasses.asdict(self.plan),
            "threads": int(os.environ.get("OMP_NUM_THREADS", 0)),
        }
        return state

    def save(self, root=None, with_optimizer: bool = True):
        start = time.monotonic()
        root = root or self.options.output
        folder = checkpoint.save(self.world, root, self.step, self.bare, self.optimizer if with_optimizer else None, self.common(), self.options.keep)
        self.world.say(f"saved {folder} ({time.monotonic() - start:.1f} s)")
        return folder

    def _resume(self) -> None:
        folder = checkpoint.latest(self.options.output)
        if folder is None:
            if self.options.base:
                missing = checkpoint.load_weights(checkpoint.resolve(self.options.base), self.bare, self.optimizer)
                expected = [m for m in missing if m.startswith("sotto_heads.") or ".lora_" in m]
                if len(expected) != len(missing):
                    raise UserError(f"{self.options.base} has no {next(m for m in missing if m not in expected)}; give a checkpoint of this model")
            return
        saved = checkpoint.common_state(folder).get("sotto_training")
        if saved is None:
            raise UserError(f"{folder} was not written by a training run of this package; give it with --base and another --output")
        self._check_same(folder, saved)
        same = all(saved.get(k) == v for k, v in self._ranks().items())
        checkpoint.load(self.world, folder, self.bare, self.optimizer, same)
        self.step, self.samples, self.elapsed = saved["step"], saved["samples"], saved["elapsed"]
        if not same:
            self.world.seed(self.options.seed, self.step)
        self.world.say(f"going on from {folder}{self._what_differs(saved, same)}")

    def _ranks(self) -> dict:
        """What a rank's generators belong to."""
        return {"world": self.world.size, "tensor": self.options.tensor, "pipeline": self.options.pipeline, "device": self.world.device.type}

    def _what_differs(self, saved: dict, same: bool) -> str:
        """Why the losses from here on will not be the very same ones that the first run had; empty if they will."""
        if not same:
            return (
                f", by {saved['world']} ranks then and {self.world.size} now: sums come in another order, and generators begin anew from "
                f"seed {self.options.seed} and step {self.step}"
            )
        threads = int(os.environ.get("OMP_NUM_THREADS", 0))
        if self.world.on_gpu or saved["threads"] == threads:
            return ""
        return f", by {saved['threads']} threads a rank then and {threads} now: sums come in another order"

    def _check_same(self, folder, saved: dict) -> None:
        own = {
            "model": dataclasses.asdict(self.shape),
            "heads": list(self.head_sizes),
            "lora": self.options.lora,
            "tokenizer": self.corpus.tokenizer,
            "bf16": self.is_bf16,
            "global_batch": self.options.global_batch,
            "seed": self.options.seed,
        }
        for key, value in own.items():
            if saved[key] != value:
                raise UserError(f"{folder} was trained with {key} {_short(saved[key], value)}; give the same, or another --output")


def _is_finite(number: float) -> bool:
    return number == number and abs(number) != float("inf")


def _short(saved, own) -> str:
    """What differs, not all of it."""
    if isinstance(saved, dict) and isinstance(own, dict):
        saved, own = ({k: d[k] for k in d if saved.get(k) != own.get(k)} for d in (saved, own))
    return f"{saved}, this run has {own}"
