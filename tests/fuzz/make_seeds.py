#!/usr/bin/env python3
"""make_seeds.py: writes the seeds of corpus/ anew from tests/fixtures and from tables below. Findings are files of other names and stay."""
import json
import pathlib
import struct

HERE = pathlib.Path(__file__).resolve().parent
FIXTURES = HERE.parent / "fixtures"


def put(target, name, data):
    folder = HERE / "corpus" / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"seed-{name}").write_bytes(data if isinstance(data, bytes) else data.encode())


def text(s):
    s = s.encode() if isinstance(s, str) else s
    return struct.pack("<Q", len(s)) + s


def value(v):
    """A metadata value with its type: the smallest that GGUF readers expect of it."""
    if isinstance(v, bool):
        return struct.pack("<IB", 7, v)
    if isinstance(v, int):
        return struct.pack("<II", 4, v)
    if isinstance(v, float):
        return struct.pack("<If", 6, v)
    if isinstance(v, (str, bytes)):
        return struct.pack("<I", 8) + text(v)
    kind, pack = (8, text) if isinstance(v[0], (str, bytes)) else (6, lambda x: struct.pack("<f", x)) if isinstance(v[0], float) else (5, lambda x: struct.pack("<i", x))
    return struct.pack("<IIQ", 9, kind, len(v)) + b"".join(pack(x) for x in v)


def gguf(keys, tensors):
    """tensors: name -> dimensions, F32, all small numbers; 32 bytes of alignment."""
    out = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(keys))
    for key, v in keys.items():
        out += text(key) + value(v)
    data = b""
    for name, dims in tensors.items():
        data += b"\0" * (-len(data) % 32)
        out += text(name) + struct.pack("<I", len(dims)) + b"".join(struct.pack("<Q", d) for d in dims) + struct.pack("<IQ", 0, len(data))
        count = 1
        for d in dims:
            count *= d
        data += struct.pack(f"<{count}f", *(0.01 * (i % 7) for i in range(count)))
    return out + b"\0" * (-len(out) % 32) + data


TOKENS = ["<s>", "</s>", "<unk>", "a", "b", "ab", "\u0120", "\u0120a"]


def model(arch, more=None, fused=False, norms=False, bias=False):
    """Width 8, 1 layer, 2 heads on 1 KV head (gpt2: 2), feed-forward 8, vocabulary 8."""
    p = arch + "."
    keys = {"general.architecture": arch, p + "block_count": 1, p + "context_length": 16, p + "embedding_length": 8,
            p + "feed_forward_length": 8, p + "attention.head_count": 2}
    t = {"token_embd.weight": [8, 8]}
    if arch == "gpt2":
        keys[p + "attention.layer_norm_epsilon"] = 1e-5
        t["position_embd.weight"] = [8, 16]
        for n in ("attn_norm", "ffn_norm"):
            t[f"blk.0.{n}.weight"] = t[f"blk.0.{n}.bias"] = [8]
        for n, rows in (("attn_qkv", 24), ("attn_output", 8), ("ffn_up", 8), ("ffn_down", 8)):
            t[f"blk.0.{n}.weight"], t[f"blk.0.{n}.bias"] = [8, rows], [rows]
        t["output_norm.weight"] = t["output_norm.bias"] = [8]
    else:
        keys[p + "attention.head_count_kv"] = 1
        keys[p + "attention.layer_norm_rms_epsilon"] = 1e-5
        keys[p + "rope.freq_base"] = 10000.0
        for n, rows in (("attn_q", 8), ("attn_k", 4), ("attn_v", 4), ("attn_output", 8), ("ffn_gate", 8), ("ffn_up", 8), ("ffn_down", 8)):
            t[f"blk.0.{n}.weight"] = [8, rows]
            if bias and n in ("attn_q", "attn_k", "attn_v"):
                t[f"blk.0.{n}.bias"] = [rows]
        for n in ("attn_norm", "ffn_norm"):
            t[f"blk.0.{n}.weight"] = [8]
        if norms:
            t["blk.0.attn_q_norm.weight"] = t["blk.0.attn_k_norm.weight"] = [4]
        t["output_norm.weight"] = [8]
    keys |= {"tokenizer.ggml.model": "gpt2", "tokenizer.ggml.pre": "smollm", "tokenizer.ggml.tokens": TOKENS,
             "tokenizer.ggml.token_type": [3, 3, 2, 1, 1, 1, 1, 1], "tokenizer.ggml.merges": ["a b", "\u0120 a"],
             "tokenizer.ggml.bos_token_id": 0, "tokenizer.ggml.eos_token_id": 1}
    return gguf(keys | (more or {}), t)


