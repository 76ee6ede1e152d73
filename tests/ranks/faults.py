"""A rank that dies, stops or comes late: every surviving rank answers SOTTO_RANK_LOST in time, rank 0 finishes the answer alone, and
nothing is left behind."""
import pathlib
import signal
import unittest

import job

RANK_LOST = "15"
DEADLINE_MS = 700
# Opening, processes that start, a machine with other work: not what is measured.
SLACK_MS = 2500
KILL, STOP = int(signal.SIGKILL), int(signal.SIGSTOP)

# small-q8_0 has 2 layers: 5 all-reduces in a step (embedding, two a layer), prefill is the first step.
CASES = {
    # name: (options, the rank that is hurt)
    "killed before the first step": ({"trap": f"1:broadcast:1:{KILL}:0"}, 1),
    "killed in prefill": ({"trap": f"1:all_reduce:3:{KILL}:0"}, 1),
    "killed in decode": ({"trap": f"1:all_reduce:18:{KILL}:0"}, 1),
    "killed inside an all-reduce": ({"kill": f"all_reduce:12:{KILL}:1"}, 1),
    "stopped before the first step": ({"trap": f"1:broadcast:1:{STOP}:0"}, 1),
    "stopped in prefill": ({"trap": f"1:all_reduce:3:{STOP}:0"}, 1),
    "stopped in decode": ({"trap": f"1:all_reduce:18:{STOP}:0"}, 1),
    "stopped inside an all-reduce": ({"kill": f"all_reduce:12:{STOP}:1"}, 1),
    "late": ({"trap": f"1:all_reduce:18:0:{3 * DEADLINE_MS}"}, 1),
    "gathering": ({"trap": f"1:all_gather:6:{KILL}:0"}, 1),
}


def segments():
    return {path.name for path in pathlib.Path("/dev/shm").glob("sotto-*")}


class Faults(job.Case):
    def check(self, name, ranks, options, hurt, **more):
        before = segments()
        words, (_, _, err, _) = self.job(ranks, "small-q8_0", timeout=30, deadline=DEADLINE_MS, **options, **more)
        zero = words[0]
        told = f"{name}: {words} {err}"
        self.assertEqual(zero.get("status"), RANK_LOST, told)
        # The whole answer took the steps before the loss, the deadline, and no more.
        self.assertLess(float(zero["milliseconds"]), DEADLINE_MS + SLACK_MS, told)
        self.assertIn(f"rank {hurt} ", zero["text"], told)
        again, milliseconds = zero["again"].split()
        self.assertEqual(again, RANK_LOST, told)
        self.assertLess(float(milliseconds), DEADLINE_MS, told)  # known, not found out again
        self.assertGreater(int(zero["saved"]), 100, told)
        self.assertTrue(zero["rest"].startswith("0"), told)
        self.assertEqual(zero["same"], "1", told)
        for rank in range(1, ranks):
            said = words[rank]
            if rank != hurt:
                self.assertEqual(said.get("status"), RANK_LOST, told)
                self.assertLess(int(said["ended"]), int(zero["ended"]) + DEADLINE_MS + SLACK_MS, told)
        self.assertEqual(segments(), before, told)
        late = [f", another survivor {int(words[r]['ended']) - int(zero['ended'])} ms after it" for r in range(1, ranks) if r != hurt]
        print(f"{name}, {ranks} ranks, {zero['transport']}: told on rank 0 after {float(zero['milliseconds']):.0f} ms with the steps before"
              f"{''.join(late)}; it finished alone")

    def test_each_on_two_ranks(self):
        for name, (options, hurt) in CASES.items():
            with self.subTest(name):
                self.check(name, 2, options, hurt)

    def test_survivors_among_three(self):
        for name in ("killed in decode", "stopped inside an all-reduce"):
            with self.subTest(name):
                self.check(name, 3, *CASES[name])

    def test_with_messages(self):
        for name in ("stopped in decode", "late"):
            with self.subTest(name):
                options, hurt = CASES[name]
                self.check(name, 2, options, hurt, transport="messages")

    def test_a_lost_rank_0_ends_the_workers(self):
        words, (_, _, err, _) = self.job(2, "small-q8_0", timeout=30, deadline=DEADLINE_MS, trap=f"0:all_reduce:18:{KILL}:0")
        self.assertEqual(words[1].get("status"), RANK_LOST, f"{words} {err}")


if __name__ == "__main__":
    job.main()
