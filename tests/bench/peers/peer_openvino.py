#!/usr/bin/env python3
"""OpenVINO GenAI measured as `sotto bench` measures: the same prompt ids, prefill to the first token, then greedy decode.

    peer_openvino.py MODEL.gguf|FOLDER [prompt 256] [generated 64] [threads 2] [repetitions 1]

Prints one JSON object a repetition, after one that warms up. Needs openvino-genai, which reads GGUF files of some models itself.
"""
import json
import resource
import sys

import numpy
import openvino
import openvino_genai


def fixed_prompt(count, vocabulary):
    """As fixed_prompt in sdk/tools/bench.cc."""
    ids, state = [], 1
    for _ in range(count):
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        ids.append((state >> 33) % vocabulary)
    return numpy.array([ids], dtype=numpy.int64)


def fnv1a(ids):
    value = 0xCBF29CE484222325
    for byte in b"".join(int(i).to_bytes(4, "little") for i in ids):
        value = (value ^ byte) * 0x100000001B3 % 2**64
    return value


def main():
    number = lambda index, otherwise: int(sys.argv[index]) if len(sys.argv) > index else otherwise
    prompt, generated = number(2, 256), number(3, 64)
    scheduler = openvino_genai.SchedulerConfig()
    scheduler.enable_prefix_caching = False  # the repetitions have the same prompt
    pipe = openvino_genai.LLMPipeline(sys.argv[1], "CPU", scheduler_config=scheduler, INFERENCE_NUM_THREADS=number(4, 2))
    ids = fixed_prompt(prompt, len(pipe.get_tokenizer().get_vocab()))
    inputs = openvino_genai.TokenizedInputs(openvino.Tensor(ids), openvino.Tensor(numpy.ones_like(ids)))
    config = openvino_genai.GenerationConfig(max_new_tokens=generated, ignore_eos=True, do_sample=False)
    for repetition in range(number(5, 1) + 1):
        result = pipe.generate(inputs, config)
        metrics = result.perf_metrics
        first_ms, token_ms = metrics.get_ttft().mean, metrics.get_tpot().mean
        if repetition == 0:
            continue
        print(json.dumps({"prefill": 1e3 * prompt / first_ms, "decode": 1e3 / token_ms, "first_token_ms": first_ms,
                          "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6,
                          "output_hash": f"{fnv1a(result.tokens[0]):016x}"}), flush=True)


main()
