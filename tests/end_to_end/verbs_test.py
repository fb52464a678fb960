#!/usr/bin/env python3
"""The binary as people use it: real verbs on small rendered pictures."""
import json
import os
import pathlib
import resource
import shutil
import struct
import tempfile
import unittest

try:
    import pyarrow.parquet as parquet
except ImportError:
    parquet = None

from harness import INTERRUPT, KILL, TERMINATE, TINY, pictures, run, run_json, run_until_step, train_words


def read_header(path):
    data = pathlib.Path(path).read_bytes()
    return json.loads(data[8:8 + struct.unpack("<Q", data[:8])[0]])


class Verbs(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="troodon_e2e_"))
        cls.data = pictures()
        cls.whole = cls.folder / "whole"
        cls.trained = run_json(*train_words(cls.data, cls.whole, "--probe", cls.data))

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def test_training_leaves_what_the_documentation_lists(self):
        self.assertEqual(self.trained["steps"], 30)
        for name in ["config.yaml", "metrics.jsonl", "teacher.safetensors", "report.html"]:
            self.assertTrue((self.whole / name).stat().st_size > 0, name)
        lines = [json.loads(line) for line in (self.whole / "metrics.jsonl").read_text().splitlines()]
        self.assertTrue(any("total_backprop" in line for line in lines))
        self.assertTrue(any("effective_rank" in line for line in lines))
        self.assertGreaterEqual(self.trained["knn"], 0)
        self.assertIn("troodon.vit", read_header(self.whole / "teacher.safetensors")["__metadata__"])

    def test_report_opens_offline(self):
        page = (self.whole / "report.html").read_text()
        self.assertNotIn("http://", page.replace("http://www.w3.org", ""))
        self.assertNotIn("https://", page)
        for words in ["Nearest neighbours", "What the student sees", "What the patches mean", "Losses"]:
            self.assertIn(words, page)

    def test_a_killed_run_resumes_to_identical_weights(self):
        for how, name, wanted in [(KILL, "killed", -9), (INTERRUPT, "interrupted", 130), (TERMINATE, "terminated", 143)]:
            out = self.folder / name
            code, err = run_until_step(train_words(self.data, out), out, 10, how)
            self.assertEqual(code, wanted, err)
            if how != KILL:
                self.assertIn("--resume", err)
            run(*train_words(self.data, out, "--resume"), check=0)
            self.assertEqual((out / "teacher.safetensors").read_bytes(), (self.whole / "teacher.safetensors").read_bytes(), name)
            steps = [json.loads(line)["step"] for line in (out / "metrics.jsonl").read_text().splitlines() if "total_backprop" in line]
            self.assertEqual(len(steps), len(set(steps)), "a step was logged twice")

    def test_a_damaged_checkpoint_is_passed_over(self):
        out = self.folder / "damaged"
        run_until_step(train_words(self.data, out), out, 15, KILL)
        newest = max((out / "checkpoints").glob("*.safetensors"))
        data = bytearray(newest.read_bytes())
        data[len(data) // 2] ^= 1
        newest.write_bytes(data)
        done = run(*train_words(self.data, out, "--resume"), check=0)
        self.assertIn("checksum", done.stderr)
        self.assertEqual((out / "teacher.safetensors").read_bytes(), (self.whole / "teacher.safetensors").read_bytes())

    def test_threads_of_the_loader_do_not_change_the_run(self):
        out = self.folder / "threads"
        words = train_words(self.data, out)
        words[words.index("--threads") + 1] = 1
        run(*words, check=0)
        a, b = (json.loads((p / "metrics.jsonl").read_text().splitlines()[1]) for p in (out, self.whole))
        first = lambda p: next(json.loads(l)["total_backprop"] for l in (p / "metrics.jsonl").read_text().splitlines() if "total_backprop" in l)
        self.assertAlmostEqual(first(out), first(self.whole), places=4)

    def test_features_of_every_kind_at_the_size_the_run_asks_for(self):
        for kind, shape in [("cls", [64]), ("pooled", [128]), ("patches", [25, 64]), ("layers", [2, 64]), ("probe", [3, 64])]:
            out = self.folder / f"{kind}.safetensors"
            result = run_json("features", "--model", self.whole, "--input", self.data, "--out", out, "--output", kind, "--layers", 2)
            self.assertEqual(result["item_shape"], shape)
            self.assertEqual(read_header(out)["features"]["shape"], [result["rows"], *shape])
        again = run("features", "--model", self.whole, "--input", self.data, "--out", self.folder / "cls.safetensors")
        self.assertEqual(again.returncode, 2)
        self.assertIn("--overwrite", again.stderr)

    def test_npy_has_a_sidecar(self):
        out = self.folder / "f.npy"
        result = run_json("features", "--model", self.whole, "--input", self.data, "--out", out)
        self.assertEqual(out.read_bytes()[:6], b"\x93NUMPY")
        self.assertEqual(len(json.loads(out.with_suffix(".json").read_text())["ids"]), result["rows"])

    def features(self, out, *more, check=0):
        return run_json("features", "--model", self.whole, "--input", self.data, "--out", out, *more, check=check)

    def test_a_folder_of_shards_has_an_index(self):
        result = self.features(f"{self.folder / 'shards'}/", "--shard-rows", 10, "--half")
        index = json.loads((self.folder / "shards/index.json").read_text())
        self.assertEqual(index["rows"], result["rows"])
        self.assertEqual(index["dtype"], "F16")
        self.assertEqual([s["rows"] for s in index["shards"][:-1]], [10] * (len(index["shards"]) - 1))
        for shard in index["shards"]:
            header = read_header(self.folder / "shards" / shard["file"])
            self.assertEqual(header["features"]["shape"], [shard["rows"], 64])
            self.assertEqual((self.folder / "shards" / shard["file"]).stat().st_size, shard["bytes"])

    @unittest.skipIf(parquet is None, "skipped: pyarrow is missing")
    def test_pyarrow_reads_what_numpy_reads(self):
        import numpy
        for name, flags in [("cls", []), ("half", ["--half"]), ("layers", ["--output", "layers", "--layers", 2]),
                            ("ragged", ["--resize", "fit", "--output", "patches"])]:
            self.features(self.folder / f"t_{name}.parquet", *flags)
            self.features(self.folder / f"t_{name}.npy", *flags)
            table = parquet.read_table(self.folder / f"t_{name}.parquet")
            array = numpy.load(self.folder / f"t_{name}.npy")
            sidecar = json.loads((self.folder / f"t_{name}.json").read_text())
            self.assertEqual(table["id"].to_pylist(), sidecar["ids"])
            self.assertEqual(table["label"].to_pylist(), sidecar["labels"])
            self.assertEqual(table["class"].to_pylist(), [sidecar["classes"][i] for i in sidecar["labels"]])
            self.assertEqual([f"{h & (2**64 - 1):016x}" for h in table["content_hash"].to_pylist()], sidecar["content_hash"])
            flat = table["feature"].combine_chunks().flatten().to_numpy(zero_copy_only=False)
            self.assertEqual(flat.dtype, array.dtype)
            self.assertTrue((flat == array.ravel()).all(), name)
            self.assertEqual(json.loads(table.schema.metadata[b"item_shape"]), sidecar["item_shape"])
            if name == "ragged":
                grids = [list(g) for g in zip(table["grid_rows"].to_pylist(), table["grid_columns"].to_pylist())]
                self.assertEqual(sum(grids, []), sidecar["grids"])
                self.assertEqual([r * c * 64 for r, c in grids], [len(row) for row in table["feature"]])

    def test_parquet_without_labels_has_nulls(self):
        folder = self.folder / "flat"
        folder.mkdir()
        for i, picture in enumerate(sorted(self.data.glob("train/*/*.jpg"))[:3]):
            shutil.copy(picture, folder / f"{i}.jpg")
        out = self.folder / "flat.parquet"
        run_json("features", "--model", self.whole, "--input", folder, "--out", out)
        if parquet:
            self.assertEqual(parquet.read_table(out)["label"].to_pylist(), [None] * 3)
        self.assertEqual(out.read_bytes()[:4] + out.read_bytes()[-4:], b"PAR1PAR1")

    def test_an_update_computes_only_new_pictures(self):
        folder = self.folder / "growing"
        shutil.copytree(self.data / "train", folder)
        out = self.folder / "growing.safetensors"
        words = ["features", "--model", self.whole, "--input", folder, "--out", out]
        first = run_json(*words)
        moved = next(folder.glob("*/*.jpg"))
        moved.rename(moved.with_name("another_name.jpg"))
        shutil.copy(next(self.data.glob("val/*/*.jpg")), moved.with_name("new.jpg"))
        done = run(*words, "--update", check=0)
        self.assertIn(f"{first['rows']} reused, 1 computed", done.stdout)
        again = run_json(*words, "--update")
        self.assertEqual([again["reused"], again["computed"]], [first["rows"] + 1, 0])
        other = run_json(*words, "--update", "--half")
        self.assertEqual(other["reused"], 0)

    def test_a_small_network_is_distilled_from_a_run(self):
        out = self.folder / "distilled"
        words = ["distill", "--teacher", self.whole, "--data", self.data / "train", "--out", out, "--threads", 2, "--progress", "none", *TINY,
                 "student.arch=vit_32x1x2"]
        self.assertEqual(run_json(*words)["steps"], 30)
        self.assertIn("ViT 32 wide, 1 blocks", run("info", out / "teacher.safetensors", check=0).stdout)
        other = run(*words[:6], self.folder / "other", *words[7:], "dino.head_n_prototypes=32")
        self.assertEqual(other.returncode, 3)
        self.assertIn("dino.head_n_prototypes is 32, but the teacher", other.stderr)
        alone = run("distill", "--teacher", self.whole / "teacher.safetensors", *words[3:])
        self.assertEqual(alone.returncode, 4)
        self.assertIn("its heads are missing", alone.stderr)

    def test_a_dry_run_of_features_writes_nothing(self):
        out = self.folder / "dry.parquet"
        result = self.features(out, "--dry-run", "--output", "pooled")
        self.assertEqual(result["item_shape"], [128])
        self.assertGreater(result["bytes"], result["pictures"] * 512)
        self.assertEqual([p for p in self.folder.iterdir() if p.name.startswith("dry.parquet")], [])

    def test_a_disk_without_room_costs_one_sentence_and_no_work(self):
        def small_files():  # a write beyond this size fails, as on a full disk
            resource.setrlimit(resource.RLIMIT_FSIZE, (8_000, 8_000))
        out = self.folder / "full.npy"
        words = ["features", "--model", self.whole, "--input", self.data, "--out", out, "--part", 8, "--progress", "none"]
        full = run(*words, preexec_fn=small_files, restore_signals=False)
        self.assertEqual(full.returncode, 6, full.stderr)
        error = [line for line in full.stderr.splitlines() if line.startswith("error: ")]
        self.assertEqual(len(error), 1, full.stderr)
        self.assertIn("full.npy", error[0])
        self.assertIn("repeat the command", error[0])
        self.assertFalse(out.exists() or out.with_suffix(".json").exists(), "half a result")
        self.assertEqual(list(self.folder.glob(".full*")), [], "a temporary file stayed")
        result = run_json(*words)
        self.assertEqual(result["resumed"], result["pictures"], "parts were lost")
        blocked = run(*words[:-5], self.whole / "config.yaml" / "f.npy", *words[-4:])
        self.assertEqual(blocked.returncode, 6, blocked.stderr)
        self.assertIn("config.yaml", blocked.stderr)

    def test_unreadable_pictures_are_listed_and_left_out(self):
        folder = self.folder / "mixed"
        folder.mkdir()
        good = next(self.data.glob("train/*/*.jpg"))
        shutil.copy(good, folder / "good.jpg")
        (folder / "torn.jpg").write_bytes(good.read_bytes()[:200])
        (folder / "text.jpg").write_text("no picture")
        out = self.folder / "mixed.safetensors"
        done = run("features", "--model", self.whole, "--input", folder, "--out", out, "--json", check=8)
        self.assertEqual(json.loads(done.stdout)["rows"], 1)
        self.assertIn("torn.jpg", pathlib.Path(f"{out}.failed.txt").read_text())
        strict = run("features", "--model", self.whole, "--input", folder, "--out", self.folder / "s.safetensors", "--strict")
        self.assertEqual(strict.returncode, 4)
        self.assertFalse((self.folder / "s.safetensors").exists())
        small = run("features", "--model", self.whole, "--input", folder, "--out", self.folder / "m.safetensors", "--max-pixels", 100, check=4)
        self.assertIn("more than the limit of 100", small.stderr)

    def test_knn_on_features(self):
        for split in ["train", "val"]:
            run("features", "--model", self.whole, "--input", f"{self.data}?split={split}", "--out", self.folder / f"knn_{split}.safetensors", check=0)
        result = run_json("knn", "--train", self.folder / "knn_train.safetensors", "--val", self.folder / "knn_val.safetensors", "-k", "1,5")
        self.assertEqual([row["k"] for row in result["results"]], [1, 5])
        self.assertTrue(all(0 <= row["top1"] <= row["top5"] <= 1 for row in result["results"]))

    def test_places_of_a_picture_are_found_in_another_and_followed(self):
        first, second = sorted(path for path in pathlib.Path(self.data).rglob("*") if path.suffix in (".png", ".jpg"))[:2]
        lines = self.folder / "lines.png"
        found = run_json("match", first, second, "--model", self.whole, "--grid", 8, "--limit", 20, "--verify", "affine", "--lines", lines)
        self.assertLessEqual(len(found["pairs"]), 20)
        self.assertTrue(found["pairs"] and all(pair["mutual"] for pair in found["pairs"]))
        self.assertGreater(lines.stat().st_size, 0)
        same = run_json("match", first, first, "--model", self.whole, "--grid", 8, "--points", "20,30 11,12")["points"]
        for point in same:
            self.assertLess(abs(point["a"][0] - point["b"][0]) + abs(point["a"][1] - point["b"][1]), 8)
        tracks = run_json("track", pathlib.Path(first).parent, "--model", self.whole, "--grid", 8, "--points", "20,30", "--out", self.folder / "tracked")
        self.assertEqual(tracks["frames"][0]["points"], [{"at": [20.0, 30.0], "visible": True, "confidence": 1.0}])
        self.assertEqual(len(list((self.folder / "tracked").glob("*.jpg"))), len(tracks["frames"]))
        self.assertEqual(run("match", first, second, "--model", self.whole, "--points", "20;30").returncode, 2)

    def test_a_picture_takes_another_ones_colours(self):
        first, second = sorted(path for path in pathlib.Path(self.data).rglob("*") if path.suffix in (".png", ".jpg"))[:2]
        out = self.folder / "restyled.png"
        made = run_json("restyle", first, second, "--model", self.whole, "--grid", 8, "--out", out, "--texture", 0.5)
        self.assertGreater(made["width"], 0)
        self.assertGreater(out.stat().st_size, 0)

    def test_gradients_go_on_where_colours_ended(self):
        first, second = sorted(path for path in pathlib.Path(self.data).rglob("*") if path.suffix in (".png", ".jpg"))[:2]
        restyle = ("restyle", first, second, "--model", self.whole, "--grid", 6, "--threads", 1)
        plain, none, some = (self.folder / name for name in ("plain.png", "none.png", "some.png"))
        self.assertNotIn("steps", run_json(*restyle, "--out", plain))
        run_json(*restyle, "--out", none, "--steps", 0)
        self.assertEqual(none.read_bytes(), plain.read_bytes())
        made = run_json(*restyle, "--out", some, "--steps", 10, "--device", "cpu")
        self.assertEqual((made["steps"], made["interrupted"]), (10, False))
        self.assertLess(made["last"]["total"], made["first"]["total"])
        self.assertNotEqual(some.read_bytes(), plain.read_bytes())
        classical = run("restyle", first, second, "--model", "colour", "--out", some, "--steps", 1)
        self.assertEqual(classical.returncode, 2)
        self.assertIn("no gradients", classical.stderr)

    def test_pca_pictures(self):
        out = self.folder / "pca"
        result = run_json("pca", "--model", self.whole, "--input", self.data, "--out", out, "--limit", 4)
        self.assertEqual(result["pictures"], 4)
        self.assertEqual((out / "sheet.png").read_bytes()[:8], b"\x89PNG\r\n\x1a\n")

    def test_info_says_what_things_are(self):
        self.assertEqual(run_json("info", self.whole)["kind"], "run")
        self.assertEqual(run_json("info", self.whole / "teacher.safetensors")["kind"], "backbone")
        checkpoint = max((self.whole / "checkpoints").glob("*.safetensors"))
        self.assertEqual(run_json("info", checkpoint)["kind"], "training checkpoint")
        self.assertEqual(run_json("info", self.data)["kind"], "pictures")
        self.assertEqual(run("info", "/nowhere").returncode, 4)

    def test_a_converted_folder_gives_the_same_features_and_is_found_by_name(self):
        home = self.folder / "home"
        snapshot = home / "hub/models--facebook--dinov2-small/snapshots/abc"
        for to in [snapshot, home / "own/dinov2_vits14_pretrain.safetensors"]:
            done = run_json("convert", self.whole, to)
            self.assertLessEqual(done["largest_difference"], 1e-5)
            out = [self.folder / f"by_name_{i}.npy" for i in range(2)]
            env = {**os.environ, "TROODON_HOME": str(home / "own"), "HF_HUB_CACHE": str(home / "hub"), "TORCH_HOME": str(home)}
            for model, file in zip([self.whole, "facebook/dinov2-small"], out):
                run("features", "--model", model, "--input", self.data, "--out", file, "--overwrite", check=0, env=env)
            self.assertEqual(out[0].read_bytes(), out[1].read_bytes())
            shutil.rmtree(snapshot.parent, ignore_errors=True)
        gone = run("features", "--model", "vitl14_reg", "--input", self.data, "--out", self.folder / "x.npy", env=env)
        self.assertEqual(gone.returncode, 4)
        self.assertIn("`troodon fetch vitl14_reg` downloads dinov2_vitl14_reg4_pretrain.pth (1217 MB)", gone.stderr)

    def test_convert_replaces_only_what_it_may(self):
        folder, model = self.folder / "precious", self.folder / "replaced"
        folder.mkdir()
        (folder / "letters.txt").write_text("dear")
        self.assertEqual(run("convert", self.whole, folder, "--overwrite").returncode, 2)
        self.assertEqual((folder / "letters.txt").read_text(), "dear")
        run("convert", self.whole, model, check=0)
        self.assertEqual(run("convert", self.whole, model).returncode, 2)
        run("convert", self.whole, model, "--half", "--overwrite", check=0)
        self.assertEqual(json.loads((model / "config.json").read_text())["torch_dtype"], "float16")
        self.assertFalse([p for p in self.folder.iterdir() if p.name.startswith(".")], "drafts are left")

    def test_mistakes_get_one_clear_sentence(self):
        for words, code, part in [
            (["trian"], 2, "did you mean 'train'"),
            (["train", "--data", self.data], 2, "--out"),
            (["train", "--out", self.folder / "x"], 2, "no pictures are named"),
            (["train", "--data", self.data, "--out", self.folder / "x", "optim.base_rl=1"], 3, "optim.base_lr"),
            (["train", "--data", self.data, "--out", self.folder / "x", "optim.base_lr=fast"], 3, "wants a number"),
            (["train", "--data", "/nowhere", "--out", self.folder / "x"], 4, "/nowhere"),
            (["train", "--data", self.data, "--out", self.whole], 2, "--resume"),
            (["train", "--data", self.data, "--out", self.folder / "x", "--resume"], 4, "no run to resume"),
            (["train", "--data", self.data, "--out", self.folder / "x", "--device", "cuda"], 6, "CUDA"),
            (["features", "--model", "/nowhere", "--input", self.data, "--out", self.folder / "x.npy"], 4, "no such"),
            (["features", "--model", self.whole, "--input", self.data, "--out", self.folder / "x.npy", "--size", "33"], 2, "multiple of the patch"),
            (["features", "--model", self.whole, "--input", self.data, "--out", self.folder / "x.csv"], 2, ".npy"),
        ]:
            done = run(*words)
            self.assertEqual(done.returncode, code, f"{words}: {done.stderr}")
            error = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
            self.assertEqual(len(error), 1, done.stderr)
            self.assertIn(part, error[0])
        self.assertFalse((self.folder / "x").exists(), "a refused run left a folder")

    def test_help_begins_with_examples(self):
        for verb in ["train", "features", "knn", "pca", "label", "info", "convert", "fetch", "doctor"]:
            text = run(verb, "--help", check=0).stdout
            self.assertLess(text.index("Examples:"), text.index("Usage:"), verb)

    def test_dry_run_prints_settings_that_load_again(self):
        text = run(*train_words(self.data, self.folder / "dry", "--dry-run"), check=0).stdout
        self.assertFalse((self.folder / "dry").exists())
        file = self.folder / "dry.yaml"
        file.write_text(text)
        again = run("train", "--out", self.folder / "dry", "--config", file, "--threads", 2, "--dry-run", check=0).stdout
        self.assertEqual(text, again)  # the pictures, too: train.dataset_path


if __name__ == "__main__":
    unittest.main(verbosity=2)
