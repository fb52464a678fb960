#!/usr/bin/env python3
"""`troodon depth` with what comes along, and `troodon explore`: on drawings whose depth and copies are known."""
import csv
import json
import pathlib
import re
import struct
import subprocess
import tempfile
import unittest

from harness import TROODON, WORLD, run, run_json


def npy(path):
    data = pathlib.Path(path).read_bytes()
    start = 10 + struct.unpack("<H", data[8:10])[0]
    shape = tuple(int(n) for n in re.search(rb"'shape': \(([^)]*)\)", data).group(1).split(b",") if n.strip())
    return shape, struct.unpack(f"<{(len(data) - start) // 4}f", data[start:])


class Depth(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.folder = pathlib.Path(cls.temporary.name)
        subprocess.run([WORLD, "images", "--out", cls.folder / "world", "--count", "29", "--size", "64", "--styles", "photo", "--seed", "3"],
                       check=True, capture_output=True)
        cls.pictures = sorted((cls.folder / "world/train").rglob("*.jpg"))

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def depth(self, *words, **kwargs):
        return run_json("depth", "--threads", 1, "--progress", "none", *words, **kwargs)

    def test_a_picture_becomes_colours_a_cloud_and_normals(self):
        out = self.folder / "formats"
        said = self.depth("--input", self.pictures[0], "--out", out, "--format", "color,png16,npy,ply,normals,normals-npy")
        self.assertEqual((said["frames"], said["unit"], said["bad_frames"]), (1, "relative", []))
        stem = self.pictures[0].stem
        shape, metres = npy(out / f"npy/{stem}.npy")
        self.assertEqual(shape, (64, 64))
        self.assertTrue(all(0 < m < 100 for m in metres))
        self.assertEqual(npy(out / f"normals-npy/{stem}.npy")[0], (64, 64, 3))
        cloud = (out / f"ply/{stem}.ply").read_bytes()
        self.assertIn(b"element vertex 4096\n", cloud)
        self.assertEqual(len(cloud) - cloud.index(b"end_header\n") - 11, 15 * 4096)
        legend = json.loads((out / f"color/{stem}.json").read_text())
        self.assertLess(legend["near"], legend["far"])

    def test_what_was_measured_gives_metres(self):
        said = self.depth("--input", self.pictures[0], "--out", self.folder / "known", "--format", "npy", "--known", "32,50,7.5")
        self.assertEqual((said["unit"], said["alignment"]["used"]), ("metres", 1))
        metres = npy(self.folder / f"known/npy/{self.pictures[0].stem}.npy")[1]
        self.assertAlmostEqual(metres[50 * 64 + 32], 7.5, places=3)

    def test_raw_frames_go_through_a_pipe(self):
        frame = bytes(range(256)) * 45  # 60 x 64 pixels
        words = [TROODON, "depth", "--input", "-", "--width", "60", "--height", "64", "--out", "-", "--threads", "1", "--progress", "none"]
        whole = subprocess.run([*words, "--format", "u16"], input=3 * frame, capture_output=True)
        self.assertEqual(whole.returncode, 0, whole.stderr)
        self.assertEqual(len(whole.stdout), 3 * 60 * 64 * 2)
        self.assertEqual(whole.stdout[:7680], whole.stdout[7680:15360])
        streamed = subprocess.run([*words, "--stream", "--json"], input=9 * frame, capture_output=True)
        numbers = json.loads(streamed.stderr.decode().strip().splitlines()[-1])
        self.assertEqual(numbers["frames"] + numbers["dropped"], 9)
        self.assertEqual(len(streamed.stdout), 4 * 60 * 64 * (numbers["frames"] - numbers["unread"]))
        self.assertLessEqual(numbers["latency_p50"], numbers["latency_p99"])

    def test_jpeg_files_one_after_another_are_frames(self):
        film = b"".join(path.read_bytes() for path in self.pictures[:3]) + b"\xff\xd8 torn"
        done = subprocess.run([TROODON, "depth", "--input", "-", "--out", self.folder / "mjpeg", "--format", "npy", "--threads", "1",
                               "--progress", "none"], input=film, capture_output=True)
        self.assertEqual(done.returncode, 8, done.stderr)
        self.assertEqual(sorted(p.name for p in (self.folder / "mjpeg/npy").iterdir()), ["000000.npy", "000001.npy", "000002.npy"])

    def test_what_does_not_fit_is_one_sentence(self):
        for words, code in ((["--input", self.folder / "nothing"], 4), (["--input", self.pictures[0], "--format", "jpeg"], 2),
                            (["--input", self.pictures[0], "--known", "1,2"], 2), (["--input", self.pictures[0], "--known", "999,2,3"], 2),
                            (["--input", self.pictures[0], "--intrinsics", "1,2,3"], 2)):
            done = run("depth", "--out", self.folder / "wrong", *words)
            self.assertEqual(done.returncode, code, (words, done.stderr))
            self.assertEqual(len([line for line in done.stderr.splitlines() if line.startswith("error")]), 1, done.stderr)

    def test_a_collection_becomes_one_page(self):
        subprocess.run([WORLD, "duplicates", "--out", self.folder / "twins", "--count", "20", "--copies", "1"], check=True, capture_output=True)
        page = self.folder / "page.html"
        words = ["explore", "--input", self.folder / "twins/images", "--out", page, "--threads", 1, "--progress", "none"]
        said = run_json(*words)
        with open(self.folder / "twins/pairs.csv", newline="") as file:
            pairs = [(pathlib.Path(row["original"]).name, pathlib.Path(row["copy"]).name) for row in csv.DictReader(file)]
        found = [{pathlib.Path(path).name for path in group["pictures"]} for group in said["groups"]]
        hits = sum(any({a, b} <= group for group in found) for a, b in pairs)
        self.assertGreaterEqual(hits, len(pairs) * 0.7, (pairs, found))
        html = page.read_text()
        self.assertNotIn("<script", html)
        self.assertEqual(html.count("keep</figcaption>"), len(said["groups"]))
        self.assertEqual(run_json(*words)["groups"], said["groups"])


if __name__ == "__main__":
    unittest.main()
