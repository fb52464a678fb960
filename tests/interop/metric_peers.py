#!/usr/bin/env python3
"""Every metric on random data beside the library that has it: scikit-learn, torchmetrics, pycocotools. Prints one line
per comparison; exit 77 where a library is missing.

usage: metric_peers.py [--rows 400] [--classes 7] [--seed 0] [--repeats 3]    (TROODON_BUILD names the build folder)
"""
import argparse
import json
import os
import pathlib
import struct
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
DUMP = pathlib.Path(os.environ.get("TROODON_BUILD", ROOT / "build/release")).resolve() / "tests/metrics_dump"
TOLERANCE = 1e-6  # float32 scores; the libraries sum them in float32 too
NAMES = {"float32": "F32", "float64": "F64", "int32": "I32", "int64": "I64", "uint8": "U8"}


def write_safetensors(path, arrays):
    header, at = {}, 0
    for name, array in arrays.items():
        header[name] = {"dtype": NAMES[str(array.dtype)], "shape": list(array.shape), "data_offsets": [at, at + array.nbytes]}
        at += array.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(array.tobytes() for array in arrays.values()))


def softmax(np, logits):
    powers = np.exp(logits - logits.max(1, keepdims=True))
    return (powers / powers.sum(1, keepdims=True)).astype(np.float32)


def inputs(np, args, seed):
    """Random inputs; the last class is in no label and no mask."""
    random = np.random.default_rng(seed)
    rows, classes = args.rows, args.classes
    labels = random.integers(0, classes - 1, rows)
    logits = random.normal(size=(rows, classes)).astype(np.float32)
    logits[np.arange(rows), labels] += 1
    positive = (random.random(rows) < 0.3).astype(np.uint8)
    truth = random.integers(0, classes - 1, (3, 20, 30)).astype(np.int32)
    predicted = np.where(random.random(truth.shape) < 0.6, truth, random.integers(0, classes - 1, truth.shape)).astype(np.int32)
    depth = random.uniform(0.5, 9.5, (24, 32))
    objects = np.zeros((2, 6, 40, 50), np.uint8)
    for one in objects.reshape(-1, 40, 50)[:-1]:  # the last one stays empty
        top, left = random.integers(0, 25, 2)
        one[top:top + random.integers(3, 15), left:left + random.integers(3, 25)] = 1
    unit = lambda x: (x / np.linalg.norm(x, axis=1, keepdims=True)).astype(np.float32)
    centres = random.normal(size=(classes - 1, 16))
    train_labels = random.integers(0, classes - 1, rows)
    return {
        "scores": softmax(np, logits), "logits": logits, "labels": labels.astype(np.int64),
        "binary_scores": np.round(random.normal(size=rows) + positive, 1), "positive": positive,  # rounded: equal scores
        "ranks": np.stack([random.permutation(60) for _ in range(12)]).astype(np.int64),
        "wanted": (random.random((12, 60)) < 0.1).astype(np.uint8),
        "mask_pred": predicted, "mask_truth": np.where(random.random(truth.shape) < 0.1, 255, truth).astype(np.int32),
        "depth_truth": depth, "depth_pred": depth * random.uniform(0.7, 1.4, depth.shape),
        "objects_pred": objects[0], "objects_truth": objects[1],
        "train": unit(centres[train_labels] + random.normal(size=(rows, 16))), "train_labels": train_labels.astype(np.int64),
        "queries": unit(centres[random.integers(0, classes - 1, 50)] + random.normal(size=(50, 16))),
        "neighbours": np.array([1, 5, 20], np.int64),
    }


def sklearn_pairs(np, x, ours):
    """(what, ours, theirs) of scikit-learn."""
    from sklearn import metrics, neighbors
    classes, lists, depth = ours["classes"], ours["lists"], ours["depth"]
    scores, labels, kinds = x["scores"], x["labels"], np.arange(x["scores"].shape[1])
    taken = scores.argmax(1)
    present = np.unique(labels)
    table = metrics.confusion_matrix(labels, taken, labels=kinds)
    yield "accuracy", classes["top1"], metrics.accuracy_score(labels, taken)
    yield "top-5 accuracy", classes["top5"], metrics.top_k_accuracy_score(labels, scores, k=5, labels=kinds)
    yield "accuracy by class, mean", classes["macro"], metrics.recall_score(labels, taken, labels=present, average="macro")
    yield "confusion", classes["confusion"], table.ravel()
    yield "log loss", classes["log_loss"], metrics.log_loss(labels, scores, labels=kinds)
    yield "Brier score", classes["brier"], metrics.brier_score_loss(labels, scores, labels=kinds)
    yield "average precision", lists["average_precision"], metrics.average_precision_score(x["positive"], x["binary_scores"])
    yield "RMSE", depth["rmse"], metrics.root_mean_squared_error(x["depth_truth"].ravel(), x["depth_pred"].ravel())
    yield "RMSE of logarithms", depth["rmse_log"], metrics.root_mean_squared_error(np.log(x["depth_truth"]).ravel(), np.log(x["depth_pred"]).ravel())
    yield "relative error", depth["abs_rel"], metrics.mean_absolute_percentage_error(x["depth_truth"].ravel(), x["depth_pred"].ravel())
    most = max(ours["knn"]["neighbours"])
    for k, votes in zip(ours["knn"]["neighbours"], ours["knn"]["votes"]):
        peer = neighbors.KNeighborsClassifier(k, metric="cosine", algorithm="brute").fit(x["train"], x["train_labels"])
        shares = np.zeros((len(x["queries"]), x["train_labels"].max() + 1))
        shares[:, peer.classes_] = peer.predict_proba(x["queries"])
        # Our weights sum to one over the largest k.
        yield f"kNN votes, k = {k}", np.array(votes) * most / k, shares.ravel()


