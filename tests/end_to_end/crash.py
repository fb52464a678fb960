#!/usr/bin/env python3
"""Interrupts training, feature extraction, conversion and packing at random moments and compares with undisturbed runs.

usage: crash.py [--kills N] [--seed S]     (TROODON_BUILD names the build folder)
"""
import argparse
import pathlib
import random
import shutil
import sys
import tempfile
import time

from harness import INTERRUPT, KILL, pictures, run, run_and_stop, train_words


LONGER = ["optim.epochs=25"]
STARTUP_SECONDS = 0.4  # until the binary is loaded; stopping it earlier tests nothing


def moment(whole_seconds, kills, rng):
    """A random time after which most stopped calls have done a part of what is left."""
    return STARTUP_SECONDS + rng.uniform(0, 2.0 / kills) * whole_seconds


# Every kind of result, with the flags that make it.
RESULTS = {"f.safetensors": [], "f.npy": ["--half"], "f.parquet": ["--resize", "fit"],
           "shards/": ["--shard-rows", 7], "tables/": ["--format", "parquet", "--shard-rows", 10, "--half"]}


def feature_words(model, data, out, *more):
    return ["features", "--model", model, "--input", data, "--out", out, "--threads", 2, "--progress", "none",
            "--output", "patches", "--size", 384, "--batch", 2, "--part", 4, *more]


def content(path):
    """The bytes of a file (and of what lies beside a .npy), or of each file of a folder."""
    path = pathlib.Path(path)
    if path.suffix == ".npy":
        return path.read_bytes(), path.with_suffix(".json").read_bytes()
    return {p.name: p.read_bytes() for p in sorted(path.iterdir())} if path.is_dir() else path.read_bytes()


def same(a, b):
    return content(a) == content(b)


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


def interrupted_features(words, out, kills, whole_seconds, rng):
    """Stops the verb again and again, then lets it end. A result that is there is complete."""
    exits = []
    for _ in range(kills):
        code, _ = run_and_stop(words, moment(whole_seconds, kills, rng), rng.choice([KILL, INTERRUPT]))
        exits.append(code)
        if pathlib.Path(out).exists():
            break
    if not pathlib.Path(out).exists():
        run(*words, check=0)
    return exits


def tree(path):
    """Every file at or below a path with its content."""
    files = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file())
    return {str(p.relative_to(path)): p.read_bytes() for p in files}


def interrupted_conversion(model, base, name, kills, rng):
    """Kills conversions into a new place, and one over an older result, at random moments. What stands under the name is
    the old content or the new one at each moment, and in the end nothing else is left. Returns the faults."""
    whole, out, faults = base / "whole_convert" / name, base / f"broken_convert_{name}" / name, []
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


def check_features(model, data, base, kills, rng):
    """Each kind of result, stopped at random moments and undisturbed."""
    equal = True
    for name, flags in RESULTS.items():
        whole, broken = base / "whole_features" / name, base / "broken_features" / name
        suffix = "/" if name.endswith("/") else ""
        seconds = timed(lambda: run(*feature_words(model, data, f"{whole}{suffix}", *flags), check=0))
        exits = interrupted_features(feature_words(model, data, f"{broken}{suffix}", *flags), broken, kills, seconds, rng)
        identical = same(whole, broken) and not pathlib.Path(f"{broken}.parts").exists()
        print(f"features {name} {flags}: undisturbed {seconds:.1f} s; stopped with exits {exits}; identical: {identical}")
        equal = equal and identical
    return equal


def check_update(model, data, base, kills, rng):
    """A result of 20 pictures becomes one of all of them, stopped at random moments and undisturbed."""
    outs = [base / "update" / name for name in ("whole.safetensors", "broken.safetensors")]
    words = [feature_words(model, data, out) for out in outs]
    for each in words:
        run(*each, "--limit", 20, check=0)
    seconds = timed(lambda: run(*words[0], "--update", check=0))
    exits = []
    for _ in range(kills):
        exits.append(run_and_stop([*words[1], "--update"], moment(seconds, kills, rng), rng.choice([KILL, INTERRUPT]))[0])
    run(*words[1], "--update", check=0)
    identical = same(*outs)
    print(f"features --update: undisturbed {seconds:.1f} s; stopped with exits {exits}; identical: {identical}")
    return identical


def check_pack(data, base, kills, rng):
    """Shards of 1,500 pictures, killed at random moments and undisturbed."""
    many = base / "many"
    many.mkdir()
    files = sorted(p for p in data.rglob("*") if p.is_file())
    for i in range(1500):
        shutil.copy(files[i % len(files)], many / f"{i:04}{files[i % len(files)].suffix}")
    words = [["data", "pack", many, "--out", base / name, "--shard-size", "30K", "--progress", "none"] for name in ("whole_pack", "broken_pack")]
    seconds = timed(lambda: run(*words[0], check=0))
    exits, shards, identical = [], [], True
    for _ in range(kills):
        exits.append(run_and_stop(words[1], rng.uniform(0.1, 0.9) * seconds, KILL)[0])
        shards.append(len(list((base / "broken_pack").glob("shard-*.tar"))))
        if exits[-1] == 0 or shards[-1] > 100:  # most is done: end it, and begin again
            run(*words[1], check=0)
            identical = identical and same(base / "whole_pack", base / "broken_pack")
            shutil.rmtree(base / "broken_pack")
    run(*words[1], check=0)
    identical = identical and same(base / "whole_pack", base / "broken_pack")
    print(f"data pack: undisturbed {seconds:.1f} s; stopped with exits {exits} after {shards} shards; identical: {identical}")
    return identical


def timed(call):
    start = time.time()
    call()
    return time.time() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=10, help="at most, of each job")
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
        equal_features = check_features(base / "whole", data, base, args.kills, rng)
        equal_features = check_update(base / "whole", data, base, args.kills, rng) and equal_features
        faults = {name: interrupted_conversion(base / "whole", base, name, 2 * args.kills, rng) for name in ("a.safetensors", "a.pth", "folder")}
        print(f"convert: {2 * args.kills} kills each; faults: {faults}")
        equal_pack = check_pack(data, base, args.kills, rng)
        if not (equal and equal_features and equal_pack) or any(faults.values()):
            print(f"FAILED with --seed {args.seed}")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
