#!/usr/bin/env python3
"""Peak memory of `troodon info` and of loading, against the size of the weights. Makes a random ViT-g/14 (4.5 GB, or another
size) as .safetensors and .pth, measures each call's peak resident set, deletes the files.

usage: loading_memory.py [--arch g|l|b|s] [--folder DIR]     (TROODON_BUILD names the build folder)
Needs numpy.
"""
import argparse
import json
import os
import pathlib
import struct
import subprocess
import sys
import tempfile
import time
import zlib

import numpy

ROOT = pathlib.Path(__file__).resolve().parent.parent
TROODON = pathlib.Path(os.environ.get("TROODON_BUILD", ROOT / "build/release")).resolve() / "cli/troodon"
ARCHS = {"s": (384, 12, 0), "b": (768, 12, 0), "l": (1024, 24, 0), "g": (1536, 40, 4096)}  # width, depth, SwiGLU's hidden width


def shapes(dim, depth, swiglu):
    out = {"cls_token": [1, 1, dim], "pos_embed": [1, 17, dim], "mask_token": [1, dim], "patch_embed.proj.weight": [dim, 3, 14, 14],
           "patch_embed.proj.bias": [dim]}
    ffn = {"w12": [2 * swiglu, dim], "w3": [dim, swiglu]} if swiglu else {"fc1": [4 * dim, dim], "fc2": [dim, 4 * dim]}
    for i in range(depth):
        b = f"blocks.{i}."
        for name in ("norm1.weight", "norm1.bias", "norm2.weight", "norm2.bias", "ls1.gamma", "ls2.gamma"):
            out[b + name] = [dim]
        for name, shape in {"attn.qkv": [3 * dim, dim], "attn.proj": [dim, dim], **{f"mlp.{k}": v for k, v in ffn.items()}}.items():
            out[f"{b}{name}.weight"], out[f"{b}{name}.bias"] = shape, shape[:1]
    return {**out, "norm.weight": [dim], "norm.bias": [dim]}


def write_safetensors(path, tensors):
    header, at = {}, 0
    for name, shape in tensors.items():
        size = 4 * int(numpy.prod(shape))
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [at, at + size]}
        at += size
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    rng = numpy.random.default_rng(0)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for shape in tensors.values():
            file.write((0.02 * rng.standard_normal(shape, dtype=numpy.float32)).tobytes())
    return at


def write_png(path, side):
    rows = b"".join(b"\0" + bytes(range(256))[:side] * 3 for _ in range(side))
    chunk = lambda kind, data: struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)) +
                     chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def peak(words):
    """(peak resident bytes, seconds) of one call."""
    start = time.time()
    process = subprocess.Popen([str(TROODON), *map(str, words)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    err = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"troodon {' '.join(map(str, words))}: exit {process.returncode}\n{err.decode()}")
    return usage.ru_maxrss * 1024, time.time() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--arch", choices=ARCHS, default="g")
    parser.add_argument("--folder", type=pathlib.Path, help="where the files may lie (default: the temporary folder)")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="troodon_memory_", dir=args.folder) as folder:
        folder = pathlib.Path(folder)
        first = folder / "model.safetensors"
        weights = write_safetensors(first, shapes(*ARCHS[args.arch]))
        write_png(folder / "p.png", 28)
        base, _ = peak(["info", folder / "p.png"])
        print(json.dumps({"weights_bytes": weights, "binary_alone_bytes": base}))
        for path in (first, folder / "model.pth", folder / "model"):
            if not path.exists():
                peak(["convert", first, path])
            for verb, words in {"info": ["info", path],
                                "load": ["features", "--model", path, "--input", folder / "p.png", "--size", 28, "--fit", "stretch",
                                         "--out", folder / f"{path.name}.npy", "--threads", 1]}.items():
                bytes_, seconds = peak(words)
                print(json.dumps({"file": path.name, "call": verb, "peak_bytes": bytes_, "peak_to_weights": round(bytes_ / weights, 3),
                                  "seconds": round(seconds, 1)}), flush=True)
            if path != first:
                (path.unlink if path.is_file() else lambda: None)()
    return 0


if __name__ == "__main__":
    sys.exit(main())
