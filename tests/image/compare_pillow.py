"""Compares the pictures that formats_table dumped with Pillow's, pixel by pixel.

    formats_table DATA --pixels DIR && python compare_pillow.py DATA DIR [--all]

Prints one row per file that differs by more than its format's tolerance (--all: every file), then a
table per format. Needs Pillow and numpy, and pillow-heif for HEIF; prints "skipped" without them.
"""
import collections
import csv
import pathlib
import re
import sys

# Largest difference of a value, and of the mean over values. 0: the same bits.
TOLERANCE = {
    "BMP": (1, 0.5),      # 5-bit colours: rounded otherwise
    "JPEG": (255, 0.01),  # a gap of a damaged scan is filled otherwise, the rest is equal
    "TIFF": (2, 1.5),     # CIELAB, premultiplied alpha
    "AVIF": (40, 10.0),   # colour upsampling; libheif before 1.16 leaves 12-bit grey's range narrow
    "HEIF": (8, 1.0),
}
# Valid pictures whose pixels are damaged: each decoder stops or guesses where it likes.
DAMAGED = re.compile(r"bad|broken")


def main(data, pixels, everything):
    try:
        import numpy as np
        from PIL import Image, ImageOps
    except ImportError as missing:
        print(f"skipped: {missing}")
        return 77
    Image.MAX_IMAGE_PIXELS = None
    try:
        import pillow_heif
        pillow_heif.register_heif_opener()
    except ImportError:
        print("HEIF skipped: no pillow_heif")
    rows, worse = collections.defaultdict(list), 0
    number = 0
    for folder in ("formats", "corrupt"):
        with open(data / folder / "expected.csv", newline="", encoding="utf-8") as table:
            for want in csv.DictReader(table):
                ours = pixels / f"{number}.ppm"
                number += 1
                if folder == "corrupt" or want["pillow_result"] != "decodes" or not ours.exists():
                    continue
                try:
                    theirs = to_rgb(ImageOps.exif_transpose(Image.open(data / want["path"])), want["format"], np, Image)
                except Exception as error:  # this Pillow reads less than the one of the table
                    print(f"{want['path']}\tnot compared: {type(error).__name__}")
                    continue
                mine = read_ppm(ours, np)
                kind = want["format"]
                if mine.shape != theirs.shape:
                    print(f"{want['path']}\t{want['mode']}\tshape {mine.shape} != {theirs.shape}")
                    worse += 1
                    continue
                gap = np.abs(mine.astype(int) - theirs.astype(int))
                rows[kind].append((int(gap.max()), float(gap.mean())))
                most, mean = TOLERANCE.get(kind, (0, 0.0))
                damaged = DAMAGED.search(pathlib.Path(want["path"]).name)
                beyond = not damaged and (gap.max() > most or gap.mean() > mean)
                worse += int(beyond)
                if beyond or (damaged and gap.max() > 0) or everything:
                    print(f"{want['path']}\t{want['mode']}{' (damaged)' if damaged else ''}\tlargest {gap.max()}, mean {gap.mean():.4f}")
    print("\nformat  files  equal  largest  largest mean")
    for kind, gaps in sorted(rows.items()):
        equal = sum(most == 0 for most, _ in gaps)
        print(f"{kind:6} {len(gaps):6} {equal:6} {max(g[0] for g in gaps):8} {max(g[1] for g in gaps):13.4f}")
    print(f"beyond their tolerance: {worse}")
    return 1 if worse else 0


def to_rgb(image, kind, np, Image):
    """Pillow's RGB. 16-bit grey keeps its high byte, where Pillow clips at 255; clear pixels of a GIF are white, where
    Pillow shows a colour of the palette that nobody sees."""
    image.load()
    if kind == "GIF" and "transparency" in image.info:
        clear = image.convert("RGBA")
        paper = Image.new("RGBA", clear.size, "white")
        return np.asarray(Image.alpha_composite(paper, clear).convert("RGB"))
    values = np.asarray(image)
    if image.mode == "I" or image.mode.startswith("I;16"):
        return np.repeat((values >> 8).clip(0, 255).astype(np.uint8)[..., None], 3, 2)
    return np.asarray(image.convert("RGB"))


def read_ppm(path, np):
    raw = path.read_bytes()
    _, size, _, pixels = raw.split(b"\n", 3)
    width, height = map(int, size.split())
    return np.frombuffer(pixels, np.uint8).reshape(height, width, 3)


if __name__ == "__main__":
    arguments = [a for a in sys.argv[1:] if a != "--all"]
    sys.exit(main(pathlib.Path(arguments[0]), pathlib.Path(arguments[1]), "--all" in sys.argv))
