"""Collections as users make them: adding, changing, removing, asking; and `kill -9` in the middle of it, twenty times."""
import json
import os
import pathlib
import random
import shutil
import sqlite3
import subprocess
import tempfile
import time
import unittest

from harness import ROOT, TROODON, pictures, run, run_json

MODEL = ROOT / "models/vit_192x6x3_p8.safetensors"
KILLS = 20


class Collection(unittest.TestCase):
    def setUp(self):
        self.work = tempfile.TemporaryDirectory()
        self.folder = pathlib.Path(self.work.name) / "photos"
        shutil.copytree(pictures() / "train", self.folder)

    def tearDown(self):
        self.work.cleanup()

    def add(self, *words, check=0):
        return run_json("index", "add", self.folder, "--model", MODEL, "--size", 48, "--progress", "none", *words, check=check)

    def files(self):
        return sorted(str(p.relative_to(self.folder)) for p in self.folder.rglob("*.jpg"))

    def test_only_what_changed_is_looked_at(self):
        files = self.files()
        self.assertEqual(self.add("--dry-run")["fresh"], len(files))
        self.assertFalse((self.folder / ".troodon").exists(), "a dry run leaves nothing")
        first = self.add()
        self.assertEqual((first["added"], first["removed"]), (len(files), 0))
        again = self.add()
        self.assertEqual((again["added"], again["unchanged"]), (0, len(files)))
        shutil.copy(self.folder / files[0], self.folder / files[1])
        os.utime(self.folder / files[1], (1, 1))
        (self.folder / files[2]).unlink()
        (self.folder / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 no picture")
        changed = self.add(check=8)
        self.assertEqual((changed["added"], changed["removed"], changed["bad"]), (1, 1, 1))
        self.assertEqual(self.add()["bad"], 0, "a broken file is not read again before it changes")
        self.assertEqual(len(self.listed()), len(files) - 1)
        self.assertEqual(run_json("index", "verify", self.folder)["faults"], [])

    def listed(self):
        return run_json("index", "list", self.folder, "--limit", 100000)["pictures"]

    def test_a_picture_finds_itself_and_filters_hold(self):
        files = self.files()
        table = pathlib.Path(self.work.name) / "table.csv"
        table.write_text("path,label,year\n" + "".join(f"{name},{'even' if i % 2 == 0 else 'odd'},{2000 + i}\n" for i, name in enumerate(files)))
        self.assertEqual(self.add("--table", table)["added"], len(files))
        hits = run_json("search", self.folder, "--like", files[4], "-k", 5)["hits"]
        self.assertEqual((hits[0]["path"], hits[0]["word"]), (files[4], "copy"))
        odd = run_json("search", self.folder, "--like", files[4], "--filter", "label = odd and year < 2010")["hits"]
        self.assertEqual({hit["path"] for hit in odd}, {name for i, name in enumerate(files[:10]) if i % 2 == 1})
        table.write_text(f"path,label,year\n{files[0]},new,1999\n")
        self.assertEqual(self.add("--table", table)["added"], 0, "another table is no reason to look again")
        self.assertEqual([p["path"] for p in run_json("index", "list", self.folder, "--filter", "year = 1999")["pictures"]], [files[0]])
        self.assertEqual(run_json("index", "rm", self.folder, files[0])["removed"], 1)
        self.assertEqual(run("index", "rm", self.folder, "no such picture").returncode, 4)
        run("index", "compact", self.folder, check=0)
        self.assertEqual(len(self.listed()), len(files) - 1)

    def test_a_part_is_found_where_it_was_pasted(self):
        self.add()
        name = self.files()[7]
        hits = run_json("search", self.folder, "--like", name, "--region", "8,8,32,32", "-k", 3)["hits"]
        self.assertEqual(hits[0]["path"], name)
        box = hits[0]["box"]
        self.assertLess(abs(box["x"] - 8) + abs(box["y"] - 8), 10)
        self.assertEqual(run("search", self.folder, "--like", name, "--region", "500,0,5,5").returncode, 2)

    def test_what_cannot_be_is_said_in_a_sentence(self):
        self.add()
        other = run("index", "add", self.folder, "--model", ROOT / "models/copies_192x6x3_p8.safetensors", "--progress", "none")
        self.assertEqual(other.returncode, 4)
        self.assertIn("looked at with the model", other.stderr)
        self.assertIn("label = dog", run("index", "list", self.folder, "--filter", "label").stderr)
        self.assertIn("index add", run("search", self.work.name, "--like", MODEL).stderr)
        for file in self.files():
            (self.folder / file).unlink()
        gone = run("index", "add", self.folder, "--progress", "none")
        self.assertEqual(gone.returncode, 4)
        self.assertIn("disk", gone.stderr)
        self.assertGreater(len(self.listed()), 0, "an unmounted disk empties no collection")

    def test_a_table_in_which_sql_is_written_stays_a_table(self):
        self.add()
        for text in ("label = \"x' OR 1=1 --\"", "path ~ \"%\"", "\"a' = 1", "x'y = 1"):
            done = run("index", "list", self.folder, "--filter", text, "--json")
            if done.returncode == 0:
                self.assertEqual(json.loads(done.stdout)["total"], 0, text)
            else:
                self.assertEqual(done.returncode, 2, done.stderr)

    def test_killed_at_any_moment_nothing_acknowledged_is_lost(self):
        chance, acknowledged, kills = random.Random(3), set(), 0
        words = [str(TROODON), "index", "add", str(self.folder), "--model", str(MODEL), "--size", "48", "--progress", "none", "--names", "--commit", "3"]
        for kill in range(3 * KILLS):
            if kills == KILLS:
                break
            if kill % 3 != 2:  # from the start again
                shutil.rmtree(self.folder / ".troodon", ignore_errors=True)
                acknowledged = set()
            process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
            first = process.stdout.readline() if kill % 4 else ""  # every fourth dies as it begins
            time.sleep(chance.uniform(0, 0.03))
            kills += process.poll() is None
            process.kill()
            out = first + process.communicate()[0]
            acknowledged |= {line for line in out.split("\n")[:-1] if line.endswith(".jpg")}
            if not (self.folder / ".troodon/collection.db").exists():
                continue
            verify = run("index", "verify", self.folder)
            if "no collection" in verify.stderr:  # killed before the tables were there
                self.assertFalse(acknowledged)
                continue
            self.assertEqual(verify.returncode, 0, verify.stdout + verify.stderr)
            self.assertLessEqual(acknowledged, {p["path"] for p in self.listed()}, f"after kill {kill}")
        self.assertEqual(kills, KILLS, "the runs were over before they could be killed")
        self.assertEqual(self.add()["bad"], 0)
        self.assertEqual({p["path"] for p in self.listed()}, set(self.files()))


if __name__ == "__main__":
    unittest.main()
