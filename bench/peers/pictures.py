"""What the peers of the features benchmark share: networks, preprocessing, the line that compare.py reads."""
import argparse
import json
import statistics
import time
from pathlib import Path

import numpy as np
from PIL import Image

ARCHS = {"vits14": dict(dim=384, depth=12, heads=6, patch=14), "vitb14": dict(dim=768, depth=12, heads=12, patch=14),
         "vitl14": dict(dim=1024, depth=24, heads=16, patch=14)}
MEAN = np.array((0.485, 0.456, 0.406), dtype=np.float32)
STD = np.array((0.229, 0.224, 0.225), dtype=np.float32)


def arguments(description):
    parser = argparse.ArgumentParser(description=description.splitlines()[0])
    parser.add_argument("--images", required=True)
    parser.add_argument("--arch", choices=ARCHS, default="vits14")
    for name, value in dict(size=224, batch=8, threads=2, limit=0, rounds=3).items():
        parser.add_argument("--" + name, type=int, default=value)
    parser.add_argument("--latency", action="store_true", help="one picture at a time, decoded before: seconds of its forward pass")
    parser.add_argument("--exported", type=Path, help="folder where exported networks are kept")
    parser.add_argument("--export", action="store_true", help="only export: what that takes is not the peer's memory")
    args = parser.parse_args()
    suffixes = {".jpg", ".jpeg", ".png", ".webp", ".bmp"}
    args.paths = sorted(str(p) for p in Path(args.images).rglob("*") if p.suffix.lower() in suffixes)
    if args.limit:
        args.paths = args.paths[:args.limit]
    if not args.paths:
        parser.error(f"no images under {args.images}")
    return args


def prepare(path, size):
    """The official evaluation transform: Pillow bicubic, short side to 256/224 of the size, centre; normalised [3,H,W]."""
    with Image.open(path) as file:
        image = file.convert("RGB")
    width, height = image.size
    short, resized = min(width, height), size * 256 // 224
    image = image.resize((int(resized * width / short), int(resized * height / short)), Image.Resampling.BICUBIC)
    left, top = round((image.width - size) / 2), round((image.height - size) / 2)
    pixels = np.asarray(image.crop((left, top, left + size, top + size)), dtype=np.float32)
    return np.ascontiguousarray(((pixels / 255 - MEAN) / STD).transpose(2, 0, 1))


def network(arch, size):
    """transformers' Dinov2Model with random weights; nothing is downloaded."""
    import torch
    from transformers import Dinov2Config, Dinov2Model

    torch.manual_seed(0)
    shape = ARCHS[arch]
    return Dinov2Model(Dinov2Config(hidden_size=shape["dim"], num_hidden_layers=shape["depth"], patch_size=shape["patch"],
                                    num_attention_heads=shape["heads"], image_size=size)).eval()


def fold_layer_scales(model):
    """LayerScale into the linear layer before it: the same sums, and patterns that onnxruntime's optimizer knows."""
    import torch
    with torch.no_grad():
        for block in model.encoder.layer:
            for linear, name in ((block.attention.o_proj, "layer_scale1"), (block.mlp.fc2, "layer_scale2")):
                gamma = getattr(block, name).lambda1
                linear.weight *= gamma[:, None]
                linear.bias *= gamma
                setattr(block, name, torch.nn.Identity())
    return model


def export_onnx(args, batch, attention="sdpa"):
    """The network as ONNX, its class token as output."""
    file = args.exported / f"{args.arch}_{args.size}_b{batch}_{attention}.onnx"
    if not file.exists():
        import torch

        class ClassToken(torch.nn.Module):
            def __init__(self, inner):
                super().__init__()
                self.inner = inner

            def forward(self, pixels):
                return self.inner(pixel_values=pixels).last_hidden_state[:, 0]

        model = fold_layer_scales(network(args.arch, args.size))
        model.set_attn_implementation(attention)
        args.exported.mkdir(parents=True, exist_ok=True)
        torch.onnx.export(ClassToken(model), (torch.randn(batch, 3, args.size, args.size),), str(file), input_names=["pixels"],
                          output_names=["features"], opset_version=17, dynamo=False)
    return file


def peak_mib(_=None):
    """The most memory that this process has had, from the kernel."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) // 1024


def report(args, what, run, pool=None):
    """`run` makes features of all pictures (or, with --latency, of one) and says of how many; its first call is not counted.

    Memory is that of this process and of the pool's; a DataLoader's workers, which share pages with it, are not counted.
    """
    run()
    samples = []
    for _ in range(args.rounds):
        start = time.perf_counter()
        count = run()
        seconds = time.perf_counter() - start
        samples.append(round(seconds * 1000 if args.latency else count / seconds, 4))
    memory = peak_mib() + (args.threads * max(pool.map(peak_mib, range(4 * args.threads))) if pool else 0)
    print(json.dumps({"what": what, "unit": "ms" if args.latency else "images/s", "samples": samples, "min": min(samples),
                      "median": statistics.median(samples), "max": max(samples), "memory_mib": memory,
                      "threads": args.threads, "arch": args.arch, "size": args.size}))
