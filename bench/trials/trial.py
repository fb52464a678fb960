"""What the trials of curation share: running the binary, its files, figures as a table or JSON, targets."""
import argparse
import csv
import json
import os
import pathlib
import struct
import subprocess
import sys
import tempfile

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
MODEL = ROOT / "models" / "vit_192x6x3_p8.safetensors"
PICTURES = {".jpg", ".jpeg", ".png", ".ppm", ".webp", ".bmp"}


def arguments(doc):
    """The parser that every trial begins with."""
    parser = argparse.ArgumentParser(description=doc.splitlines()[0])
    parser.add_argument("--data", type=pathlib.Path, default=ROOT / ".." / "shared" / "data", help="folder of the data sets")
    parser.add_argument("--build", type=pathlib.Path, default=os.environ.get("TROODON_BUILD", ROOT / "build" / "release"))
    parser.add_argument("--json", action="store_true", help="print the numbers as one JSON object instead")
    return parser


class Trial:
    """One run: a scratch folder, the binary, and what has been found out so far."""

    def __init__(self, args):
        self.build, self.as_json = pathlib.Path(args.build).resolve(), args.json
        self.scratch = tempfile.TemporaryDirectory(prefix="troodon_trial_")
        self.folder = pathlib.Path(self.scratch.name)
        self.numbers, self.missed = {}, []

    def program(self, path, *words):
        done = subprocess.run([str(self.build / path), *map(str, words)], capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"{path} {' '.join(map(str, words))}\nexit {done.returncode}\n{done.stderr}")
        return done.stdout

    def troodon(self, *words):
        """Runs a verb; returns its JSON."""
        return json.loads(self.program("cli/troodon", *words, "--json", "--progress", "none").splitlines()[-1])

    def features(self, model, source, *more):
        """(file, ids, vectors) of the pictures of a source."""
        out = self.folder / f"features{len(list(self.folder.glob('features*')))}.safetensors"
        self.troodon("features", "--model", model, "--input", source, "--out", out, *more)
        return out, *read_features(out)

    def say(self, text=""):
        if not self.as_json:
            print(text, flush=True)

    def table(self, name, head, rows):
        """Prints rows of plain values as a Markdown table, and keeps them."""
        self.numbers[name] = [dict(zip(head, row)) for row in rows]
        self.say(f"\n### {name}\n\n| " + " | ".join(head) + " |\n|" + " --- |" * len(head))
        for row in rows:
            self.say("| " + " | ".join(shown(value) for value in row) + " |")

    def target(self, what, value, wanted):
        """Notes whether a figure is at least what is wanted."""
        reached = bool(value >= wanted)
        self.numbers.setdefault("targets", []).append({"what": what, "value": value, "wanted": wanted, "reached": reached})
        if not reached:
            self.missed.append(what)

    def finish(self):
        """Prints the targets; exits with 1 if one is missed."""
        if self.as_json:
            print(json.dumps(self.numbers, default=float))
        self.say()
        for target in self.numbers.get("targets", []):
            self.say(f"- {'reached' if target['reached'] else 'MISSED'}: {target['what']}: "
                     f"{shown(float(target['value']))}, wanted at least {target['wanted']}")
        sys.exit(1 if self.missed else 0)


def shown(value):
    if value is None:
        return ""
    return f"{value:.3f}" if isinstance(value, (float, np.floating)) else str(value)


def read_rows(path):
    """The rows of a .csv manifest."""
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def read_paths(path):
    return [row["path"] for row in read_rows(path)]


def write_paths(path, paths):
    with open(path, "w", newline="") as file:
        csv.writer(file).writerows([["path"], *([p] for p in paths)])
    return path


def pictures_of(folder):
    """Every picture below a folder, in a fixed order."""
    return sorted(p for p in pathlib.Path(folder).rglob("*") if p.suffix.lower() in PICTURES)


def read_features(path):
    """(ids, vectors) of a .safetensors file of `troodon features` (docs/formats.md)."""
    with open(path, "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
        data = file.read()
    begin, end = header["features"]["data_offsets"]
    return json.loads(header["__metadata__"]["ids"]), np.frombuffer(data[begin:end], np.float32).reshape(header["features"]["shape"])


def write_features(path, ids, vectors, labels=None):
    """A file as `troodon features` writes it. labels: a whole number for each row, known to `sample` alone as hidden truth."""
    vectors = np.ascontiguousarray(vectors, np.float32)
    tensors = {"features": ("F32", vectors)}
    metadata = {"ids": json.dumps(list(ids))}
    if labels is not None:
        tensors["labels"] = ("I64", np.ascontiguousarray(labels, np.int64))
        metadata["classes"] = json.dumps([str(i) for i in range(int(max(labels)) + 1)])
    header, offset = {"__metadata__": metadata}, 0
    for name, (dtype, values) in tensors.items():
        header[name] = {"dtype": dtype, "shape": list(values.shape), "data_offsets": [offset, offset + values.nbytes]}
        offset += values.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(values.tobytes() for _, values in tensors.values()))
    return path


def evenness(labels, classes):
    """Entropy of labels over that of `classes` equally frequent ones."""
    share = np.bincount(labels, minlength=classes) / len(labels)
    share = share[share > 0]
    return float(-(share * np.log(share)).sum() / np.log(classes))


def water_filling(sizes, target):
    """What each may give so that all give as evenly as they can: sums to min(target, all). Spec section 2.4."""
    sizes, quota = np.asarray(sizes), np.zeros(len(sizes), int)
    while quota.sum() < min(target, sizes.sum()):
        open_ = np.flatnonzero(quota < sizes)
        more = (min(target, sizes.sum()) - quota.sum()) // len(open_)
        if more == 0:
            quota[open_[:min(target, sizes.sum()) - quota.sum()]] += 1
        else:
            quota[open_] = np.minimum(sizes[open_], quota[open_] + more)
    return quota


def zipf_sizes(classes, exponent, total):
    """How many of `total` each class has when the i-th has a share like 1 / i^exponent; at least one."""
    share = 1 / np.arange(1, classes + 1) ** exponent
    return np.maximum(1, np.round(total * share / share.sum()).astype(int))
