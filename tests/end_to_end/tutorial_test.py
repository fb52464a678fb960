#!/usr/bin/env python3
"""The manual, followed word for word: the tutorial's commands in an empty folder, and the reference
pages against what the binary prints."""
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

from harness import ROOT, TROODON, WORLD, run

PATH = os.pathsep.join([str(TROODON.parent), str(WORLD.parent), os.environ["PATH"]])


def blocks(page):
    return re.findall(r"^```sh\n(.*?)^```$", (ROOT / "docs" / page).read_text(), re.MULTILINE | re.DOTALL)


class Manual(unittest.TestCase):
    def test_the_tutorial_works_in_an_empty_folder(self):
        commands = blocks("tutorial.md")
        self.assertGreater(len(commands), 4)
        with tempfile.TemporaryDirectory(prefix="troodon_tutorial_") as folder:
            for text in commands:
                done = subprocess.run(["bash", "-euo", "pipefail", "-c", text], cwd=folder, env={**os.environ, "PATH": PATH},
                                      capture_output=True, text=True, timeout=600)
                self.assertEqual(done.returncode, 0, f"{text}\n{done.stdout}\n{done.stderr}")
            for made in ["runs/first/report.html", "pca/sheet.png", "hf_model/model.safetensors", "first_timm.pth"]:
                self.assertTrue((pathlib.Path(folder) / made).exists(), made)

    def follow(self, page, *made):
        """Every command of a tutorial in one shell, in an empty folder."""
        text = "\n".join(blocks(page))
        self.assertGreater(text.count("troodon "), 3)
        with tempfile.TemporaryDirectory(prefix="troodon_tutorial_") as folder:
            done = subprocess.run(["bash", "-euo", "pipefail", "-c", text], cwd=folder, env={**os.environ, "PATH": PATH},
                                  capture_output=True, text=True, timeout=600)
            self.assertEqual(done.returncode, 0, f"{text}\n{done.stdout}\n{done.stderr}")
            for name in made:
                self.assertTrue((pathlib.Path(folder) / name).exists(), name)
        return done.stdout

    @unittest.skipUnless(run("serve", "--help").returncode == 0, "built without collections")
    def test_the_tutorial_of_visual_search_works(self):
        out = self.follow("tutorials/search.md", "cars.jpg", "world/.troodon/collection.db", "ready.json")
        self.assertIn("no fault", out)

    def test_the_tutorial_of_labelling_works(self):
        self.follow("tutorials/labelling.md", "mask.png", "seen.png", "boxed.png", "found/review.html", "found/annotations.json")

    def test_the_tutorial_of_robots_works(self):
        self.follow("tutorials/robots.md", "depth/ply", "metres/npy", "metres.f32", "tracked/tracks.json")

    def test_the_tutorial_of_creative_tools_works(self):
        self.follow("tutorials/creative.md", "lines.png", "matches.json", "restyled.png", "half.png", "refined.png", "parts/sheet.png")

    def test_reference_pages_are_what_the_binary_prints(self):
        for what in ["verbs", "settings"]:
            page = (ROOT / "docs" / "reference" / f"{what}.md").read_text()
            self.assertEqual(page, run("reference", what, check=0).stdout,
                             f"write it anew: troodon reference {what} > docs/reference/{what}.md")

    def test_links_between_pages_lead_somewhere(self):
        for page in [ROOT / "README.md", ROOT / "ARCHITECTURE.md", *sorted((ROOT / "docs").rglob("*.md"))]:
            for link in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
                self.assertTrue((page.parent / link).exists(), f"{page.name}: {link}")

    def test_every_setting_says_what_it_means(self):
        for line in run("reference", "settings", check=0).stdout.splitlines():
            if line.startswith("| `"):
                self.assertNotEqual(line.split(" | ")[-1].strip(" |"), "", line)

    def test_origin_names_the_layer_of_each_value(self):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "mine.yaml"
            file.write_text("optim:\n  epochs: 70\n")
            text = run("config", "show", "--config", file, "optim.base_lr=0.001", "--origin", check=0).stdout
        lines = dict(line.split(" = ", 1) for line in text.splitlines())
        self.assertIn("mine.yaml, line 2", lines["optim.epochs"])
        self.assertTrue(lines["optim.epochs"].startswith("70"))
        self.assertIn("# command line", lines["optim.base_lr"])
        self.assertIn("# default", lines["optim.min_lr"])

    def test_completion_knows_verbs_and_flags(self):
        script = run("completion", "bash", check=0).stdout
        ask = "COMP_WORDS=({}); COMP_CWORD={}; _troodon; echo \"${{COMPREPLY[@]}}\""
        answer = lambda words: subprocess.run(["bash", "-c", f"{script}\n{ask.format(' '.join(words), len(words) - 1)}"],
                                              capture_output=True, text=True, check=True).stdout.split()
        self.assertIn("features", answer(["troodon", "fea"]))
        self.assertIn("--model", answer(["troodon", "features", "--mo"]))
        self.assertEqual(answer(["troodon", "config", "sh"]), ["show"])
        self.assertIn("-l model", run("completion", "fish", check=0).stdout)
        self.assertEqual(run("completion", "tcsh").returncode, 2)

    def test_the_man_page_is_roff_with_every_verb(self):
        page = run("reference", "man", check=0).stdout
        self.assertTrue(page.startswith(".TH TROODON 1"))
        for verb in ["train", "features", "convert"]:
            self.assertIn(f'.SS "troodon {verb}"', page)


if __name__ == "__main__":
    unittest.main(verbosity=2)