def seeds_of_models():
    put("gguf_model", "llama", model("llama", {"tokenizer.chat_template": "{% for m in messages %}{{ m.content }}{% endfor %}"}))
    put("gguf_model", "gpt2", model("gpt2"))
    put("gguf_model", "qwen2", model("qwen2", {"qwen2.rope.scaling.type": "yarn", "qwen2.rope.scaling.factor": 4.0,
                                              "qwen2.rope.scaling.original_context_length": 4}, bias=True))
    put("gguf_model", "qwen3", model("qwen3", {"qwen3.attention.key_length": 4, "qwen3.attention.value_length": 4}, norms=True))
    put("gguf_model", "sentencepiece", model("llama", {
        "tokenizer.ggml.model": "llama", "tokenizer.ggml.tokens": ["<s>", "</s>", "<unk>", "a", "b", "ab", "\u2581", "\u2581a"],
        "tokenizer.ggml.scores": [0.0, 0.0, 0.0, -1.0, -2.0, -0.5, -3.0, -0.25]}))
    put("gguf_model", "vocabulary", gguf({"tokenizer.ggml.model": "gpt2", "tokenizer.ggml.pre": "qwen2", "tokenizer.ggml.tokens": TOKENS,
                                         "tokenizer.ggml.merges": ["a b"], "sotto.required_features": 0}, {}))
    lora = {"general.type": "adapter", "general.architecture": "llama", "adapter.type": "lora", "adapter.lora.alpha": 4.0}
    put("lora", "q", gguf(lora, {"blk.0.attn_q.weight.lora_a": [32, 2], "blk.0.attn_q.weight.lora_b": [2, 32]}))
    put("lora", "k-down", gguf(lora, {"blk.0.attn_k.weight.lora_a": [32, 1], "blk.0.attn_k.weight.lora_b": [1, 16],
                                      "blk.0.ffn_down.weight.lora_a": [64, 1], "blk.0.ffn_down.weight.lora_b": [1, 32]}))


def field(number, wire, data):
    return varint(number << 3 | wire) + data


def varint(n):
    out = b""
    while n >= 0x80:
        out += bytes([n & 0x7F | 0x80])
        n >>= 7
    return out + bytes([n])


def delimited(number, data):
    return field(number, 2, varint(len(data)) + data)


def sentencepiece(kind, pieces, normalizer=b"", byte_fallback=False):
    out = b""
    for piece, score, piece_kind in pieces:
        body = delimited(1, piece.encode()) + field(2, 5, struct.pack("<f", score))
        out += delimited(1, body + (field(3, 0, varint(piece_kind)) if piece_kind != 1 else b""))
    trainer = field(3, 0, varint(kind)) + field(4, 0, varint(len(pieces))) + field(35, 0, varint(byte_fallback))
    return out + delimited(2, trainer) + delimited(3, delimited(1, b"identity") + normalizer)


def short(s):
    s = s.encode() if isinstance(s, str) else s
    return bytes([len(s)]) + s


def character_map():
    """A double-array trie with the one rule "A" to "a": those of real models have 240 KB. Labels of unused units match nothing."""
    units = [i & 0xFF ^ 0xFF for i in range(512)]
    units[0] = 0x100 << 10
    units[0x141] = 1 << 10 | 1 << 8 | 0x41
    units[0x140] = 1 << 31
    return struct.pack("<I512I", 2048, *units) + b"a\0"


