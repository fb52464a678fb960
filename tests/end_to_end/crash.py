#!/usr/bin/env python3
"""Interrupts training, feature extraction and conversion at random moments and compares with undisturbed runs.

usage: crash.py [--kills N] [--seed S]     (TROODON_BUILD names the build folder)
"""
import argparse
import pathlib
import random
import sys
import tempfile
import time

from harness import INTERRUPT, KILL, pictures, run, run_and_stop, train_words


LONGER = ["optim.epochs=25"]
STARTUP_SECONDS = 0.4  # until the binary is loaded; stopping it earlier tests nothing


def moment(whole_seconds, kills, rng):
    """A random time after which most stopped calls have done a part of what is left."""
    return STARTUP_SECONDS + rng.uniform(0, 2.0 / kills) * whole_seconds


def feature_words(model, data, out):
    return ["features", "--model", model, "--input", data, "--out", out, "--threads", 2, "--progress", "none",
            "--output", "patches", "--size", 384, "--batch", 2, "--part", 4]


def same(a, b):
    return pathlib.Path(a).read_bytes() == pathlib.Path(b).read_bytes()


def interrupted_training(data, out, kills, whole_seconds, rng):
    words = train_words(data, out, *LONGER)
    exits = []
    for _ in range(kills):
        started = (out / "config.yaml").exists()
        how = rng.choice([KILL, KILL, INTERRUPT])
        code, _ = run_and_stop(words + (["--resume"] if started else []), moment(whole_seconds, kills, rng), how)
        exits.append(code)
        if code == 0:
            return exits
    run(*words, *(["--resume"] if (out / "config.yaml").exists() else []), check=0)
    return exits


def interrupted_features(model, data, out, kills, whole_seconds, rng):
    words = feature_words(model, data, out)
    exits = []
    for _ in range(kills):
        code, _ = run_and_stop(words, moment(whole_seconds, kills, rng), rng.choice([KILL, INTERRUPT]))
        exits.append(code)
        if code == 0:
            return exits
    run(*words, check=0)
    return exits


def tree(path):
    """Every file at or below a path with its content."""
    files = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file())
    return {str(p.relative_to(path)): p.read_bytes() for p in files}


def interrupted_conversion(model, base, name, kills, rng):
    """Kills conversions into a new place, and one over an older result, at random moments. What stands under the name is
    the old content or the new one at each moment, and in the end nothing else is left. Returns the faults."""
    whole, out, faults = base / "whole_convert" / name, base / "broken_convert" / name, []
    seconds = timed(lambda: run("convert", model, whole, check=0))
    wanted, old = tree(whole), None
    for half in (True, False):  # first nothing is there, then a float16 version
        for _ in range(kills // 2):
            code, _ = run_and_stop(["convert", model, out, "--overwrite"], STARTUP_SECONDS + rng.uniform(0, 1.1) * seconds, KILL)
            now = tree(out) if out.exists() else None
            if now not in (old, wanted):
                faults.append(f"half a result after exit {code}")
            if code == 0 or now == wanted:
                run("convert", model, out, "--half", "--overwrite", check=0)
                old = tree(out)
        if half:
            run("convert", model, out, "--half", "--overwrite", check=0)
            old = tree(out)
    run("convert", model, out, "--overwrite", check=0)
    if tree(out) != wanted:
        faults.append("another result than undisturbed")
    if [p.name for p in out.parent.iterdir()] != [name]:
        faults.append(f"left over: {sorted(p.name for p in out.parent.iterdir())}")
    return faults


def timed(call):
    start = time.time()
    call()
    return time.time() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    args = parser.parse_args()
    rng = random.Random(args.seed)
    data = pictures()
    with tempfile.TemporaryDirectory() as folder:
        base = pathlib.Path(folder)
        seconds = timed(lambda: run(*train_words(data, base / "whole", *LONGER), check=0))
        exits = interrupted_training(data, base / "broken", args.kills, seconds, rng)
        equal = same(base / "whole/teacher.safetensors", base / "broken/teacher.safetensors")
        print(f"train: undisturbed {seconds:.1f} s; stopped with exits {exits}; identical weights: {equal}")
        model = base / "whole"
        seconds = timed(lambda: run(*feature_words(model, data, base / "a.safetensors"), check=0))
        exits_features = interrupted_features(model, data, base / "b.safetensors", args.kills, seconds, rng)
        equal_features = same(base / "a.safetensors", base / "b.safetensors")
        print(f"features: undisturbed {seconds:.1f} s; stopped with exits {exits_features}; identical files: {equal_features}")
        faults = {name: interrupted_conversion(model, base, name, 2 * args.kills, rng) for name in ("a.safetensors", "a.pth", "folder")}
        print(f"convert: {2 * args.kills} kills each; faults: {faults}")
        if not (equal and equal_features) or any(faults.values()):
            print(f"FAILED with --seed {args.seed}")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
