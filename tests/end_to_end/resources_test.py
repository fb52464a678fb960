#!/usr/bin/env python3
"""Full disks and read-only folders: one sentence, exit code 6, nothing half-written. Needs the right to mount a tmpfs."""
import json
import pathlib
import shutil
import struct
import subprocess
import tempfile
import unittest

from fetch_test import FILE, NAME, Server, can_fetch, linear_head
from harness import pictures, run


def write_network(path):
    """A random ViT, 192x6x3 (11 MB as float32), under official names."""
    dim, depth, patch, side = 192, 6, 14, 4
    shapes = {"cls_token": [1, 1, dim], "pos_embed": [1, 1 + side * side, dim], "mask_token": [1, dim],
              "patch_embed.proj.weight": [dim, 3, patch, patch], "patch_embed.proj.bias": [dim], "norm.weight": [dim], "norm.bias": [dim]}
    for i in range(depth):
        block = {"norm1.weight": [dim], "norm1.bias": [dim], "attn.qkv.weight": [3 * dim, dim], "attn.qkv.bias": [3 * dim],
                 "attn.proj.weight": [dim, dim], "attn.proj.bias": [dim], "ls1.gamma": [dim], "norm2.weight": [dim], "norm2.bias": [dim],
                 "mlp.fc1.weight": [4 * dim, dim], "mlp.fc1.bias": [4 * dim], "mlp.fc2.weight": [dim, 4 * dim], "mlp.fc2.bias": [dim],
                 "ls2.gamma": [dim]}
        shapes.update({f"blocks.{i}.{name}": shape for name, shape in block.items()})
    header, data = {}, b""
    for name, shape in shapes.items():
        count = 1
        for n in shape:
            count *= n
        values = struct.pack("<f", 0.01) * count
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [len(data), len(data) + len(values)]}
        data += values
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


class Resources(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="troodon_resources_"))
        cls.disk = cls.folder / "disk"
        cls.disk.mkdir()
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(cls.disk)], capture_output=True).returncode != 0:
            shutil.rmtree(cls.folder)
            raise unittest.SkipTest("skipped: no right to mount a tmpfs")
        cls.data = pictures()
        cls.model = cls.folder / "model.safetensors"
        write_network(cls.model)
        cls.server = Server()
        cls.server.files[FILE] = linear_head(1)

    @classmethod
    def tearDownClass(cls):
        cls.server.close()
        subprocess.run(["umount", str(cls.disk)], check=True)
        shutil.rmtree(cls.folder)

    def setUp(self):
        for path in self.disk.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()

    def verbs(self):
        """A call of each verb whose result does not fit into 1 MB."""
        verbs = {"features": ["features", "--model", self.model, "--input", self.data, "--out", self.disk / "f.safetensors", "--output", "patches",
                             "--size", 224, "--part", 4, "--progress", "none"],
                "convert .pth": ["convert", self.model, self.disk / "m.pth"],
                "convert .safetensors": ["convert", self.model, self.disk / "m.safetensors"],
                "convert folder": ["convert", self.model, self.disk / "m"],
                "fetch": ["fetch", NAME, "--mirror", self.server.address, "--out", self.disk, "--progress", "none"]}
        if not can_fetch():
            del verbs["fetch"]
        return verbs

    def assert_refused(self, verb, words):
        done = run(*words)
        self.assertEqual(done.returncode, 6, f"{verb}: {done.stderr}")
        errors = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
        self.assertEqual(len(errors), 1, done.stderr)
        self.assertIn(str(self.disk), errors[0])
        self.assertNotIn("terminate called", done.stderr)
        return errors[0]

    def test_a_full_disk_is_one_sentence_and_leaves_no_result(self):
        for verb, words in self.verbs().items():
            with self.subTest(verb):
                self.assert_refused(verb, words)
                # What resuming needs may stay: a job's parts, a download's part. A result or a temporary file may not.
                left = sorted(str(p.relative_to(self.disk)) for p in self.disk.rglob("*") if p.is_file())
                stays = [n for n in left if n.startswith("f.safetensors.parts/") and not n.endswith(".tmp") or ".pth.part" in n]
                self.assertEqual(left, stays, verb)
                self.setUp()

    def test_a_read_only_folder_is_one_sentence(self):
        subprocess.run(["mount", "-o", "remount,ro", str(self.disk)], check=True)
        try:
            for verb, words in self.verbs().items():
                with self.subTest(verb):
                    self.assert_refused(verb, words)
                    self.assertEqual(list(self.disk.iterdir()), [])
        finally:
            subprocess.run(["mount", "-o", "remount,rw", str(self.disk)], check=True)

    def test_a_result_that_is_there_survives_a_full_disk(self):
        old = self.disk / "m.safetensors"
        old.write_bytes(b"old")
        done = run("convert", self.model, old, "--overwrite")
        self.assertEqual(done.returncode, 6, done.stderr)
        self.assertEqual(old.read_bytes(), b"old")


if __name__ == "__main__":
    unittest.main(verbosity=2)