def torchmetrics_pairs(np, x, ours):
    """(what, ours, theirs) of torchmetrics."""
    import torch
    from torchmetrics import functional as f
    classes, masks = ours["classes"], ours["masks"]
    scores, labels = torch.tensor(x["scores"]), torch.tensor(x["labels"])
    kinds = scores.shape[1]
    count = {"num_classes": kinds}
    classify = f.classification
    yield "softmax", classes["softmax"], torch.tensor(x["logits"]).softmax(1).flatten()
    for norm, name in (("l1", "expected_error"), ("max", "maximum_error")):
        yield f"calibration error, {norm}", classes[name], classify.multiclass_calibration_error(scores, labels, n_bins=15, norm=norm, **count)
    for k, name in ((1, "top1"), (5, "top5")):
        yield f"top-{k} accuracy", classes[name], classify.multiclass_accuracy(scores, labels, average="micro", top_k=k, **count)
    shares = classify.multiclass_accuracy(scores, labels, average="none", **count)
    yield "macro accuracy", classes["macro"], shares[labels.unique()].mean()  # "macro" counts absent classes as 0
    predicted, truth = torch.tensor(x["mask_pred"]).long(), torch.tensor(x["mask_truth"]).long()
    pixels = dict(count, ignore_index=255)
    here = [c for c in range(kinds) if masks["iou"][c] is not None]
    each = lambda values: np.array([values[c] for c in here], float)
    yield "IoU by class", each(masks["iou"]), each(classify.multiclass_jaccard_index(predicted, truth, average="none", **pixels))
    yield "mean IoU", masks["miou"], classify.multiclass_jaccard_index(predicted, truth, average="macro", **pixels)
    yield "pixel accuracy", masks["aacc"], classify.multiclass_accuracy(predicted, truth, average="micro", **pixels)
    yield "pixel accuracy by class", each(masks["accuracy"]), each(classify.multiclass_accuracy(predicted, truth, average="none", **pixels))
    yield "mean pixel accuracy", masks["macc"], classify.multiclass_accuracy(predicted, truth, average="macro", **pixels)
    values = []
    for ranks, wanted in zip(x["ranks"], x["wanted"]):
        if wanted.any():
            places = np.empty(len(ranks), np.float32)
            places[ranks] = len(ranks) - np.arange(len(ranks))  # scores up to 0 are as if not found there
            values.append(float(f.retrieval.retrieval_average_precision(torch.tensor(places), torch.tensor(wanted).bool())))
    yield "retrieval mAP", ours["lists"]["map"], np.mean(values)


def coco_pairs(np, x, ours):
    """(what, ours, theirs) of pycocotools."""
    from pycocotools import mask
    encode = lambda one: mask.encode(np.asfortranarray(one))
    for i, (one, other, region) in enumerate(zip(x["objects_pred"], x["objects_truth"], ours["masks"]["regions"])):
        if one.any() or other.any():  # two empty masks: 1 by DAVIS, 0 / 0 there
            yield f"mask IoU {i}", region, mask.iou([encode(one)], [encode(other)], [0])[0, 0]


def compare(args):
    import numpy as np
    worst, wrong = 0, 0
    for seed in range(args.seed, args.seed + args.repeats):
        x = inputs(np, args, seed)
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "inputs.safetensors"
            write_safetensors(path, x)
            ours = json.loads(subprocess.run([DUMP, path], check=True, capture_output=True, text=True).stdout)
        for peer, pairs in (("scikit-learn", sklearn_pairs), ("torchmetrics", torchmetrics_pairs), ("pycocotools", coco_pairs)):
            for what, mine, theirs in pairs(np, x, ours):
                mine, theirs = np.asarray(mine, float), np.asarray(theirs, float)
                error = np.abs(mine - theirs).max() if mine.shape == theirs.shape else np.inf
                worst, good = max(worst, error), error <= TOLERANCE
                wrong += not good
                print(f"seed {seed}  {peer:<13} {what:<26} {'ok' if good else 'DIFFERS'}  {error:.1e}")
    print(f"worst difference {worst:.1e}, {wrong} of more than {TOLERANCE:g}")
    return 1 if wrong else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, value in dict(rows=400, classes=7, seed=0, repeats=3).items():
        parser.add_argument("--" + name, type=int, default=value)
    args = parser.parse_args()
    try:
        import pycocotools.mask, sklearn, torchmetrics  # noqa: F401
    except ImportError as error:
        print(f"skipped: {error}; pip install scikit-learn torchmetrics pycocotools, or name another Python by TROODON_PEER_PYTHON")
        return 77
    return compare(args)


if __name__ == "__main__":
    sys.exit(main())
