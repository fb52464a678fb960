"""Writes a ViT-S/14 backbone with random weights under official names, for the features benchmark.

    python bench/peers/make_vits14.py FILE.safetensors
"""
import json
import struct
import sys

import torch

DIM, DEPTH, PATCH, TOKENS = 384, 12, 14, 37 * 37


def shapes():
    yield "cls_token", (1, 1, DIM)
    yield "pos_embed", (1, 1 + TOKENS, DIM)
    yield "mask_token", (1, DIM)
    yield "patch_embed.proj.weight", (DIM, 3, PATCH, PATCH)
    yield "patch_embed.proj.bias", (DIM,)
    for block in range(DEPTH):
        for name, shape in [("norm1.weight", (DIM,)), ("norm1.bias", (DIM,)), ("attn.qkv.weight", (3 * DIM, DIM)),
                            ("attn.qkv.bias", (3 * DIM,)), ("attn.proj.weight", (DIM, DIM)), ("attn.proj.bias", (DIM,)),
                            ("ls1.gamma", (DIM,)), ("norm2.weight", (DIM,)), ("norm2.bias", (DIM,)),
                            ("mlp.fc1.weight", (4 * DIM, DIM)), ("mlp.fc1.bias", (4 * DIM,)),
                            ("mlp.fc2.weight", (DIM, 4 * DIM)), ("mlp.fc2.bias", (DIM,)), ("ls2.gamma", (DIM,))]:
            yield f"blocks.{block}.{name}", shape
    yield "norm.weight", (DIM,)
    yield "norm.bias", (DIM,)


def main():
    torch.manual_seed(0)
    header, blobs, offset = {}, [], 0
    for name, shape in shapes():
        blob = (torch.randn(shape) * 0.02).numpy().tobytes()
        header[name] = {"dtype": "F32", "shape": list(shape), "data_offsets": [offset, offset + len(blob)]}
        blobs.append(blob)
        offset += len(blob)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(sys.argv[1], "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(blobs))


if __name__ == "__main__":
    main()
