"""Size, error and perplexity of every type that `sotto quantize` writes, as the table of docs/performance.md.

    tests/bench/types.py --sotto build/bin/sotto --model MODEL.gguf --text FILE [--types f16,q8_0,...]

MODEL is widened to f16 first, and everything is compared with that."""
import argparse
import json
import pathlib
import subprocess
import tempfile

TYPES = "f16,bf16,q8_0,q6_k,q5_k,q5_k_m,q5_1,q5_0,q4_k,q4_k_m,q4_1,q4_0"


def quantize(sotto, model, output, kind, *more):
    done = subprocess.run([sotto, "quantize", str(model), "-o", str(output), "--type", kind, "--json", "--quiet", *more], capture_output=True,
                          text=True, check=True)
    return json.loads(done.stdout)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--sotto", required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--text", required=True)
    parser.add_argument("--types", default=TYPES)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        wide, out = pathlib.Path(folder, "f16.gguf"), pathlib.Path(folder, "out.gguf")
        quantize(args.sotto, args.model, wide, "f16")
        print("| type | MB | bits a weight | relative error | perplexity | the same likeliest token | seconds to quantize |\n|---|---|---|---|---|---|---|")
        for kind in args.types.split(","):
            said = quantize(args.sotto, wide, out, kind, "--force", "--measure", args.text)
            m = said["measured"]
            print(f"| {kind} | {said['bytes'] / 1e6:.1f} | {said['bits_per_weight']:.2f} | {100 * said['relative_error']:.3f} % | "
                  f"{m['perplexity_after']:.3f} | {100 * m['same_likeliest_token']:.1f} % | {said['seconds']:.1f} |", flush=True)
        print(f"{m['scored_tokens']} tokens scored, f16: {m['perplexity_before']:.3f}")


main()
