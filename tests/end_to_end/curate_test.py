#!/usr/bin/env python3
"""Curation as people do it: features of a pool with known copies, then stage after stage."""
import csv
import pathlib
import shutil
import tempfile
import unittest

from harness import pictures, run, run_json


def rows(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


class Curate(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="troodon_curate_"))
        cls.heap = cls.folder / "heap"
        shutil.copytree(pictures() / "train", cls.heap)
        cls.originals = sorted(p for p in cls.heap.rglob("*") if p.suffix in (".jpg", ".png"))
        for i, original in enumerate(cls.originals[:5]):
            shutil.copy(original, original.with_name(f"zz_copy_{i}{original.suffix}"))
        model = pathlib.Path(__file__).parents[2] / "models" / "vit_192x6x3_p8.safetensors"
        cls.pool = cls.folder / "pool.safetensors"
        run_json("features", "--model", model, "--input", cls.heap, "--out", cls.pool)
        cls.kept, cls.gone = cls.folder / "kept.csv", cls.folder / "kept.removed.csv"
        cls.dedup = run_json("curate", "dedup", cls.pool, "--threshold", "0.9999", "--out", cls.kept)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def test_copies_go_and_each_has_the_one_that_stays(self):
        kept, gone = rows(self.kept), rows(self.gone)
        self.assertEqual(len(kept) + len(gone), len(self.originals) + 5)
        self.assertEqual(self.dedup["kept"], len(kept))
        paths = {row["path"] for row in kept}
        copies = [row for row in gone if "zz_copy_" in row["path"]]
        self.assertEqual(len(copies), 5)
        for row in gone:
            self.assertEqual(row["reason"], "alike")
            self.assertIn(row["of"], paths)
            self.assertGreater(float(row["similarity"]), 0.9999)

    def test_copies_are_found_without_a_network(self):
        out = self.folder / "pixels.csv"
        said = run_json("curate", "dedup", "--pictures", self.heap, "--progress", "none", "--out", out)
        gone = {row["path"]: row for row in rows(self.folder / "pixels.removed.csv")}
        for i, original in enumerate(self.originals[:5]):
            pair = [str(p.relative_to(self.heap)) for p in
                    (original, original.with_name(f"zz_copy_{i}{original.suffix}"))]
            one = [p for p in pair if p in gone]
            self.assertTrue(one, pair)
            self.assertTrue(len(one) == 2 or gone[one[0]]["reason"] == "same file" or gone[one[0]]["of"] not in pair)
        self.assertEqual(said["kept"] + said["removed"], len(self.originals) + 5)

    def test_sifting_names_what_is_no_picture_and_what_is_junk(self):
        heap = self.folder / "sift"
        heap.mkdir()
        shutil.copy(self.originals[0], heap)
        (heap / "broken.jpg").write_bytes(b"\xff\xd8\xff no picture")
        (heap / "flat.ppm").write_bytes(b"P6 64 64 255\n" + bytes(64 * 64 * 3))
        said = run_json("curate", "sift", heap, "--progress", "none", "--out", self.folder / "good.csv")
        self.assertEqual((said["pool"], said["kept"], said["broken"]), (3, 1, 1))
        gone = {row["path"]: row for row in rows(self.folder / "good.removed.csv")}
        self.assertEqual(gone["flat.ppm"]["reason"], "uniform")
        self.assertIn("broken.jpg", gone)
        self.assertEqual(rows(self.folder / "good.csv")[0]["width"], "48")

    def test_what_is_in_a_test_set_leaves_the_pool(self):
        test = self.folder / "test.safetensors"
        held = self.folder / "held"
        held.mkdir()
        for original in self.originals[7:10]:
            shutil.copy(original, held)
        model = pathlib.Path(__file__).parents[2] / "models" / "vit_192x6x3_p8.safetensors"
        run_json("features", "--model", model, "--input", held, "--out", test)
        out = self.folder / "clean.csv"
        said = run_json("curate", "match", self.pool, "--against", test, "--threshold", "0.9999", "--out", out)
        left = {row["path"] for row in rows(out)}
        for original in self.originals[7:10]:
            self.assertNotIn(str(original.relative_to(self.heap)), left)
        self.assertEqual(said["kept"] + said["removed"], said["pool"])

    def test_a_balanced_part_is_drawn_again_alike_and_trains(self):
        clusters = self.folder / "clusters.safetensors"
        run_json("curate", "cluster", self.pool, "--only", self.kept, "--clusters", "6,2", "--out", clusters)
        outs = [self.folder / name for name in ("a.csv", "b.csv")]
        for out in outs:
            said = run_json("curate", "sample", self.pool, "--only", self.kept, "--clusters", clusters,
                            "--target", "12", "--out", out)
            self.assertEqual(said["chosen"], 12)
        self.assertEqual(outs[0].read_bytes(), outs[1].read_bytes())
        self.assertEqual(len({row["path"] for row in rows(outs[0])}), 12)

    def test_seeds_bring_what_is_like_them(self):
        out, by_seed = self.folder / "set.parquet", self.folder / "seeds.csv"
        said = run_json("curate", "retrieve", self.pool, "--seeds", self.pool, "--each", "1", "--out", out,
                        "--by-seed", by_seed)
        self.assertEqual(said["sets"][0]["entries"], said["pool"])  # each is its own nearest
        self.assertGreaterEqual(said["rows"], said["pool"] - 5)  # but for copies
        self.assertEqual(len(rows(by_seed)), said["pool"])

    def test_a_page_shows_what_was_kept_and_why(self):
        out = self.folder / "report.html"
        said = run_json("curate", "report", "--pictures", self.heap, "--stage", f"dedup={self.kept}",
                        "--progress", "none", "--out", out)
        self.assertEqual(said["stages"][0]["removed"], self.dedup["removed"])
        self.assertEqual(said["stages"][0]["reasons"], {"alike": self.dedup["removed"]})
        self.assertEqual(said["chosen"], self.dedup["kept"])
        self.assertEqual(said["unreadable"], 0)
        page = out.read_text()
        self.assertIn("data:image/jpeg;base64,", page)
        self.assertNotIn("<script", page)

    def test_faults_are_said_in_a_sentence(self):
        other = self.folder / "other.csv"
        other.write_text("path\nnowhere.jpg\n")
        for words, said in [
                (("dedup", self.pool, "--only", other, "--out", self.folder / "x.csv"), "nowhere.jpg is not among"),
                (("dedup", self.pool, "--out", self.folder / "x.xlsx"), ".csv, .jsonl or .parquet"),
                (("dedup", self.folder / "none.safetensors", "--out", self.folder / "x.csv"), "none.safetensors"),
                (("report", "--pictures", self.heap, "--stage", "dedup", "--out", self.folder / "x.csv"), "NAME=FILE"),
                (("report", "--pictures", self.heap, "--stage", f"dedup={self.kept}", "--groups", "age", "--out",
                  self.folder / "x.html"), "age"),
                (("sample", self.pool, "--clusters", self.pool, "--target", "3", "--out", self.folder / "x.csv"),
                 "no clusters")]:
            result = run("curate", *words)
            self.assertNotEqual(result.returncode, 0)
            self.assertIn(said, result.stderr)
            self.assertFalse((self.folder / "x.csv").exists())


if __name__ == "__main__":
    unittest.main()
