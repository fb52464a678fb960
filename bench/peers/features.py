"""File to class-token feature: torch DataLoader and transformers Dinov2Model, fp32 on the CPU.

The weights are random, built from a configuration; nothing is downloaded.
Preprocessing: Pillow bicubic resize of the short side, centre crop, normalise.

    python bench/peers/features.py --images DIR --dim 384 --depth 12 --heads 6
"""
import argparse
import json
import statistics
import time
from pathlib import Path

import numpy as np
import torch
import transformers
from PIL import Image
from torch.utils.data import DataLoader, Dataset
from transformers import Dinov2Config, Dinov2Model

MEAN = torch.tensor((0.485, 0.456, 0.406)).view(3, 1, 1)
STD = torch.tensor((0.229, 0.224, 0.225)).view(3, 1, 1)


class Folder(Dataset):
    def __init__(self, root, resize, size):
        suffixes = {".jpg", ".jpeg", ".png", ".webp", ".bmp"}
        self.paths = sorted(str(p) for p in Path(root).rglob("*") if p.suffix.lower() in suffixes)
        self.resize, self.size = resize, size

    def __len__(self):
        return len(self.paths)

    def __getitem__(self, index):
        with Image.open(self.paths[index]) as file:
            image = file.convert("RGB")
        width, height = image.size
        short = min(width, height)
        image = image.resize((int(self.resize * width / short), int(self.resize * height / short)),
                             Image.Resampling.BICUBIC)
        left, top = round((image.width - self.size) / 2), round((image.height - self.size) / 2)
        image = image.crop((left, top, left + self.size, top + self.size))
        pixels = torch.from_numpy(np.array(image)).permute(2, 0, 1).contiguous()
        return (pixels.float() / 255 - MEAN) / STD


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", required=True)
    for name, value in dict(dim=384, depth=12, heads=6, patch=14, size=224, resize=256, batch=8, threads=2,
                            limit=0, rounds=3).items():
        parser.add_argument("--" + name, type=int, default=value)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(0)

    data = Folder(args.images, args.resize, args.size)
    if args.limit:
        data.paths = data.paths[:args.limit]
    if not data.paths:
        parser.error(f"no images under {args.images}")
    model = Dinov2Model(Dinov2Config(hidden_size=args.dim, num_hidden_layers=args.depth, patch_size=args.patch,
                                     num_attention_heads=args.heads, image_size=args.size)).eval()
    loader = DataLoader(data, batch_size=args.batch, num_workers=args.threads, persistent_workers=True)

    def run():
        with torch.inference_mode():
            return torch.cat([model(pixel_values=pixels).last_hidden_state[:, 0] for pixels in loader])

    run()  # starts the workers, warms the file cache
    samples = []
    for _ in range(args.rounds):
        start = time.perf_counter()
        features = run()
        samples.append(len(features) / (time.perf_counter() - start))
    print(json.dumps({"what": "file to feature, DataLoader and transformers Dinov2Model", "unit": "images/s",
                      "samples": [round(s, 4) for s in samples], "min": round(min(samples), 4),
                      "median": round(statistics.median(samples), 4), "max": round(max(samples), 4),
                      "threads": args.threads, "torch": torch.__version__,
                      "transformers": transformers.__version__, "args": vars(args)}))


if __name__ == "__main__":
    main()