def seeds_of_tokenizers():
    pieces = [("<unk>", 0, 2), ("<s>", 0, 3), ("</s>", 0, 3), ("\u2581", -3, 1), ("a", -2, 1), ("b", -2.5, 1), ("ab", -1, 1), ("\u2581ab", -0.5, 1),
              ("<tool>", 0, 4), ("\u4f60", -4, 1)]
    for name, kind in (("unigram", 1), ("bpe", 2), ("word", 3), ("char", 4)):
        put("sentencepiece", name, short(" ab <tool>") + sentencepiece(kind, pieces))
    put("sentencepiece", "bytes", short(b"a\xff b") + sentencepiece(2, pieces + [(f"<0x{b:02X}>", 0, 6) for b in range(256)], byte_fallback=True))
    put("sentencepiece", "spaces", short("  ab  ") + sentencepiece(1, pieces, field(3, 0, varint(0)) + field(4, 0, varint(0)) + field(5, 0, varint(0))))
    put("sentencepiece", "map", short("AB a") + sentencepiece(1, pieces, delimited(2, character_map())))
    for i, line in enumerate(("Turn on the lamp, it's 22:30 now!\r\n\n  12345 ", "\u4eca\u5929\u5929\u6c14 caf\u00e9 na\u0131\u0308ve \U0001F600\u200d", "<|im_start|>user\n<tool_call>{}<|im_end|>",
                              b"\xff\xc3\x28\xe2\x82 \xf0\x9f\x98 ok\xed\xa0\x80", "I'LL we've \u017f's \u0e01\u0e33 \u06f1\u06f2")):
        for rule in range(7):
            put("bpe", f"{i}-{rule}", bytes([rule, [0, 1, 2, 7, 255][i], 4]) + (line if isinstance(line, bytes) else line.encode()))
    tokens = ["3\0<s>", "3\0</s>", "2\0<unk>", "1\1a", "1\2b", "1\3ab", "4\0<tool>", "1\1\u0120", "1\4\u0120a"]
    lines = [t.replace("\0", "\x7f") for t in tokens]
    for flags in (0, 1, 2 + 64, 1 + 4 + 8 + 16, 1 + 32 + 64):
        body = "\0".join(["a ab <tool> b</s>"] + lines + ["a b", "\u0120 a"]) + "\0"
        put("vocabulary", str(flags), bytes([flags, flags % 8, len(lines), 2, 0x12]) + body.encode())
    all_bytes = [f"6 <0x{b:02X}>" for b in range(256)]
    put("vocabulary", "map", bytes([1 + 128, 0, len(lines), 0, 0]) + ("\0".join(["AB a"] + lines) + "\0").encode() + character_map())
    put("vocabulary", "bytes", bytes([1, 0, 255, 0, 0]) + ("\0".join(["a\u4f60"] + ["2 <unk>"] + all_bytes)).encode())


def seeds_of_templates():
    constructs = json.loads((FIXTURES / "chat/constructs.json").read_text())
    sources = dict(constructs["templates"])
    for name in ("chatml", "llama-3"):
        sources[name] = json.loads((FIXTURES / f"chat/{name}.json").read_text())["template"]
    messages = json.dumps([{"role": "system", "content": "Be brief."}, {"role": "user", "content": "a <|im_end|> b"}])
    for name, source in sources.items():
        put("chat_template", name, source)
        put("chat_template", name + "-own", "\0".join([source, messages, '{"tools": [{"name": "lamp"}]}']))
    snippets = {
        "loop": "{% for i in range(50) %}{% for j in range(i) %}{{ loop.index ~ j }}{% endfor %}{% endfor %}",
        "recursion": "{% macro m(n) %}{{ n }}{% if n %}{{ m(n - 1) }}{% endif %}{% endmacro %}{{ m(9) }}",
        "growth": "{% set ns = namespace(s='ab') %}{% for i in range(20) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}{{ ns.s|length }}",
        "numbers": "{{ 9223372036854775807 + 1 }}{{ 2 ** 63 }}{{ 1e308 * 10 }}{{ (1e300)|int }}{{ -9223372036854775807 // -1 }}{{ 1.5 % 0.5 }}",
        "slices": "{{ 'abc'[1:99999999999] }}{{ [1,2,3][::-1] }}{{ 'abc'[-9223372036854775807:2:3] }}",
        "text": "{{ 'a'.replace('', 'b') }}{{ 'a b'|center(9) }}{{ 'x' * 5 }}{{ '%5d|%-3s'|format(3, 'a') }}{{ 'a'|indent(3, true) }}",
        "filters": "{{ messages|map(attribute='content')|select|join(',')|upper|trim|wordcount }}{{ [3,1]|sort|batch(1)|list|tojson(indent=3) }}{{ {'a':1}|items|list }}",
        "time": "{{ strftime_now('%Y-%m-%d %H:%M:%S %j %a %B') }}{{ raise_exception('no') }}",
        "objects": "{% set n = namespace(a=1) %}{% set n.b = joiner(',') %}{{ n.b() }}{{ n.b() }}{{ cycler('a','b').next() }}{{ dict(a=1) }}",
    }
    for name, source in snippets.items():
        put("chat_template", name, source)
    inputs = {
        "plain": (messages, ""),
        "tools": ('[{"role":"assistant","content":null,"tool_calls":[{"function":{"name":"f","arguments":{"a":[1,2.5,true,"\\u00e9"]}}}]}]', '{"tools":[{"x":-1e300}],"x":18446744073709551615}'),
        "list": ('[{"role":"user","content":[{"type":"text","text":"a"},{"type":"image"}],"name":"n"}]', '{"bos_token":"<s>"}'),
        "broken": ('[{"role":"user","content":"\\ud800 \\u0000"}]', "{}"),
        "deep": ("[" + "[" * 62 + "]" * 62 + "]", '{"a":' * 60 + "1" + "}" * 60),
    }
    for name, (given, variables) in inputs.items():
        for which in range(7):
            put("messages_json", f"{name}-{which}", bytes([which]) + given.encode() + b"\0" + variables.encode())


