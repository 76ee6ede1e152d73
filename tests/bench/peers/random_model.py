#!/usr/bin/env python3
"""Writes the random-weight model that speed is compared on: 386 million parameters in the shape of Llama, as a GGUF file in BF16
and, with --folder, as a Hugging Face folder for programs that read those. Its text is noise, its arithmetic is a real model's.

    tests/bench/peers/random_model.py FILE.gguf [--folder FOLDER] [--layers 24] [--hidden 896] [--ffn 4864] [--heads 14]
        [--kv-heads 2] [--vocabulary 32000]

`sotto quantize FILE.gguf OUT.gguf --type q4_0` makes the other files of it. Needs numpy.
"""
import argparse
import itertools
import json
import pathlib
import string
import struct

import numpy

BF16 = 30  # the type's number in GGUF
F32 = 0
FILE_TYPE = 32  # general.file_type: mostly BF16


def bf16(values):
    bits = values.astype(numpy.float32).view(numpy.uint32)
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(numpy.uint16)


class Tensors:
    """(name in GGUF, name in Hugging Face's files, shape, bytes, is a vector), the same numbers for both files."""

    def __init__(self, a):
        self.a = a
        self.random = numpy.random.default_rng(7)

    def matrix(self, rows, columns):
        return bf16(self.random.standard_normal((rows, columns), dtype=numpy.float32) * 0.7 / columns**0.5)

    def __iter__(self):
        a, head = self.a, self.a.hidden // self.a.heads
        yield "token_embd.weight", "model.embed_tokens.weight", self.matrix(a.vocabulary, a.hidden)
        for layer in range(a.layers):
            ours, theirs = f"blk.{layer}.", f"model.layers.{layer}."
            for name, other in (("attn_norm", "input_layernorm"), ("ffn_norm", "post_attention_layernorm")):
                yield f"{ours}{name}.weight", f"{theirs}{other}.weight", numpy.ones(a.hidden, numpy.float32)
            for name, other, rows, columns in (
                ("attn_q", "self_attn.q_proj", a.hidden, a.hidden),
                ("attn_k", "self_attn.k_proj", a.kv_heads * head, a.hidden),
                ("attn_v", "self_attn.v_proj", a.kv_heads * head, a.hidden),
                ("attn_output", "self_attn.o_proj", a.hidden, a.hidden),
                ("ffn_gate", "mlp.gate_proj", a.ffn, a.hidden),
                ("ffn_up", "mlp.up_proj", a.ffn, a.hidden),
                ("ffn_down", "mlp.down_proj", a.hidden, a.ffn),
            ):
                yield f"{ours}{name}.weight", f"{theirs}{other}.weight", self.matrix(rows, columns)
        yield "output_norm.weight", "model.norm.weight", numpy.ones(a.hidden, numpy.float32)


def text(value):
    raw = value.encode()
    return struct.pack("<Q", len(raw)) + raw


def key(name, kind, packed):
    return text(name) + struct.pack("<I", kind) + packed


def byte_names():
    """The character that stands for each byte in byte-level BPE (GPT-2): itself where it can be printed, one past 255 otherwise."""
    printed = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in printed]
    return [chr(byte) for byte in printed] + [chr(256 + place) for place in range(len(others))]


def words(count):
    """`count` words of two to four letters, each behind the two pieces that are merged to it."""
    pairs = [(a, b) for a in string.ascii_lowercase for b in string.ascii_lowercase]
    twos = ["".join(pair) for pair in pairs]
    longer = itertools.chain(itertools.product(twos, string.ascii_lowercase), itertools.product(twos, twos))
    return [(*pieces, "".join(pieces)) for pieces in itertools.islice(itertools.chain(pairs, longer), count)]


def tokenizer_keys(vocabulary):
    """A byte-level BPE vocabulary: nobody reads its words, but programs insist on one, and this kind all of them know."""
    names = ["<unk>", "<s>", "</s>", *byte_names()]
    made = words(vocabulary - len(names))
    kinds = [3, 3, 3] + [1] * (vocabulary - 3)
    array = lambda kind, items: struct.pack("<IQ", kind, len(items)) + b"".join(items)
    texts = lambda items: array(8, [text(item) for item in items])
    return [
        key("tokenizer.ggml.model", 8, text("gpt2")),
        key("tokenizer.ggml.pre", 8, text("smollm")),
        key("tokenizer.ggml.tokens", 9, texts(names + [word for _, _, word in made])),
        key("tokenizer.ggml.token_type", 9, array(5, [struct.pack("<i", k) for k in kinds])),
        key("tokenizer.ggml.merges", 9, texts(f"{left} {right}" for left, right, _ in made)),
        key("tokenizer.ggml.bos_token_id", 4, struct.pack("<I", 1)),
        key("tokenizer.ggml.eos_token_id", 4, struct.pack("<I", 2)),
        key("tokenizer.ggml.unknown_token_id", 4, struct.pack("<I", 0)),
        key("tokenizer.ggml.padding_token_id", 4, struct.pack("<I", 2)),
        key("tokenizer.ggml.add_bos_token", 7, b"\0"),
        key("tokenizer.chat_template", 8, text("{% for message in messages %}{{ message['content'] }}{% endfor %}")),
    ]


