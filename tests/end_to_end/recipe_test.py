#!/usr/bin/env python3
"""Curation by a recipe; stages that are killed again and again, or shared by ranks, and end with the same bytes; bad input."""
import array
import csv
import json
import pathlib
import random
import shutil
import subprocess
import tempfile
import time
import unittest

from harness import KILL, TROODON, pictures, run, run_json
from ranks_test import MPIRUN, has_mpi

MODEL = pathlib.Path(__file__).parents[2] / "models" / "vit_192x6x3_p8.safetensors"
DIM = 32


def write_vectors(path, rows, seed):
    """Clumps of vectors, a tenth of them near-copies of others, as .npy."""
    rng = random.Random(seed)
    centres = [[rng.gauss(0, 1) for _ in range(DIM)] for _ in range(40)]
    values = array.array("f")
    for row in range(rows):
        if row > 0 and rng.random() < 0.1:
            at = rng.randrange(row) * DIM
            values.extend(v + rng.gauss(0, 0.02) for v in values[at:at + DIM])
        else:
            values.extend(v + rng.gauss(0, 0.7) for v in rng.choice(centres))
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({rows}, {DIM}), }}"
    header += " " * (-(len(header) + 11) % 64) + "\n"
    path.write_bytes(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode() + values.tobytes())


def content(folder):
    """All files of a folder, but for what says when something was done, and temporary files that a kill left half written."""
    return {p.relative_to(folder): p.read_bytes() for p in sorted(folder.rglob("*"))
            if p.is_file() and p.name != "journal.json" and not (p.name.startswith(".") and p.suffix == ".tmp")}


def run_ranks(ranks, words):
    done = subprocess.run([MPIRUN, "--allow-run-as-root", "--oversubscribe", "-n", str(ranks), str(TROODON), *map(str, words)],
                          capture_output=True, text=True, timeout=300)
    if done.returncode != 0:
        raise AssertionError(f"{ranks} ranks: exit {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done


class Folder(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="troodon_recipe_"))

    def tearDown(self):
        shutil.rmtree(self.folder)


