#!/usr/bin/env python3
"""Logistic regression against scikit-learn in turns, on the same features and threads, at the same C.

usage: logistic.py --build DIR --peer-python PYTHON [--features FILE] [--rows N] [--width D] [--classes K] [--threads N] [--rounds N]

Without --features (safetensors with x [n,D] and y [n]) it makes some whose spectrum falls like that of a ViT's
class tokens. Each tolerance of scikit-learn's is a row; ours keeps its default, and its objective must not be higher. On a busy machine
compare CPU time with --threads 1: idle threads spin.
"""
import argparse
import json
import pathlib
import statistics
import struct
import subprocess
import tempfile

HERE = pathlib.Path(__file__).resolve().parent

MAKE = """
import json, struct, sys
import numpy as np
path, rows, width, classes = sys.argv[1], *map(int, sys.argv[2:])
random = np.random.default_rng(0)
axes = np.linalg.qr(random.standard_normal((width, width)))[0] * (1 + np.arange(width)) ** -0.7
y = random.integers(0, classes, rows)
means = random.standard_normal((classes, width)) * 0.25
x = (random.standard_normal((rows, width)) + means[y]) @ axes.T
x = ((x - x.mean(1, keepdims=True)) / x.std(1, keepdims=True)).astype(np.float32)
y = y.astype(np.int64)
header = json.dumps({"x": {"dtype": "F32", "shape": list(x.shape), "data_offsets": [0, x.nbytes]},
                     "y": {"dtype": "I64", "shape": list(y.shape), "data_offsets": [x.nbytes, x.nbytes + y.nbytes]}}).encode()
header += b" " * (-len(header) % 8)
with open(path, "wb") as file:
    file.write(struct.pack("<Q", len(header)) + header + x.tobytes() + y.tobytes())
"""


def last_json(words):
    out = subprocess.run([str(w) for w in words], check=True, capture_output=True, text=True).stdout
    return json.loads(out.strip().splitlines()[-1])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--peer-python", required=True)
    parser.add_argument("--features")
    parser.add_argument("--rows", type=int, default=100000)
    parser.add_argument("--width", type=int, default=384)
    parser.add_argument("--classes", type=int, default=10)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--c", type=float, nargs="*", default=[0.01, 1, 100])
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        features = args.features or f"{folder}/features.safetensors"
        if not args.features:
            subprocess.run([args.peer_python, "-c", MAKE, features, str(args.rows), str(args.width), str(args.classes)], check=True)
        print("|C|scikit-learn|its s|ours s|ratio|of CPU time|its objective|ours - its|our evaluations|its|\n|" + "---|" * 10)
        for c in args.c:
            for name, more in (("float32, tol 1e-4", []), ("float64, tol 1e-4", ["--double"]), ("float64, tol 1e-6", ["--double", "--tolerance", "1e-6"])):
                common = [features, "--c", c, "--threads", args.threads, "--rounds", 1]
                ours, theirs = [], []
                for _ in range(args.rounds):
                    theirs.append(last_json([args.peer_python, HERE / "peers/logistic.py", *common, *more]))
                    ours.append(last_json([args.build / "bench/bench_logistic", *common]))
                seconds, cpu = [[statistics.median(r[what][0] for r in side) for side in (theirs, ours)] for what in ("samples", "cpu")]
                gap = ours[0]["objective"] - theirs[0]["objective"]
                print(f"|{c}|{name}|{seconds[0]:.2f}|{seconds[1]:.2f}|{seconds[0] / seconds[1]:.1f}|{cpu[0] / cpu[1]:.1f}|{theirs[0]['objective']:.6g}|{gap:.2g}|"
                      f"{ours[0]['evaluations']}|{theirs[0]['evaluations']}|", flush=True)


if __name__ == "__main__":
    main()
