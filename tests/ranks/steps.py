"""Conformance of a backend (--sotto names its library) on 2 and 3 MPI processes."""
import job


class Steps(job.Case):
    def test_processes(self):
        for processes in (2, 3):
            with self.subTest(processes=processes):
                status, out, err, _ = job.mpirun(["-n", processes, job.arguments.job, job.arguments.sotto], timeout=120)
                print(out.decode(), end="")
                self.assertEqual(status, 0, err)


if __name__ == "__main__":
    job.main()
