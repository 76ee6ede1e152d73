"""The same answers on any number of processes: logits within 1e-4 of one rank's, the same greedy ids, the same bits each time."""
import array
import json
import subprocess
import unittest

import job

TOLERANCE = 1e-4  # KV f32, float activations: the order of a sum is all that differs


def floats(path):
    values = array.array("f")
    values.frombytes(path.read_bytes())
    return values


class Answers(job.Case):
    def logits(self, ranks, model, **options):
        words, (status, _, err, _) = self.job(ranks, model, logits=1, **options)
        self.assertEqual(status, 0, err)
        for rank, said in enumerate(words):
            self.assertEqual(said.get("status"), "0", f"rank {rank} of {ranks}: {said} {err}")
        self.assertEqual(words[0]["restored"], "1", words[0])
        return (self.folder / "logits.f32").read_bytes(), words[0]

    def one_rank(self, model, backend):
        path = self.folder / "one.f32"
        ids = job.numbers(job.EXPECTED[model]["tokens"])
        subprocess.run([job.arguments.sotto, "logits", job.GGUF / (model + ".gguf"), "--ids", ids, "-o", path, "--force",
                        "--kv", "f32", "--backend", backend, "--quiet"], check=True, timeout=60, env=job.ENVIRONMENT)
        return floats(path)

    def test_the_communicator(self):
        for ranks in (2, 3):
            for transport in ("shared memory", "messages"):
                with self.subTest(ranks=ranks, transport=transport):
                    words, (status, _, err, _) = self.job(ranks, "small-q8_0", calls=1, transport=transport)
                    self.assertEqual((status, [said.get("status") for said in words]), (0, ["0"] * ranks), f"{words} {err}")
                    self.assertIn(transport, words[0]["transport"])

    def test_processes_and_splits(self):
        for model, backend, ranks, split in (("small-f32", "cpu", 2, ""), ("small-f32", "cpu", 3, ""),
                                             ("small-f32", "cpu", 2, "3,1"), ("wide-q4_k_m", "reference", 2, "3,1")):
            with self.subTest(model=model, backend=backend, ranks=ranks, split=split):
                one = self.one_rank(model, backend)
                bits, said = self.logits(ranks, model, backend=backend, split=split)
                got = array.array("f")
                got.frombytes(bits)
                self.assertEqual(len(got), len(one))
                worst = max(abs(a - b) for a, b in zip(got, one))
                print(f"{model} {backend} ranks {ranks} split {split or 'even'}: {said['transport']}, worst difference {worst:.2e}")
                self.assertLessEqual(worst, TOLERANCE)
                self.assertEqual(said["same"], "1", said)

    def test_the_same_split_gives_the_same_bits(self):
        first, _ = self.logits(2, "small-q8_0", split="1,1")
        second, _ = self.logits(2, "small-q8_0", split="1,1")
        self.assertEqual(first, second)

    def test_messages_instead_of_shared_memory_give_the_same_bits(self):
        shared, said = self.logits(2, "small-f32")
        self.assertEqual(said["transport"], "shared memory")
        # Without room for a segment MPI's messages carry everything.
        messages, said = self.logits(2, "small-f32", transport="messages")
        self.assertEqual(said["transport"], "MPI messages")
        self.assertEqual(shared, messages)

    def test_eight_sessions_do_not_mix(self):
        words, (status, _, err, _) = self.job(2, "small-q8_0", sessions=8)
        self.assertEqual((status, words[0].get("same"), words[1].get("status")), (0, "1", "0"), f"{words} {err}")

    def test_the_command(self):
        model = job.GGUF / "small-q8_0.gguf"
        words = [job.arguments.sotto, "run", model, "-p", "turn on the light", "-n", "24", "--raw", "--quiet", "--kv", "f32"]
        one = subprocess.run(words, capture_output=True, check=True, timeout=60).stdout
        for ranks in (2, 3):
            status, out, err, _ = job.mpirun(["-n", ranks, *words])
            self.assertEqual((status, out), (0, one), f"{ranks} ranks: {err}")
        status, out, err, _ = job.mpirun(["-n", 2, *words, "--split", "auto"])
        self.assertEqual((status, out), (0, one), f"split auto: {err}")
        worker = [job.arguments.sotto, "worker", model, "--quiet"]
        status, out, err, _ = job.mpirun(["-n", 1, *words, ":", "-n", 1, *worker])
        self.assertEqual((status, out), (0, one), f"a worker: {err}")

    def test_bench_counts_what_ranks_hand_each_other(self):
        # 2 layers of width 64, a vocabulary of 320: sums behind the embedding and two in each layer, halves of the logits.
        words = [job.arguments.sotto, "bench", job.GGUF / "small-q8_0.gguf", "-p", "16", "-n", "8", "-r", "1", "--json", "--quiet"]
        here = subprocess.run([*words, "--ranks", "2"], capture_output=True, check=True, timeout=60).stdout
        status, there, err, _ = job.mpirun(["-n", 2, *words])
        self.assertEqual(status, 0, err)
        for out, collectives in ((here, ("all-reduce", "all-gather")), (there, ("all-reduce", "all-gather", "broadcast"))):
            said = json.loads(out)
            counted = said["communication"]
            sizes = {"all-reduce": (5, 5 * 64 * 4), "all-gather": (1, 160 * 4), "broadcast": (1, 512)}
            self.assertEqual(sorted(counted), sorted([*collectives, "step_us"]))
            for name in collectives:
                one = counted[name]
                self.assertEqual((one["calls_per_token"], one["bytes_per_token"]), sizes[name], name)
                self.assertGreater(one["us_per_token"], 0)
                self.assertAlmostEqual(one["share_of_step"], one["us_per_token"] / counted["step_us"])
            self.assertEqual(said["all_reduce_us"], counted["all-reduce"]["us_per_token"])
        self.assertEqual(json.loads(here)["output_hash"], json.loads(there)["output_hash"])

    def test_each_rank_maps_its_part(self):
        model, parts = job.GGUF / "wide-q4_k_m.gguf", self.folder / "parts"
        words = ["-p", "turn on the light", "-n", "16", "--raw", "--quiet", "--kv", "f32", "--backend", "reference",
                 "--json"]  # mpirun's output is a terminal's, where controls are escaped
        one = subprocess.run([job.arguments.sotto, "run", model, *words], capture_output=True, check=True, timeout=60).stdout
        subprocess.run([job.arguments.sotto, "shard", model, "--ranks", "2", "--split", "3,1", "-o", parts, "--quiet"], check=True,
                       timeout=60)
        sizes = [(parts / f"rank{r}-of-2.gguf").stat().st_size for r in range(2)]
        print("a model of", model.stat().st_size, "bytes in parts of", sizes)
        self.assertLess(sizes[1], model.stat().st_size * 3 // 4)  # the embedding's rows, one of four heads, whole blocks
        status, out, err, _ = job.mpirun(["-n", 2, job.arguments.sotto, "run", parts, *words])
        self.assertEqual((status, json.loads(out)["text"]), (0, json.loads(one)["text"]), err)


if __name__ == "__main__":
    job.main()
