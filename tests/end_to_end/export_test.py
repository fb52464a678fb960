#!/usr/bin/env python3
"""`troodon export`: the ONNX file computes what the network computes, at every size, or there is no file.

Needs a Python with onnxruntime, onnx and numpy: TROODON_PEER_PYTHON, else python3. Skipped without.
"""
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from harness import run, run_json

HERE = pathlib.Path(__file__).resolve().parent
PYTHON = os.environ.get("TROODON_PEER_PYTHON", "python3")
FLOAT32, FLOAT16 = 0.99999, 0.9995  # smallest cosine of any token


def peer(*words):
    done = subprocess.run([PYTHON, HERE / "export_peer.py", *map(str, words)], capture_output=True, text=True)
    if done.returncode != 0:
        raise AssertionError(done.stderr)
    return json.loads(done.stdout)


def has_runtime():
    try:
        return subprocess.run([PYTHON, "-c", "import numpy, onnx, onnxruntime"], capture_output=True).returncode == 0
    except OSError:
        return False


VITS14 = {"img_size": 518, "patch_size": 14, "embed_dim": 384, "depth": 12, "num_heads": 6, "num_register_tokens": 0, "init_values": 1.0,
          "ffn_layer": "mlp", "qkv_bias": True, "interpolate_antialias": False, "interpolate_offset": 0.1}
REGISTERS = {"num_register_tokens": 4, "interpolate_antialias": True, "interpolate_offset": 0.0}
SMALL = {**VITS14, "img_size": 64, "patch_size": 8, "embed_dim": 64, "depth": 2, "num_heads": 2}


