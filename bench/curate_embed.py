#!/usr/bin/env python3
"""How much looking at pictures costs the network: the rate of `curate embed --looks` as a share of that of `features`, taken in
turns, on the pictures of a folder.

usage: curate_embed.py DIR [--model FILE] [--size N] [--rounds N]     (TROODON_BUILD names the build folder)
"""
import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
TROODON = pathlib.Path(os.environ.get("TROODON_BUILD", ROOT / "build/release")).resolve() / "cli/troodon"


def rate(words):
    done = subprocess.run([TROODON, *map(str, words), "--progress", "none", "--json"], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)["images_per_second"]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dir")
    parser.add_argument("--model", default=ROOT / "models/vit_192x6x3_p8.safetensors")
    parser.add_argument("--size", type=int, default=0)
    parser.add_argument("--rounds", type=int, default=7)
    args = parser.parse_args()
    more = ["--model", args.model, *(["--size", args.size] if args.size else [])]
    features, embed = [], []
    for _ in range(args.rounds):
        folder = pathlib.Path(tempfile.mkdtemp())
        features.append(rate(["features", "--input", args.dir, "--out", folder / "f.npy", *more]))
        embed.append(rate(["curate", "embed", args.dir, "--out", folder / "e.npy", "--looks", folder / "e.looks", *more]))
        shutil.rmtree(folder)
    ratios = [e / f for e, f in zip(embed, features)]
    print(json.dumps({"bench": "curate embed", "dir": args.dir, "size": args.size, "features_images_per_s": round(statistics.median(features), 1),
                      "embed_images_per_s": round(statistics.median(embed), 1), "ratio": round(statistics.median(ratios), 3),
                      "ratios": [round(r, 3) for r in ratios]}))


if __name__ == "__main__":
    main()
