#!/usr/bin/env python3
"""Runs Troodon and a peer in turns and prints one table of ratios.

usage: compare.py --build DIR --peer-python PYTHON --images DIR [--photos DIR] [--out FILE] [--only NAME] [--rounds N]

Machines are noisy: a figure counts as the ratio of medians of samples taken in turns, in one run.
"""
import argparse
import datetime
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent


def cpu_name():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def last_json(words):
    done = subprocess.run([str(w) for w in words], capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, words))}\nexit {done.returncode}\n{done.stderr[-2000:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def features_of(build, model, images, threads):
    """Seconds of the whole process are charged to Troodon: start, load, decode, embed, write."""
    with tempfile.TemporaryDirectory() as folder:
        words = [build / "cli/troodon", "features", "--model", model, "--input", images, "--out", f"{folder}/f.safetensors",
                 "--threads", threads, "--size", 224, "--json", "--progress", "none"]
        result = last_json(words)
        return {"unit": "images/s", "samples": [result["images_per_second"]]}


def cases(args):
    step = ["--threads", args.threads, "--steps", 4, "--warmup", 2]
    small = ["--dim", 192, "--depth", 6, "--heads", 3, "--patch", 16, "--global-size", 96, "--local-size", 48, "--locals", 4, "--batch", 32,
             "--prototypes", 2048, "--hidden", 512, "--bottleneck", 128]
    vits = ["--batch", 4, "--prototypes", 16384, "--drop-path", 0]
    binary = args.build / "bench"
    peer = lambda name: [args.peer_python, HERE / "peers" / name]
    crops = lambda images: ["--images", images, "--seconds", 4, "--rounds", 4]
    rows = [
        ("step, ViT 192x6/16 at 96 px", lambda: last_json([binary / "bench_train_step", *small, *step]), lambda: last_json([*peer("train_step.py"), *small, *step])),
        ("step, ViT-S/16 at 224 px", lambda: last_json([binary / "bench_train_step", *vits, *step]), lambda: last_json([*peer("train_step.py"), *vits, *step])),
        ("multi-crop 224/96, photos", lambda: last_json([binary / "bench_multicrop", *crops(args.photos)]), lambda: last_json([*peer("multicrop.py"), *crops(args.photos)])),
        ("multi-crop 96/48, small pictures", lambda: last_json([binary / "bench_multicrop", *crops(args.images), "--global-size", 96, "--local-size", 48]),
         lambda: last_json([*peer("multicrop.py"), *crops(args.images), "--global-size", 96, "--local-size", 48])),
    ]
    if args.model:
        rows.append(("features, ViT-S/14 at 224 px, photos", lambda: features_of(args.build, args.model, args.photos, args.threads),
                     lambda: last_json([*peer("features.py"), "--images", args.photos, "--threads", args.threads, "--rounds", 1])))
    return [row for row in rows if args.only in row[0]]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--peer-python", required=True)
    parser.add_argument("--images", required=True)
    parser.add_argument("--photos", required=True)
    parser.add_argument("--model", help="a ViT-S/14 checkpoint for the features row")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="")
    parser.add_argument("--out", type=pathlib.Path)
    args = parser.parse_args()
    lines = []
    print(f"{'what':<40} {'Troodon':>18} {'peer':>18} {'ratio':>7}   unit (min / median)")
    for what, ours, peer in cases(args):
        mine, theirs = [], []
        for _ in range(args.rounds):
            result = ours()
            mine += result["samples"]
            theirs += peer()["samples"]
        ratio = statistics.median(mine) / statistics.median(theirs)
        show = lambda s: f"{min(s):8.3g} / {statistics.median(s):<7.3g}"
        print(f"{what:<40} {show(mine):>18} {show(theirs):>18} {ratio:>6.2f}x   {result['unit']}", flush=True)
        lines.append({"what": what, "unit": result["unit"], "ratio": round(ratio, 3), "troodon": mine, "peer": theirs})
    if args.out:
        machine = {"machine": cpu_name(), "cores": os.cpu_count(), "threads": args.threads,
                   "date": datetime.date.today().isoformat(), "command": "make bench"}
        args.out.write_text("".join(json.dumps({**machine, **line}) + "\n" for line in lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
