"""Jobs that cannot be: each ends in time with a sentence that says what is wrong and what would be right."""
import pathlib
import shutil
import subprocess
import unittest

import job

SMALL, OTHER = job.GGUF / "small-q8_0.gguf", job.GGUF / "small-f16.gguf"


def sotto(*words):
    return [job.arguments.sotto, *words]


def answer(model, *words):
    return sotto("run", model, "-p", "hello", "-n", "4", "--raw", "--quiet", *words)


class Refusals(job.Case):
    def bad(self, words, *fragments):
        status, out, err, seconds = job.mpirun(words, timeout=60)
        self.assertNotEqual(status, 0, out)
        for fragment in fragments:
            self.assertIn(fragment, err, words)
        self.assertLess(seconds, 30)
        return err

    def test_another_model(self):
        self.bad(["-n", 1, *answer(SMALL), ":", "-n", 1, *sotto("worker", OTHER, "--quiet")], "rank 1 (host ", "has model",
                 "rank 0 (host ", "give every rank the same file")

    def test_a_file_that_is_not_there(self):
        self.bad(["-n", 1, *answer(SMALL), ":", "-n", 1, *sotto("worker", "/nowhere.gguf", "--quiet")], "/nowhere.gguf")

    def test_no_session(self):
        self.bad(["-n", 2, *sotto("worker", SMALL, "--quiet")], "rank 0 (host ", "no rank holds the session", "sotto run")

    def test_two_sessions(self):
        words, (_, _, err, _) = self.job(2, "small-q8_0", role="session")
        for rank in words:
            self.assertEqual(rank.get("status"), "13", f"{words} {err}")  # SOTTO_MISMATCH
            self.assertIn("rank 1 (host ", rank["text"])
            self.assertIn("is a session, rank 0 (host ", rank["text"])

    def test_more_ranks_than_heads(self):
        self.bad(["-n", 5, *answer(SMALL)], "5 ranks cannot share 4 attention heads: at most 4 ranks")

    def test_a_split_that_does_not_fit(self):
        self.bad(["-n", 2, *answer(SMALL, "--split", "1,2,3")], "3 ranks cannot be spread evenly over 2 processes")

    def test_the_part_of_another_rank(self):
        parts = self.folder / "parts"
        subprocess.run(sotto("shard", SMALL, "--ranks", "2", "-o", parts, "--quiet"), check=True, timeout=60)
        zero, one = (parts / f"rank{r}-of-2.gguf" for r in range(2))
        self.bad(["-n", 1, *answer(zero), ":", "-n", 1, *sotto("worker", zero, "--quiet")], "rank 0 of 2", "rank 1 on")
        self.bad(["-n", 1, *answer(SMALL, "--split", "3,1"), ":", "-n", 1, *sotto("worker", one, "--quiet")],
                 "rank 1 of 2, split even", "split 3,1")

    def test_without_a_communicator(self):
        # A folder of plugins as it is built without MPI, and one whose communicator is damaged.
        plugins = self.folder / "plugins"
        plugins.mkdir(mode=0o755)
        built = pathlib.Path(job.arguments.sotto).parent.parent / "lib/sotto"
        for name in ("libsotto_backend_cpu.so", "libsotto_backend_reference.so"):
            shutil.copy(built / name, plugins)
        words = [*answer(SMALL), "--plugins", plugins]
        self.bad(["-n", 2, *words], "there is no communicator beside the plugins", "libopenmpi-dev")
        alone = subprocess.run(words, capture_output=True, timeout=60, check=False)
        self.assertEqual((alone.returncode, alone.stderr), (0, b""))
        (plugins / "comm").mkdir(mode=0o755)
        whole = (built / "comm/libsotto_comm_mpi.so").read_bytes()
        (plugins / "comm/libsotto_comm_mpi.so").write_bytes(whole[:1000])
        self.bad(["-n", 2, *words], "its communicator was refused: ", "libsotto_comm_mpi.so")

    def test_a_worker_alone(self):
        done = subprocess.run(sotto("worker", SMALL), capture_output=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn(b"mpirun", done.stderr)


if __name__ == "__main__":
    job.main()
