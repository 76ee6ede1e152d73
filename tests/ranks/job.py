"""What the tests of ranks in several processes share: mpirun with a bounded time, the words that each rank leaves."""
import argparse
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import unittest

parser = argparse.ArgumentParser()
for name in ("mpirun", "job", "sotto", "fixtures"):
    parser.add_argument("--" + name, required=True)
parser.add_argument("rest", nargs="*")
arguments = parser.parse_args()
GGUF = pathlib.Path(arguments.fixtures, "gguf")
EXPECTED = {entry["name"]: entry for entry in json.loads((GGUF / "expected.json").read_text(encoding="utf-8"))}

# mpirun of Debian refuses root and more ranks than cores unless told; a sanitizer would call MPI's own memory a leak.
ENVIRONMENT = {**os.environ, "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
               "OMPI_MCA_rmaps_base_oversubscribe": "1", "OMPI_MCA_hwloc_base_binding_policy": "none",
               "OMPI_MCA_btl_vader_single_copy_mechanism": "none", "PMIX_MCA_gds": "hash",
               "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"}


class Timeout(Exception):
    pass


def mpirun(words, timeout=60, recover=False, stdin=b"", watch=lambda: None):
    """(exit status, stdout, stderr, seconds). Whatever is left of a job that takes too long is killed and reported. `watch` is
    called several times a second."""
    command = [arguments.mpirun] + (["--enable-recovery"] if recover else []) + [str(word) for word in words]
    start = time.monotonic()
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENVIRONMENT,
                          start_new_session=True) as process:
        while True:
            try:
                out, err = process.communicate(stdin, timeout=0.2)
                return process.returncode, out, err.decode("utf-8", "replace"), time.monotonic() - start
            except subprocess.TimeoutExpired:
                stdin = None
                watch()
            if time.monotonic() - start > timeout:
                os.killpg(process.pid, signal.SIGKILL)
                out, err = process.communicate()
                raise Timeout(f"{command} took more than {timeout} s: {err[-2000:]}")


def words_of(path):
    """What a rank of ranks_job wrote: {name: value}, {} if it wrote nothing."""
    if not path.exists():
        return {}
    lines = path.read_text(encoding="utf-8").splitlines()
    return dict(line.split(" ", 1) if " " in line else (line, "") for line in lines)


def is_stopped(process):
    try:
        return pathlib.Path("/proc", process, "stat").read_text().rsplit(")", 1)[1].split()[0] == "T"
    except FileNotFoundError:
        return False


def numbers(values):
    return ",".join(map(str, values))


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="sotto-ranks-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def job(self, ranks, model, timeout=60, **options):
        """The words of each rank of a ranks_job."""
        expected = EXPECTED[model]
        given = {"tokens": numbers(expected["tokens"]), "greedy": numbers(expected["greedy"]), **options}
        for old in self.folder.glob("rank*.txt"):
            old.unlink()
        words = ["-n", ranks, arguments.job, self.folder, GGUF / (model + ".gguf")]
        try:
            result = mpirun(words + [f"{k}={v}" for k, v in given.items()], timeout, recover=True, watch=self.end_stopped)
        finally:
            self.end_stopped(at_last=True)
        return [words_of(self.folder / f"rank{r}.txt") for r in range(ranks)], result

    def end_stopped(self, at_last=False):
        """mpirun waits for a rank that a test stopped: once rank 0 has done all it does without it, it goes."""
        if not at_last and "same" not in words_of(self.folder / "rank0.txt"):
            return
        for path in self.folder.glob("rank*.txt"):
            process = words_of(path).get("process")
            if process and (at_last or is_stopped(process)) and pathlib.Path("/proc", process, "comm").exists():
                if pathlib.Path("/proc", process, "comm").read_text().strip() == "ranks_job":
                    os.kill(int(process), signal.SIGKILL)


def main():
    unittest.main(argv=[sys.argv[0], *arguments.rest], verbosity=1)
