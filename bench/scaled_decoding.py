#!/usr/bin/env python3
"""What `features --scaled-decoding` costs and gains: cosine to the features of full decoding, and reading time.

usage: scaled_decoding.py --build DIR --model FILE --photos DIR [--size N]      (Python's standard library)
"""
import argparse
import json
import math
import pathlib
import struct
import subprocess
import tempfile


def rows(path):
    """Rows of a two-dimensional float32 .npy file."""
    data = path.read_bytes()
    start = 10 + struct.unpack("<H", data[8:10])[0]
    width = int(data[10:start].split(b"(")[1].split(b",")[1].split(b")")[0])
    values = struct.unpack(f"<{(len(data) - start) // 4}f", data[start:])
    return [values[i:i + width] for i in range(0, len(values), width)]


def cosine(a, b):
    dot = lambda x, y: math.fsum(i * j for i, j in zip(x, y))
    return dot(a, b) / math.sqrt(dot(a, a) * dot(b, b))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--photos", required=True)
    parser.add_argument("--size", default="224")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        out, reading = [], []
        for name, flags in (("full", []), ("scaled", ["--scaled-decoding"])):
            out.append(pathlib.Path(folder) / f"{name}.npy")
            done = subprocess.run([args.build / "cli/troodon", "features", "--model", args.model, "--input", args.photos, "--out", out[-1],
                                   "--size", args.size, "--progress", "none", "--json", *flags], capture_output=True, text=True)
            if done.returncode not in (0, 8):
                raise SystemExit(done.stderr)
            result = json.loads(done.stdout.splitlines()[-1])
            reading.append(result["seconds"] * result["busy"]["reading"] * result["busy"]["reading_threads"])
        cosines = [cosine(a, b) for a, b in zip(*map(rows, out))]
    print(f"{len(cosines)} pictures at {args.size} px: reading {reading[0]:.2f} s in full, {reading[1]:.2f} s scaled ({reading[0] / reading[1]:.2f}x); "
          f"cosine mean {math.fsum(cosines) / len(cosines):.5f}, smallest {min(cosines):.5f}")


if __name__ == "__main__":
    main()