@unittest.skipUnless(has_runtime(), f"skipped: {PYTHON} has no onnx, onnxruntime and numpy (set TROODON_PEER_PYTHON)")
class Export(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="troodon_export_"))
        cls.small = cls.network("small", SMALL)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    @classmethod
    def network(cls, name, config):
        path = cls.folder / f"{name}.safetensors"
        peer("network", path, json.dumps(config))
        return path

    def export(self, model, name, *more):
        out = self.folder / f"{name}.onnx"
        return out, run_json("export", model, out, "--verify", "required", "--verify-with", PYTHON, *more)

    def assert_agrees(self, report, least):
        self.assertTrue(report["verified"] and report["onnx_checker"])
        for row in report["outputs"]:
            print("   ", row)
            self.assertGreaterEqual(row["smallest_cosine"], least, row)

    def test_vits14_agrees_with_the_network_at_three_sizes(self):
        for name, more in [("plain", {}), ("registers", REGISTERS)]:
            model = self.network(f"vits14_{name}", {**VITS14, **more})
            for precision, flags, least in [("float32", [], FLOAT32), ("float16", ["--half"], FLOAT16)]:
                print(f"\n    ViT-S/14 {name} {precision}")
                out, result = self.export(model, f"vits14_{name}_{precision}", *flags)
                self.assert_agrees(result["verification"], least)
                sizes = {(row["batch"], row["height"], row["width"]) for row in result["verification"]["outputs"]}
                self.assertEqual(sizes, {(1, 518, 518), (5, 224, 224), (1, 224, 308)})
                self.assertEqual(result["precision"], precision)
                self.assert_agrees_with_features(model, out, least)

    def assert_agrees_with_features(self, model, out, least):
        """The same by another way: pictures from files through `troodon features`."""
        for count, size in [(5, 224), (1, 518)]:
            folder = self.folder / f"pictures_{count}_{size}"
            if not folder.exists():
                peer("pictures", folder, count, size, size)
            for kind, output in [("cls", "cls_token"), ("patches", "patch_tokens")]:
                features = self.folder / f"{model.stem}_{count}_{size}_{kind}.npy"
                if not features.exists():
                    run("features", "--model", model, "--input", folder, "--out", features, "--output", kind, "--size", size, "--fit", "stretch", check=0)
                got = peer("against", out, f"{folder}.npy", output, features)
                print("    features", count, size, output, got)
                self.assertGreaterEqual(got["cosine"], least)

    def test_another_interpolation_would_be_noticed(self):
        plain, _ = self.export(self.small, "offset")
        for name, more in [("no_offset", {"interpolate_offset": 0.0}), ("antialias", {"interpolate_antialias": True})]:
            other, _ = self.export(self.network(name, {**SMALL, **more}), name)
            self.assertLess(peer("apart", plain, other, 1, 40, 96)["patch_tokens"]["cosine"], FLOAT32)
            self.assertEqual(peer("apart", plain, other, 1, 64, 64)["patch_tokens"]["difference"], 0, "the stored grid is taken as it is")

    def test_every_kind_of_network(self):
        for name, more in [("swiglu", {"ffn_layer": "swiglufused", "qkv_bias": False}), ("no_layerscale", {"init_values": 0.0}),
                           ("registers", REGISTERS), ("both", {"interpolate_antialias": True})]:
            model = self.network(f"kind_{name}", {**SMALL, **more})
            for flags, least in [([], FLOAT32), (["--opset", 20], FLOAT32), (["--half"], FLOAT16), (["--half", "--opset", 20], FLOAT16)]:
                _, result = self.export(model, f"kind_{name}", "--overwrite", *flags)
                self.assert_agrees(result["verification"], least)

    def test_the_file_says_what_it_is(self):
        model = self.network("facts", {**SMALL, **REGISTERS})
        out, _ = self.export(model, "facts")
        facts = peer("facts", out)
        self.assertEqual(facts["inputs"], [["pixels", "tensor(uint8)", ["batch", "height", "width", 3]]])
        self.assertEqual(facts["outputs"], [["cls_token", "tensor(float)", ["batch", 64]], ["patch_tokens", "tensor(float)", ["batch", "patches", 64]],
                                            ["register_tokens", "tensor(float)", ["batch", 4, 64]]])
        self.assertEqual((facts["producer"], facts["opset"], facts["half_weights"]), ("troodon", 17, 0))
        self.assertEqual(json.loads(facts["metadata"]["troodon.vit"])["num_register_tokens"], 4)
        self.assertEqual(facts["metadata"]["troodon.mean"], "0.485,0.456,0.406")
        half, _ = self.export(model, "facts_half", "--half", "--opset", 20)
        facts = peer("facts", half)
        self.assertEqual(facts["opset"], 20)
        self.assertGreater(facts["half_weights"], 0)
        self.assertTrue(all(port[1] == "tensor(float)" for port in facts["outputs"]))

    def test_chosen_outputs_and_float_pictures_compute_the_same(self):
        whole, _ = self.export(self.small, "whole")
        for flags, outputs in [(["--output", "cls"], ["cls_token"]), (["--output", "patches"], ["patch_tokens"]), (["--no-preprocessing"], ["cls_token", "patch_tokens"])]:
            part, _ = self.export(self.small, "part", "--overwrite", *flags)
            got = peer("apart", whole, part, 2, 48, 80)
            self.assertEqual(list(got), outputs)
            self.assertTrue(all(row["cosine"] >= FLOAT32 for row in got.values()), got)

    def test_a_size_that_is_no_multiple_of_the_patch_fails_by_name(self):
        for flags in [[], ["--no-preprocessing"]]:
            out, _ = self.export(self.small, "sizes", "--overwrite", *flags)
            self.assertEqual(peer("try", out, 72, 40), "")
            for height, width in [(65, 64), (64, 71), (4, 64)]:
                self.assertIn("height_and_width_must_be_multiples_of_8", peer("try", out, height, width))

    def test_weights_beside_the_file(self):
        whole, _ = self.export(self.small, "inside")
        out, result = self.export(self.small, "beside", "--weights-beside")
        data = pathlib.Path(f"{out}.data")
        self.assertTrue(result["weights_beside"] and data.stat().st_size > out.stat().st_size)
        self.assertEqual(peer("facts", out)["producer"], "troodon")
        self.assertEqual(peer("apart", whole, out, 1, 64, 48)["patch_tokens"]["difference"], 0)
        self.export(self.small, "beside", "--overwrite")
        self.assertFalse(data.exists(), "data that no file refers to was left behind")

    def test_what_differs_is_not_kept(self):
        liar = self.folder / "liar"
        liar.write_text(f'#!/bin/sh\n"{PYTHON}" "$@" && [ $# -lt 4 ] || "{PYTHON}" -c "import numpy; p = \'\'\'$4/1.patch_tokens.npy\'\'\'; x = numpy.load(p); '
                        'x[0, 3] += 0.1 * numpy.arange(x.shape[2]); numpy.save(p, x)"\n')
        liar.chmod(0o755)
        broken = self.folder / "broken"
        broken.write_text(f'#!/bin/sh\n[ $# -lt 4 ] && exec "{PYTHON}" "$@"\necho no such operator >&2\nexit 1\n')
        broken.chmod(0o755)
        for python, part in [(liar, "patch_tokens of the exported model differs at"), (broken, "no such operator")]:
            done = run("export", self.small, self.folder / "differs.onnx", "--verify-with", python)
            self.assertEqual(done.returncode, 7, done.stderr)
            self.assertIn(part, done.stderr)
            self.assertEqual(list(self.folder.glob("*differs*")) + list(self.folder.glob(".*differs*")), [])


class ExportWithoutRuntime(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="troodon_export_"))

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def test_mistakes_get_one_clear_sentence(self):
        for words, code, part in [(["/nowhere", self.folder / "x.onnx"], 4, "/nowhere"), (["/nowhere", self.folder / "x.pb"], 2, ".onnx"),
                                  (["/nowhere", self.folder / "x.onnx", "--verify-with", "/no/python"], 6, "onnxruntime")]:
            done = run("export", *words)
            self.assertEqual(done.returncode, code, done.stderr)
            self.assertIn(part, done.stderr)
        self.assertEqual(list(self.folder.iterdir()), [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
