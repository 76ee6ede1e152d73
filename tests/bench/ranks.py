#!/usr/bin/env python3
"""What ranks cost: one model on one rank, on several in one process, and on several processes, round after round.

    tests/bench/ranks.py [--sotto build/bin/sotto] [--job build/tests/ranks_job] [--quiet COMMAND] [-r 5] [-p 64] [-n 24] [--cores 2] MODEL.gguf

Every round measures all configurations, so that all meet the same neighbours; ratios are taken within a round, and the medians
told. `--quiet COMMAND` is put in front of every measurement: a program that keeps a shared machine still. `--job` times an
all-reduce of two processes by its size, through shared memory and through MPI messages.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("model")
parser.add_argument("--sotto", default="build/bin/sotto")
parser.add_argument("--job", default="build/tests/ranks_job")
parser.add_argument("--mpirun", default="mpirun")
parser.add_argument("--quiet", default="")
parser.add_argument("--cores", type=int, default=2)
parser.add_argument("-r", "--rounds", type=int, default=5)
parser.add_argument("-p", "--prompt", type=int, default=64)
parser.add_argument("-n", "--generated", type=int, default=24)
a = parser.parse_args()
# Open MPI refuses root, and more processes than cores, unless it is told.
ENVIRONMENT = {**os.environ, "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1", "OMPI_MCA_hwloc_base_binding_policy": "none",
               "OMPI_MCA_rmaps_base_oversubscribe": "1"}


def run(words):
    done = subprocess.run([*a.quiet.split(), *map(str, words)], stdout=subprocess.PIPE, env=ENVIRONMENT, check=False, timeout=300)
    if done.returncode != 0:
        sys.exit(f"ranks: {' '.join(map(str, words))} ended with {done.returncode}")
    return done.stdout


def bench(before, *after):
    words = [a.sotto, "bench", a.model, "-p", a.prompt, "-n", a.generated, "-r", 3, "--context", a.prompt + a.generated, "--backend", "cpu",
             "--json", "--quiet", *after]
    return json.loads(run([*before, *words]))


def configurations():
    yield f"1 rank, {a.cores} threads", lambda: bench([], "--threads", a.cores)
    for ranks in (2, 3, 4):
        yield f"{ranks} ranks in one process, {a.cores} threads", lambda r=ranks: bench([], "--threads", a.cores, "--ranks", r)
    for processes in (2, 3, 4):
        threads = max(a.cores // processes, 1)
        yield f"{processes} processes of {threads} thread", lambda p=processes, t=threads: bench([a.mpirun, "-n", p], "--threads", t)


def measured():
    rounds = {name: [] for name, _ in configurations()}
    for _ in range(a.rounds):
        for name, measure in configurations():
            rounds[name].append(measure())
    return rounds


def print_speeds(rounds):
    first = next(iter(rounds.values()))
    print("| what | prefill t/s | to 1 rank | decode t/s | to 1 rank | collectives, us a token | of the step | hash of the ids |\n|" + "---|" * 8)
    for name, one in rounds.items():
        cells = [name]
        for key in ("prefill_tokens_per_s", "decode_tokens_per_s"):
            speeds = [m[key]["median"] for m in one]
            ratios = [m[key]["median"] / b[key]["median"] for m, b in zip(one, first)]
            cells += [f"{statistics.median(speeds):.1f} ({min(speeds):.1f} .. {max(speeds):.1f})", f"{statistics.median(ratios):.2f}"]
        told = [[c for c in m["communication"].values() if isinstance(c, dict)] if m["communication"] else [] for m in one]
        cells.append(f"{statistics.median(sum(c['us_per_token'] for c in t) for t in told):.0f}")
        cells.append(f"{100 * statistics.median(sum(c['share_of_step'] for c in t) for t in told):.1f} %")
        cells.append(", ".join(sorted({m["output_hash"] for m in one})))
        print("| " + " | ".join(cells) + " |")


def print_calls():
    with tempfile.TemporaryDirectory(prefix="sotto-ranks-") as folder:
        for transport in ("shared memory", "messages"):
            run([a.mpirun, "-n", 2, a.job, folder, "none", "reduce=300", f"transport={transport}"])
            file = pathlib.Path(folder, "rank0.txt")
            print(file.read_text(encoding="utf-8"))
            file.unlink()


print_calls()
print_speeds(measured())
