"""Where points of one picture are found in another (PCK@0.1 of the box about the points, as `troodon eval match` counts):
Troodon against SIFT and ORB of OpenCV, on pairs of the small world with exact truth, in each style and across each two.
SIFT and ORB find a point by its descriptor among those of a dense grid and of detected keypoints (SIFT: three sizes, of
windows 48 to 144 pixels wide), and by affine maps and homographies that RANSAC fits to their matches (where there are none,
by the largest descriptor); of all these ways the best of each row is shown. "same place": nobody looked.
  matching.py --troodon build/release/cli/troodon --world build/release/examples/world/troodon-world [--model small] [--count 12]
  matching.py --troodon build/release/cli/troodon --pairs DIR [--pairs DIR ...]        any folders of that layout
Needs OpenCV and NumPy. Prints a table and a JSON line for each row.
"""
import argparse
import csv
import itertools
import json
import pathlib
import subprocess
import tempfile

import cv2
import numpy as np

STYLES = ["photo", "cartoon", "sketch", "painting"]


def pairs_of(folder):
    """(a, b, points in a, points in b) of each pair; points that b does not show are left out."""
    folder = pathlib.Path(folder)
    for row in csv.DictReader((folder / "pairs.csv").open()):
        points = [[float(p[k]) for k in ("x1", "y1", "x2", "y2")] for p in csv.DictReader((folder / row["points"]).open())
                  if p["visible"] == "1"]
        if points:
            points = np.array(points)
            yield folder / row["a"], folder / row["b"], points[:, :2], points[:, 2:]


def right(found, truth):
    """For each point, whether it lies within a tenth of the longer side of the box about the true ones."""
    return np.hypot(*(found - truth).T) <= 0.1 * np.ptp(truth, axis=0).max()


def troodon(args, model, a, b, points, *more):
    with tempfile.NamedTemporaryFile("w", suffix=".csv") as file:
        file.write("x,y\n" + "".join(f"{x},{y}\n" for x, y in points))
        file.flush()
        done = subprocess.run([args.troodon, "match", str(a), str(b), "--model", model, "--points", file.name, "--json", "--progress", "none",
                               "--threads", str(args.threads), *more], capture_output=True, text=True, check=True)
    return np.array([p["b"] for p in json.loads(done.stdout)["points"]])


def nearest(queries, targets, norm):
    matches = cv2.BFMatcher(norm).match(queries, targets)
    return np.array([m.trainIdx for m in sorted(matches, key=lambda m: m.queryIdx)])


