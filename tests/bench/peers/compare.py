#!/usr/bin/env python3
"""Ours and the peers' programs on the same GGUF files, one after the other, round after round; prints a table in Markdown.

    tests/bench/peers/compare.py --sotto build/bin/sotto [--peer NAME=COMMAND ...] [-r 5] [-p 256] [-n 64] [--threads 2] FILE.gguf ...

A COMMAND gets `FILE prompt generated threads 1` behind its own words and prints one JSON object as peer_llama does (README.md says
how the peers are built). `--quiet COMMAND` is put in front of every measurement: a program that keeps a shared machine still. Every
round measures all programs on a file, so that all meet the same neighbours; medians of the rounds, and the ratio to the best peer.
"""
import argparse
import json
import platform
import statistics
import subprocess
import sys
import time


class Refused(Exception):
    """A program that ended with an error: a peer need not read every file."""


def ours(a, sotto, model):
    words = [*sotto.split(), "bench", model, "-p", str(a.prompt), "-n", str(a.generated), "-r", "1", "--context",
             str(a.prompt + a.generated), "--threads", str(a.threads), "--backend", "cpu", "--json", "--quiet"]
    m = json.loads(run(a, words))
    return {"prefill": m["prefill_tokens_per_s"]["median"], "decode": m["decode_tokens_per_s"]["median"], "hash": m["output_hash"],
            "peak": m["peak_rss_mb"], "first": m["first_token_ms"], "limit": m["limit_gb_per_s"], "read": m["read_gb_per_s"],
            "type": m["weight_type"], "bytes": m["bytes_per_token"]}


def theirs(a, command, model):
    m = json.loads(run(a, [*command.split(), model, str(a.prompt), str(a.generated), str(a.threads), "1"]).strip().splitlines()[-1])
    return {"prefill": m["prefill"], "decode": m["decode"], "hash": m["output_hash"], "peak": m["peak_rss_mb"], "first": m["first_token_ms"]}


def run(a, words):
    done = subprocess.run([*a.quiet.split(), *words], stdout=subprocess.PIPE, check=False, timeout=600)
    if done.returncode != 0:
        raise Refused(f"compare: {' '.join(words)} ended with {done.returncode}")
    return done.stdout.decode()


def median(rounds, what):
    return statistics.median(one[what] for one in rounds)


def measure(a, model, programs):
    rounds = {name: [] for name in programs}
    for _ in range(a.rounds):
        for name in list(rounds):
            function, command = programs[name]
            try:
                rounds[name].append(function(a, command, model))
            except Refused as refused:
                if name == "sotto":
                    sys.exit(str(refused))
                print(f"{refused}: left out", file=sys.stderr)
                del rounds[name]
    return rounds


def print_rows(a, model, rounds):
    peers = [name for name in rounds if name != "sotto"]
    best = {what: max((median(rounds[name], what) for name in peers), default=0) for what in ("prefill", "decode")}
    limit = median(rounds["sotto"], "limit")
    for name, one in rounds.items():
        prefill, decode = median(one, "prefill"), median(one, "decode")
        ratio = lambda value, most: f"{value / most:.2f}" if most and name == "sotto" else ""
        read = median(rounds["sotto"], "bytes") * decode / 1e9
        hashes = sorted({r["hash"] for r in one})
        print(f"| {rounds['sotto'][0]['type']} | {name} | {prefill:.1f} | {ratio(prefill, best['prefill'])} | {decode:.1f} | "
              f"{ratio(decode, best['decode'])} | {read:.2f} | {100 * read / limit:.0f} % of {limit:.1f} | {median(one, 'first'):.0f} | "
              f"{median(one, 'peak'):.0f} | {' '.join(hashes)} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sotto", default="build/bin/sotto")
    parser.add_argument("--peer", action="append", default=[], metavar="NAME=COMMAND")
    parser.add_argument("--quiet", default="", metavar="COMMAND")
    parser.add_argument("-r", "--rounds", type=int, default=5)
    parser.add_argument("-p", "--prompt", type=int, default=256)
    parser.add_argument("-n", "--generated", type=int, default=64)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("models", nargs="+")
    a = parser.parse_args()
    programs = {"sotto": (ours, a.sotto)}
    for peer in a.peer:
        name, _, command = peer.partition("=")
        programs[name] = (theirs, command)
    print(f"{time.strftime('%Y-%m-%d')}, {platform.machine()}, {a.threads} threads, prompt {a.prompt}, then {a.generated} tokens, "
          f"medians of {a.rounds} rounds: `{' '.join(sys.argv)}`\n")
    columns = ("type", "program", "prefill t/s", "to the best peer", "decode t/s", "to the best peer", "GB/s", "of the bandwidth",
               "first token ms", "peak MB", "hash of the ids")
    print("| " + " | ".join(columns) + " |\n" + "|" + "---|" * len(columns))
    for model in a.models:
        print_rows(a, model, measure(a, model, programs))


main()