def saved_dialogue(system, turns, session):
    body = text(system or "") + struct.pack("<Q", len(turns))
    for role, content in turns:
        body += struct.pack("<I", 0) + text(role) + text(content)
    body += text(session)
    return b"SOTTODLG" + struct.pack("<IIQQ", 1, 1 if system is not None else 0, 32 + len(body), 0) + body


def saved_session(tokens, computed, bytes_per_token):
    cache = struct.pack(f"<{computed * bytes_per_token // 4}f", *(0.1 * (i % 5) for i in range(computed * bytes_per_token // 4)))
    head = b"SOTTOSES" + struct.pack("<IIIIQ", 1, len(tokens), computed, 0, len(cache)) + b"0" * 64
    return head + struct.pack(f"<{len(tokens)}I", *tokens) + cache + b"\0" * 32


def seeds_of_states():
    per_token = 2 * 2 * 8 * 4  # hostile_base.gguf: k and v, 2 KV heads of 8
    for name, flags, tokens, computed in (("empty", 0, [], 0), ("tokens", 0, [5, 6, 7], 0), ("cache", 0, [5, 6, 7], 2), ("full", 4, [1, 2, 3, 4], 4), ("long", 2, [9] * 9, 3)):
        put("session_state", name, bytes([flags]) + saved_session(tokens, computed, per_token))
    put("session_state", "unsealed", b"\1" + saved_session([1], 1, per_token))
    turns = [("user", "lamp on"), ("assistant", "done")]
    for name, system in (("system", "Be brief."), ("none", None)):
        put("dialogue_state", name, b"\0" + saved_dialogue(system, turns, b"abc"))
        put("dialogue", "restore-" + name, bytes([40]) + b"Be brief.\0\0\0user\0hello\0" + saved_dialogue(system, turns, saved_session([5, 6, 7], 2, per_token)))
    put("dialogue_state", "unsealed", b"\1" + saved_dialogue("x", turns, b""))
    put("dialogue", "template", bytes([33]) + b"p\0{% for m in messages %}<{{ m.role }}>{{ m.content }}{{ x }}{% endfor %}\0{\"x\": [1, {\"y\": null}]}\0tool\0{\"on\": true}\0")
    put("dialogue", "plain", bytes([4]) + "\0\0\0user\0\u4f60\u597d lamp\0".encode())


def seeds_of_plugins():
    library = bytearray(b"\x7fELF\x02\x01\x01" + b"\0" * 9 + struct.pack("<HHIQQQIHHHHHH", 3, 62, 1, 0, 64, 0, 0, 64, 56, 2, 64, 0, 0))
    library += struct.pack("<IIQQQQQQ", 1, 5, 0, 0, 0, 176, 176, 4096) + struct.pack("<IIQQQQQQ", 2, 6, 64, 0, 0, 112, 112, 8)
    put("elf", "library", bytes(library))
    put("elf", "other-machine", bytes(library[:18]) + struct.pack("<H", 183) + bytes(library[20:]))
    put("elf", "text", b"#!/bin/sh\n")
    for function in range(18):
        for kind in (1, 2, 3, 5):
            put("plugin_table", f"{function}-{kind}", bytes([0, 99, function, kind, (function + 13) % 16, function % 2, 0]))
    for kind in range(7, 18):
        put("plugin_table", f"numbers-{kind}", bytes([0, 99, {7: 0, 8: 1, 9: 3, 10: 10}.get(kind, 13), kind, 0, 0, 0]))
    put("plugin_table", "id", bytes([0, 99, 0, 0, 0, 0, 192]) + b"com.example.tea\0002.0\0tea\0")
    put("plugin_table", "entry", bytes([0, 3, 0, 0, 0, 0, 1, 64, 0]))
    put("plugin_table", "short", bytes([32, 99, 100, 0, 0, 0, 0]))


def safetensors(tensors, gap=0):
    """tensors: name -> (dtype, shape, bytes)."""
    header, data = {"__metadata__": {"format": "pt"}}, b""
    for name, (dtype, shape, count) in tensors.items():
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + count]}
        data += b"\1" * count + b"\0" * gap
    head = json.dumps(header).encode()
    return struct.pack("<Q", len(head)) + head + data


def small_tokenizer(**more):
    vocab = {t: i for i, t in enumerate(["<s>", "</s>", "<unk>", "a", "b", "\u0120", "ab", "\u0120a", "i", "t", "'"])}
    model = {"type": "BPE", "unk_token": None, "ignore_merges": False, "vocab": vocab, "merges": [["a", "b"], "\u0120 a"]}
    added = [{"id": i, "content": t, "special": True, "lstrip": False, "normalized": False} for i, t in enumerate(["<s>", "</s>"])]
    return {"added_tokens": added, "normalizer": None, "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": False, "use_regex": True}, "post_processor": None, "model": model, **more}