def described(method, picture, places, size):
    """Descriptors at places (those too near the edge are moved in), [places, n], upright."""
    height, width = picture.shape
    edge = min(24, width // 4)
    keys = [cv2.KeyPoint(float(np.clip(x, edge, width - 1 - edge)), float(np.clip(y, edge, height - 1 - edge)), float(size), 0, 1, 0, i)
            for i, (x, y) in enumerate(places)]
    keys, values = method.compute(picture, keys)
    out = np.zeros((len(places), values.shape[1]), values.dtype)
    for key, value in zip(keys, values):
        out[key.class_id] = value
    return out


def fitted(method, norm, first, second, points, kind, instead):
    """The points by a map that RANSAC fits to the matches of detected keypoints; `instead` where there is none."""
    (k1, d1), (k2, d2) = (method.detectAndCompute(picture, None) for picture in (first, second))
    if d1 is None or d2 is None or len(k2) < 2:
        return instead
    good = [m[0] for m in cv2.BFMatcher(norm).knnMatch(d1, d2, k=2) if len(m) == 2 and m[0].distance < 0.8 * m[1].distance]
    if len(good) < 4:
        return instead
    p, q = np.float32([k1[m.queryIdx].pt for m in good]), np.float32([k2[m.trainIdx].pt for m in good])
    if kind == "affine":
        found, _ = cv2.estimateAffine2D(p, q, ransacReprojThreshold=5)
        return instead if found is None else points @ found[:, :2].T + found[:, 2]
    found, _ = cv2.findHomography(p, q, cv2.RANSAC, 5)
    return instead if found is None else cv2.perspectiveTransform(points[None].astype(np.float64), found)[0]


def peer(method, norm, first, second, points):
    """Name of a way -> where it finds the points."""
    height, width = second.shape
    grid = np.array([(x, y) for y in range(4, height, 8) for x in range(4, width, 8)], float)
    out = {}
    for size in (8, 16, 24) if norm == cv2.NORM_L2 else (31,):  # ORB's descriptors have one size
        asked = described(method, first, points, size)
        out[f"dense {size}"] = grid[nearest(asked, described(method, second, grid, size), norm)]
        keys = method.detect(second, None)
        if keys:
            places = np.array([k.pt for k in keys])
            out[f"detected {size}"] = places[nearest(asked, described(method, second, places, size), norm)]
    for kind in ("affine", "homography"):
        out[kind] = fitted(method, norm, first, second, points, kind, out[f"dense {size}"])
    return out


def judged(args, folder):
    """Name -> share of right points over all pairs of a folder."""
    hits = {}
    pairs = list(pairs_of(folder))
    for a, b, p, q in pairs:
        found = {"same place": p}
        for model in args.model:
            found[f"troodon {model}, each place alone"] = troodon(args, model, a, b, p, "--reach", "0")
            found[f"troodon {model}"] = troodon(args, model, a, b, p)
        first, second = (cv2.imread(str(path), cv2.IMREAD_GRAYSCALE) for path in (a, b))
        for name, method, norm in [("SIFT", cv2.SIFT_create(), cv2.NORM_L2), ("ORB", cv2.ORB_create(1000), cv2.NORM_HAMMING)]:
            for way, places in peer(method, norm, first, second, p).items():
                found[f"{name}: {way}"] = places
        for name, places in found.items():
            hits.setdefault(name, []).append(right(places, q))
    shares = {name: float(np.concatenate(values).mean()) for name, values in hits.items()}
    out = {name: value for name, value in shares.items() if ":" not in name}
    for name in ("SIFT", "ORB"):
        way = max((k for k in shares if k.startswith(name + ":")), key=shares.get)
        out[name], out[name + " way"] = shares[way], way.split(": ")[1]
    return len(pairs), out


def made(args, folder):
    """(name, folder) of pairs in each style and across each two."""
    cases = [([s], []) for s in STYLES] + [(list(two), ["--cross-style"]) for two in itertools.combinations(STYLES, 2)]
    for i, (styles, more) in enumerate(cases):
        out = f"{folder}/{'_'.join(styles)}"
        subprocess.run([args.world, "pairs", "--out", out, "--count", str(args.count), "--size", str(args.size), "--points", "60", "--seed",
                        str(args.seed + i), "--styles", ",".join(styles), *more], check=True, capture_output=True)
        yield " - ".join(styles), out


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--troodon", required=True)
    parser.add_argument("--world", default="build/release/examples/world/troodon-world")
    parser.add_argument("--pairs", action="append", help="a folder with pairs.csv instead of pairs made here")
    parser.add_argument("--model", action="append")
    parser.add_argument("--count", type=int, default=12, help="pairs a row")
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--seed", type=int, default=4100)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    args.model = args.model or ["small"]
    cv2.setRNGSeed(args.seed)
    cv2.setNumThreads(args.threads)
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        cases = [(pathlib.Path(p).name, p) for p in args.pairs] if args.pairs else made(args, folder)
        for name, path in cases:
            count, shares = judged(args, path)
            rows.append((name, count, shares))
            if len(rows) == 1:
                columns = [c for c in shares if not c.endswith(" way")]
                print("| pairs | " + " | ".join(columns) + " |\n|" + " --- |" * (len(columns) + 1))
            cells = [f"{shares[c]:.3f}" + (f" ({shares[c + ' way']})" if c + " way" in shares else "") for c in columns]
            print(f"| {name} ({count}) | " + " | ".join(cells) + " |", flush=True)
    groups = [("same style", lambda n: " - " not in n), ("across styles", lambda n: " - " in n)] if not args.pairs else [("all", lambda n: True)]
    for group, member in groups:
        these = [s for n, _, s in rows if member(n)]
        if these:
            print(f"| **{group}**, mean | " + " | ".join(f"{np.mean([s[c] for s in these]):.3f}" for c in columns) + " |")
    for name, count, shares in rows:
        print(json.dumps({"bench": "matching", "pairs": name, "count": count, **shares}))


if __name__ == "__main__":
    main()
