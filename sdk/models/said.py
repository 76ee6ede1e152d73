#!/usr/bin/env python3
"""What a model says when it is given the first words of its training texts: samples for `sotto-train memorised`, the case in which it would
repeat them most. Needs the Python binding (bindings/python) on PYTHONPATH and the built library.

  said.py MODEL.gguf ROWS.jsonl --count 10000 -o said.jsonl
"""
import argparse
import json
import pathlib
import random

import sotto


def texts(row):
    if row["kind"] == "chat":
        yield from (turn["text"] for turn in row["turns"])
    else:
        yield row.get("text", "")
        yield row.get("other", "")


def prompts(path, count, seed, model, tokens):
    """The first tokens of `count` training texts, as often as there are not enough of them."""
    chance = random.Random(seed)
    with open(path, encoding="utf-8") as file:
        found = [text for row in map(json.loads, file) if row["split"] == "train" for text in texts(row) if len(text) > 20]
    chance.shuffle(found)
    for i in range(count):
        yield model.tokenize(found[i % len(found)], bos=False)[:tokens]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("rows")
    parser.add_argument("--count", type=int, default=10000)
    parser.add_argument("--tokens", type=int, default=64, help="of each sample")
    parser.add_argument("--given", type=int, default=3, help="tokens of the training text that each sample begins with")
    parser.add_argument("--temperature", type=float, default=0.7)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("-o", "--output", type=pathlib.Path, required=True)
    a = parser.parse_args()
    with sotto.Runtime() as runtime, runtime.open(a.model) as model, a.output.open("w", encoding="utf-8") as out:
        for number, ids in enumerate(prompts(a.rows, a.count, a.seed, model, a.given)):
            with model.session() as session:
                said = session.text(ids, max_tokens=a.tokens, temperature=a.temperature, seed=a.seed + number)
            out.write(json.dumps(model.detokenize(ids) + said, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
