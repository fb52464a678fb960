#!/usr/bin/env python3
"""Interrupts training and feature extraction at random moments and compares with undisturbed runs.

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
        if not (equal and equal_features):
            print(f"FAILED with --seed {args.seed}")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
