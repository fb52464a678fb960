"""DINOv2 multi-crop augmentation with Pillow and torch, one process, one thread.

Two global crops and n local crops an image, as the official code does it:
bicubic random resized crop, flip, colour jitter in random order, grayscale,
9x9 Gaussian blur, solarize, to tensor, normalise. The effective (inverted)
blur probabilities 0, 0.9 and 0.5 are used. Decoding is part of the work.

    python bench/peers/multicrop.py --images DIR --seconds 10
"""
import argparse
import json
import math
import random
import statistics
import time
from pathlib import Path

import numpy as np
import PIL
import torch
import torch.nn.functional as F
from PIL import Image, ImageEnhance, ImageOps

MEAN = torch.tensor((0.485, 0.456, 0.406)).view(3, 1, 1)
STD = torch.tensor((0.229, 0.224, 0.225)).view(3, 1, 1)


def find_images(root):
    suffixes = {".jpg", ".jpeg", ".png", ".webp", ".bmp"}
    return sorted(p for p in Path(root).rglob("*") if p.suffix.lower() in suffixes)


def random_resized_crop(image, size, scale, ratio=(3 / 4, 4 / 3)):
    width, height = image.size
    for _ in range(10):
        area = width * height * random.uniform(*scale)
        aspect = math.exp(random.uniform(math.log(ratio[0]), math.log(ratio[1])))
        w, h = round(math.sqrt(area * aspect)), round(math.sqrt(area / aspect))
        if 0 < w <= width and 0 < h <= height:
            left, top = random.randint(0, width - w), random.randint(0, height - h)
            break
    else:
        aspect = min(max(width / height, ratio[0]), ratio[1])
        w, h = min(width, round(height * aspect)), min(height, round(width / aspect))
        left, top = (width - w) // 2, (height - h) // 2
    return image.crop((left, top, left + w, top + h)).resize((size, size), Image.Resampling.BICUBIC)


def shift_hue(image, shift):
    h, s, v = image.convert("HSV").split()
    h = Image.fromarray(np.asarray(h) + np.uint8(int(shift * 255) % 256))
    return Image.merge("HSV", (h, s, v)).convert("RGB")


def color_jitter(image):
    ops = [lambda im: ImageEnhance.Brightness(im).enhance(random.uniform(0.6, 1.4)),
           lambda im: ImageEnhance.Contrast(im).enhance(random.uniform(0.6, 1.4)),
           lambda im: ImageEnhance.Color(im).enhance(random.uniform(0.8, 1.2)),
           lambda im: shift_hue(im, random.uniform(-0.1, 0.1))]
    random.shuffle(ops)
    for op in ops:
        image = op(image)
    return image


def gaussian_blur(image, sigma):
    x = torch.arange(-4, 5, dtype=torch.float32)
    line = torch.exp(-0.5 * (x / sigma) ** 2)
    line /= line.sum()
    kernel = torch.outer(line, line).expand(3, 1, 9, 9)
    pixels = torch.from_numpy(np.array(image)).permute(2, 0, 1)[None].float()
    pixels = F.conv2d(F.pad(pixels, (4, 4, 4, 4), mode="reflect"), kernel, groups=3)
    return Image.fromarray(pixels[0].round().byte().permute(1, 2, 0).contiguous().numpy())


def view(image, size, scale, blur, solarize):
    image = random_resized_crop(image, size, scale)
    if random.random() < 0.5:
        image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    if random.random() < 0.8:
        image = color_jitter(image)
    if random.random() < 0.2:
        image = image.convert("L").convert("RGB")
    if random.random() < blur:
        image = gaussian_blur(image, random.uniform(0.1, 2.0))
    if random.random() < solarize:
        image = ImageOps.solarize(image, 128)
    pixels = torch.from_numpy(np.array(image)).permute(2, 0, 1).contiguous()
    return (pixels.float() / 255 - MEAN) / STD


def multicrop(image, global_size, local_size, locals_):
    crops = [view(image, global_size, (0.32, 1.0), blur=0.0, solarize=0.0),
             view(image, global_size, (0.32, 1.0), blur=0.9, solarize=0.2)]
    return crops + [view(image, local_size, (0.05, 0.32), blur=0.5, solarize=0.0) for _ in range(locals_)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", required=True)
    parser.add_argument("--global-size", type=int, default=224)
    parser.add_argument("--local-size", type=int, default=96)
    parser.add_argument("--locals", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--rounds", type=int, default=10, help="samples the time is split into")
    args = parser.parse_args()
    torch.set_num_threads(1)
    random.seed(0)
    paths = find_images(args.images)
    if not paths:
        parser.error(f"no images under {args.images}")
    random.shuffle(paths)

    def load_next(position):
        with Image.open(paths[position % len(paths)]) as image:
            multicrop(image.convert("RGB"), args.global_size, args.local_size, args.locals)

    load_next(0)
    samples, done = [], 0
    for _ in range(args.rounds):
        start, count = time.perf_counter(), 0
        while time.perf_counter() - start < args.seconds / args.rounds:
            load_next(done)
            done, count = done + 1, count + 1
        samples.append(count / (time.perf_counter() - start))
    print(json.dumps({"what": "multi-crop augmentation, Pillow and torch", "unit": "images/s/core",
                      "samples": [round(s, 4) for s in samples], "min": round(min(samples), 4),
                      "median": round(statistics.median(samples), 4), "max": round(max(samples), 4),
                      "threads": 1, "pillow": PIL.__version__, "torch": torch.__version__, "args": vars(args)}))


if __name__ == "__main__":
    main()
