"""Judges SmolLM2-135M-Instruct on one backend: ids, logits at the prompt's end, and greedy steps with the reference's tokens fed in.

Tolerances (tests/fixtures/smollm2/README.md names the reference):
  reference  float32 arithmetic: max |d| <= 1e-3, the greedy token equal wherever the margin is above 2e-3
  others     quantised activations, half-precision cache: KL <= 0.01, rms <= 0.5, 19 of the top 20, a greedy miss excused below a margin of 0.3
"""
import argparse
import array
import json
import math
import os
import pathlib
import subprocess
import sys
import tempfile

SKIPPED = 77


def log_softmax(row):
    top = max(row)
    total = math.log(sum(math.exp(x - top) for x in row))
    return [x - top - total for x in row]


def judge(sotto, fixtures, model, backend, prompt, vocabulary):
    def run(*words):
        return subprocess.run([sotto, *words], check=True, capture_output=True, timeout=1000).stdout

    ids, greedy = prompt["tokens"], prompt["greedy"]
    special = ["--special"] if prompt["parse_special"] else []
    faults = []
    if json.loads(run("tokenize", model, prompt["text"], "--no-bos", *special)) != ids:
        faults.append("ids differ")
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "logits.f32")
        fed = ids + greedy[:-1]
        run("logits", model, "--ids", ",".join(map(str, fed)), "-o", path, "--backend", backend, "--quiet")
        rows = array.array("f", pathlib.Path(path).read_bytes())
    expected = array.array("f", (fixtures / prompt["logits_file"]).read_bytes())
    found = rows[(len(ids) - 1) * vocabulary : len(ids) * vocabulary]

    largest = max(abs(a - b) for a, b in zip(found, expected))
    rms = math.sqrt(sum((a - b) ** 2 for a, b in zip(found, expected)) / vocabulary)
    p, q = log_softmax(expected), log_softmax(found)
    divergence = sum(math.exp(a) * (a - b) for a, b in zip(p, q))
    best = sorted(range(vocabulary), key=found.__getitem__)[-20:]
    kept = len(set(best) & {token for token, _ in prompt["top20"]})
    excuse = 2e-3 if backend == "reference" else 0.3
    missed = excused = 0
    for step, token in enumerate(greedy):
        row = rows[(len(ids) - 1 + step) * vocabulary : (len(ids) + step) * vocabulary]
        if max(range(vocabulary), key=row.__getitem__) != token:
            small = prompt["greedy_margin"][step] < excuse
            excused += small
            missed += not small
    print(f"{backend} {prompt['name']}: max |d| {largest:.2e}, rms {rms:.2e}, KL {divergence:.2e}, top 20 kept {kept}, "
          f"greedy steps {len(greedy)}, missed {missed}, excused {excused}")
    if backend == "reference" and largest > 1e-3:
        faults.append(f"max |d| {largest}")
    if divergence > 0.01 or rms > 0.5 or kept < 19:
        faults.append("logits too far off")
    if missed:
        faults.append(f"{missed} greedy steps missed")
    return [f"{prompt['name']}: {fault}" for fault in faults]


def main():
    parser = argparse.ArgumentParser()
    for name in ("sotto", "fixtures", "backend"):
        parser.add_argument("--" + name, required=True)
    args = parser.parse_args()
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache")
    model = cache / "sotto" / "SmolLM2-135M-Instruct.Q4_1.gguf"
    if not model.exists():
        print(f"skipped: {model} is missing; sdk/tools/setup fetch brings it")
        sys.exit(SKIPPED)
    fixtures = pathlib.Path(args.fixtures)
    reference = json.loads((fixtures / "prompts.json").read_text())
    faults = []
    for prompt in reference["prompts"]:
        faults += judge(args.sotto, fixtures, str(model), args.backend, prompt, reference["vocab"])
    sys.exit("\n".join(faults) or 0)


main()
