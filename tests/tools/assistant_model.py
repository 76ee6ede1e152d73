"""The small model of the fixtures with a head that answers one intent to everything, and a domain inside."""
import pathlib
import struct

from support import arguments

DOMAIN = pathlib.Path(arguments.fixtures, "assistant", "assistant.json").read_text(encoding="utf-8")
BASE = pathlib.Path(arguments.fixtures, "gguf", "small-f32.gguf")
HIDDEN, ALIGNMENT, TEXT, ARRAY = 64, 32, 8, 9
SIZES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}


def text(words):
    data = words.encode("utf-8")
    return struct.pack("<Q", len(data)) + data


def behind(data, at, kind):
    """Where a value of a GGUF ends."""
    if kind in SIZES:
        return at + SIZES[kind]
    if kind == TEXT:
        return at + 8 + struct.unpack_from("<Q", data, at)[0]
    kind, count = struct.unpack_from("<IQ", data, at)
    at += 12
    for _ in range(count):
        at = behind(data, at, kind)
    return at


def padded(data):
    return data + b"\0" * (-len(data) % ALIGNMENT)


def model_for(intent, domain=DOMAIN, heads=()):
    """The small model with a head that answers `intent` to everything, and a domain. `heads`: further ones, (name, labels, the one it answers)."""
    data = BASE.read_bytes()
    magic, version, tensors, keys = struct.unpack_from("<IIQQ", data)
    at = 24
    for _ in range(keys):
        at = behind(data, at, TEXT)
        at = behind(data, at + 4, struct.unpack_from("<I", data, at)[0])
    keys_end = at
    for _ in range(tensors):
        at = behind(data, at, TEXT)
        at += 4 + 8 * struct.unpack_from("<I", data, at)[0] + 4 + 8
    table, numbers = data[keys_end:at], padded(data[at + (-at % ALIGNMENT):])
    own = [] if domain is None else [("sotto.assistant", TEXT, text(domain))]
    all_heads = [("intent", ["none", intent], intent), *heads]
    for name, labels, answer in all_heads:
        head = f"sotto.head.{name}"
        own += [(f"{head}.labels", ARRAY, struct.pack("<IQ", TEXT, len(labels)) + b"".join(map(text, labels))),
                (f"{head}.kind", TEXT, text("sequence"))]
        table += text(f"{head}.weight") + struct.pack("<IQQIQ", 2, HIDDEN, len(labels), 0, len(numbers))
        numbers = padded(numbers + struct.pack(f"<{len(labels) * HIDDEN}f", *[0.0] * (len(labels) * HIDDEN)))
        table += text(f"{head}.bias") + struct.pack("<IQIQ", 1, len(labels), 0, len(numbers))
        numbers = padded(numbers + struct.pack(f"<{len(labels)}f", *[9.0 if label == answer else 0.0 for label in labels]))
    added = b"".join(text(name) + struct.pack("<I", kind) + value for name, kind, value in own)
    front = struct.pack("<IIQQ", magic, version, tensors + 2 * len(all_heads), keys + len(own)) + data[24:keys_end] + added + table
    return padded(front) + numbers
