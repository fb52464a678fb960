#!/usr/bin/env python3
"""What `cmake --install` leaves, used as a stranger would: headers without torch, find_package, a client that runs."""
import os
import pathlib
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "end_to_end"))
from harness import BUILD, pictures, run, train_words  # noqa: E402

ROOMS = ["annotate", "api", "apply", "collection", "data", "depth", "distributed", "engine", "explore", "exports", "fingerprint", "frozen", "graph", "heads", "image", "index", "infer", "kernels", "match", "model", "report", "restyle", "run", "search", "store", "train", "views"]


def command(*words, **kwargs):
    done = subprocess.run([str(w) for w in words], capture_output=True, text=True, **kwargs)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, words))}\nexit {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done.stdout


def npy_floats(path):
    data = pathlib.Path(path).read_bytes()
    start = 10 + struct.unpack("<H", data[8:10])[0]
    return struct.unpack(f"<{(len(data) - start) // 4}f", data[start:])


class Installed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="troodon_install_"))
        cls.prefix = cls.folder / "prefix"
        command("cmake", "--install", BUILD, "--prefix", cls.prefix)
        cls.headers = sorted((cls.prefix / "include" / "troodon").glob("*.hpp"))
        cls.library = next((cls.prefix / "lib").rglob("libtroodon.so"))

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def test_each_header_is_short_and_compiles_alone_without_torch(self):
        self.assertGreater(len(self.headers), 5)
        for header in self.headers:
            text = header.read_text()
            self.assertLess(text.count("\n"), 120, header.name)
            for included in re.findall(r'#include [<"]([^>"]+)[>"]', text):
                self.assertTrue(included.startswith("troodon/") or "/" not in included, f"{header.name} includes {included}")
            command("g++", "-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-Werror", "-Wno-missing-field-initializers", "-x", "c++", "-I", self.prefix / "include", "-",
                    input=f"#include <troodon/{header.name}>\n")

    def test_the_library_shows_its_public_names_alone(self):
        shown = command("nm", "-D", "--defined-only", "-C", self.library)
        for name in ["troodon::Embedder::embed(", "troodon::extract_features(", "troodon::knn(", "troodon::nearest(", "troodon::convert(", "troodon::pretrain(",
                     "troodon::interrupt()", "troodon::version()", "troodon::DepthStream::push(", "troodon::Collection::search(", "troodon::Masker::look(",
                     "troodon::Sight::mask(", "troodon::Pattern::find(", "troodon::Matcher::match(", "troodon::Matcher::restyle(", "troodon::write_picture("]:
            self.assertIn(name, shown)
        for line in shown.splitlines():
            for room in ROOMS:
                self.assertFalse(re.match(rf"\S+ [A-Za-z] troodon::{room}::", line), line)

    def test_documentation_shows_the_example(self):
        text = (ROOT / "docs" / "library.md").read_text()
        for name in ["main.cpp", "CMakeLists.txt"]:
            self.assertIn((ROOT / "examples" / "cpp-client" / name).read_text(), text)

    def test_a_client_prints_what_the_verb_writes(self):
        source, build = self.folder / "client", self.folder / "build"
        shutil.copytree(ROOT / "examples" / "cpp-client", source)
        command("cmake", "-S", source, "-B", build, "-G", "Ninja", f"-DCMAKE_PREFIX_PATH={self.prefix}", "-DCMAKE_BUILD_TYPE=Release")
        command("cmake", "--build", build)
        commands = command("ninja", "-C", build, "-t", "commands")
        self.assertNotIn("torch", commands.lower(), "the client was shown torch")

        model = self.folder / "run"
        run(*train_words(pictures(), model, "optim.epochs=1", "optim.warmup_epochs=0"), check=0)
        picture = min(pictures().rglob("*.png"), default=None) or min(pictures().rglob("*.jpg"))
        out = self.folder / "features.npy"
        command(self.prefix / "bin" / "troodon", "features", "--model", model, "--input", picture, "--out", out)
        printed = command(build / "client", model, picture).split()
        wanted = npy_floats(out)
        self.assertEqual(len(wanted), 64)
        self.assertEqual([struct.pack("<f", float(text)) for text in printed], [struct.pack("<f", value) for value in wanted])

        failed = subprocess.run([build / "client", "/nowhere", picture], capture_output=True, text=True)
        self.assertEqual(failed.returncode, 4)
        self.assertIn("no such model", failed.stderr)

    def test_a_robots_node_answers_frames_with_what_comes_along(self):
        build = self.folder / "robot"
        command("cmake", "-S", ROOT / "examples" / "robot-depth", "-B", build, f"-DCMAKE_PREFIX_PATH={self.prefix}", "-DCMAKE_BUILD_TYPE=Release")
        command("cmake", "--build", build)
        done = subprocess.run([build / "robot-depth", "64", "48"], input=bytes(range(256)) * 36 * 5, capture_output=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stderr)
        lines = done.stdout.decode().splitlines()
        self.assertTrue(any(line.startswith("frame 4: clear for ") for line in lines), lines)  # the newest is never dropped
        self.assertRegex(lines[-1], r"^\d of 5 frames, ")

    def test_a_folder_is_searched_by_a_picture_and_by_a_part_of_it(self):
        build, photos = self.folder / "search", self.folder / "photos"
        command("cmake", "-S", ROOT / "examples" / "visual-search", "-B", build, f"-DCMAKE_PREFIX_PATH={self.prefix}", "-DCMAKE_BUILD_TYPE=Release")
        command("cmake", "--build", build)
        photos.mkdir()
        for i, picture in enumerate(sorted(path for path in pictures().rglob("*.*g") if path.suffix in (".png", ".jpg"))[:12]):
            shutil.copy(picture, photos / f"{i:02}{picture.suffix}")
        asked = min(photos.iterdir())
        first, again = (command(build / "visual-search", photos, asked).splitlines() for _ in range(2))
        self.assertEqual(first[0], "12 pictures, 12 of them new")
        self.assertEqual(again[0], "12 pictures, 0 of them new")
        self.assertEqual(first[1:], again[1:])
        self.assertRegex(first[1], rf"^1\.000  copy   {asked.name}")
        self.assertRegex(first[-1], r"^\d+ places match the first one's, \d+ agree on one map$")
        part = command(build / "visual-search", photos, asked, 8, 8, 32, 32).splitlines()
        self.assertRegex(part[1], rf"  {asked.name}  at \d+,\d+ \d+x\d+")


if __name__ == "__main__":
    unittest.main(verbosity=2)
