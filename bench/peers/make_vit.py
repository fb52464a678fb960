"""Writes a backbone with random weights under official names, for the features benchmark.

    python bench/peers/make_vit.py FILE.safetensors --arch vits14
"""
import argparse
import json
import struct

import torch

from pictures import ARCHS

TOKENS = 37 * 37


def shapes(dim, depth, patch):
    yield "cls_token", (1, 1, dim)
    yield "pos_embed", (1, 1 + TOKENS, dim)
    yield "mask_token", (1, dim)
    yield "patch_embed.proj.weight", (dim, 3, patch, patch)
    yield "patch_embed.proj.bias", (dim,)
    for block in range(depth):
        for name, shape in [("norm1.weight", (dim,)), ("norm1.bias", (dim,)), ("attn.qkv.weight", (3 * dim, dim)),
                            ("attn.qkv.bias", (3 * dim,)), ("attn.proj.weight", (dim, dim)), ("attn.proj.bias", (dim,)),
                            ("ls1.gamma", (dim,)), ("norm2.weight", (dim,)), ("norm2.bias", (dim,)),
                            ("mlp.fc1.weight", (4 * dim, dim)), ("mlp.fc1.bias", (4 * dim,)),
                            ("mlp.fc2.weight", (dim, 4 * dim)), ("mlp.fc2.bias", (dim,)), ("ls2.gamma", (dim,))]:
            yield f"blocks.{block}.{name}", shape
    yield "norm.weight", (dim,)
    yield "norm.bias", (dim,)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file")
    parser.add_argument("--arch", choices=ARCHS, default="vits14")
    args = parser.parse_args()
    arch = ARCHS[args.arch]
    torch.manual_seed(0)
    header, blobs, offset = {}, [], 0
    for name, shape in shapes(arch["dim"], arch["depth"], arch["patch"]):
        values = torch.randn(shape) * 0.02
        if name.endswith(("norm1.weight", "norm2.weight", "norm.weight", ".gamma")):
            values += 1  # a network whose blocks do something
        blob = values.numpy().tobytes()
        header[name] = {"dtype": "F32", "shape": list(shape), "data_offsets": [offset, offset + len(blob)]}
        blobs.append(blob)
        offset += len(blob)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(args.file, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(blobs))


if __name__ == "__main__":
    main()
