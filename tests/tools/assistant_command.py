"""sotto run and the smart speaker with a model for the assistant: a tiny one whose intent head is set by its bias, with the domain inside."""
import json
import os
import pathlib
import subprocess

import support
from assistant_model import model_for
from support import arguments


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
