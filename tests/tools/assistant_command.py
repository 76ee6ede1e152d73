"""sotto run and the smart speaker with a model for the assistant: a tiny one whose intent head is set by its bias, with the domain inside."""
import json
import os
import pathlib
import struct
import subprocess

import support
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


def model_for(intent, domain=DOMAIN):
    """The small model with a head that answers `intent` to everything, and a domain."""
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
    labels = ["none", intent]
    head = "sotto.head.intent"
    own = [(f"{head}.labels", ARRAY, struct.pack("<IQ", TEXT, len(labels)) + b"".join(map(text, labels))), (f"{head}.kind", TEXT, text("sequence"))]
    if domain is not None:
        own.append(("sotto.assistant", TEXT, text(domain)))
    added = b"".join(text(name) + struct.pack("<I", kind) + value for name, kind, value in own)
    weight, bias = struct.pack(f"<{2 * HIDDEN}f", *[0.0] * (2 * HIDDEN)), struct.pack("<2f", 0, 9)
    table += text(f"{head}.weight") + struct.pack("<IQQIQ", 2, HIDDEN, 2, 0, len(numbers))
    numbers = padded(numbers + weight)
    table += text(f"{head}.bias") + struct.pack("<IQIQ", 1, 2, 0, len(numbers))
    front = struct.pack("<IIQQ", magic, version, tensors + 2, keys + len(own)) + data[24:keys_end] + added + table
    return padded(front) + padded(numbers + bias)


class Assistant(support.Case):
    def model(self, intent, **how):
        return self.write(f"{intent}.gguf", model_for(intent, **how))

    def test_a_prompt_is_one_turn(self):
        model = self.model("device.turn_on")
        self.assertIn("台灯", self.good("run", model, "-p", "打开书房的台灯", "--backend", "reference").decode("utf-8"))
        said = self.json("run", model, "-p", "turn on the desk lamp", "--backend", "reference")
        self.assertEqual(said["source"], "template")
        self.assertEqual([(c["name"], c["arguments"]["device"], c["ok"]) for c in said["calls"]], [("device.turn_on", "light.study", True)])
        self.assertEqual(said["parts"][0]["intent"], "device.turn_on")

    def test_a_chat_acts_on_the_home(self):
        lines = "turn on the desk lamp\n/home\n/undo\n/home\n/reset\n\n/exit\nturn on the desk lamp\n".encode()
        status, out, err = support.call("run", self.model("device.turn_on"), "--backend", "reference", stdin=lines)
        self.assertEqual(status, 0, err)
        self.assertEqual(out.decode("utf-8").count("\n"), 2, out)
        self.assertIn("light.study", err)
        self.assertIn("took that back", out.decode("utf-8"))

    def test_free_text_is_there_for_those_who_ask(self):
        model = self.model("clock.time")
        self.good("run", model, "--raw", "-p", "the", "-n", "2", "--backend", "reference")
        self.good("run", model, "--free-text", "-p", "the", "-n", "2", "--backend", "reference")
        plain = self.write("plain.gguf", model_for("clock.time", domain=None))  # without a domain it is a model like any other
        self.good("run", plain, "-p", "the", "-n", "2", "--backend", "reference")

    def test_a_broken_domain_is_a_sentence(self):
        for domain in ("{", '{"format": "sotto.assistant", "version": 99}', "[" * 100000):
            model = self.write("broken.gguf", model_for("clock.time", domain=domain))
            self.assertIn("assistant", self.bad(1, "run", model, "-p", "hello", "--backend", "reference"))

    def test_the_speaker_keeps_time(self):
        speaker = pathlib.Path(arguments.sotto).with_name("smart_speaker")
        if not speaker.is_file():
            self.skipTest("the sample is not built")
        model, state = self.model("timer.start"), str(self.folder / "state.json")
        script = self.write("script.txt", "set a timer for ten minutes\n/wait 9\n/wait 1\n")

        def play(lines, *more):
            done = subprocess.run([str(speaker), model, "--backend", "reference", "--script", lines, "--clock", "2026-11-28T20:30", *more],
                                  capture_output=True, timeout=120, check=False, env=os.environ)
            self.assertEqual(done.returncode, 0, done.stderr)
            return done.stdout.decode("utf-8")

        said = play(script)
        self.assertEqual(said.count("Time is up: 10 minutes."), 1, said)
        self.assertLess(said.index("/wait 1\n"), said.index("Time is up"))
        play(self.write("first.txt", "set a timer for ten minutes\n"), "--state", state)  # the power fails
        self.assertEqual(len(json.loads(pathlib.Path(state).read_text(encoding="utf-8"))["clockwork"]), 1)
        self.assertIn("时间到了：10分钟", play(self.write("second.txt", "/wait 11\n"), "--state", state))


support.main()
