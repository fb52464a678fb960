#!/usr/bin/env python3
"""`troodon fetch` against a server on this machine that behaves, breaks off, forgets ranges, lies, and changes its mind."""
import hashlib
import http.server
import json
import os
import pathlib
import random
import re
import shutil
import struct
import subprocess
import tempfile
import threading
import time
import unittest

from harness import INTERRUPT, KILL, TROODON, run, run_json

for variable in ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy", "ALL_PROXY"):
    os.environ.pop(variable, None)

NAME, FILE = "dinov2_vits14_linear_head", "dinov2_vits14/dinov2_vits14_linear_head.pth"
CLASSES, INPUTS = 1000, 2 * 384


def can_fetch():
    """Whether the binary was built with libcurl."""
    with tempfile.TemporaryDirectory() as folder:
        return "no libcurl" not in run("fetch", "http://127.0.0.1:1/x.pth", "--retries", 0, "--out", folder).stderr


def linear_head(seed):
    """A linear head of the released shape as safetensors (content, not name, tells the format)."""
    weight = random.Random(seed).randbytes(4 * CLASSES * INPUTS)
    header = json.dumps({"weight": {"dtype": "F32", "shape": [CLASSES, INPUTS], "data_offsets": [0, len(weight)]},
                         "bias": {"dtype": "F32", "shape": [CLASSES], "data_offsets": [len(weight), len(weight) + 4 * CLASSES]}}).encode()
    return struct.pack("<Q", len(header)) + header + weight + bytes(4 * CLASSES)


class Server:
    """Files by path; what it does wrong is set by the test."""

    def __init__(self):
        self.files, self.requests = {}, []
        self.ranges, self.validators, self.etags, self.ignores_if_range = True, True, True, False
        self.cut_after = None       # bytes sent in an answer before the connection breaks
        self.bytes_per_second = None
        self.busy = 0               # so many answers of 503 first
        self.announce_more = 0      # bytes in Content-Length that never come
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_GET(self):
                outer.answer(self)

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.http.serve_forever, daemon=True).start()
        self.address = f"http://127.0.0.1:{self.http.server_port}/"

    def close(self):
        self.http.shutdown()
        self.http.server_close()

    def answer(self, request):
        path = re.sub(r"^http://[^/]*/", "/", request.path).lstrip("/")  # a proxy is asked for whole addresses
        asked = request.headers.get("Range")
        self.requests.append((path, asked))
        if self.busy > 0:
            self.busy -= 1
            return self.refuse(request, 503)
        if path not in self.files:
            return self.refuse(request, 404)
        body = self.files[path]
        etag = f'"{hashlib.md5(body).hexdigest()}"'
        first = 0
        date = "Mon, 02 Jan 2023 03:04:05 GMT"
        if asked and self.ranges and (self.ignores_if_range or request.headers.get("If-Range") in (None, etag if self.etags else date)):
            first = int(asked.removeprefix("bytes=").rstrip("-"))
            if first >= len(body):
                return self.refuse(request, 416, f"bytes */{len(body)}")
        request.send_response(206 if first else 200)
        if first:
            request.send_header("Content-Range", f"bytes {first}-{len(body) - 1}/{len(body)}")
        if self.validators:
            request.send_header("Last-Modified", date)
        if self.validators and self.etags:
            request.send_header("ETag", etag)
        request.send_header("Content-Length", str(len(body) - first + self.announce_more))
        request.end_headers()
        self.send(request, body[first:])

    def refuse(self, request, status, range_text=None):
        request.send_response(status)
        if range_text:
            request.send_header("Content-Range", range_text)
        request.send_header("Content-Length", "0")
        request.end_headers()

    def send(self, request, body):
        if self.cut_after is not None:
            body = body[:self.cut_after]
        try:
            for at in range(0, len(body), 65536):
                request.wfile.write(body[at:at + 65536])
                if self.bytes_per_second:
                    time.sleep(65536 / self.bytes_per_second)
        except OSError:
            pass  # the client was killed
        if self.cut_after is not None or self.announce_more:
            request.close_connection = True


