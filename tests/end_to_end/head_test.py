#!/usr/bin/env python3
"""`troodon head`: heads on the network that comes along, and files that other programs open.

Where pycocotools can be imported (TROODON_PEER_PYTHON, else python3) it decodes the masks as well."""
import csv
import json
import os
import pathlib
import random
import shutil
import struct
import subprocess
import tempfile
import time
import unittest
import zlib

from harness import INTERRUPT, TROODON, WORLD, run, run_json, write_head

PYTHON = os.environ.get("TROODON_PEER_PYTHON", "python3")
WIDTH, CLASSES = 192, 5
NAMES = ["surroundings", "robot", "tree", "boat", "key"]
CARD = {"embed_dim": WIDTH, "patch_size": 8, "image_size": 96, "limits": "no text"}

# Masks that pycocotools decodes, against the PNG files; polygons, against the same.
PEER = r"""
import json, pathlib, sys
import numpy
from PIL import Image
from pycocotools.coco import COCO
from scipy import ndimage

def inside(points, width, height):
    # Pixels whose centres have an odd number of edges to their left.
    y, x = numpy.mgrid[0:height, 0:width] + 0.5
    odd = numpy.zeros((height, width), bool)
    for (ax, ay), (bx, by) in zip(points, numpy.roll(points, -1, 0)):
        if ay == by:
            continue
        crosses = (ay <= y) != (by <= y)
        odd ^= crosses & (ax + (y - ay) * (bx - ax) / (by - ay) < x)
    return odd

out = pathlib.Path(sys.argv[1])
coco = COCO(out / "coco/annotations.json")
worst, worst_area, masks, regions = 1.0, 1.0, 0, 0
for picture in coco.loadImgs(coco.getImgIds()):
    stem = pathlib.Path(picture["file_name"]).with_suffix("")
    index = numpy.asarray(Image.open(out / "png" / f"{stem}.png"))
    seen = numpy.full(index.shape, -1)
    for annotation in coco.loadAnns(coco.getAnnIds(picture["id"])):
        mask = coco.annToMask(annotation).astype(bool)
        assert mask.sum() == annotation["area"]
        y, x = numpy.nonzero(mask)
        assert annotation["bbox"] == [x.min(), y.min(), x.max() - x.min() + 1, y.max() - y.min() + 1]
        seen[mask] = annotation["category_id"] - 1
        masks += 1
    assert (seen == index).all(), picture
    flat = str(stem).replace("/", "_")
    height, width = index.shape
    for line in (out / "yolo/labels/train" / f"{flat}.txt").read_text().splitlines():
        label, *numbers = line.split()
        points = numpy.array(numbers, float).reshape(-1, 2) * [width, height]
        ours = inside(points, width, height)
        # The class may have several regions: the one that this polygon means.
        parts, count = ndimage.label(index == int(label))
        region = parts == max(range(1, count + 1), key=lambda part: (ours & (parts == part)).sum())
        if region.sum() < 100:
            continue
        worst = min(worst, (ours & region).sum() / (ours | region).sum())
        large, region = inside(10 * points, 10 * width, 10 * height), region.repeat(10, 0).repeat(10, 1)
        worst_area = min(worst_area, (large & region).sum() / (large | region).sum())
        regions += 1
print(json.dumps({"masks": masks, "regions": regions, "worst": worst, "worst_area": worst_area}))
"""


def has_peer():
    try:
        return subprocess.run([PYTHON, "-c", "import pycocotools, scipy, PIL"], capture_output=True).returncode == 0
    except OSError:
        return False


