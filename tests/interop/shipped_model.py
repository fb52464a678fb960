#!/usr/bin/env python3
"""The model in models/: its kNN on held-out pictures is what its card says, and Hugging Face's transformers compute the
same tokens from it. What is missing here (pictures, transformers) is said and left out; with neither, exit 77.

usage: shipped_model.py [--data DIR]    (DIR/imagenette96 with train/ and val/; TROODON_BUILD names the build folder)
"""
import argparse
import json
import os
import pathlib
import re
import sys
import tempfile

import parity

MODELS = parity.ROOT / "models"
MODEL = MODELS / "vit_192x6x3_p8.safetensors"
CROP = 96


def figure_of_card():
    """The kNN of the card's table."""
    return float(re.search(r"^\| kNN[^|]*\|[^|]*\| ([0-9.]+) \|", (MODELS / "README.md").read_text(), re.MULTILINE).group(1))


def knn(folder, data):
    files = []
    for split in ("train", "val"):
        files.append(folder / f"{split}.safetensors")
        parity.run("features", "--model", MODEL, "--input", data / split, "--out", files[-1], "--progress", "none")
    said = json.loads(parity.run("knn", "--train", files[0], "--val", files[1], "-k", 20, "--json"))
    return said["results"][0]["top1"]


def import_peers():
    """torch, transformers and what they need; None if one is missing. timm, which wants more, is not needed here."""
    try:
        import torch
        library = parity.stand_in_for_torchvision(torch)
        import transformers
        transformers.utils.logging.disable_progress_bar()
        return torch, transformers, library
    except ImportError as error:
        print(f"skipped: {error}")
        return None


def worst_against_transformers(folder, peers):
    """Largest difference of any token at the size of the training crops: elsewhere the two resample positions
    differently (offset 0.1 as Meta does, or none)."""
    torch, transformers, _ = peers
    torch.manual_seed(0)
    x = parity.draw_pictures(torch, folder, CROP)
    parity.run("convert", MODEL, folder / "hf")
    network = transformers.Dinov2Model.from_pretrained(folder / "hf").eval()
    with torch.no_grad():
        wanted = network(pixel_values=x).last_hidden_state
    return (parity.troodon_tokens(torch, MODEL, folder, CROP) - wanted).abs().max().item()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=pathlib.Path, default=pathlib.Path(os.environ.get("TROODON_DATA", parity.ROOT / "../shared/data")))
    data = parser.parse_args().data / "imagenette96"
    peers = import_peers()
    failed, looked = 0, 0
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        if data.is_dir():
            found, card = knn(folder, data), figure_of_card()
            failed += abs(found - card) > 0.005
            looked += 1
            print(f"kNN {found:.4f}, the card says {card}")
        else:
            print(f"skipped: {data} is not here")
        if peers:
            worst = worst_against_transformers(folder, peers)
            failed += worst > 5e-5
            looked += 1
            print(f"largest difference to transformers {worst:.2g}")
    if not looked:
        return 77
    print("FAILED" if failed else "passed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
