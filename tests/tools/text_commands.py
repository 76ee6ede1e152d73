"""sotto tokenize, detokenize, template, and what holds for every command: usage, exit statuses, streams."""
import json
import os
import shutil
import signal
import subprocess

import support
from support import EXPECTED, MODEL, SENTENCEPIECE, TEMPLATE, arguments, ids


class Usage(support.Case):
    def test_wrong_usage_is_status_2_and_one_sentence(self):
        for words in ([], ["nonsense"], ["run", "--nonsense"], ["tokenize"], ["tokenize", MODEL], ["tokenize", MODEL, "a", "-f", "b"],
                      ["detokenize", MODEL], ["detokenize", MODEL, "--ids", "1,,2"], ["detokenize", MODEL, "--ids", "-1"],
                      ["detokenize", MODEL, "--ids", "4294967296"], ["logits", MODEL, "--ids", "1"], ["template", MODEL],
                      ["run", MODEL, "-p", "x", "--kv", "f64"], ["run", MODEL, "-p", "x", "--memory", "much"],
                      ["run", MODEL, "-p", "x", "-f", "y"], ["run", MODEL, "-p", "x", "--temp", "-1"],
                      ["run", MODEL, "-p", "x", "--split", "1,2", "--ranks", "3"], ["run", MODEL, "--raw"],
                      ["bench", MODEL, "-n", "1"], ["tokenize", MODEL, "--jsonl", "-", "--json"]):
            with self.subTest(words):
                self.bad(2, *words)

    def test_help_and_version_are_results(self):
        self.assertIn(b"perplexity", self.good("help"))
        self.assertIn(b"--raw", self.good("help", "run"))
        self.assertIn(b"--raw", self.good("run", "--help"))
        self.assertRegex(self.good("--version"), rb"^sotto \d+\.\d+\.\d+\n")

    def test_the_default_model_comes_with_the_programs(self):
        told = self.json("tokenize", "打开台灯 lamp", "--no-bos")["ids"]
        self.assertEqual(self.good("detokenize", "--ids", ids(told)).decode().strip(), "打开台灯 lamp")

    def test_a_missing_default_model_is_a_sentence(self):
        alone = self.folder / "bin" / "sotto"
        alone.parent.mkdir()
        shutil.copy(arguments.sotto, alone)
        self.assertIn("name a model", self.bad(1, "tokenize", "hello", program=alone))

    def test_files_that_are_missing_or_no_models_are_sentences(self):
        self.assertIn("nowhere.gguf", self.bad(1, "tokenize", self.folder / "nowhere.gguf", "x"))
        self.bad(1, "info", self.write("empty.gguf", b""))
        self.bad(1, "info", self.write("noise.gguf", os.urandom(1000)))
        self.bad(1, "tokenize", MODEL, "-f", self.folder / "nowhere.txt")
        self.bad(1, "tokenize", MODEL, "-f", self.folder)

    def test_results_that_cannot_be_written_are_a_failure(self):
        with open("/dev/full", "wb") as full:
            done = subprocess.run([arguments.sotto, "tokenize", MODEL, "x"], stdout=full, stderr=subprocess.PIPE, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"standard output", done.stderr)

    def test_a_reader_that_goes_away_is_a_failure_and_not_a_signal(self):
        lines = self.write("lines.jsonl", b'"hello hello hello hello"\n' * 20000)
        process = subprocess.Popen([arguments.sotto, "tokenize", MODEL, "--jsonl", lines], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE)
        process.stdout.readline()
        process.stdout.close()
        err = process.stderr.read()
        process.stderr.close()
        self.assertEqual(process.wait(timeout=60), 1, err)
        self.assertRegex(err, rb"^sotto: .*Broken pipe\n$")

    def test_ctrl_c_is_status_130(self):
        for words in (["tokenize", MODEL, "--jsonl", "-"], ["run", MODEL, "--template", self.write("t.jinja", TEMPLATE)]):
            with self.subTest(words):
                process = subprocess.Popen([arguments.sotto, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                           stderr=subprocess.PIPE)
                process.stdin.write(b'"a"\n')
                process.stdin.flush()
                process.stdout.readline()
                process.send_signal(signal.SIGINT)
                self.assertEqual(process.wait(timeout=20), 130)
                for stream in (process.stdin, process.stdout, process.stderr):
                    stream.close()

    def test_controls_are_escaped_on_a_terminal_and_only_there(self):
        tokens = json.loads(self.good("tokenize", MODEL, "a\x1b[31mb\x7fc\u009bd", "--no-bos"))
        words = [arguments.sotto, "detokenize", MODEL, "--ids", ids(tokens)]
        self.assertEqual(subprocess.run(words, capture_output=True, check=True).stdout, "a\x1b[31mb\x7fc\u009bd".encode())
        ours, theirs = os.openpty()
        subprocess.run(words, stdout=theirs, check=True)
        self.assertEqual(os.read(ours, 1000).decode(), "a\\x1b[31mb\\x7fc\\x9bd\r\n")
        os.close(ours)
        os.close(theirs)


class Tokenize(support.Case):
    def test_ids_are_the_references(self):
        self.assertEqual(json.loads(self.good("tokenize", MODEL, EXPECTED["text"], "--no-bos")), EXPECTED["text_ids_without_bos"])
        self.assertEqual(self.json("tokenize", MODEL, EXPECTED["text"], "--no-bos")["ids"], EXPECTED["text_ids_without_bos"])
        self.assertEqual(json.loads(self.good("tokenize", MODEL, "--no-bos", "-f", self.write("t", EXPECTED["text"]))),
                         EXPECTED["text_ids_without_bos"])
        self.assertEqual(json.loads(self.good("tokenize", MODEL, "", "--no-bos")), [])

    def test_a_text_that_begins_with_a_dash_follows_two(self):
        self.assertTrue(json.loads(self.good("tokenize", "--no-bos", "--", MODEL, "-x")))

    def test_lines_of_json_become_lines_of_ids(self):
        texts = ["one", "zwei\nDrei", "", "四 💡"]
        out = self.good("tokenize", MODEL, "--no-bos", "--jsonl", self.write("l.jsonl", "\n".join(map(json.dumps, texts)) + "\n"))
        single = [json.loads(self.good("tokenize", MODEL, text, "--no-bos")) for text in texts]
        self.assertEqual([json.loads(line) for line in out.splitlines()], single)
        status, out, err = support.call("tokenize", MODEL, "--jsonl", self.write("bad.jsonl", '"a"\n{"b": 1}\n'))
        self.assertEqual((status, out.count(b"\n")), (1, 1))
        self.assertIn("line 2", err)

    def test_text_comes_back_byte_for_byte(self):
        for text in (EXPECTED["text"], "  two  spaces\n\n\ttab", "e\u0301 👩‍👩‍👧 ﷽", "\x00\x01"):
            tokens = json.loads(self.good("tokenize", MODEL, "--no-bos", "-f", self.write("t", text)))
            self.assertEqual(self.good("detokenize", MODEL, "--ids", ids(tokens)), text.encode("utf-8"))
            self.assertEqual(self.json("detokenize", MODEL, "--ids", str(tokens))["text"], text)

    def test_broken_utf8_is_no_crash(self):
        for text in (b"\xff", b"ab\x80cd", b"hi \xe4\xbd", b"\xf4\x90\x80\x80", b"\xed\xa0\x80"):
            tokens = json.loads(self.good("tokenize", MODEL, "--no-bos", "-f", self.write("t", text)))
            self.assertIn(self.good("detokenize", MODEL, "--ids", ids(tokens)).decode("utf-8", "replace"),
                          {text.decode("utf-8", "replace"), "".join(c if c.isascii() else "\ufffd" for c in text.decode("latin-1"))})

    def test_a_sentencepiece_model_serves(self):
        tokens = json.loads(self.good("tokenize", SENTENCEPIECE, "turn on the light", "--no-bos"))
        self.assertEqual(self.good("detokenize", SENTENCEPIECE, "--ids", ids(tokens)).strip(), b"turn on the light")

    def test_an_id_that_the_model_lacks_is_a_sentence(self):
        self.assertIn("320", self.bad(1, "detokenize", MODEL, "--ids", "5,320"))


class Template(support.Case):
    MESSAGES = [{"role": "user", "content": "Turn on the fan. 风扇"}]

    def test_a_template_file_needs_no_model(self):
        messages = self.write("m.json", json.dumps(self.MESSAGES))
        source = self.write("t.jinja", "{{ bos_token }}" + TEMPLATE + "{{ eos_token }}{{ mood }}")
        out = self.good("template", "-f", messages, "--template", source, "--bos", "<s>", "--eos", "</s>", "--vars", '{"mood": "!"}')
        self.assertEqual(out.decode(), "<s><|user|>Turn on the fan. 风扇\n<|assistant|></s>!")
        out = self.json("template", "-f", messages, "--template", source, "--no-generation-prompt", "--bos", "", "--eos", "")
        self.assertEqual(out, {"prompt": "<|user|>Turn on the fan. 风扇\n"})

    def test_what_is_missing_or_wrong_is_a_sentence(self):
        messages = self.write("m.json", json.dumps(self.MESSAGES))
        self.bad(1, "template", MODEL, "-f", messages)
        self.bad(1, "template", "-f", self.write("x.json", "{"), "--template", self.write("t.jinja", TEMPLATE))
        self.assertIn("no roles", self.bad(1, "template", "-f", messages, "--template",
                                           self.write("r.jinja", "{{ raise_exception('no roles') }}")))


support.main()