class Fetch(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if not can_fetch():
            raise unittest.SkipTest("skipped: built without libcurl")
        cls.body = linear_head(1)
        cls.digest = hashlib.sha256(cls.body).hexdigest()

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="troodon_fetch_"))
        self.server = Server()
        self.server.files[FILE] = self.body
        self.target = self.folder / FILE.split("/")[1]

    def tearDown(self):
        self.server.close()
        shutil.rmtree(self.folder)

    def words(self, *more, name=NAME):
        return ["fetch", name, "--mirror", self.server.address, "--out", self.folder, "--progress", "none", *more]

    def fetch(self, *more, check=0, **kwargs):
        return run(*self.words(*more), check=check, **kwargs)

    def assert_whole(self):
        self.assertEqual(self.target.read_bytes(), self.body)
        self.assertEqual([p.name for p in self.folder.iterdir()], [self.target.name], "something is left over")

    def assert_nothing(self):
        self.assertEqual(list(self.folder.iterdir()), [])

    def error(self, done):
        lines = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
        self.assertEqual(len(lines), 1, done.stderr)
        return lines[0]

    def test_a_whole_file_arrives_and_is_not_fetched_twice(self):
        files = run_json(*self.words())["files"]
        self.assertEqual(files[0]["sha256"], self.digest)
        self.assert_whole()
        asked = len(self.server.requests)
        self.assertTrue(run_json(*self.words())["files"][0]["present"])
        self.assertEqual(len(self.server.requests), asked)

    def test_torch_hub_and_model_names_find_it(self):
        home = {**os.environ, "TORCH_HOME": str(self.folder / "torch"), "TROODON_HOME": str(self.folder / "own")}
        missing = run("info", NAME, env=home)
        self.assertEqual(missing.returncode, 4)
        self.assertIn(f"`troodon fetch {NAME}`", missing.stderr)
        run("fetch", NAME, "--mirror", self.server.address, "--progress", "none", env=home, check=0)
        self.assertEqual((self.folder / "torch/hub/checkpoints" / self.target.name).read_bytes(), self.body)
        self.assertIn("1000 classes", run("info", NAME, env=home, check=0).stdout)

    def test_a_connection_that_breaks_is_resumed(self):
        self.server.cut_after = len(self.body) // 3 + 1000
        self.fetch()
        self.assert_whole()
        starts = [asked for _, asked in self.server.requests]
        self.assertEqual(len(starts), 3)
        self.assertTrue(all(starts[1:]), "it began anew")

    def test_without_ranges_or_validators_it_begins_anew(self):
        for ranges, validators in [(False, True), (True, False)]:
            self.server.ranges, self.server.validators = ranges, validators
            self.server.cut_after = len(self.body) // 2
            done = self.fetch("--retries", 1, check=1)
            self.assertIn("repeat the command", self.error(done))
            self.server.cut_after = None
            self.fetch()
            self.assert_whole()
            self.target.unlink()

    def test_a_file_that_changed_meanwhile_is_fetched_anew(self):
        half = self.body[:len(self.body) // 2]
        part, url = self.folder / (self.target.name + ".part"), self.server.address + FILE
        record = {"url": url, "validator": f'"{hashlib.md5(self.body).hexdigest()}"', "total": len(self.body)}
        for forgets in (False, True):  # a server may also forget If-Range and send the rest of the new file
            part.write_bytes(half)
            pathlib.Path(f"{part}.json").write_text(json.dumps(record))
            self.server.ignores_if_range = forgets
            self.body = self.server.files[FILE] = linear_head(2)
            self.fetch()
            self.assert_whole()
            self.target.unlink()

    def test_what_an_earlier_call_left_is_used(self):
        part = self.folder / (self.target.name + ".part")
        record = {"url": self.server.address + FILE, "validator": f'"{hashlib.md5(self.body).hexdigest()}"', "total": len(self.body)}
        for have in (1, len(self.body) // 2, len(self.body)):
            part.write_bytes(self.body[:have])
            pathlib.Path(f"{part}.json").write_text(json.dumps(record))
            self.server.requests.clear()
            self.assertEqual(run_json(*self.words())["files"][0]["resumed_at"], have)
            self.assertEqual([asked for _, asked in self.server.requests], [f"bytes={have}-"] if have < len(self.body) else [])
            self.assert_whole()
            self.target.unlink()

    def test_the_last_modified_date_serves_where_there_is_no_etag(self):
        self.server.etags, self.server.cut_after = False, len(self.body) // 2 + 1000
        self.fetch()
        self.assert_whole()
        self.assertEqual(self.server.requests[-1][1], f"bytes={len(self.body) // 2 + 1000}-")

    def test_a_wrong_digest_is_refused_and_nothing_kept(self):
        done = self.fetch("--sha256", "0" * 64, check=7)
        self.assertIn(self.digest, self.error(done))
        self.assert_nothing()
        self.fetch("--sha256", self.digest)
        self.assert_whole()
        self.assertEqual(self.fetch("--sha256", "0" * 64, check=7).returncode, 7)
        self.assertEqual(self.fetch("--sha256", "xyz", check=2).returncode, 2)

    def test_a_digest_in_the_name_is_checked(self):
        for name, code in [(f"head-{self.digest[:8]}.pth", 0), ("head-01234567.pth", 7)]:
            self.server.files[name] = self.body
            done = run("fetch", self.server.address + name, "--out", self.folder, "--progress", "none")
            self.assertEqual(done.returncode, code, done.stderr)
            self.assertEqual((self.folder / name).exists(), code == 0)

    def test_what_is_no_model_is_refused(self):
        self.server.files["page.pth"] = b"<html>log in first</html>" * 100
        done = run("fetch", self.server.address + "page.pth", "--out", self.folder, "--progress", "none", check=7)
        self.error(done)
        self.assert_nothing()

    def test_a_file_too_small_for_its_weights_is_refused_before_it_comes(self):
        self.server.files[FILE] = self.body[:100000]
        self.assertIn("100000 bytes", self.error(self.fetch(check=7)))
        self.assertFalse(self.target.exists())

    def test_bytes_that_were_announced_and_never_come_are_missed(self):
        self.server.announce_more = 10
        self.error(self.fetch("--retries", 1, check=1))
        self.assertFalse(self.target.exists())

    def test_missing_files_busy_servers_and_dead_ports(self):
        self.server.files.clear()
        self.assertIn("404", self.error(self.fetch(check=4)))
        self.server.files[FILE] = self.body
        self.server.busy = 2
        self.fetch()
        self.assert_whole()
        port = self.server.http.server_port
        self.server.close()
        self.target.unlink()
        self.error(self.fetch("--retries", 0, check=1))
        self.server = Server()
        self.assertNotEqual(port, 0)

    def test_only_http_and_known_names(self):
        for words in [["fetch", "vitx14"], ["fetch", "vits14", "--mirror", "file:///etc"], ["fetch", "file:///etc/passwd"]]:
            self.assertEqual(run(*words, "--out", self.folder).returncode, 2)
        self.assertIn("closest", run("fetch", "vits15", "--out", self.folder).stderr)

    def test_the_environment_names_the_proxy(self):
        done = self.words()
        done[done.index(self.server.address)] = "http://mirror.invalid/"
        run(*done, check=0, env={**os.environ, "http_proxy": self.server.address, "no_proxy": ""})
        self.assert_whole()

    def test_two_calls_do_not_write_the_same_part(self):
        self.server.bytes_per_second = 2_000_000
        first = subprocess.Popen([str(TROODON), *map(str, self.words())], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.time() + 60
        while not (self.folder / (self.target.name + ".part.json")).exists() and time.time() < deadline:
            time.sleep(0.01)
        self.assertIn("another call", self.error(self.fetch(check=1)))
        self.assertEqual(first.wait(timeout=120), 0)
        self.assert_whole()

    def test_interrupts_and_kills_at_random_moments_end_in_identical_bytes(self):
        seed = int(os.environ.get("TROODON_SEED", time.time()))
        rng = random.Random(seed)
        self.server.bytes_per_second = 1_000_000
        kills = [KILL] * 20 + [INTERRUPT]
        sizes = []
        for how in kills:
            process = subprocess.Popen([str(TROODON), *map(str, self.words())], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
            before = len(self.server.requests)
            deadline = time.time() + 60
            while len(self.server.requests) == before and process.poll() is None and time.time() < deadline:
                time.sleep(0.005)
            time.sleep(rng.uniform(0, 0.12))
            process.send_signal(how)
            _, err = process.communicate(timeout=60)
            if process.returncode == 0:
                break
            self.assertEqual(process.returncode, -9 if how == KILL else 130, err)
            self.assertFalse(self.target.exists(), f"half a file has its name; TROODON_SEED={seed}")
            part = self.folder / (self.target.name + ".part")
            sizes.append(part.stat().st_size if part.exists() else 0)
        self.server.bytes_per_second = None
        self.fetch()
        self.assert_whole()
        print(f"killed at {sizes} of {len(self.body)} bytes, TROODON_SEED={seed}")
        self.assertEqual(sizes, sorted(sizes), "bytes were lost")


if __name__ == "__main__":
    unittest.main(verbosity=2)