def write_gguf(path, a, tensors):
    u32 = lambda name, value: key(f"llama.{name}", 4, struct.pack("<I", value))
    f32 = lambda name, value: key(f"llama.{name}", 6, struct.pack("<f", value))
    keys = [
        key("general.architecture", 8, text("llama")),
        key("general.name", 8, text("random")),
        key("general.alignment", 4, struct.pack("<I", 32)),
        key("general.file_type", 4, struct.pack("<I", FILE_TYPE)),
        u32("block_count", a.layers),
        u32("context_length", 4096),
        u32("embedding_length", a.hidden),
        u32("feed_forward_length", a.ffn),
        u32("attention.head_count", a.heads),
        u32("attention.head_count_kv", a.kv_heads),
        u32("rope.dimension_count", a.hidden // a.heads),
        u32("vocab_size", a.vocabulary),
        f32("attention.layer_norm_rms_epsilon", 1e-5),
        f32("rope.freq_base", 10000.0),
    ] + tokenizer_keys(a.vocabulary)
    table, offset = b"", 0
    for name, _, values in tensors:
        shape = values.shape[::-1]
        table += text(name) + struct.pack(f"<I{len(shape)}Q", len(shape), *shape)
        table += struct.pack("<IQ", BF16 if values.dtype == numpy.uint16 else F32, offset)
        offset += (values.nbytes + 31) // 32 * 32
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(keys)) + b"".join(keys) + table
    with open(path, "wb") as file:
        file.write(head + b"\0" * (-len(head) % 32))
        for _, _, values in tensors:
            file.write(values.tobytes() + b"\0" * (-values.nbytes % 32))


def to_halves(values, heads):
    """GGUF rotates neighbouring pairs, Hugging Face halves: the rows of q and k in the other order."""
    rows, columns = values.shape
    return values.reshape(heads, rows // heads // 2, 2, columns).swapaxes(1, 2).reshape(rows, columns)


def write_folder(path, a, tensors):
    path.mkdir(parents=True, exist_ok=True)
    config = {
        "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_act": "silu", "torch_dtype": "bfloat16",
        "hidden_size": a.hidden, "intermediate_size": a.ffn, "num_hidden_layers": a.layers, "num_attention_heads": a.heads,
        "num_key_value_heads": a.kv_heads, "head_dim": a.hidden // a.heads, "vocab_size": a.vocabulary, "rms_norm_eps": 1e-5,
        "rope_theta": 10000.0, "max_position_embeddings": 4096, "tie_word_embeddings": True, "bos_token_id": 1, "eos_token_id": 2,
    }
    (path / "config.json").write_text(json.dumps(config, indent=1))
    header, offset = {}, 0
    for _, name, values in tensors:
        size = values.nbytes if values.dtype == numpy.uint16 else values.nbytes // 2
        header[name] = {"dtype": "BF16", "shape": list(values.shape), "data_offsets": [offset, offset + size]}
        offset += size
    raw = json.dumps(header).encode()
    raw += b" " * (-len(raw) % 8)
    with open(path / "model.safetensors", "wb") as file:
        file.write(struct.pack("<Q", len(raw)) + raw)
        for _, name, values in tensors:
            if name.endswith(("q_proj.weight", "k_proj.weight")):
                values = to_halves(values, a.heads if "q_proj" in name else a.kv_heads)
            file.write((values if values.dtype == numpy.uint16 else bf16(values)).tobytes())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file")
    parser.add_argument("--folder", type=pathlib.Path)
    for name, value in (("layers", 24), ("hidden", 896), ("ffn", 4864), ("heads", 14), ("kv-heads", 2), ("vocabulary", 32000)):
        parser.add_argument("--" + name, type=int, default=value)
    arguments = parser.parse_args()
    tensors = list(Tensors(arguments))
    write_gguf(arguments.file, arguments, tensors)
    if arguments.folder:
        write_folder(arguments.folder, arguments, tensors)
    print(f"{arguments.file}: {sum(values.size for _, _, values in tensors) / 1e6:.0f} million parameters")


main()
