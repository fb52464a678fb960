#!/usr/bin/env python3
"""What the installed package promises; run by wheel_test.py with the Python of its virtual environment."""
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from importlib import metadata

import numpy
import troodon  # before torch, which must find its own libraries all the same
import torch

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "end_to_end"))
from harness import TINY, pictures, write_head  # noqa: E402

COMMAND = pathlib.Path(sys.executable).parent / "troodon"
SETTINGS = dict(words.split("=", 1) for words in TINY)
FIVE_STEPS = {**SETTINGS, "optim.epochs": 1, "train.OFFICIAL_EPOCH_LENGTH": 5, "optim.warmup_epochs": 0}


def command(*words, check=0):
    done = subprocess.run([COMMAND, *map(str, words)], capture_output=True, text=True)
    assert done.returncode == check, f"{words}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


class Package(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="troodon_package_"))
        cls.steps = []
        cls.run_ = troodon.train(str(pictures()), cls.folder / "run", seed=3, on_step=cls.steps.append, **FIVE_STEPS)
        cls.files = sorted(p for p in pictures().rglob("*") if p.suffix in (".png", ".jpg"))[:20]
        photos = pathlib.Path(os.environ.get("TROODON_DATA", ROOT / ".." / "shared" / "data")) / "photos"
        if photos.is_dir():
            cls.files += sorted(photos.rglob("*.jpg"))[:12]
        (cls.folder / "list.txt").write_text("".join(f"{file}\n" for file in cls.files))

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def test_training_gives_a_model_and_tells_a_listener(self):
        self.assertEqual([now.step for now in self.steps], [1, 2, 3, 4, 5])
        self.assertEqual((self.run_.steps, self.run_.interrupted), (5, False))
        self.assertEqual(self.run_.total_loss, self.steps[-1].total_loss)
        self.assertTrue(self.run_.model.is_file() and self.run_.report.is_file())

    def test_heads_say_what_is_in_pictures(self):
        rows = numpy.random.default_rng(1).normal(size=(3, 64)).astype("f")
        kinds = write_head(self.folder / "kinds.safetensors", "linear", {"blocks": 1, "avgpool": False, "classes": 3},
                           {"weight": ([3, 64], rows.ravel()), "bias": ([3], [0, 0, 0])}, embed_dim=64, classes=["a", "b", "c"])
        predictor = troodon.Predictor(self.run_.model, [kinds])
        said = predictor.predict(self.files[0])[0]
        logits = rows @ troodon.load(self.run_.model).embed(self.files[0])
        shares = numpy.exp(logits - logits.max()) / numpy.exp(logits - logits.max()).sum()
        numpy.testing.assert_allclose(said["probabilities"], shares, atol=1e-4)
        self.assertEqual(said["classes"], ["a", "b", "c"])
        self.assertEqual(len(predictor.predict(self.files[:3])), 3)
        done = troodon.predict_pictures(str(self.files[0]), self.folder / "said", model=self.run_.model, heads=[kinds])
        self.assertEqual((done["computed"], done["written"]), (1, ["predictions.csv"]))

    def test_features_are_the_bytes_that_the_command_writes(self):
        for output in ["cls", "pooled", "patches", "layers", "probe"]:
            out = self.folder / f"{output}.npy"
            command("features", "--model", self.run_.model, "--input", self.folder / "list.txt", "--out", out, "--output", output, "--layers", 2)
            wanted = numpy.load(out)
            model = troodon.load(self.run_.model, output=output, layers=2)
            got = model.embed(self.files)
            self.assertEqual(got.shape, (len(self.files), *model.item_shape))
            self.assertEqual(got.dtype, numpy.float32)
            self.assertTrue(numpy.array_equal(got, wanted), f"{output}: {abs(got - wanted).max()}")

    def test_a_file_that_features_writes_equals_the_commands(self):
        arguments = dict(input=str(self.folder / "list.txt"), model=self.run_.model)
        result = troodon.features(out=self.folder / "a.safetensors", **arguments)
        self.assertEqual((result.rows, result.item_shape, result.bad_files), (len(self.files), [64], {}))
        command("features", "--model", self.run_.model, "--input", self.folder / "list.txt", "--out", self.folder / "b.safetensors")
        self.assertEqual((self.folder / "a.safetensors").read_bytes(), (self.folder / "b.safetensors").read_bytes())
        with self.assertRaises(troodon.Error) as raised:
            troodon.features(out=self.folder / "a.safetensors", **arguments)
        self.assertEqual(raised.exception.code, 2)

    def test_every_way_to_give_a_picture_gives_the_same(self):
        model = troodon.load(self.run_.model)
        pixels = numpy.random.default_rng(1).integers(0, 256, (50, 70, 3), dtype=numpy.uint8)
        wanted = model.embed(pixels)
        self.assertEqual(wanted.shape, (64,))
        numpy.testing.assert_array_equal(model.embed(torch.from_numpy(pixels)), wanted)
        numpy.testing.assert_array_equal(model.embed([pixels])[0], wanted)
        # Two pictures are one for each thread, one picture is shared by all: another order of sums.
        numpy.testing.assert_allclose(model.embed(numpy.stack([pixels, pixels]))[1], wanted, atol=1e-5)
        view = numpy.ascontiguousarray(pixels[:, ::-1])[:, ::-1]
        self.assertFalse(view.flags.c_contiguous)
        numpy.testing.assert_array_equal(model.embed(view), wanted)
        pixels.flags.writeable = False
        numpy.testing.assert_array_equal(model.embed(pixels), wanted)
        file = self.files[0]
        by_path = model.embed(str(file))
        numpy.testing.assert_array_equal(model.embed(file.read_bytes()), by_path)
        numpy.testing.assert_array_equal(model.embed(iter([file]))[0], by_path)
        self.assertEqual(model.embed([]).shape, (0, 64))

    def test_torch_takes_features_without_a_copy(self):
        features = troodon.load(self.run_.model).embed(self.files[:3])
        tensor = torch.from_dlpack(features)
        self.assertEqual(tensor.data_ptr(), features.ctypes.data)
        before = features.copy()
        del features
        numpy.testing.assert_array_equal(tensor.numpy(), before)

    def test_what_is_no_picture_is_refused_in_words(self):
        model = troodon.load(self.run_.model)
        for wrong, words in [(numpy.zeros((4, 4, 3)), "uint8"), (numpy.zeros((3, 8, 9), numpy.uint8), "height, width, 3"),
                             (numpy.zeros((8, 8), numpy.uint8), "height, width, 3"), (7, "int"), ([3.5], "float"),
                             (b"no picture", ""), ("/nowhere.png", "/nowhere.png")]:
            with self.assertRaises(troodon.Error) as raised:
                model.embed(wrong)
            self.assertEqual(raised.exception.code, 4)
            self.assertIn(words, str(raised.exception))

    def test_errors_carry_the_programs_exit_code(self):
        self.assertTrue(issubclass(troodon.Error, RuntimeError))
        for call, code in [(lambda: troodon.load("/nowhere"), 4), (lambda: troodon.load(self.run_.model, output="clss"), 2),
                           (lambda: troodon.load(self.run_.model, size=3), 2), (lambda: troodon.train(str(pictures()), self.folder / "run"), 2),
                           (lambda: troodon.train(str(pictures()), self.folder / "x", optim={"base_rl": 1}), 3)]:
            with self.assertRaises(troodon.Error) as raised:
                call()
            self.assertEqual(raised.exception.code, code, raised.exception)

    def test_settings_may_be_nested(self):
        troodon.train(str(pictures()), self.folder / "nested", seed=3, **{k: v for k, v in FIVE_STEPS.items() if not k.startswith("optim.")},
                      optim={"epochs": 1, "warmup_epochs": 0}, ibot={"mask_ratio_min_max": [0.1, 0.5]})
        self.assertEqual((self.folder / "nested" / "teacher.safetensors").read_bytes(), self.run_.model.read_bytes())

    def test_what_a_listener_raises_comes_out(self):
        class Enough(Exception):
            pass

        def stop(now):
            raise Enough(now.step)
        with self.assertRaises(Enough):
            troodon.train(str(pictures()), self.folder / "raised", on_step=stop, **FIVE_STEPS)

    def test_knn_and_neighbours(self):
        for split in ["train", "val"]:
            troodon.features(f"{pictures()}?split={split}", self.folder / f"{split}.safetensors", model=self.run_.model)
        train, val = self.folder / "train.safetensors", self.folder / "val.safetensors"
        lines = troodon.knn(train, val, k=[1, 5])
        table = json.loads(command("knn", "--train", train, "--val", val, "-k", "1,5", "--json"))["results"]
        self.assertEqual([(line.k, line.top1, line.top5) for line in lines], [(row["k"], row["top1"], row["top5"]) for row in table])
        t, v = troodon.read_features(train), troodon.read_features(val)
        self.assertEqual(len(t.ids), t.values.shape[0])
        again = troodon.knn((t.values, t.labels), (v.values, v.labels), k=[1, 5])
        self.assertEqual([line.top1 for line in again], [line.top1 for line in lines])
        index, cosine = troodon.nearest(v, t, k=3)
        unit = [x / numpy.linalg.norm(x, axis=1, keepdims=True) for x in (v.values, t.values)]
        scores = unit[0] @ unit[1].T
        numpy.testing.assert_allclose(cosine, numpy.sort(scores, axis=1)[:, :-4:-1], atol=1e-5)  # another order of sums
        numpy.testing.assert_allclose(numpy.take_along_axis(scores, index, 1), cosine, atol=1e-5)

    def test_convert_proves_that_both_sides_agree(self):
        done = troodon.convert(self.run_.model, self.folder / "timm.safetensors", names="timm", num_heads=2)
        self.assertEqual(done.names, "timm")
        self.assertLess(done.largest_difference, 1e-5)
        same = troodon.load(self.folder / "timm.safetensors").description
        self.assertTrue(same)

    def test_other_threads_run_while_it_works(self):
        model = troodon.load(self.run_.model, threads=1)
        ticks, done = [], threading.Event()

        def tick():
            while not done.is_set():
                ticks.append(time.perf_counter())
                time.sleep(0.001)
        thread = threading.Thread(target=tick)
        thread.start()
        start = time.perf_counter()
        model.embed(numpy.zeros((400, 200, 200, 3), numpy.uint8))
        end = time.perf_counter()
        done.set()
        thread.join()
        self.assertGreater(sum(start < t < end for t in ticks), 3)

    def test_ctrl_c_saves_and_raises(self):
        out = self.folder / "stopped"
        long_run = {**SETTINGS, "train.OFFICIAL_EPOCH_LENGTH": 5, "optim.epochs": 100, "optim.warmup_epochs": 0}

        signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs start without

        def press(now):
            if now.step == 4:
                os.kill(os.getpid(), signal.SIGINT)
        with self.assertRaises(KeyboardInterrupt):
            troodon.train(str(pictures()), out, on_step=press, **long_run)
        with self.assertRaises(KeyboardInterrupt):  # Python's own handler is back
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(1)
        self.assertFalse((out / "teacher.safetensors").exists())
        saved = sorted((out / "checkpoints").glob("*.safetensors"))
        self.assertTrue(saved, "no checkpoint was saved")
        steps = []
        with self.assertRaises(ZeroDivisionError):
            troodon.train(str(pictures()), out, resume=True, on_step=lambda now: (steps.append(now.step), 1 // 0))
        self.assertEqual(steps[0], int(saved[-1].stem[5:]) + 1)

    def test_command_version_types_and_dependencies(self):
        version = metadata.version("troodon")
        self.assertEqual(version, re.search(r"project\(troodon VERSION ([0-9.]+)", (ROOT / "CMakeLists.txt").read_text())[1])
        self.assertEqual(troodon.__version__, version)
        self.assertEqual(command("--version").strip(), f"troodon {version}")
        self.assertEqual(command("features", check=2), "")
        needs = metadata.requires("troodon")
        self.assertIn("torch==2.13.*", needs)
        self.assertIn("openvino==2026.4.*", needs)
        package = pathlib.Path(troodon.__file__).parent
        self.assertTrue((package / "py.typed").exists())
        stubs = (package / "_troodon.pyi").read_text()
        for name in troodon.__all__:
            self.assertRegex(stubs, rf"\b{name}\b")
        self.assertEqual([p.name for p in package.rglob("lib*torch*")], [], "LibTorch is in the wheel")
        self.assertTrue(all(getattr(troodon, name).__doc__ for name in troodon.__all__ if name != "__version__"))

    def test_every_snippet_of_the_documentation_runs(self):
        snippets = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "library.md").read_text(), re.S)
        self.assertGreater(len(snippets), 3)
        folder = self.folder / "snippets"
        (folder / "photos").mkdir(parents=True)
        (folder / "labelled").symlink_to(pictures())
        for i, file in enumerate(self.files[:16]):
            shutil.copy(file, folder / "photos" / f"{chr(97 + i)}.jpg")
        ones = [1] * 64
        write_head(folder / "parts.safetensors", "segment", {"embed_dim": 64, "layers": 1, "classes": 2},
                   {"bn.weight": ([64], ones), "bn.bias": ([64], ones), "bn.running_mean": ([64], ones), "bn.running_var": ([64], ones),
                    "bn.num_batches_tracked": ([], [0]), "conv_seg.weight": ([2, 64, 1, 1], ones * 2), "conv_seg.bias": ([2], [0, 1])},
                   embed_dim=64, classes=["sky", "tree"])
        write_head(folder / "depth.safetensors", "depth",
                   {"type": "linear", "embed_dim": 64, "layers": 1, "min_depth": 0.001, "max_depth": 10.0, "bins": 2, "spacing": "uniform",
                    "bin_norm": "linear", "upsample": 4},
                   {"conv_depth.weight": ([2, 128, 1, 1], ones * 4), "conv_depth.bias": ([2], [1, 1])}, embed_dim=64, norm=False)
        # As written, but for the size of what is trained.
        small = "import troodon\nfull = troodon.train\n" \
                f"troodon.train = lambda *a, optim={{}}, **k: full(*a, **{{**{FIVE_STEPS!r}, **k, **{{f'optim.{{n}}': v for n, v in optim.items()}}}})\n"
        done = subprocess.run([sys.executable, "-c", small + "\n".join(snippets)], cwd=folder, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        for words in ["(2, 64) float32", "looks most like", "5/5 loss", "4 nowhere.pth", "['sky', 'tree']", "16 of 16 are safe", "frames were overtaken"]:
            self.assertIn(words, done.stdout)


if __name__ == "__main__":
    unittest.main(verbosity=2)
