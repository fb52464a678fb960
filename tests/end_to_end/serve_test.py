#!/usr/bin/env python3
"""`troodon serve` as programs use it: every request of docs/http.md, and a short load with attacks."""
import http.client
import io
import json
import pathlib
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import zipfile

from harness import BUILD, ROOT, TROODON, WORLD

sys.path.insert(0, str(ROOT / "bench"))
import serve_load  # noqa: E402


class Served:
    """A server on its own port; ask() -> (status, headers, body)."""

    def __init__(self, folder, *words):
        self.process = subprocess.Popen([str(TROODON), "serve", str(folder), "--port", "0", "--json", *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        self.said = json.loads(line or "{}")
        if "port" not in self.said:
            raise AssertionError(line + self.process.communicate()[1])
        self.port = self.said["port"]
        # Drained, so that the server never waits for whoever reads its log.
        self.log = []
        threading.Thread(target=lambda: self.log.extend(self.process.stderr), daemon=True).start()

    def ask(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request(method, path, json.dumps(body) if isinstance(body, (dict, list)) else body, headers or {})
        reply = connection.getresponse()
        data = reply.read()
        connection.close()
        return reply.status, {name.lower(): value for name, value in reply.getheaders()}, data

    def json(self, method, path, body=None, status=200):
        got, _, data = self.ask(method, path, body)
        if got != status:
            raise AssertionError(f"{method} {path}: {got}, wanted {status}: {data[:500]}")
        return json.loads(data) if data else None

    def events(self, path, body=None, most=200, seconds=60):
        """Server-sent events as (name, data) until the server ends them or `most` came."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=seconds)
        connection.request("POST" if body is not None else "GET", path, json.dumps(body) if body is not None else None)
        reply, found, name = connection.getresponse(), [], ""
        while len(found) < most:
            line = reply.readline().decode()
            if not line:
                break
            if line.startswith("event: "):
                name = line[7:].strip()
            if line.startswith("data: "):
                found.append((name, json.loads(line[6:])))
        connection.close()
        return found

    def wait(self, pictures, seconds=120):
        end = time.time() + seconds
        while time.time() < end:
            if self.json("GET", "/v1/collection")["pictures"] == pictures:
                return
            time.sleep(0.1)
        raise AssertionError("the pictures were not looked at in time:\n" + "".join(self.log))

    def stop(self, how=signal.SIGINT):
        self.process.send_signal(how)
        code = self.process.wait(timeout=60)
        self.process.stdout.close()
        return code


class Serve(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="troodon_serve_"))
        subprocess.run([str(WORLD), "images", "--out", str(cls.folder / "p"), "--count", "24", "--classes", "robot,tree,boat", "--size", "96", "--seed", "3"], check=True, capture_output=True)
        cls.files = sorted(path for path in (cls.folder / "p").rglob("*") if path.suffix in (".jpg", ".png"))
        # The same picture once more, and one that can't be read.
        shutil.copy(cls.files[0], cls.folder / "p" / ("copy" + cls.files[0].suffix))
        (cls.folder / "p" / "broken.jpg").write_bytes(b"\xff\xd8 no picture")
        cls.count = len(cls.files) + 1
        cls.site = Served(cls.folder / "p")
        cls.site.wait(cls.count)
        cls.rows = cls.site.json("GET", "/v1/pictures?limit=1000")["pictures"]
        cls.ref = cls.rows[0]["ref"]

    @classmethod
    def tearDownClass(cls):
        cls.site.stop()
        shutil.rmtree(cls.folder)

    def test_health_metrics_and_the_list_of_requests(self):
        self.assertEqual(self.site.json("GET", "/health"), {"status": "ok"})
        self.assertEqual(self.site.json("GET", "/ready"), {"status": "ok"})
        document = self.site.json("GET", "/openapi.json")
        self.assertEqual(document["openapi"], "3.1.0")
        told = (ROOT / "docs" / "http.md").read_text()
        for path in document["paths"]:
            self.assertIn(path.split("{")[0].rstrip("/"), told, f"{path} is not in docs/http.md")
        _, headers, text = self.site.ask("GET", "/metrics")
        self.assertTrue(headers["content-type"].startswith("text/plain; version=0.0.4"))
        self.assertIn(f"troodon_pictures {self.count}", text.decode())
        self.assertIn('troodon_requests_total{route="/health",method="GET",status="200"}', text.decode())

    def test_the_page_is_protected_and_kept_by_browsers(self):
        status, headers, body = self.site.ask("GET", "/")
        self.assertEqual(status, 200)
        self.assertIn(b"<html", body[:2000].lower())
        self.assertIn("frame-ancestors 'none'", headers["content-security-policy"])
        self.assertEqual(headers["x-content-type-options"], "nosniff")
        self.assertNotIn("access-control-allow-origin", headers)
        self.assertEqual(self.site.ask("GET", "/", headers={"If-None-Match": headers["etag"]})[0], 304)

    def test_the_collection_and_its_pictures(self):
        about = self.site.json("GET", "/v1/collection")
        self.assertEqual(about["name"], "p")
        self.assertEqual(about["pictures"], self.count)
        self.assertGreater(about["words"]["copy"], about["words"]["alike"] - 1e-6)
        self.assertTrue(about["can"]["regions"])
        page = self.site.json("GET", "/v1/pictures?offset=3&limit=2")
        self.assertEqual(page["total"], self.count)
        self.assertEqual([row["path"] for row in page["pictures"]], [row["path"] for row in self.rows[3:5]])
        filtered = self.site.json("GET", "/v1/pictures?filter=path%20~%20COPY")
        self.assertEqual([row["path"].split(".")[0] for row in filtered["pictures"]], ["copy"])
        self.assertEqual(self.site.json("GET", f"/v1/pictures/{self.ref}")["path"], self.rows[0]["path"])
        for path, status in [("/v1/pictures?filter=path%20~", 400), ("/v1/pictures?limit=x", 400), ("/v1/pictures/999999", 404), ("/v1/pictures/..%2fx", 404), ("/v1/nothing", 404)]:
            got, headers, data = self.site.ask("GET", path)
            self.assertEqual((got, headers["content-type"]), (status, "application/problem+json"), path)
            self.assertEqual(sorted(json.loads(data)), ["detail", "status", "title", "type"])

    def test_pixels_tokens_and_principal_components(self):
        _, headers, small = self.site.ask("GET", f"/v1/pictures/{self.ref}/image?size=32")
        self.assertEqual((headers["content-type"], small[:2]), ("image/jpeg", b"\xff\xd8"))
        _, _, whole = self.site.ask("GET", f"/v1/pictures/{self.ref}/image")
        self.assertEqual(whole, (self.folder / "p" / self.rows[0]["path"]).read_bytes())
        self.assertEqual(self.site.ask("GET", f"/v1/pictures/{self.ref}/image?size=32", headers={"If-None-Match": headers["etag"]})[0], 304)
        _, _, tokens = self.site.ask("GET", f"/v1/pictures/{self.ref}/tokens")
        rows, columns, dim = struct.unpack("<III", tokens[:12])
        self.assertEqual(len(tokens), 12 + rows * columns * (4 + dim))
        status, _, png = self.site.ask("GET", f"/v1/pictures/{self.ref}/pca?with={self.rows[1]['ref']}")
        self.assertEqual((status, png[:4]), (200, b"\x89PNG"))

    def test_searching_by_picture_by_upload_and_by_region(self):
        original = next(row for row in self.rows if row["path"] == str(self.files[0].relative_to(self.folder / "p")))
        hits = self.site.json("POST", "/v1/search", {"plus": [original["ref"]], "k": 5})["hits"]
        self.assertEqual((hits[0]["path"].split(".")[0], hits[0]["word"]), ("copy", "copy"))
        self.assertNotIn(original["ref"], [hit["ref"] for hit in hits], "the question is no answer")
        status, _, data = self.site.ask("POST", "/v1/search?k=3", self.files[0].read_bytes(), {"Content-Type": "image/png"})
        found = json.loads(data)
        self.assertEqual((status, found["exact"], len(found["hits"])), (200, True, 3))
        self.assertIn(original["path"], [hit["path"] for hit in found["hits"][:2]])
        self.assertTrue(found["ref"].startswith("u-"))
        again = self.site.json("POST", "/v1/search", {"plus": [found["ref"]], "minus": [self.rows[5]["ref"]], "k": 3, "diversity": 0.3})
        self.assertEqual(len(again["hits"]), 3)
        part = self.site.json("POST", "/v1/search", {"region": {"picture": original["ref"], "box": {"x": 8, "y": 8, "width": 48, "height": 48}}, "k": 4})
        for hit in part["hits"]:
            self.assertGreater(hit["box"]["width"], 0)
            self.assertLessEqual(hit["box"]["x"] + hit["box"]["width"], hit["width"])
        for body, status in [({}, 400), ({"plus": ["999999"]}, 404), ({"plus": [self.ref], "k": 0}, 400), ({"plus": [self.ref], "filter": "a ="}, 400), ({"plus": ["u-0000000000000000"]}, 404)]:
            self.site.json("POST", "/v1/search", body, status=status)

    def test_uploads_are_pictures_or_refused(self):
        made = self.site.json("POST", "/v1/uploads", self.files[1].read_bytes(), status=201)
        self.assertEqual(self.site.json("GET", f"/v1/pictures/{made['ref']}")["width"], made["width"])
        self.assertEqual(self.site.ask("GET", f"/v1/pictures/{made['ref']}/image?size=32")[0], 200)
        self.assertEqual(self.site.ask("GET", f"/v1/pictures/{made['ref']}/tokens")[0], 200)
        for body, status in [(b"", 415), (b"no picture", 415), (b"\xff\xd8\xff\xe0 torn", 422), (serve_load.pixel_bomb(9000), 413)]:
            self.site.json("POST", "/v1/uploads", body, status=status)

    def test_the_map_clusters_outliers_and_duplicates(self):
        for _ in range(100):
            status, headers, data = self.site.ask("GET", "/v1/map")
            if status != 503:
                break
            self.assertIn("retry-after", headers)
            time.sleep(0.1)
        count, = struct.unpack("<I", data[:4])
        self.assertEqual((count, len(data)), (self.count, 4 + count * 20))
        places = struct.unpack(f"<{2 * count}f", data[4 + 4 * count:4 + 12 * count])
        self.assertLessEqual(max(map(abs, places)), 1.0001)
        clusters = self.site.json("GET", "/v1/clusters")["clusters"]
        self.assertEqual(sum(cluster["count"] for cluster in clusters), count)
        scores = [hit["score"] for hit in self.site.json("GET", "/v1/outliers?k=5")["hits"]]
        self.assertEqual(scores, sorted(scores, reverse=True))
        groups = self.site.json("GET", "/v1/duplicates?tier=identical")["groups"]
        self.assertEqual([len(group["refs"]) for group in groups], [2])

    def test_masks_proposals_and_their_spread(self):
        mask = self.site.json("POST", "/v1/masks", {"picture": self.ref, "clicks": [{"x": 48, "y": 48}]})
        self.assertEqual(mask["rle"]["size"], [mask["height"], mask["width"]])
        self.assertGreater(mask["area"], 0)
        self.assertLessEqual(len(self.site.json("POST", "/v1/proposals", {"picture": self.ref, "count": 3})["masks"]), 3)
        events = self.site.events("/v1/propagate", {"examples": [{"picture": self.ref, "rle": mask["rle"]}], "limit": 5})
        self.assertEqual(events[-1][0], "end")
        self.assertEqual(events[-1][1]["found"], sum(name == "found" for name, _ in events))
        for body, status in [({"picture": self.ref}, 400), ({"picture": self.ref, "clicks": [{"x": 1}]}, 400), ({"picture": "77777", "clicks": [{"x": 1, "y": 1}]}, 404)]:
            self.site.json("POST", "/v1/masks", body, status=status)
        self.site.json("POST", "/v1/propagate", {"examples": []}, status=400)

    def test_projects_are_saved_guarded_exported_and_removed(self):
        mask = self.site.json("POST", "/v1/masks", {"picture": self.ref, "clicks": [{"x": 48, "y": 48}]})
        shape = {"id": "s1", "class": 0, "rle": mask["rle"], "score": 1, "state": "accepted", "clicks": [{"x": 48, "y": 48, "positive": True}]}
        project = {"name": "first", "revision": 0, "classes": ["thing"], "pictures": {self.ref: {"shapes": [shape]}}}
        revision = self.site.json("PUT", "/v1/projects/first", project)["revision"]
        self.site.json("PUT", "/v1/projects/first", project, status=409)
        self.assertEqual(self.site.json("GET", "/v1/projects/first")["revision"], revision)
        self.assertIn({"name": "first", "pictures": 1, "shapes": 1, "revision": revision}, self.site.json("GET", "/v1/projects")["projects"])
        for layout in ["coco", "yolo", "voc", "png"]:
            status, headers, data = self.site.ask("GET", f"/v1/projects/first/export?format={layout}")
            self.assertEqual(status, 200, data[:300])
            self.assertIsNone(zipfile.ZipFile(io.BytesIO(data)).testzip())
            self.assertIn(f"first-{layout}.zip", headers["content-disposition"])
        self.assertIn(self.site.ask("PUT", "/v1/projects/..%2f..%2fescaped", json.dumps(project))[0], (400, 404, 422))
        self.assertFalse(list(self.folder.rglob("escaped*")))
        self.assertEqual(self.site.ask("DELETE", "/v1/projects/first")[0], 204)
        self.site.json("GET", "/v1/projects/first", status=404)

    def test_depth_in_all_its_forms(self):
        if not self.site.json("GET", "/v1/collection")["can"]["depth"]:
            self.site.json("GET", f"/v1/pictures/{self.ref}/depth", status=501)
            return
        said = self.site.json("GET", f"/v1/pictures/{self.ref}/depth?format=json")
        self.assertLess(said["near"], said["far"])
        for form, start in [("png", b"\x89PNG"), ("png16", b"\x89PNG"), ("npy", b"\x93NUMPY"), ("normals", b"\x89PNG"), ("ply", b"ply")]:
            status, _, data = self.site.ask("GET", f"/v1/pictures/{self.ref}/depth?format={form}")
            self.assertEqual((status, data[:len(start)]), (200, start), form)
        _, _, points = self.site.ask("GET", f"/v1/pictures/{self.ref}/depth?format=points&max=100")
        count, = struct.unpack("<I", points[:4])
        self.assertTrue(0 < count <= 100)
        self.assertEqual(len(points), 4 + 15 * count)
        self.site.json("GET", f"/v1/pictures/{self.ref}/depth?format=exe", status=400)

    def test_matches_and_restyling(self):
        a, b = self.rows[0]["ref"], self.rows[1]["ref"]
        found = self.site.json("POST", "/v1/matches", {"a": a, "b": b, "limit": 20, "verify": "affine"})
        self.assertLessEqual(len(found["pairs"]), 20)
        self.assertIn("inliers", found)
        status, _, png = self.site.ask("POST", "/v1/restyles", json.dumps({"content": a, "style": b, "strength": 0.5}))
        self.assertEqual((status, png[:4]), (200, b"\x89PNG"))
        self.site.json("POST", "/v1/matches", {"a": a}, status=400)
        self.site.json("POST", "/v1/restyles", {"content": a, "style": b, "strength": 2}, status=400)

    def test_new_files_are_found_when_asked_and_a_forgotten_picture_keeps_its_file(self):
        folder = self.folder / "q"
        folder.mkdir()
        for path in self.files[:3]:
            shutil.copy(path, folder)
        site = Served(folder)
        try:
            site.wait(3)
            shutil.copy(self.files[4], folder / ("new" + self.files[4].suffix))
            site.json("POST", "/v1/index", status=202)
            site.wait(4)
            names = {name for name, _ in site.events("/v1/events", most=2)}
            self.assertEqual(names, {"index", "changed"})
            row = next(row for row in site.json("GET", "/v1/pictures")["pictures"] if row["path"].startswith("new"))
            self.assertEqual(site.ask("DELETE", f"/v1/pictures/{row['ref']}")[0], 204)
            site.json("GET", f"/v1/pictures/{row['ref']}", status=404)
            self.assertTrue((folder / row["path"]).exists())
        finally:
            self.assertEqual(site.stop(), 130)

    def test_a_token_opens_and_a_server_that_only_shows_does_not_write(self):
        site = Served(self.folder / "p", "--token", "s3cret", "--read-only")
        try:
            self.assertEqual(site.ask("GET", "/v1/collection")[0], 401)
            status, headers, _ = site.ask("GET", "/?token=s3cret")
            self.assertEqual((status, headers["location"]), (303, "/"))
            cookie = headers["set-cookie"].split(";")[0]
            self.assertNotIn("s3cret", headers["set-cookie"])
            self.assertEqual(site.ask("GET", "/v1/collection", headers={"Cookie": cookie})[0], 200)
            key = {"Authorization": "Bearer s3cret"}
            self.assertEqual(site.ask("GET", "/v1/collection", headers=key)[0], 200)
            self.assertEqual(site.ask("POST", "/v1/index", headers=key)[0], 403)
            self.assertEqual(site.ask("DELETE", f"/v1/pictures/{self.ref}", headers=key)[0], 403)
        finally:
            self.assertEqual(site.stop(signal.SIGTERM), 143)

    def test_refuses_to_listen_beyond_this_machine_without_a_token(self):
        done = subprocess.run([str(TROODON), "serve", str(self.folder / "p"), "--host", "0.0.0.0", "--port", "0"], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 2)
        self.assertIn("--token", done.stderr)

    def test_load_and_attacks_break_no_promise(self):
        self.assertEqual(serve_load.main(["--pictures", str(self.folder / "p"), "--seconds", "5", "--warm", "2", "--clients", "16", "--rounds", "0", "--loris", "20", "--growth", "0.5"]), 0)


if __name__ == "__main__":
    unittest.main()
