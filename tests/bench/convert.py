"""Memory and speed of export, import and quantize on a model of several gigabytes, made here of one block of random numbers.

    tests/bench/convert.py --sotto build/bin/sotto --folder FOLDER [--layers 22]

The default is TinyLlama's shape in float32: 4.4 GB, and as much again for the checkpoint and for what is imported; --folder needs room for
three of them. The limit is what copying the file costs (cat into a file, synced), measured in the same run."""
import argparse
import array
import hashlib
import os
import pathlib
import random
import resource
import shutil
import struct
import subprocess
import sys
import time

HIDDEN, FFN, HEADS, KV_HEADS, VOCABULARY = 2048, 5632, 32, 4, 32000
BLOCK_FLOATS = 1 << 20


def text(value):
    return struct.pack("<Q", len(value)) + value.encode()


def key(name, kind, packed):
    return text(name) + struct.pack("<I", kind) + packed


def tensors(layers):
    kv = HIDDEN // HEADS * KV_HEADS
    yield "token_embd.weight", (HIDDEN, VOCABULARY)
    for layer in range(layers):
        for name, shape in (("attn_norm", (HIDDEN,)), ("attn_q", (HIDDEN, HIDDEN)), ("attn_k", (HIDDEN, kv)), ("attn_v", (HIDDEN, kv)),
                            ("attn_output", (HIDDEN, HIDDEN)), ("ffn_norm", (HIDDEN,)), ("ffn_gate", (HIDDEN, FFN)), ("ffn_up", (HIDDEN, FFN)),
                            ("ffn_down", (FFN, HIDDEN))):
            yield f"blk.{layer}.{name}.weight", shape
    yield "output_norm.weight", (HIDDEN,)
    yield "output.weight", (HIDDEN, VOCABULARY)


def write_model(path, layers):
    numbers = [("block_count", layers), ("context_length", 2048), ("embedding_length", HIDDEN), ("feed_forward_length", FFN),
               ("attention.head_count", HEADS), ("attention.head_count_kv", KV_HEADS), ("vocab_size", VOCABULARY)]
    keys = [key("general.architecture", 8, text("llama"))]
    keys += [key("llama." + name, 4, struct.pack("<I", value)) for name, value in numbers]
    keys.append(key("llama.attention.layer_norm_rms_epsilon", 6, struct.pack("<f", 1e-5)))
    table, offset, largest = b"", 0, 0
    all_tensors = list(tensors(layers))
    for name, shape in all_tensors:
        size = 4
        for n in shape:
            size *= n
        table += text(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, 0, offset)
        offset += size  # every size here is a multiple of 32
        largest = max(largest, size)
    head = b"GGUF" + struct.pack("<IQQ", 3, len(all_tensors), len(keys)) + b"".join(keys) + table
    source = random.Random(1)
    block = array.array("f", (source.gauss(0, 0.02) for _ in range(BLOCK_FLOATS))).tobytes()
    with open(path, "wb") as out:
        out.write(head + b"\0" * (-len(head) % 32))
        while offset > 0:
            out.write(block[:min(offset, len(block))])
            offset -= len(block)
        out.flush()
        os.fsync(out.fileno())
    return largest


def measured(*command):
    """Seconds and the peak of resident memory in MB."""
    start = time.monotonic()
    process = subprocess.Popen([str(word) for word in command])
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{command[:2]} failed")
    return time.monotonic() - start, usage.ru_maxrss / 1024


def digest(path):
    h = hashlib.sha256()
    with open(path, "rb") as file:
        while part := file.read(1 << 24):
            h.update(part)
    return h.hexdigest()[:16]


def size_of(path):
    path = pathlib.Path(path)
    return path.stat().st_size if path.is_file() else sum(p.stat().st_size for p in path.rglob("*") if p.is_file())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--sotto", required=True)
    parser.add_argument("--folder", required=True)
    parser.add_argument("--layers", type=int, default=22)
    parser.add_argument("--types", default="q8_0,q4_0,q4_k_m")
    args = parser.parse_args()
    folder = pathlib.Path(args.folder, "sotto-bench-convert")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    model, checkpoint, again = folder / "model.gguf", folder / "checkpoint", folder / "again.gguf"
    largest = write_model(model, args.layers)
    size = size_of(model)
    start = time.monotonic()
    subprocess.run(f"cat '{model}' > '{folder}/copy' && sync '{folder}/copy'", shell=True, check=True)
    copying = time.monotonic() - start
    (folder / "copy").unlink()
    mega = 1 << 20
    print(f"model {size / mega:.0f} MB, largest tensor {largest / mega:.0f} MB, copying it takes {copying:.1f} s ({size / mega / copying:.0f} MB/s)")
    print("| what | seconds | MB/s | of copying | peak MB | allowed MB | output |\n|---|---|---|---|---|---|---|")
    allowed = largest * 3 / mega + 200

    def row(what, command, output):
        seconds, peak = measured(*command)
        print(f"| {what} | {seconds:.1f} | {size / mega / seconds:.0f} | {100 * copying / seconds:.0f} % | {peak:.0f} | {allowed:.0f} | "
              f"{size_of(output) / mega:.0f} MB{'' if pathlib.Path(output).is_dir() else ', ' + digest(output)} |", flush=True)

    row("export --tp 2 --pp 2", (args.sotto, "export", model, "-o", checkpoint, "--tp", 2, "--pp", 2, "--quiet"), checkpoint)
    row("import", (args.sotto, "import", checkpoint, "-o", again, "--quiet"), again)
    print(f"tensors come back as they were: {size_of(again)} bytes")
    again.unlink()
    for kind in filter(None, args.types.split(",")):
        row(f"quantize --type {kind}", (args.sotto, "quantize", model, "-o", again, "--type", kind, "--quiet", "--force"), again)
    shutil.rmtree(folder)


main()
