#!/usr/bin/env python3
"""Small random networks of Hugging Face's transformers and of timm, opened by the troodon binary and written back by
it: the same pictures must give the same tokens on both sides. Prints one line per comparison.

usage: parity.py [--dim 64] [--depth 2] [--side 4] [--seed 0]    (TROODON_BUILD names the build folder)
"""
import argparse
import json
import os
import pathlib
import struct
import subprocess
import sys
import tempfile
import zlib

ROOT = pathlib.Path(__file__).resolve().parents[2]
TROODON = pathlib.Path(os.environ.get("TROODON_BUILD", ROOT / "build/release")).resolve() / "cli/troodon"
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
TOLERANCE = 1e-5  # float32 noise of two implementations is below 2e-6 here
PATCH, CLASSES, PICTURES = 14, 7, 3


def stand_in_for_torchvision(torch):
    """What a torchvision made for another torch build lacks, for as long as the result lives; nothing here calls it."""
    try:
        library = torch.library.Library("torchvision", "FRAGMENT")
        for name in ("nms", "qnms"):
            library.define(name + "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        return library
    except RuntimeError:
        return None


def import_peers():
    """torch, timm, transformers; None if one is missing."""
    try:
        import torch
        library = stand_in_for_torchvision(torch)
        import timm
        import transformers
        transformers.logging.set_verbosity_error()
        transformers.utils.logging.disable_progress_bar()
        return torch, timm, transformers, library
    except ImportError as error:
        print(f"skipped: {error}")
        return None


def write_png(path, pixels):
    """An [H,W,3] uint8 array as a PNG without filters."""
    height, width, _ = pixels.shape
    rows = b"".join(b"\0" + pixels[y].tobytes() for y in range(height))
    chunk = lambda kind, data: struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def run(*words):
    done = subprocess.run([str(TROODON), *map(str, words)], capture_output=True, text=True)
    if done.returncode != 0:
        raise AssertionError(f"troodon {' '.join(map(str, words))}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def draw_pictures(torch, folder, size):
    """PICTURES of noise as PNG files in folder/pictures; the same as networks take them, [PICTURES, 3, size, size]."""
    pixels = torch.randint(0, 256, (PICTURES, size, size, 3), dtype=torch.uint8)
    (folder / "pictures").mkdir()
    for i, picture in enumerate(pixels.numpy()):
        write_png(folder / "pictures" / f"{i}.png", picture)
    return ((pixels.float() / 255 - torch.tensor(MEAN)) / torch.tensor(STD)).permute(0, 3, 1, 2).contiguous()


def troodon_tokens(torch, model, folder, size):
    """[PICTURES, 1 + N, D] of folder/pictures: class token, then patch tokens, from the binary."""
    from safetensors.torch import load_file
    parts = []
    for output in ("cls", "patches"):
        out = folder / f"{output}.safetensors"
        run("features", "--model", model, "--input", folder / "pictures", "--out", out, "--output", output, "--size", size,
            "--fit", "stretch", "--overwrite", "--progress", "none", "--threads", 1)
        rows = load_file(str(out))["features"]
        parts.append(rows.reshape(PICTURES, -1, rows.shape[-1]))
    return torch.cat(parts, 1)


class Parity:
    def __init__(self, args, folder, peers):
        self.torch, self.timm, self.transformers, _ = peers
        self.args, self.folder = args, folder
        self.size = args.side * PATCH
        self.failures, self.compared, self.worst = 0, 0, 0.0
        self.torch.manual_seed(args.seed)
        self.input = draw_pictures(self.torch, folder, self.size)

    def randomised(self, model):
        """Every weight random, also those that start as constants, so that a mix-up shows."""
        with self.torch.no_grad():
            for name, p in model.named_parameters():
                factor = "norm" in name and name.endswith("weight") or name.endswith(("gamma", "lambda1"))
                p.copy_(self.torch.randn_like(p) * 0.05 + (1 if factor else 0))
        return model.eval()

    def troodon_tokens(self, model):
        return troodon_tokens(self.torch, model, self.folder, self.size)

    def tokens(self, model, registers):
        """The same from a peer's model."""
        with self.torch.no_grad():
            if hasattr(model, "forward_features"):
                out = model.forward_features(self.input)
            else:
                out = model(pixel_values=self.input).last_hidden_state
        return self.torch.cat([out[:, :1], out[:, 1 + registers:]], 1)

    def compare(self, what, a, b):
        apart = (a - b).abs().max().item() if a.shape == b.shape else float("inf")
        good = apart <= TOLERANCE
        self.failures += not good
        self.compared += 1
        self.worst = max(self.worst, apart)
        print(f"{'passed' if good else 'FAILED'}  {what}: largest difference {apart:.2g}")

    def expect(self, what, holds):
        self.failures += not holds
        self.compared += 1
        print(f"{'passed' if holds else 'FAILED'}  {what}")

    def hf_config(self, registers, swiglu, **more):
        t = self.transformers
        kind = t.Dinov2WithRegistersConfig if registers else t.Dinov2Config
        if registers:
            more["num_register_tokens"] = registers
        return kind(hidden_size=self.args.dim, num_hidden_layers=self.args.depth, num_attention_heads=self.args.dim // 32, image_size=self.size,
                    patch_size=PATCH, use_swiglu_ffn=swiglu, num_labels=CLASSES, **more)

    def hugging_face(self, registers, swiglu):
        t, name = self.transformers, f"hf registers={registers} swiglu={swiglu}"
        base = t.Dinov2WithRegistersModel if registers else t.Dinov2Model
        model = self.randomised(base(self.hf_config(registers, swiglu)))
        wanted = self.tokens(model, registers)
        folder = self.folder / name.replace(" ", "_")
        model.save_pretrained(folder)
        self.compare(f"{name}, save_pretrained -> troodon", self.troodon_tokens(folder), wanted)
        # The names that transformers 5 has in memory, in an old container.
        bare = self.folder / (folder.name + "_bin")
        bare.mkdir()
        (bare / "config.json").write_bytes((folder / "config.json").read_bytes())
        self.torch.save(model.state_dict(), bare / "pytorch_model.bin")
        self.compare(f"{name}, pytorch_model.bin -> troodon", self.troodon_tokens(bare), wanted)
        official, back = self.folder / (folder.name + ".pth"), self.folder / (folder.name + "_back")
        run("convert", folder, official)
        run("convert", official, back, "--num-heads", self.args.dim // 32)
        self.reopened(f"{name}, troodon -> from_pretrained", base, back, registers, wanted)

    def reopened(self, what, base, folder, registers, wanted):
        model, report = base.from_pretrained(folder, output_loading_info=True)
        faults = {kind: keys for kind, keys in report.items() if keys}
        self.expect(f"{what}: no key is missing or unexpected {faults or ''}", not faults)
        self.compare(what, self.tokens(model.eval(), registers), wanted)
        return model

    def classifier(self, registers):
        t, name = self.transformers, f"hf classifier registers={registers}"
        base = t.Dinov2WithRegistersForImageClassification if registers else t.Dinov2ForImageClassification
        inner = "dinov2_with_registers" if registers else "dinov2"
        model = self.randomised(base(self.hf_config(registers, False)))
        wanted = self.tokens(getattr(model, inner), registers)
        with self.torch.no_grad():
            logits = model(pixel_values=self.input).logits
        folder, head = self.folder / f"classifier_{registers}", self.folder / f"head_{registers}.pth"
        model.save_pretrained(folder)
        self.compare(f"{name}, backbone -> troodon", self.troodon_tokens(folder), wanted)
        backbone = self.folder / f"classifier_{registers}.safetensors"
        run("convert", folder, backbone, "--head-to", head)
        stored = self.torch.load(head, weights_only=True)
        seen = self.torch.cat([wanted[:, 0], wanted[:, 1:].mean(1)], -1)
        self.compare(f"{name}, official linear head", seen @ stored["weight"].T + stored["bias"], logits)
        info = json.loads(run("info", head, "--json"))
        self.expect(f"{name}, troodon info: {info['summary']}", info["kind"] == "linear head" and info["facts"]["classes"] == str(CLASSES))
        back = self.folder / f"classifier_{registers}_back"
        run("convert", backbone, back, "--head", head)
        again, report = base.from_pretrained(back, output_loading_info=True)
        self.expect(f"{name}, back: no key is missing or unexpected", not any(report.values()))
        with self.torch.no_grad():
            self.compare(f"{name}, back", again.eval()(pixel_values=self.input).logits, logits)

    def timm_model(self, registers, swiglu):
        kind = "vit_giant_patch14_dinov2" if swiglu else "vit_small_patch14_dinov2"
        if registers:
            kind = kind.replace("dinov2", "reg4_dinov2")
        hidden = (int(self.args.dim * 4 * 2 / 3) + 7) // 8 * 8  # of the SwiGLU, as in the released ViT-g
        more = {"mlp_ratio": 2 * hidden / self.args.dim + 1e-6} if swiglu else {}
        return self.timm.create_model(kind, pretrained=False, embed_dim=self.args.dim, depth=self.args.depth, num_heads=self.args.dim // 64,
                                      img_size=self.size, num_classes=0, **more)

    def timm_names(self, registers, swiglu):
        from safetensors.torch import load_file, save_file
        name = f"timm registers={registers} swiglu={swiglu}"
        stem = self.folder / name.replace(" ", "_")
        model = self.randomised(self.timm_model(registers, swiglu))
        wanted = self.tokens(model, registers)
        theirs, pth = pathlib.Path(f"{stem}.safetensors"), pathlib.Path(f"{stem}.pth")
        save_file(model.state_dict(), str(theirs))
        self.torch.save(model.state_dict(), pth)
        for file in (theirs, pth):
            self.compare(f"{name}, {file.suffix} -> troodon", self.troodon_tokens(file), wanted)
        back = pathlib.Path(f"{stem}_back.safetensors")
        run("convert", theirs, f"{stem}_official.pth")
        run("convert", f"{stem}_official.pth", back, "--names", "timm")
        again = self.timm_model(registers, swiglu)
        again.load_state_dict(load_file(str(back)), strict=True)
        self.compare(f"{name}, troodon -> load_state_dict(strict)", self.tokens(again.eval(), registers), wanted)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dim", type=int, default=64, help="a multiple of 64")
    parser.add_argument("--depth", type=int, default=2)
    parser.add_argument("--side", type=int, default=4, help="patches along a side")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    peers = import_peers()
    if peers is None:
        return 77
    with tempfile.TemporaryDirectory(prefix="troodon_parity_") as folder:
        parity = Parity(args, pathlib.Path(folder), peers)
        for registers in (0, 4):
            for swiglu in (False, True):
                parity.hugging_face(registers, swiglu)
                parity.timm_names(registers, swiglu)
            parity.classifier(registers)
    print(f"{parity.compared} comparisons, {parity.failures} failed, largest difference {parity.worst:.2g}")
    return 1 if parity.failures else 0


if __name__ == "__main__":
    sys.exit(main())
