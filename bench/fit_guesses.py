#!/usr/bin/env python3
"""Fits how mask_of_clicks() judges its guesses: ridge regression of a guess's IoU with the object on what can be seen of it
(src/annotate/cut/guesses.hpp) and products of two. Objects, clicks: as bench/clicks.py, from pictures that it does not judge.
Prints src/annotate/cut/guess_weights.hpp, and to stderr how well the best guess is found on pictures left out.

usage: fit_guesses.py --build DIR --data DIR [--model NAME] > src/annotate/cut/guess_weights.hpp
"""
import argparse
import pathlib
import sys

import numpy as np

import clicks

SEEN = slice(1, 16)  # traits that are no names of spreads


def runs_of(mask):
    flat = np.concatenate([[False], mask.T.ravel()])
    changes = np.flatnonzero(np.diff(flat)).tolist()
    return np.diff([0, *changes, mask.size]).tolist()


def gather(args):
    ours, out = clicks.Ours(args), []
    for name in ["coco", "camvid"]:
        last = None
        for picture, truth, void in clicks.objects_of(args.data, name, fitted=True):
            if picture != last:
                ours.open(picture)
                last = picture
            chosen, now = [], np.zeros_like(truth)
            for _ in range(3):
                click = clicks.next_click(truth, now, void.copy(), chosen)
                if click is None:
                    break
                chosen.append(click)
                words = [{"x": x + 0.5, "y": y + 0.5, "positive": bool(p)} for x, y, p in chosen]
                rows = ours.ask(do="guesses", clicks=words, runs=runs_of(truth))["rows"]
                out.append((str(picture), len(chosen), np.array([r[0] for r in rows]), np.array([r[1] for r in rows])))
                now = ours(chosen)
            print(name, len(out), file=sys.stderr, flush=True)
    return out


def expanded(traits):
    seen = traits[:, SEEN]
    a, b = np.triu_indices(seen.shape[1])
    return np.concatenate([traits, seen[:, a] * seen[:, b]], 1)


def fit(parts, strength):
    """Weights of expanded traits; each object and number of clicks weighs the same."""
    x = np.concatenate([expanded(p[2]) for p in parts])
    y = np.concatenate([p[3] for p in parts])
    w = np.concatenate([np.full(len(p[3]), 100 / len(p[3])) for p in parts])
    scale = np.sqrt((x ** 2).mean(0)) + 1e-3
    x = x / scale
    return np.linalg.solve(x.T @ (w[:, None] * x) + strength * np.eye(x.shape[1]), x.T @ (w * y)) / scale


def table(name, meaning, values):
    print(f"/// {meaning}\ninline constexpr std::array<float, {len(values)}> {name} = {{")
    for start in range(0, len(values), 8):
        print("    " + ", ".join(f"{v:.4f}F" for v in values[start:start + 8]) + ",")
    print("};\n")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--model", default="small")
    parser.add_argument("--strength", type=float, default=30)
    args = parser.parse_args()
    parts = gather(args)
    # Beyond what nearly all guesses show, products of traits say nothing.
    low, high = np.quantile(np.concatenate([p[2] for p in parts]), [0.01, 0.99], 0)
    parts = [(p[0], p[1], p[2].clip(low, high), p[3]) for p in parts]
    pictures = sorted({p[0] for p in parts})
    found = {1: [], 2: [], 3: []}
    for fold in range(6):
        out = set(pictures[fold::6])
        weights = fit([p for p in parts if p[0] not in out], args.strength)
        for picture, count, traits, ious in parts:
            if picture in out:
                found[count].append((ious[np.argmax(expanded(traits) @ weights)], ious.max()))
    for count, pairs in found.items():
        print(f"{count} clicks: guess chosen {np.mean([p[0] for p in pairs]):.3f}, best there is {np.mean([p[1] for p in pairs]):.3f}"
              f" ({len(pairs)} objects)", file=sys.stderr)
    weights = fit(parts, args.strength)
    print("#pragma once\n\n#include <array>\n\n// Written by bench/fit_guesses.py.\nnamespace troodon::annotate {\n")
    table("kTraitLow", "Traits are cut to what nearly all guesses show.", low)
    table("kTraitHigh", "Likewise.", high)
    table("kGuessWeights", "Of the traits, then of products of two of traits 1 to 15.", weights)
    print("}  // namespace troodon::annotate")


if __name__ == "__main__":
    main()
