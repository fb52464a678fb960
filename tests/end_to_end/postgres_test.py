"""Collections in PostgreSQL: the unit tests on a server, and writers killed at any moment that lose nothing acknowledged.

Starts the server of the PyPI wheel pgserver, or uses the one that TROODON_POSTGRES names; skips without either.
"""
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import time

BUILD = pathlib.Path(os.environ.get("TROODON_BUILD", "build/release"))
KILLS = 20


def server():
    """A server's address, and what stops it."""
    if "TROODON_POSTGRES" in os.environ:
        return os.environ["TROODON_POSTGRES"], lambda: None
    try:
        import pgserver
    except ImportError:
        return None, None
    folder = tempfile.mkdtemp(prefix="troodon_pg_")
    running = pgserver.get_server(folder, cleanup_mode="delete")
    return running.get_uri(), lambda: (running.cleanup(), shutil.rmtree(folder, ignore_errors=True))


def verified(writer, where):
    done = subprocess.run([writer, where, "verify"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return [int(word) for word in done.stdout.split()[-2:]]


def crash(writer, where):
    """Kills a writer again and again; nothing that it was told is safe may be missing."""
    chance, acknowledged = random.Random(7), 0
    for kill in range(KILLS):
        process = subprocess.Popen([writer, where], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        first = process.stdout.readline() if kill % 4 else ""  # every fourth dies as it begins
        assert first or not kill % 4, process.stderr.read()
        time.sleep(chance.uniform(0, 0.4))
        early = process.poll()
        process.kill()
        rest, errors = process.communicate()
        assert early is None, errors
        lines = [line for line in (first + rest).splitlines(keepends=True) if line.endswith("\n")]
        acknowledged = max([acknowledged] + [int(line) for line in lines])
        there, pictures = verified(writer, where)
        assert there >= acknowledged, f"kill {kill}: {acknowledged} acknowledged, {there} there"
        assert there == pictures, f"kill {kill}: a gap after {there} of {pictures}"
    assert acknowledged > 0
    print(f"{KILLS} kills, {acknowledged} acknowledged, none lost: {where.split(':')[0]}")


def main():
    writer, unit = BUILD / "tests/collection_writer", BUILD / "troodon_collection_test"
    with tempfile.TemporaryDirectory() as folder:
        crash(str(writer), folder)  # a collection in a file
    url, stop = server()
    if url is None:
        print("PostgreSQL skipped: pip install pgserver, or name a server in TROODON_POSTGRES")
        return 77
    try:
        done = subprocess.run([unit, "--gtest_filter=Postgres*"], env={**os.environ, "TROODON_POSTGRES": url}, capture_output=True, text=True)
        print(done.stdout[-3000:])
        assert done.returncode == 0, done.stderr
        crash(str(writer), f"{url}#crash_{os.getpid()}")
    finally:
        stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
