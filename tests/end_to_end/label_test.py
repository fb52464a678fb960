#!/usr/bin/env python3
"""troodon label on pictures made here: a bright square on noise, features of colours."""
import json
import pathlib
import random
import shutil
import tempfile
import unittest

from harness import png, run, run_json

SIDE = 96


def write_png(path, pixel, channels):
    """pixel(x, y) gives its channels."""
    path.write_bytes(png([b"".join(bytes(pixel(x, y)) for x in range(SIDE)) for y in range(SIDE)], channels))


def inside(x, y, left):
    return left <= x < left + 40 and 30 <= y < 70


class Label(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="troodon_label_"))
        draw = random.Random(1)
        photos = cls.folder / "photos"
        photos.mkdir()
        noise = lambda base: [min(255, max(0, b + draw.randint(-15, 15))) for b in base]
        for name, left in [("one.png", 10), ("two.png", 45), ("none.png", 1000)]:
            write_png(photos / name, lambda x, y: noise((210, 60, 40) if inside(x, y, left) else (60, 90, 150)), 3)
        write_png(cls.folder / "truth.png", lambda x, y: [255 if inside(x, y, 10) else 0], 1)
        cls.one = photos / "one.png"

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def test_a_click_finds_the_square_and_box_and_click_agree(self):
        out = self.folder / "mask.png"
        found = run_json("label", "click", "--model", "colour", "--input", self.one, "--click", "30,50", "--not", "80,80",
                         "--out", out, "--overlay", self.folder / "seen.jpg")
        self.assertAlmostEqual(found["area"], 1600, delta=250)
        self.assertTrue(out.exists() and (self.folder / "seen.jpg").exists())
        boxed = run_json("label", "click", "--model", "colour", "--input", self.one, "--box", "8,28,44,44", "--out", out)
        self.assertAlmostEqual(boxed["area"], 1600, delta=250)

    def test_an_example_finds_the_square_elsewhere(self):
        out = self.folder / "found"
        result = run_json("label", "propagate", "--model", "colour", "--example", f"{self.one}={self.folder / 'truth.png'}",
                          "--input", self.folder / "photos", "--out", out, "--progress", "none")
        self.assertEqual((result["pictures"], result["found"], result["bad_files"]), (3, 2, {}))
        coco = json.loads((out / "annotations.json").read_text())
        self.assertEqual(sorted(p["file_name"] for p in coco["images"]), ["one.png", "two.png"])
        self.assertTrue((out / "review.html").exists() and (out / "masks" / "two.png").exists())

    def test_proposals_come_as_masks(self):
        out = self.folder / "proposals"
        masks = run_json("label", "proposals", "--model", "colour", "--input", self.one, "--count", 3, "--out", out)["masks"]
        self.assertTrue(1 <= len(masks) <= 3)
        self.assertEqual(len(list(out.glob("*.png"))), len(masks))

    def test_a_project_is_exported_in_each_layout(self):
        mask = run_json("label", "click", "--model", "colour", "--input", self.one, "--click", "30,50", "--out",
                        self.folder / "m.png")
        shape = {"id": "a", "class": 0, "rle": mask["rle"], "score": 1, "state": "accepted", "clicks": []}
        project = self.folder / "farm.json"
        project.write_text(json.dumps({"name": "farm", "revision": 1, "classes": ["square"],
                                       "pictures": {"one.png": {"shapes": [shape]}}}))
        for layout, made in [("coco", "annotations.json"), ("yolo", "labels/train/one.txt"),
                             ("voc", "SegmentationClass/one.png"), ("png", "one.png")]:
            out = self.folder / layout
            result = run_json("label", "export", project, "--format", layout, "--pictures", self.folder / "photos", "--out", out)
            self.assertEqual(result["shapes"], 1)
            self.assertTrue((out / made).exists(), layout)

    def test_mistakes_get_one_clear_sentence(self):
        words = ["label", "click", "--model", "colour", "--input", self.one, "--out", self.folder / "x.png"]
        for more, code in [(["--click", "500,5"], 4), (["--click", "abc"], 2), ([], 4), (["--box", "1,2,3"], 2)]:
            error = run(*words, *more, check=code).stderr
            self.assertEqual(error.count("error:"), 1, error)


if __name__ == "__main__":
    unittest.main()
