#!/usr/bin/env python3
"""How even the hidden classes of a chosen set are: long-tailed Gaussian concepts, then long-tailed photos.

Evenness is the entropy of the set's hidden labels over that of equally frequent ones. Half of a pool can't be even if
most of its classes are smaller than their share, so "the labels themselves" (water filling over the true classes) says
what is to be had at all.
"""
import collections

import numpy as np

from trial import MODEL, Trial, arguments, evenness, pictures_of, read_rows, water_filling, write_features, write_paths, zipf_sizes

WAYS = ["drawn at random", "flat clusters, even quotas", "hierarchy", "hierarchy with resampling", "the labels themselves"]


def concepts(sizes, random, dim=32, spread=0.12):
    """Points about unit means, and which mean each is of (spec section 6, E3)."""
    means = random.normal(size=(len(sizes), dim))
    means /= np.linalg.norm(means, axis=1, keepdims=True)
    labels = np.repeat(np.arange(len(sizes)), sizes)
    return (means[labels] + spread * random.normal(size=(len(labels), dim))).astype(np.float32), labels


def settings(pool):
    """What `cluster` gets by the pool's size alone. E3's 50,000: levels of 1,500 and 300, a flat 500."""
    lower = max(20, round(pool * 0.03))
    upper = max(5, lower // 5)
    levels = ["--clusters", lower, upper]
    half = (max(2, round(pool / lower / 2)), max(2, round(lower / upper / 2 + 0.01)))  # half the mean size: what docs/curation.md advises
    return {"flat clusters, even quotas": ["--clusters", max(10, round(pool * 0.01))], "hierarchy": levels,
            "hierarchy with resampling": [*levels, "--resample", *half, "--rounds", 5]}


def chosen_labels(trial, vectors, labels, targets, seed):
    """(way, target) -> labels of what is chosen."""
    random, ids = np.random.default_rng(seed), [f"{i:07}" for i in range(len(labels))]
    pool = write_features(trial.folder / "pool.safetensors", ids, vectors)
    out, sizes = {}, np.bincount(labels)
    for target in targets:
        out[WAYS[0], target] = labels[random.permutation(len(labels))[:target]]
        out[WAYS[-1], target] = np.repeat(np.arange(len(sizes)), water_filling(sizes, target))
    for way, words in settings(len(labels)).items():
        clusters, chosen = trial.folder / "clusters.safetensors", trial.folder / "set.csv"
        trial.troodon("curate", "cluster", pool, *words, "--iterations", 20, "--seed", seed, "--out", clusters)
        for target in targets:
            trial.troodon("curate", "sample", pool, "--clusters", clusters, "--target", target, "--seed", seed, "--out", chosen)
            rows = [int(row["path"]) for row in read_rows(chosen)]
            if len(rows) != target or len(set(rows)) != target:
                raise SystemExit(f"{way}: {len(rows)} rows, {len(set(rows))} different, wanted {target}")
            out[way, target] = labels[rows]
    return out


def balance(trial, name, make, args, wanted=None):
    """One table. make(seed) -> vectors, labels. wanted: what resampled hierarchies reach at half the pool."""
    figures, pool = collections.defaultdict(list), 0
    for seed in range(args.seeds):
        vectors, labels = make(seed)
        pool, classes = len(labels), int(labels.max()) + 1
        for (way, target), some in chosen_labels(trial, vectors, labels, [pool // 2, pool // 10], seed).items():
            share = np.bincount(some, minlength=classes) / len(some)
            figures[way, target].append((evenness(some, classes), share.max(), share.min()))
    rows = []
    for way in WAYS:
        half, tenth = (np.array(figures[way, pool // part]) for part in (2, 10))
        rows.append([way, half[:, 0].mean(), half[:, 0].min(), half[:, 1].mean(),
                     tenth[:, 0].mean(), tenth[:, 0].min(), tenth[:, 1].mean(), tenth[:, 2].mean()])
    head = ["a set chosen by", "half: evenness", "half: least", "half: largest class", "tenth: evenness", "tenth: least", "tenth: largest class",
            "tenth: smallest class"]
    trial.table(f"{name}; {pool} pictures, {args.seeds} seeds", head, rows)
    if wanted:
        trial.target(f"{name}: evenness at half the pool's size", rows[3][1], wanted)
    return rows


def photos(trial, args, folder, exponent):
    """Labelled photos thinned to a long tail over a random order of their classes."""
    listed = [str(p.resolve()) for p in pictures_of(args.data / folder)]
    _, ids, vectors = trial.features(args.model, write_paths(trial.folder / "photos.csv", listed), "--resize", args.resize)
    names = [path.split("/")[-2] for path in ids]
    classes = sorted(set(names))
    label = np.array([classes.index(name) for name in names])

    def make(seed):
        random = np.random.default_rng(seed)
        order, most = random.permutation(len(classes)), np.bincount(label).min()
        sizes = [max(1, round(most / place ** exponent)) for place in range(1, len(order) + 1)]
        rows = np.concatenate([random.permutation(np.flatnonzero(label == c))[:size] for c, size in zip(order, sizes)])
        return vectors[rows], label[rows]
    return make


def main():
    parser = arguments(__doc__)
    parser.add_argument("--model", default=MODEL)
    parser.add_argument("--resize", default="stretch", help="as of `troodon features`")
    parser.add_argument("--points", type=int, default=50000, help="Gaussian points in a pool")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--folders", nargs="*", default=["imagenette96/train", "cifar10mini/train"], help="labelled photos below --data")
    args = parser.parse_args()
    trial = Trial(args)

    def drawn(classes, exponent):
        return lambda seed: concepts(zipf_sizes(classes, exponent, args.points), np.random.default_rng(seed))
    rows = balance(trial, "100 concepts, Zipf 1.2 (E3)", drawn(100, 1.2), args)
    trial.target("E3: evenness at a tenth of the pool's size", rows[3][4], 0.97)
    balance(trial, "20 concepts, Zipf 1", drawn(20, 1.0), args, 0.95)
    for folder in args.folders:
        balance(trial, f"photos of {folder}, Zipf 1", photos(trial, args, folder, 1.0), args)
    trial.finish()


if __name__ == "__main__":
    main()