class Stages(unittest.TestCase):
    """Every stage, on vectors: what it writes, whatever happens on the way."""

    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="troodon_stages_"))
        cls.pool, cls.tests = cls.folder / "pool.npy", cls.folder / "tests.npy"
        write_vectors(cls.pool, 70000, 1)
        write_vectors(cls.tests, 300, 2)
        cls.whole, cls.seconds = cls.folder / "whole", {}
        for name, words in cls.commands(cls.whole):
            begin = time.time()
            run(*words, check=0)
            cls.seconds[name] = time.time() - begin

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    @classmethod
    def commands(cls, out):
        """(name, words) of each stage, which write below `out`."""
        common = ["--threads", "1", "--progress", "none"]
        return [(name, ["curate", name, *map(str, words), *common]) for name, words in [
            ("embed", [pictures(), "--model", MODEL, "--out", out / "e.safetensors", "--looks", out / "e.looks"]),
            ("sift", [pictures(), "--out", out / "sifted.csv"]),
            ("dedup", [cls.pool, "--threshold", "0.98", "--search", "buckets", "--out", out / "kept.csv"]),
            ("match", [cls.pool, "--against", cls.tests, "--threshold", "0.8", "--search", "exact", "--out", out / "clean.csv"]),
            ("cluster", [cls.pool, "--clusters", "300,30", "--rounds", "2", "--iterations", "5", "--memory", "1MB",
                         "--out", out / "clusters.safetensors"]),
            ("retrieve", [cls.pool, "--seeds", cls.tests, "--by-seed", out / "seeds.csv", "--out", out / "near.csv"]),
            ("sample", [cls.pool, "--clusters", cls.whole / "clusters.safetensors", "--target", "5000", "--out", out / "set.csv"]),
            ("export", [pictures(), "--shards", out / "shards", "--shard-size", "100KB"]),
        ]]

    def test_a_stage_that_is_killed_ends_with_the_same_bytes(self):
        rng, killed = random.Random(7), 0
        out = self.folder / "killed"
        for name, words in self.commands(out):
            for _ in range(4):
                process = subprocess.Popen([str(TROODON), *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                time.sleep(0.2 + rng.uniform(0, 0.6) * self.seconds[name])
                killed += process.poll() is None
                process.send_signal(KILL)
                process.wait()
            run(*words, check=0)
        self.assertEqual(content(out), content(self.whole))
        self.assertGreaterEqual(killed, 8)

    @unittest.skipUnless(has_mpi(), "skipped: no mpirun, or a build without MPI")
    def test_ranks_write_the_same_bytes(self):
        for ranks in (2, 4):
            out = self.folder / f"ranks{ranks}"
            for _, words in self.commands(out):
                run_ranks(ranks, words)
            self.assertEqual(content(out), content(self.whole), ranks)


class Recipes(Folder):
    def setUp(self):
        super().setUp()
        heap = self.folder / "heap"
        shutil.copytree(pictures() / "train", heap)
        originals = sorted(p for p in heap.rglob("*") if p.suffix in (".jpg", ".png"))
        for i, original in enumerate(originals[:5]):
            shutil.copy(original, original.with_name(f"zz_{i}{original.suffix}"))
        (heap / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 no picture")
        (heap / "empty.png").write_bytes(b"")
        self.recipe = self.folder / "recipe.yaml"
        self.write(target=20)

    def write(self, target):
        self.recipe.write_text(f"""pictures: heap
model: {MODEL}
out: out
stages:
  - sift: {{min_side: 16, max_text: 1}}
  - dedup: {{threshold: 0.9999}}
  - match: {{against: [{pictures() / 'val'}], threshold: 0.9999}}
  - retrieve: {{seeds: [{pictures() / 'val'}], each: 3}}
  - cluster: {{clusters: [8, 3], rounds: 2}}
  - sample: {{target: {target}}}
  - export: {{shards: true, links: true, manifest: true}}
  - report
""")

    def curate(self, *more, **kwargs):
        return run_json("curate", self.recipe, "--progress", "none", *more, **kwargs)

    def test_makes_a_set_and_then_only_what_changed(self):
        said = self.curate()
        self.assertEqual([s["stage"] for s in said["stages"]],
                         ["embed", "sift", "dedup", "embed", "match", "retrieve", "cluster", "sample", "export", "report"])
        out = self.folder / "out"
        with open(out / "set.csv", newline="") as file:
            paths = [row["path"] for row in csv.DictReader(file)]
        self.assertEqual(len(paths), 20)
        self.assertTrue(all(pathlib.Path(p).is_file() for p in paths))
        self.assertEqual(len([p for p in (out / "links").rglob("*") if p.is_symlink()]), 20)
        with open(out / "1-sift.removed.csv", newline="") as file:
            gone = {row["path"] for row in csv.DictReader(file)}
        self.assertLessEqual({"broken.jpg", "empty.png"}, gone)
        self.assertEqual(self.curate()["stages"], [])
        self.write(target=10)
        self.assertEqual([s["stage"] for s in self.curate()["stages"]], ["sample", "export", "report"])
        self.assertEqual(len([p for p in (out / "links").rglob("*") if p.is_symlink()]), 10)
        self.assertEqual(run("data", "scan", out / "links").returncode, 0)
        shutil.copy(self.folder / "heap" / "broken.jpg", self.folder / "heap" / "new.jpg")
        self.assertIn("embed", [s["stage"] for s in self.curate()["stages"]])

    def test_a_run_that_is_killed_ends_with_the_same_bytes(self):
        begin = time.time()
        self.curate()
        seconds, whole = time.time() - begin, content(self.folder / "out")
        shutil.rmtree(self.folder / "out")
        rng = random.Random(3)
        for _ in range(6):
            process = subprocess.Popen([str(TROODON), "curate", str(self.recipe), "--progress", "none"],
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(0.2 + rng.uniform(0, 0.5) * seconds)
            process.send_signal(KILL)
            process.wait()
        self.curate()
        self.assertEqual(content(self.folder / "out"), whole)

    def test_a_dry_run_writes_nothing_and_counts_for_other_pools(self):
        small = self.curate("--dry-run")
        large = self.curate("--dry-run", "--assume-pictures", 100_000_000, "--assume-ranks", 8)
        self.assertFalse((self.folder / "out").exists())
        self.assertGreater(large["seconds"], 100 * small["seconds"])
        self.assertGreater(large["disk"], 1e10)

    def test_faults_of_a_recipe_name_the_line(self):
        for change, code, sentence in [
                (("- sift", "- sieve"), 3, "line 5: no stage is called 'sieve'; did you mean 'sift'?"),
                (("min_side", "min_sise"), 3, "line 5: sift: no setting --min-sise"),
                (("threshold: 0.9999}", "threshold: much}"), 3, "line 6: dedup"),
                (("pictures: heap", "picture: heap"), 3, "did you mean 'pictures'?"),
                (("pictures: heap", "pictures: nowhere"), 4, "nowhere"),
                (("  - cluster: {clusters: [8, 3], rounds: 2}\n", ""), 3, "put the stage cluster before it"),
                (("stages:", "stages: ["), 3, "recipe.yaml, line")]:
            self.write(target=20)
            text = self.recipe.read_text()
            self.assertIn(change[0], text)
            self.recipe.write_text(text.replace(*change, 1))
            done = run("curate", self.recipe, "--progress", "none")
            self.assertEqual(done.returncode, code, (change, done.stderr))
            self.assertIn(sentence, done.stderr)


class BadInput(Folder):
    def test_manifests_that_cannot_be_meant(self):
        heap = pictures() / "train"
        only = self.folder / "only.csv"
        out = self.folder / "x.csv"
        some = sorted(str(p.relative_to(heap)) for p in heap.rglob("*.png"))[:3] or \
            sorted(str(p.relative_to(heap)) for p in heap.rglob("*.jpg"))[:3]
        only.write_text("name,size\na,1\n")
        done = run("curate", "sift", heap, "--only", only, "--out", out)
        self.assertEqual(done.returncode, 4)
        self.assertIn("path", done.stderr)
        self.assertFalse(out.exists())
        only.write_text("path\n" + "\n".join(some + some) + "\n")  # each twice: once is meant
        said = run_json("curate", "sift", heap, "--only", only, "--out", out, "--min-side", 1, "--max-text", 1, "--progress", "none")
        self.assertEqual(said["pool"], 3)

    def test_a_full_disk_is_said_and_survived(self):
        disk = self.folder / "disk"
        disk.mkdir()
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", str(disk)], capture_output=True).returncode != 0:
            self.skipTest("skipped: no right to mount a tmpfs")
        try:
            pool = self.folder / "pool.npy"
            write_vectors(pool, 20000, 4)
            words = ["curate", "cluster", pool, "--clusters", "50", "--iterations", "3", "--progress", "none", "--out", disk / "c.safetensors"]
            done = run(*words)
            self.assertEqual(done.returncode, 6, done.stderr)
            self.assertEqual(len(done.stderr.strip().splitlines()), 1, done.stderr)
            self.assertFalse((disk / "c.safetensors").exists())
            subprocess.run(["mount", "-o", "remount,size=20m", str(disk)], check=True)
            run(*words, check=0)
            other = self.folder / "c.safetensors"
            run(*words[:-1], other, check=0)
            self.assertEqual((disk / "c.safetensors").read_bytes(), other.read_bytes())
            self.assertEqual([p.name for p in disk.iterdir()], ["c.safetensors"])
        finally:
            subprocess.run(["umount", str(disk)], check=True)


if __name__ == "__main__":
    unittest.main()
