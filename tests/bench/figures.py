#!/usr/bin/env python3
"""Performance figures of this machine as one table in Markdown: `sotto bench` over models, backends and cache types.

    tests/bench/figures.py --sotto build/bin/sotto [--backend cpu] [--kv f16] [-p 256] [-n 64] [-r 5] MODEL.gguf ...

Without a model: the default model. Prints the table and, with --json FILE, writes what was measured.
"""
import argparse
import json
import subprocess
import sys

COLUMNS = (
    ("model", lambda m: m["model"]),
    ("type", lambda m: m["weight_type"]),
    ("backend", lambda m: f'{m["backend"]}, {m["ranks"]} ranks, {m["threads"]} threads'),
    ("prefill t/s", lambda m: f'{m["prefill_tokens_per_s"]["median"]:.1f}'),
    ("decode t/s", lambda m: f'{m["decode_tokens_per_s"]["median"]:.1f}'),
    ("prefill / decode", lambda m: f'{m["prefill_tokens_per_s"]["median"] / m["decode_tokens_per_s"]["median"]:.1f}'),
    ("first token ms", lambda m: f'{m["first_token_ms"]:.0f}'),
    ("load ms", lambda m: f'{m["load_ms"]:.0f}'),
    ("MB a token", lambda m: f'{m["bytes_per_token"] / 1e6:.1f}'),
    ("GB/s", lambda m: f'{m["read_gb_per_s"]:.2f}'),
    ("of limit", lambda m: f'{m["percent_of_limit"]:.0f} % of {m["limit_gb_per_s"]:.1f}'),
    ("peak MB", lambda m: f'{m["peak_rss_mb"]:.0f}'),
    ("file MB", lambda m: f'{m["model_mb"]:.0f}'),
    ("output hash", lambda m: m["output_hash"]),
)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sotto", default="build/bin/sotto")
    parser.add_argument("--json", metavar="FILE")
    arguments, words = parser.parse_known_args()
    models = [word for word in words if word.endswith(".gguf")]
    passed = [word for word in words if not word.endswith(".gguf")]
    measured = []
    for model in models or [None]:
        call = [arguments.sotto, "bench", *([model] if model else []), "--json", *passed]
        done = subprocess.run(call, stdout=subprocess.PIPE, check=False)
        if done.returncode != 0:
            sys.exit(f"figures: {' '.join(call)} ended with {done.returncode}")
        measured.append(json.loads(done.stdout))
    print("| " + " | ".join(name for name, _ in COLUMNS) + " |")
    print("|" + "---|" * len(COLUMNS))
    for one in measured:
        print("| " + " | ".join(show(one) for _, show in COLUMNS) + " |")
    if arguments.json:
        with open(arguments.json, "w", encoding="utf-8") as file:
            json.dump(measured, file, indent=1)


main()
