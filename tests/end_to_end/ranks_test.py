#!/usr/bin/env python3
"""Training by four processes: real mpirun, real files, a rank that dies. Skipped without mpirun or a build with MPI."""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

from harness import TROODON, pictures, run, run_json, train_words

MPIRUN = shutil.which("mpirun")
# 16 pictures a step, however many processes share them.
TOGETHER = ["troodon.batch_over_ranks=true", "train.OFFICIAL_EPOCH_LENGTH=10", "troodon.log_every=1"]


def has_mpi():
    return MPIRUN is not None and "MPI" in run_json("doctor")["processes_joined_by"]


def words_of(data, out, ranks, *more):
    return train_words(data, out, *TOGETHER, f"train.batch_size_per_gpu={16 // ranks}", *more)


def start(ranks, words, **more):
    return subprocess.Popen([MPIRUN, "--allow-run-as-root", "--oversubscribe", "-n", str(ranks), str(TROODON), *map(str, words)],
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, **more})


def run_ranks(ranks, words, check=0):
    process = start(ranks, words)
    out, err = process.communicate(timeout=200)
    if process.returncode != check:
        raise AssertionError(f"{ranks} ranks: exit {process.returncode}, wanted {check}\n{out}\n{err}")
    return out, err


def losses(folder):
    rows = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    return {row["step"]: row["total_backprop"] for row in rows if "total_backprop" in row}


def rank_pids(launcher):
    """Rank -> process, of the children of mpirun."""
    found = {}
    for status in pathlib.Path("/proc").glob("[0-9]*/status"):
        try:
            if f"PPid:\t{launcher}\n" not in status.read_text():
                continue
            words = (status.parent / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        for word in words:
            if word.startswith(b"OMPI_COMM_WORLD_RANK="):
                found[int(word.split(b"=")[1])] = int(status.parent.name)
    return found


def signal_rank(process, rank, how, out, step):
    """Sends a signal to one rank once a checkpoint of `step` or later is there; seconds until all have ended."""
    deadline, pids = time.time() + 120, {}
    while time.time() < deadline and process.poll() is None:
        if rank not in pids:
            pids = rank_pids(process.pid)
        elif any(int(p.stem[5:]) >= step for p in (out / "checkpoints").glob("step_*.json")):
            os.kill(pids[rank], how)
            break
        time.sleep(0.002)
    begin = time.time()
    text, err = process.communicate(timeout=120)
    return time.time() - begin, text, err


@unittest.skipUnless(has_mpi(), "skipped: no mpirun, or a build without MPI")
class Ranks(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="troodon_ranks_"))
        cls.data = pictures()
        cls.one = cls.folder / "one"
        run(*words_of(cls.data, cls.one, 1), check=0)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def assert_same_losses(self, out, steps=30):
        expected, seen = losses(self.one), losses(out)
        self.assertEqual(sorted(seen), list(range(steps)))
        for step in range(steps):  # sums in another order
            self.assertAlmostEqual(seen[step], expected[step], delta=1e-4 * abs(expected[step]), msg=f"step {step}")

    def test_four_processes_learn_what_one_does_and_one_of_them_speaks(self):
        for sharding in ("none", "full"):
            with self.subTest(sharding):
                out = self.folder / f"four_{sharding}"
                text, err = run_ranks(4, words_of(self.data, out, 4, f"troodon.sharding={sharding}", "--probe", self.data, "--json"))
                self.assertEqual(len(text.strip().splitlines()), 1, text)
                self.assertEqual(json.loads(text)["steps"], 30)
                self.assertEqual(err.count("4 processes of"), 1, err)
                self.assert_same_losses(out)
                self.assertTrue((out / "teacher.safetensors").exists() and (out / "report.html").exists())

    def test_a_rank_that_is_killed_ends_all_and_the_run_resumes_with_fewer(self):
        out = self.folder / "killed"
        words = words_of(self.data, out, 4, "troodon.sharding=full")
        process = start(4, words)
        seconds, _, err = signal_rank(process, 2, signal.SIGKILL, out, 5)
        self.assertNotEqual(process.returncode, 0)
        self.assertLess(seconds, 60)
        self.assertIn("signal 9", err)
        self.assertEqual([line for line in err.splitlines() if line.startswith("error: ")], [], err)
        sidecar = json.loads(max((out / "checkpoints").glob("step_*.json")).read_text())
        self.assertLess(sidecar["step"], 30)
        run_ranks(2, words_of(self.data, out, 2, "--resume"))
        self.assert_same_losses(out)

    def test_a_rank_that_hangs_ends_all_with_one_sentence(self):
        out = self.folder / "hung"
        process = start(4, words_of(self.data, out, 4), TROODON_RANK_TIMEOUT="3")
        seconds, _, err = signal_rank(process, 2, signal.SIGSTOP, out, 5)
        self.assertNotEqual(process.returncode, 0)
        self.assertLess(seconds, 60)
        errors = [line for line in err.splitlines() if line.startswith("error: ")]
        self.assertEqual(len(errors), 1, err)
        self.assertIn("--resume", errors[0])

    def test_a_rank_told_to_stop_ends_all_after_a_step_with_a_checkpoint(self):
        out = self.folder / "stopped"
        process = start(4, words_of(self.data, out, 4))
        _, _, err = signal_rank(process, 1, signal.SIGTERM, out, 5)
        self.assertEqual(process.returncode, 143, err)
        self.assertIn("--resume", err)
        run(*words_of(self.data, out, 1, "--resume"), check=0)
        self.assert_same_losses(out)

    def test_what_is_wrong_on_all_ranks_is_one_sentence(self):
        for words, code in [(words_of(self.data, self.one, 4), 2), (words_of(self.data, self.folder / "new", 4, "optim.base_rl=1"), 3)]:
            _, err = run_ranks(4, words, check=code)
            self.assertEqual(len([line for line in err.splitlines() if line.startswith("error: ")]), 1, err)


if __name__ == "__main__":
    unittest.main(verbosity=2)
