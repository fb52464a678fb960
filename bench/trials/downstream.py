#!/usr/bin/env python3
"""What a balanced set is worth to who learns from it: softmax regression of digits on sets of equal size (spec section 6, E5).

Needs scikit-learn, whose wheel has the digits: pip install scikit-learn
"""
import sys

import numpy as np

from trial import Trial, arguments, evenness, read_rows, write_features

CLASSES, HELD, BUDGET, IMBALANCE, MOST = 10, 50, 100, 30, 128


def digits():
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        sys.exit("downstream.py: the digits are in the scikit-learn wheel, which is missing here; pip install scikit-learn")
    values, labels = load_digits(return_X_y=True)
    return (values / 16).astype(np.float32), labels


def long_tailed(labels, random):
    """Rows of a pool whose classes go from many to few in a random order, and rows of an even held-out set."""
    pool, held = [], []
    for place, digit in enumerate(random.permutation(CLASSES)):
        rows = random.permutation(np.flatnonzero(labels == digit))
        held.append(rows[:HELD])
        pool.append(rows[HELD:HELD + max(1, round(MOST * IMBALANCE ** (-place / (CLASSES - 1))))])
    return np.concatenate(pool), np.concatenate(held)


def learnt(values, labels, random):
    """Weights of softmax regression: 1,000 steps of 32 rows at rate 0.1."""
    weights = np.zeros((values.shape[1] + 1, CLASSES))
    rows = np.concatenate([values, np.ones((len(values), 1))], 1)
    for _ in range(1000):
        batch = random.integers(0, len(rows), 32)
        score = rows[batch] @ weights
        chance = np.exp(score - score.max(1, keepdims=True))
        chance /= chance.sum(1, keepdims=True)
        chance[np.arange(32), labels[batch]] -= 1
        weights -= 0.1 / 32 * rows[batch].T @ chance
    return weights


def accuracy(weights, values, labels):
    return float(np.mean((values @ weights[:-1] + weights[-1]).argmax(1) == labels))


def ways(pool, rounds):
    """What `cluster` is told. 80 and 25 clusters of a pool of 400, and a flat 100, as in the spec."""
    levels = ["--clusters", 80, 25]
    half = ["--resample", max(2, round(pool / 80 / 2)), 2]
    return {"flat clusters, even quotas": ["--clusters", BUDGET], "hierarchy": levels,
            "hierarchy with resampling": [*levels, *half, "--rounds", rounds]}


def one_seed(trial, values, labels, seed, rounds):
    """way -> (accuracy on the held-out, evenness of the set)."""
    random = np.random.default_rng(seed)
    pool, held = long_tailed(labels, random)
    features = write_features(trial.folder / "pool.safetensors", [str(i) for i in pool], values[pool])
    sets = {"drawn at random": random.permutation(pool)[:BUDGET]}
    for way, words in ways(len(pool), rounds).items():
        clusters, chosen = trial.folder / "clusters.safetensors", trial.folder / "set.csv"
        trial.troodon("curate", "cluster", features, *words, "--seed", seed, "--out", clusters)
        trial.troodon("curate", "sample", features, "--clusters", clusters, "--target", BUDGET, "--seed", seed, "--out", chosen)
        sets[way] = np.array([int(row["path"]) for row in read_rows(chosen)])
    out = {}
    for way, rows in sets.items():
        weights = learnt(values[rows], labels[rows], np.random.default_rng(seed))  # the same batches' places for all
        out[way] = accuracy(weights, values[held], labels[held]), evenness(labels[rows], CLASSES)
    return out


def main():
    parser = arguments(__doc__)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=10)
    args = parser.parse_args()
    trial = Trial(args)
    values, labels = digits()
    results = [one_seed(trial, values, labels, seed, args.rounds) for seed in range(args.seeds)]
    random = np.array([result["drawn at random"][0] for result in results])
    rows, gains = [], {}
    for way in results[0]:
        got = np.array([result[way] for result in results])
        gains[way] = got[:, 0] - random
        rows.append([way, got[:, 0].mean(), got[:, 0].std(), gains[way].mean(), gains[way].min(), int((gains[way] > 0).sum()), got[:, 1].mean()])
    trial.table(f"digits, {IMBALANCE}:1, sets of {BUDGET}, {args.seeds} seeds",
                ["a set chosen by", "accuracy", "spread", "gain", "least gain", "seeds ahead", "evenness"], rows)
    gain = gains["hierarchy with resampling"]
    trial.target("share of the seeds in which resampled hierarchies are ahead of chance", (gain > 0).mean(), 0.9)
    trial.target("gain of resampled hierarchies over chance", gain.mean(), 0.06)
    trial.finish()


if __name__ == "__main__":
    main()
