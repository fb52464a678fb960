#!/usr/bin/env python3
"""What int8 costs: kNN accuracy of float32 and of int8 features of the same labelled pictures, and their mean cosine.

usage: int8_knn.py --model MODEL --data DIR [--build DIR] [--size N] [--threads N]     (DIR has train/ and val/)
Needs numpy.
"""
import argparse
import json
import pathlib
import subprocess
import tempfile

import numpy

ROOT = pathlib.Path(__file__).resolve().parent.parent


def features(path):
    """[rows, width] of a file that `troodon features` wrote."""
    data = pathlib.Path(path).read_bytes()
    size = int.from_bytes(data[:8], "little")
    entry = json.loads(data[8:8 + size])["features"]
    first, end = entry["data_offsets"]
    return numpy.frombuffer(data[8 + size + first:8 + size + end], numpy.float32).reshape(entry["shape"]).astype(numpy.float64)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", required=True)
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/release")
    parser.add_argument("--size", help="pixels; default: what the model says")
    parser.add_argument("--threads", default="0")
    args = parser.parse_args()

    def troodon(*words):
        words = [args.build / "cli/troodon", *words, "--threads", args.threads, "--json", "--progress", "none"]
        return json.loads(subprocess.run([str(w) for w in words], check=True, capture_output=True, text=True).stdout.splitlines()[-1])

    with tempfile.TemporaryDirectory() as folder:
        file = lambda split, precision: f"{folder}/{split}_{precision}.safetensors"
        knn = {}
        for precision in ("fp32", "int8"):
            for split in ("train", "val"):
                said = troodon("features", "--model", args.model, "--input", args.data / split, "--out", file(split, precision),
                               "--precision", precision, *(["--size", args.size] if args.size else []))
            results = troodon("knn", "--train", file("train", precision), "--val", file("val", precision))["results"]
            knn[precision] = {r["k"]: r["top1"] for r in results}
        exact, rough = features(file("val", "fp32")), features(file("val", "int8"))
        cosines = (exact * rough).sum(1) / numpy.linalg.norm(exact, axis=1) / numpy.linalg.norm(rough, axis=1)
    best = max(knn["fp32"], key=knn["fp32"].get)
    print(json.dumps({"what": "int8 against float32", "model": said["model"], "pictures": len(cosines), "k": best,
                      "knn_fp32": knn["fp32"][best], "knn_int8": knn["int8"][best],
                      "points_lost": round(100 * (knn["fp32"][best] - knn["int8"][best]), 3),
                      "mean_cosine": round(float(cosines.mean()), 6), "smallest_cosine": round(float(cosines.min()), 6)}))


if __name__ == "__main__":
    main()