def gray_png(path):
    """Width, height, bit depth, rows of bytes of an 8-bit index or grey PNG, by its definition."""
    data, at, header, body = pathlib.Path(path).read_bytes(), 8, None, b""
    while at < len(data):
        size, kind = struct.unpack(">I4s", data[at:at + 8])
        if kind == b"IHDR":
            header = struct.unpack(">IIBB", data[at + 8:at + 18])
        if kind == b"IDAT":
            body += data[at + 8:at + 8 + size]
        at += 12 + size
    width, height, depth, _ = header
    step = depth // 8
    rows, raw, above = [], zlib.decompress(body), bytes(width * step)
    for y in range(height):
        line = raw[y * (width * step + 1):(y + 1) * (width * step + 1)]
        row = bytearray(line[1:])
        for x in range(len(row)):
            left = row[x - step] if x >= step else 0
            corner = above[x - step] if x >= step else 0
            base = left + above[x] - corner
            nearest = min((left, above[x], corner), key=lambda v: abs(base - v))
            row[x] = (row[x] + [0, left, above[x], (left + above[x]) // 2, nearest][line[0]]) % 256
        above = bytes(row)
        rows.append(above)
    return width, height, depth, rows


def numbers(seed, count, scale=1.0):
    generator = random.Random(seed)
    return [scale * generator.gauss(0, 1) for _ in range(count)]


class Head(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="troodon_head_"))
        cls.world = cls.folder / "world"
        subprocess.run([str(WORLD), "images", "--out", cls.world, "--count", "24", "--classes", "robot,tree,boat,key", "--size", "96", "--seed", "5", "--val-fraction", "0.34"],
                       check=True, capture_output=True)
        cls.kinds = write_head(cls.folder / "kinds.safetensors", "linear", {"blocks": 1, "avgpool": False, "classes": CLASSES},
                               {"weight": ([CLASSES, WIDTH], numbers(1, CLASSES * WIDTH, 0.2)), "bias": ([CLASSES], [0] * CLASSES)},
                               classes=NAMES, data="nothing: drawn at random", **CARD)
        cls.parts = write_head(cls.folder / "parts.safetensors", "segment", {"embed_dim": WIDTH, "layers": 1, "classes": CLASSES},
                               {"bn.weight": ([WIDTH], [1] * WIDTH), "bn.bias": ([WIDTH], [0] * WIDTH), "bn.running_mean": ([WIDTH], [0] * WIDTH),
                                "bn.running_var": ([WIDTH], [1] * WIDTH), "bn.num_batches_tracked": ([], [0]),
                                "conv_seg.weight": ([CLASSES, WIDTH, 1, 1], numbers(2, CLASSES * WIDTH)), "conv_seg.bias": ([CLASSES], [0] * CLASSES)},
                               classes=NAMES, **CARD)
        bins = 32
        cls.depth = write_head(cls.folder / "depth.safetensors", "depth",
                               {"type": "linear", "embed_dim": WIDTH, "layers": 1, "min_depth": 0.001, "max_depth": 10.0, "bins": bins,
                                "spacing": "uniform", "bin_norm": "linear", "upsample": 4},
                               {"conv_depth.weight": ([bins, 2 * WIDTH, 1, 1], numbers(3, bins * 2 * WIDTH, 0.05)), "conv_depth.bias": ([bins], [0.1] * bins)},
                               norm=False, **CARD)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def words(self, out, *heads):
        return ["head", "predict", "--model", "small", *[word for head in heads for word in ("--head", head)], "--input", self.world / "val",
                "--out", out, "--threads", 2, "--progress", "none"]

    def test_a_card_is_printed_as_json(self):
        card = json.loads(run("head", "info", self.kinds, check=0).stdout)
        self.assertEqual((card["kind"], card["classes"], card["embed_dim"]), ("linear", NAMES, WIDTH))

    def test_three_heads_in_one_call(self):
        out = self.folder / "three"
        done = run_json(*self.words(out, self.kinds, self.parts, self.depth), "--format", "png,png16,npy,ply,color")
        pictures = sorted((self.world / "val").rglob("*.jpg"))
        self.assertEqual((done["pictures"], done["computed"], done["bad"]), (len(pictures), len(pictures), 0))
        with open(out / "kinds/predictions.csv", newline="") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual(sorted(row["path"] for row in rows), sorted(p.relative_to(self.world / "val").as_posix() for p in pictures))
        for row in rows:
            self.assertIn(row["class"], NAMES)
            shares = [float(part.rsplit(" ", 1)[1]) for part in row["top5"].split("; ")]
            self.assertAlmostEqual(sum(shares), 1, delta=1e-4)  # five classes, six digits
            self.assertEqual(float(row["probability"]), max(shares))
        for picture in pictures:
            stem = picture.relative_to(self.world / "val").with_suffix("")
            width, height, _, rows = gray_png(out / f"parts/png/{stem}.png")
            self.assertEqual((width, height), (96, 96))
            self.assertLess(max(map(max, rows)), CLASSES)
            _, _, bits, rows = gray_png(out / f"depth/png16/{stem}.png")
            self.assertEqual(bits, 16)
            array = (out / f"depth/npy/{stem}.npy").read_bytes()
            metres = struct.unpack("<9216f", array[-9216 * 4:])
            stored = struct.unpack(">9216H", b"".join(rows))
            self.assertLessEqual(max(abs(1000 * a - b) for a, b in zip(metres, stored)), 0.51)
            legend = json.loads((out / f"depth/color/{stem}.json").read_text())
            self.assertAlmostEqual(legend["near"], min(metres), places=5)
            cloud = (out / f"depth/ply/{stem}.ply").read_bytes()
            self.assertIn(b"element vertex 9216\n", cloud)
            self.assertIn(b"field of view of 60 degrees", cloud)

    @unittest.skipUnless(has_peer(), f"skipped: {PYTHON} has no pycocotools, scipy and PIL (set TROODON_PEER_PYTHON)")
    def test_pycocotools_decodes_our_masks_and_polygons_cover_them(self):
        out = self.folder / "coco"
        run_json(*self.words(out, self.parts), "--format", "png,coco,yolo")
        done = subprocess.run([PYTHON, "-c", PEER, str(out)], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        found = json.loads(done.stdout.splitlines()[-1])
        print("   ", found)
        self.assertGreater(found["masks"], 10)
        self.assertGreater(found["regions"], 10)
        self.assertGreaterEqual(found["worst"], 0.95)
        self.assertGreaterEqual(found["worst_area"], 0.95)

    def test_ctrl_c_and_a_repeated_command_give_what_one_call_gives(self):
        whole, stopped = self.folder / "whole", self.folder / "stopped"
        words = ["head", "predict", "--model", "small", "--head", self.parts, "--input", self.world / "train", "--threads", 1,
                 "--progress", "none", "--size", 192, "--format", "png,coco"]
        run_json(*words, "--out", whole)
        process = subprocess.Popen([str(TROODON), *map(str, words), "--out", str(stopped)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.time() + 120
        while time.time() < deadline and process.poll() is None and not list(stopped.rglob("*.png")):
            time.sleep(0.002)
        process.send_signal(INTERRUPT)
        code = process.wait(timeout=120)
        self.assertIn(code, (130, 0))  # 0: it had just finished
        if code == 130:
            self.assertFalse((stopped / "coco/annotations.json").exists())
        again = run_json(*words, "--out", stopped)
        self.assertEqual(again["bad"], 0)
        names = sorted(p.relative_to(whole) for p in whole.rglob("*") if p.is_file())
        self.assertEqual(names, sorted(p.relative_to(stopped) for p in stopped.rglob("*") if p.is_file()))
        for name in names:
            self.assertEqual((whole / name).read_bytes(), (stopped / name).read_bytes(), name)
        self.assertEqual(run_json(*words, "--out", stopped)["kept"], again["pictures"])

    def test_a_broken_picture_is_listed_and_strict_stops_at_it(self):
        folder = self.folder / "broken"
        shutil.copytree(self.world / "val", folder)
        (folder / "none.jpg").write_bytes(b"no picture")
        words = ["head", "predict", "--model", "small", "--head", self.kinds, "--input", folder, "--progress", "none"]
        done = run_json(*words, "--out", self.folder / "left", check=8)
        self.assertEqual((done["bad"], done["computed"]), (1, done["pictures"]))
        self.assertIn("none.jpg\t", (self.folder / "left/failed.txt").read_text())
        self.assertIn("none.jpg", run(*words, "--out", self.folder / "strict", "--strict", check=4).stderr)

    def test_what_does_not_fit_is_one_sentence(self):
        wide = write_head(self.folder / "wide.safetensors", "linear", {"blocks": 1, "avgpool": False, "classes": 2},
                          {"weight": ([2, 384], numbers(1, 768)), "bias": ([2], [0, 0])}, **{**CARD, "embed_dim": 384})
        done = run(*self.words(self.folder / "no", wide), check=4)
        self.assertIn("width 384", done.stderr)
        self.assertEqual(len(done.stderr.strip().splitlines()[-1:]), 1)
        self.assertIn("no head here writes coco", run(*self.words(self.folder / "no", self.kinds), "--format", "coco", check=2).stderr)
        other = write_head(self.folder / "other.safetensors", "linear", {"blocks": 1, "avgpool": False, "classes": 2},
                           {"weight": ([2, WIDTH], numbers(1, 2 * WIDTH)), "bias": ([2], [0, 0])}, backbone_hash="00ff", **CARD)
        self.assertIn("other weights", run(*self.words(self.folder / "yes", other), check=0).stderr)
        dry = run_json(*self.words(self.folder / "dry", self.parts), "--dry-run")
        self.assertTrue(dry["dry_run"] and dry["computed"] > 0)
        self.assertFalse((self.folder / "dry").exists())


if __name__ == "__main__":
    unittest.main(verbosity=2)
