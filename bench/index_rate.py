#!/usr/bin/env python3
"""Indexing against `troodon features` over the same pictures at the same size, interleaved: pictures a second.

  bench/index_rate.py --photos DIR [--model small] [--rounds 3]
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
TROODON = pathlib.Path(os.environ.get("TROODON_BUILD", ROOT / "build/release")) / "cli/troodon"


def rate(*words):
    done = subprocess.run([str(TROODON), *map(str, words), "--json", "--progress", "none"], capture_output=True, text=True)
    if done.returncode not in (0, 8):
        raise SystemExit(f"{words}: {done.stderr}")
    return json.loads(done.stdout.strip().splitlines()[-1])["images_per_second"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=pathlib.Path, required=True)
    parser.add_argument("--model", default="small")
    parser.add_argument("--size", type=int, default=160)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    rows = {"features": [], "index": [], "index without regions": []}
    with tempfile.TemporaryDirectory() as work:
        for turn in range(args.rounds):
            rows["features"].append(rate("features", "--model", args.model, "--input", args.photos, "--size", args.size, "--resize", "fit",
                                         "--out", pathlib.Path(work) / f"{turn}.safetensors"))
            for name, regions in (("index", 32), ("index without regions", 0)):
                folder = pathlib.Path(work) / f"{name.replace(' ', '_')}_{turn}"
                folder.mkdir()
                (folder / "photos").symlink_to(args.photos.resolve())
                rows[name].append(rate("index", "add", folder, "--model", args.model, "--size", args.size, "--regions", regions))
    medians = {name: statistics.median(values) for name, values in rows.items()}
    for name, value in medians.items():
        print(f"{name:22} {value:7.1f} pictures/s  {value / medians['features']:.2f} of features")
    print(json.dumps(medians))


if __name__ == "__main__":
    main()