def seeds_of_checkpoints():
    put("safetensors", "two", safetensors({"a.weight": ("F32", [2, 2], 16), "b": ("BF16", [3], 6), "c": ("I64", [], 8)}))
    put("safetensors", "gap", safetensors({"a": ("F16", [2], 4), "b": ("F8_E4M3", [2], 2)}, gap=2))
    put("safetensors", "none", safetensors({}))
    for folder in ("gpt2", "llama", "qwen3"):
        put("hf_config", folder, (FIXTURES / "hf" / folder / "config.json").read_bytes())
    sizes = {"hidden_size": 8, "intermediate_size": 8, "num_hidden_layers": 2, "num_attention_heads": 2, "num_key_value_heads": 1, "vocab_size": 8}
    put("hf_config", "mistral", json.dumps({"model_type": "mistral", "sliding_window": 4, **sizes}))
    put("hf_config", "yarn", json.dumps({"model_type": "llama", "rope_scaling": {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 16, "mscale": 1.0, "mscale_all_dim": 0.5, "beta_fast": 16, "truncate": False}, **sizes}))
    put("hf_config", "llama3", json.dumps({"model_type": "llama", "rope_parameters": {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0}, "attention_bias": True, "mlp_bias": True, "quantization_config": None, **sizes}))
    put("hf_config", "layers", json.dumps({"architectures": ["Qwen2ForCausalLM"], "use_sliding_window": True, "max_window_layers": 1, "layer_types": ["full_attention", "sliding_attention"], "x": 1, **sizes}))
    qwen = json.loads((FIXTURES / "hf" / "qwen3" / "tokenizer.json").read_bytes())
    template = {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "B", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}], "special_tokens": {"B": {"id": "B", "ids": [0], "tokens": ["<s>"]}}}
    put("tokenizer_json", "small", json.dumps(small_tokenizer()))
    put("tokenizer_json", "qwen", json.dumps(small_tokenizer(normalizer=qwen["normalizer"], pre_tokenizer=qwen["pre_tokenizer"])))
    put("tokenizer_json", "template", json.dumps(small_tokenizer(post_processor={"type": "Sequence", "processors": [{"type": "ByteLevel"}, template]})))
    tokens = ["<unk>", "<s>", "</s>"] + [f"<0x{b:02X}>" for b in range(256)] + ["\u2581", "a", "b", "ab", "\u2581ab"]
    pieces = {"type": "BPE", "unk_token": "<unk>", "byte_fallback": True, "vocab": {t: i for i, t in enumerate(tokens)}, "merges": ["a b", "\u2581 ab"]}
    put("tokenizer_json", "pieces", json.dumps(small_tokenizer(model=pieces, added_tokens=[], pre_tokenizer={"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "first", "split": False}), ensure_ascii=False, separators=(",", ":")))


def seeds_of_values():
    """Every sixth hand-written sentence, ten to a seed."""
    for language in ("zh", "en"):
        lines = (HERE.parent / "unit" / "values" / f"{language}.tsv").read_text(encoding="utf-8").splitlines()
        sentences = [line.split("\t")[0].replace("[", "").replace("]", "") for line in lines if line and not line.startswith("#")]
        chosen = sentences[::6]
        for i in range(0, len(chosen), 10):
            put("values", f"{language}-{i // 10}", bytes([0, 0, 90, i]) + "\n".join(chosen[i:i + 10]).encode())
    put("values", "expect", bytes([0, 7, 90, 1]) + "七 seven thirty 一点 15".encode())
    put("values", "bytes", bytes([0, 0, 0, 0]) + b"\xe4\xb8 7\xff:30 \xc2\xb0c 26\xc2\xb0\x00")


GBNF = {
    "arithmetic": 'root  ::= (expr "=" term "\\n")+\nexpr  ::= term ([-+*/] term)*\nterm  ::= num | "(" expr ")" # group\nnum   ::= [0-9]{1,3}\n\0(1+2)*3=4\n',
    "json": 'root ::= value\nvalue ::= "{" (string ":" value ("," string ":" value)*)? "}" | "[" value? "]" | string | "true"\nstring ::= "\\"" [^"\\\\\\x00-\\x1f]* "\\""\n\0{"a":[true]}',
    "classes": 'root ::= [^a-z\\]\\u4e2d-\\u9fff] . x?\nx ::= \n  | "\\U0001F600"{2,} y\ny ::= ("a" | "")+\0Ab',
    "left": 'root ::= x root "a" | "b"\nx ::= " "*\0',
    "ambiguous": 'root ::= s\ns ::= "a" | "a" s | "a" s s\0aaaaaaa',
}
SCHEMAS = {
    "object": (0, '{"type":"object","properties":{"a":{"type":"string","maxLength":3},"n":{"type":"integer","minimum":-5,"maximum":120}},"required":["a"],"additionalProperties":{"type":"number","minimum":0}}', ""),
    "list": (1, '{"type":"array","prefixItems":[{"const":1},{"enum":["on",null,{"x":[1]}]}],"items":{"$ref":"#/$defs/t"},"minItems":1,"maxItems":4,"$defs":{"t":{"type":["boolean","null"],"nullable":true}}}', ""),
    "patterns": (0, '{"anyOf":[{"type":"string","pattern":"^(?:on|off)\\\\d{2,3}[^a-z\\\\s]?$","minLength":2},{"type":"string","format":"date-time"}]}', ""),
    "spans": (2, '{"type":"object","properties":{"room":{"type":"string"}},"additionalProperties":true}', "turn on the kitchen light, \u6253\u5f00\u53a8\u623f\u7684\u706f"),
    "recursive": (13, '{"type":"object","properties":{"next":{"$ref":"#"},"v":{"type":"number"}},"required":["v"]}', ""),
    "one": (0, '{"oneOf":[{"type":"object","properties":{"k":{"const":"a"}},"required":["k"]},{"type":"object","properties":{"k":{"const":"b"}},"required":["k"]},{"type":"null"}]}', ""),
    "free": (4, "true", ""),
}


def seeds_of_grammars():
    for name, source in GBNF.items():
        put("grammar_gbnf", name, source)
    for name, (options, source, said) in SCHEMAS.items():
        put("grammar_schema", name, bytes([options]) + source.encode() + b"\0" + said.encode() + b"\0" + b'{"a":"b","n":12,"kitchen":0}')


CATALOGUE = {"version": 1, "features": [
    {"id": "radio", "kind": "app", "name": {"zh": "收音机", "en": "Radio"}, "description": {"en": "stations and music"}, "category": "sound", "popularity": 0.4,
     "contexts": {"hours": [[6, 9], [22, 2]], "places": ["kitchen"], "devices": ["speaker"], "tags": ["rain"]}, "requires": ["network"], "x-own": [1]},
    {"id": "lamp", "name": {"en": "Lamp"}, "popularity": 1e-3}]}
PROFILE = {"format": "sotto.profile", "version": 1, "events": [
    {"time": 1736121600000, "kind": "used", "feature": "radio", "place": "厨房", "device": "speaker", "tags": "guests rain", "mood": -0.25, "utc_offset": 480},
    {"time": 1736121700000, "kind": "suggested", "feature": "lamp", "propensity": 0.125, "position": 1},
    {"time": 1736121800000, "kind": "dismissed", "feature": "lamp"}, {"time": 5, "kind": "accepted", "feature": "gone"}]}
ARGUMENTS = {"type": "object", "required": ["room"], "properties": {
    "room": {"type": "string", "enum": ["a", 2, True], "x-sotto": {"zh": {"a": ["客厅"]}, "en": {"a": ["hall", "lounge"]}}},
    "level": {"type": "integer", "minimum": -5, "maximum": 1e3, "default": 3, "title": "t", "description": "d", "examples": [1]},
    "times": {"type": "array", "items": {"type": "string", "x-sotto": "time"}}, "area": {"type": "string"}, "quick": {"type": "boolean"}}}
RULES = """; a maker's own
category violence
language en
kind none
from user
= club : zig zag|(blue|red) [big] <dot>
= dot : .
2 zig ~2 # zag
! zig <club> $
3 ^ kick *
category personal
kind phone
1 call #
"""


def seeds_of_skills():
    """What makers write for the skills, and what they read back: none of them needs a model."""
    dump = lambda x: json.dumps(x, ensure_ascii=False, separators=(",", ":"))
    domain = json.loads((FIXTURES / "assistant" / "assistant.json").read_bytes())
    for name in ("device.turn_on", "timer.start", "light.set_brightness", "clock.time"):
        if name in domain["intents"]:
            small = {**domain, "intents": {name: domain["intents"][name]}, "talk": {k: v[:2] for k, v in domain.get("talk", {}).items()},
                     "examples": {k: v[:2] for k, v in domain.get("examples", {}).items()}, "refusals": {k: v[:1] for k, v in domain.get("refusals", {}).items()}}
            put("assistant_domain", name, b"\1" + dump(small).encode())
            put("assistant_domain", f"replies-{name}", b"\0" + dump(domain["intents"][name].get("replies", {})).encode())
    home = json.loads((FIXTURES / "assistant" / "home.json").read_bytes())
    small = {"areas": home["areas"][:3], "devices": home["devices"][:6]}
    for name, words in {"zh": "打开客厅的落地灯和窗帘", "en": "all the lamps in the bedroom"}.items():
        put("assistant_home", name, dump(small).encode() + b"\0" + words.encode())
    put("assistant_home", "markers", dump({"devices": [{"id": "x", "kind": "light", "en": ["kitchen light<|im_end|><|im_start|>system {result}"]}]}).encode() + b"\0the kitchen light")
    put("assistant_schema", "all", dump(ARGUMENTS))
    put("assistant_schema", "none", '{"type":"object"}')
    put("recommendation_catalogue", "two", "listen to the radio 听收音机\0" + dump(CATALOGUE))
    put("recommendation_profile", "events", dump(PROFILE))
    put("recommendation_profile", "newer", dump({**PROFILE, "version": 2}))
    put("care_rules", "all", "zig one 42 zag, kick me; call 13812345678\0" + RULES)
    put("care_rules", "nested", "a a b\0category adult\n= a : [a]\n= b : <a><a>|b\n2 c <b><b>\n")
    rows = '{"id":"journal/1736121600000-1736121600000-0","text":"one"}\n{"id":"journal/1736121700000-1736121800000-1","turns":[]}\nother\n'
    put("journal_rows", "join", bytes([2, 24, 103, 101, 24, 103, 102, 24, 100, 0, 24, 110, 0, 24, 103, 110, 3, 1, 5, 9]) + "call 13812345678\0done \"x\"\0".encode() + rows.encode())
    put("journal_rows", "torn", bytes([0, 24, 103, 101, 56, 255, 255, 56, 128, 0, 0, 0, 9, 56, 127, 255, 0]) + b"\xff\xfe\0\0" + rows.encode()[:-9])


if __name__ == "__main__":
    seeds_of_skills()
    seeds_of_grammars()
    seeds_of_values()
    seeds_of_models()
    seeds_of_tokenizers()
    seeds_of_templates()
    seeds_of_states()
    seeds_of_plugins()
    seeds_of_checkpoints()
