"""troodon eval and head train on a tiny world, as users call them: every protocol, the cache, going on, bad input."""
import csv
import json
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

from harness import INTERRUPT, ROOT, WORLD, run, run_and_stop, run_json

MODEL = ROOT / "models" / "vit_192x6x3_p8.safetensors"
CLASSES = "robot,tree,boat,key"


def draw(*words):
    subprocess.run([str(WORLD), *map(str, words)], check=True, capture_output=True)


class Eval(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="troodon_eval_"))
        cls.world = cls.folder / "world"
        draw("images", "--out", cls.world / "images", "--count", 60, "--classes", CLASSES, "--size", 64, "--val-fraction", 0.3)
        draw("images", "--out", cls.world / "scenes", "--count", 16, "--classes", CLASSES, "--size", 64, "--val-fraction", 0.25,
             "--styles", "photo", "--masks", "--depth")
        draw("clip", "--out", cls.world / "clips", "--count", 1, "--frames", 4, "--size", 64)
        draw("pairs", "--out", cls.world / "pairs", "--count", 2, "--size", 64, "--points", 10)
        draw("duplicates", "--out", cls.world / "duplicates", "--count", 6, "--copies", 2, "--size", 64)
        cls.train, cls.val = cls.world / "images" / "train", cls.world / "images" / "val"

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def words(self, *more):
        return [*more, "--model", MODEL, "--cache", self.folder / "cache", "--size", 48, "--progress", "none"]

    def test_every_protocol_stands_on_one_page_and_a_second_call_computes_nothing(self):
        out = self.folder / "judged"
        words = self.words("eval", "all", "--world", self.world, "--against", "untrained,colour", "--iterations", 20, "--damaged", 2, "--out", out)
        first = run_json(*words)
        protocols = {entry["protocol"] for entry in first["entries"]}
        for wanted in ["kNN", "linear head", "logistic regression", "MLP", "attentive probe", "retrieval by class", "copies", "video", "matching",
                       "masks, linear", "masks, multi-scale", "masks, untaught", "depth, linear 1", "depth, linear 4", "depth, DPT"]:
            self.assertIn(wanted, protocols)
        self.assertTrue(any(p.startswith("other domains") for p in protocols))
        self.assertTrue(any(p.startswith("damaged pictures") for p in protocols))
        self.assertEqual({entry["features"] for entry in first["entries"]}, {"trained", "untrained", "colour"})
        page = (out / "report.html").read_text()
        self.assertIsNone(re.search(r"(src|href)=\"(?!data:|#)", page))
        self.assertNotIn("<script", page)
        for wanted in ["No text", "Confusions", "Calibration", "From each domain to each", "Errors under damage", "ADE20k", "Clip by clip"]:
            self.assertIn(wanted, page)
        again = run_json(*words)
        self.assertEqual(again["reused"], len(first["entries"]))
        self.assertEqual([e["figures"] for e in again["entries"]], [e["figures"] for e in first["entries"]])

    def test_features_are_kept_for_the_next_protocol(self):
        cache = self.folder / "cache_of_its_own"
        words = ["eval", "classify", "--model", MODEL, "--cache", cache, "--train", self.train, "--val", self.val, "--progress", "none"]
        run(*words, "--head", "knn", check=0)
        before = {p: p.stat().st_mtime_ns for p in cache.rglob("*") if p.is_file()}
        done = run(*words, "--head", "logistic", check=0)
        after = {p: p.stat().st_mtime_ns for p in cache.rglob("*") if p.is_file() and "stat" not in p.name}
        self.assertEqual({p for p in after if p not in before}, set())
        self.assertNotIn("images/s", done.stderr)

    def test_other_looks_are_other_figures(self):
        out = self.folder / "looks"
        words = ["eval", "copies", "--data", self.world / "duplicates", "--out", out, "--cache", self.folder / "cache"]
        model = ["--model", MODEL, "--size", 48]
        first = run_json(*words, *model)
        self.assertEqual(run_json(*words, *model, "--scales", "1")["reused"], 1)
        for look in [["--resize", "stretch"], ["--scales", "1,2"], ["--precision", "bf16"]]:
            other = run_json(*words, *model, *look)
            self.assertEqual(other["reused"], 0, look)
            self.assertTrue(0 < other["entries"][0]["figures"]["µAP"] <= 1)
        self.assertEqual(run_json(*words, *model)["entries"][0]["figures"], first["entries"][0]["figures"])
        refused = run(*words, *model, "--scales", "0", "--overwrite")
        self.assertEqual(refused.returncode, 2)
        self.assertIn("scale 0", refused.stderr)

    def test_colours_are_what_damage_is_compared_with(self):
        said = run_json(*self.words("eval", "damage", "--train", self.train, "--val", self.val, "--limit", 8, "--head", "knn", "-k", 5,
                                    "--against", "colour"))
        by_features = {entry["features"]: entry["figures"] for entry in said["entries"]}
        self.assertEqual(by_features["colour"]["mCE (colour = 1)"], 1)
        self.assertGreater(by_features["trained"]["mCE (colour = 1)"], 0)

    def test_figures_are_split_by_a_column_worst_first(self):
        out = self.folder / "groups"
        run(*self.words("eval", "classify", "--train", self.train, "--val", self.val, "--head", "knn", "-k", 5, "--out", out,
                        "--table", self.world / "images" / "manifest.csv", "--by", "style"), check=0)
        self.assertIn("right by style", (out / "report.html").read_text())
        values = next((out / "pictures").glob("*.csv"))
        with open(values) as file:
            self.assertEqual(set(next(csv.DictReader(file))), {"path", "right"})
        split = run_json("eval", "groups", "--values", values, "--metric", "right", "--table", self.world / "images" / "manifest.csv", "--by", "style")
        shares = [group["value"] for group in split["style"]["groups"]]
        self.assertEqual(shares, sorted(shares))
        self.assertEqual(sum(group["pictures"] for group in split["style"]["groups"]), len(values.read_text().splitlines()) - 1)

    def test_heads_are_kept_with_their_cards(self):
        for kind, data in [("classify", ["--train", self.train, "--val", self.val]),
                           ("masks", ["--data", self.world / "scenes", "--iterations", 10]),
                           ("depth", ["--data", self.world / "scenes", "--iterations", 10])]:
            head = self.folder / f"{kind}.safetensors"
            run(*self.words("head", "train", kind, *data, "--out", head), check=0)
            length = int.from_bytes(head.read_bytes()[:8], "little")
            card = json.loads(json.loads(head.read_bytes()[8:8 + length])["__metadata__"]["troodon.head"])
            self.assertEqual(card["embed_dim"], 192, kind)
            self.assertIn("no text", card["limits"])

    def test_an_interrupted_judgement_goes_on(self):
        out = self.folder / "stopped"
        words = self.words("eval", "all", "--world", self.world, "--only", "kNN,linear head,depth", "--iterations", 400, "--out", out)
        code, err = run_and_stop(words, 4, INTERRUPT)
        self.assertIn(code, (0, 130), err)
        done = run_json(*words)
        self.assertGreaterEqual(len(done["entries"]), 5)

    def refused(self, *words):
        done = run(*words)
        self.assertNotEqual(done.returncode, 0)
        sentence = done.stderr.strip().splitlines()[-1]
        self.assertTrue(sentence.startswith("error: "), sentence)
        return sentence

    def test_bad_input_is_named_in_one_sentence(self):
        flat = self.folder / "flat"
        flat.mkdir()
        shutil.copy(next(self.val.rglob("*.jpg")), flat / "a.jpg")
        self.assertIn("no labels", self.refused(*self.words("eval", "classify", "--train", flat, "--val", self.val)))
        one = self.folder / "one" / "robot"
        shutil.copytree(self.val / "robot", one)
        self.assertIn("one class", self.refused(*self.words("eval", "classify", "--train", one.parent, "--val", self.val)))
        self.assertIn("multiple of the patch", self.refused("eval", "classify", "--model", MODEL, "--size", 50, "--train", self.train, "--val", self.val,
                                                            "--cache", self.folder / "cache", "--progress", "none"))
        self.assertIn("SegmentationClass", self.refused(*self.words("eval", "masks", "--data", flat)))
        self.assertIn("depth", self.refused(*self.words("eval", "depth", "--data", flat)))
        self.assertIn("untrained", self.refused(*self.words("eval", "classify", "--train", self.train, "--val", self.val, "--against", "nothing")))

    def test_a_mask_of_another_size_or_with_an_unknown_value_is_named(self):
        scenes = self.folder / "bad_scenes"
        shutil.copytree(self.world / "scenes", scenes)
        mask = next((scenes / "masks" / "val").rglob("*.png"))
        small = self.folder / "small"
        draw("images", "--out", small, "--count", 4, "--classes", "robot", "--size", 32, "--masks")
        shutil.copy(next((small / "masks").rglob("*.png")), mask)
        self.assertIn("32x32", self.refused(*self.words("eval", "masks", "--data", scenes, "--iterations", 5)))


if __name__ == "__main__":
    unittest.main()
