#!/usr/bin/env python3
"""How good visual search is: precision by class beside colours and perceptual hashes; regions found.

  bench/search.py --data DIR [--model small] [--size N]

DIR is laid out as the test data: imagenette96/{train,val}/CLASS/ (or --photos DIR/CLASS/...), and
segmentation/*/JPEGImages with SegmentationClass. Needs NumPy and Pillow.
"""
import argparse
import json
import os
import pathlib
import random
import subprocess
import tempfile

import numpy as np
from PIL import Image

ROOT = pathlib.Path(__file__).resolve().parents[1]
TROODON = pathlib.Path(os.environ.get("TROODON_BUILD", ROOT / "build/release")) / "cli/troodon"


def troodon(*words):
    done = subprocess.run([str(TROODON), *map(str, words), "--json", "--progress", "none"], capture_output=True, text=True)
    if done.returncode not in (0, 8):
        raise SystemExit(f"{words}: {done.stderr}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def colour_histogram(picture):
    """8 x 8 x 8 bins of RGB, square roots: the usual baseline."""
    pixels = np.asarray(picture.convert("RGB").resize((96, 96)), np.uint8).reshape(-1, 3) >> 5
    bins = np.bincount(pixels[:, 0] * 64 + pixels[:, 1] * 8 + pixels[:, 2], minlength=512).astype(np.float32)
    bins = np.sqrt(bins / bins.sum())
    return bins / np.linalg.norm(bins)


def perceptual_hash(picture):
    """pHash: signs of the 8 x 8 lowest cosine coefficients of a 32 x 32 grey picture, without the mean."""
    grey = np.asarray(picture.convert("L").resize((32, 32)), np.float64)
    n = np.arange(32)
    basis = np.cos(np.pi * (2 * n[None] + 1) * n[:, None] / 64)
    low = (basis @ grey @ basis.T)[:8, :8].flatten()[1:]
    return np.where(low > np.median(low), 1.0, -1.0).astype(np.float32) / np.sqrt(63)


def precision_at(k, vectors, labels, queries):
    scores = vectors[queries] @ vectors.T
    scores[np.arange(len(queries)), queries] = -np.inf
    best = np.argpartition(-scores, k, axis=1)[:, :k]
    return float((labels[best] == labels[queries][:, None]).mean())


def collection_vectors(folder):
    """The vectors that the collection searches, with their paths."""
    import sqlite3
    database = sqlite3.connect(folder / ".troodon/collection.db")
    rows = database.execute("SELECT path, vector FROM pictures JOIN vectors USING (id) ORDER BY path").fetchall()
    return [row[0] for row in rows], np.stack([np.frombuffer(row[1], np.float32) for row in rows])


def by_class(folder, work, args):
    """Precision at 5 of every picture as a query among all others."""
    link = work / "photos"
    link.mkdir()
    for name in sorted(p.name for p in folder.iterdir() if p.is_dir()):
        (link / name).symlink_to(folder / name)
    added = troodon("index", "add", link, "--model", args.model, *(["--size", args.size] if args.size else []), "--regions", 0)
    paths, vectors = collection_vectors(link)
    labels = np.array([pathlib.Path(path).parent.name for path in paths])
    pictures = [Image.open(link / path) for path in paths]
    queries = np.random.default_rng(0).permutation(len(paths))[:1000]
    for number in queries[:20]:  # the vectors are searched as `troodon search` does it
        hits = troodon("search", link, "--like", paths[number], "-k", 6)["hits"]
        ours = [hit["path"] for hit in hits if hit["path"] != paths[number]][:5]
        scores = vectors @ vectors[number]
        scores[number] = -1
        want = [paths[i] for i in np.argsort(-scores, kind="stable")[:5]]
        assert len(set(ours) & set(want)) >= 4, (paths[number], ours, want)
    out = {"pictures": len(paths), "images_per_second": added["images_per_second"],
           "troodon": precision_at(5, vectors, labels, queries),
           "colour": precision_at(5, np.stack([colour_histogram(p) for p in pictures]), labels, queries),
           "phash": precision_at(5, np.stack([perceptual_hash(p) for p in pictures]), labels, queries)}
    out["ratio"] = out["troodon"] / max(out["colour"], out["phash"])
    return out


def objects_of(data, least=0.06, most=0.6):
    """(picture file, mask, box) of objects that fill a fair part of their picture."""
    for folder in sorted((data / "segmentation").glob("*")):
        for mask_file in sorted((folder / "SegmentationClass").glob("*.png")):
            picture = next((p for p in (folder / "JPEGImages").glob(mask_file.stem + ".*")), None)
            if picture is None or folder.name == "camvid":
                continue
            mask = np.asarray(Image.open(mask_file))
            for value in np.unique(mask):
                part = mask == value
                if value in (0, 255) or not least < part.mean() < most:
                    continue
                ys, xs = np.where(part)
                box = (int(xs.min()), int(ys.min()), int(xs.max() - xs.min() + 1), int(ys.max() - ys.min() + 1))
                if part.sum() > 0.4 * box[2] * box[3] and max(box[2], box[3]) < 2.5 * min(box[2], box[3]):
                    yield picture, part, box


def planted(data, work, args, outline):
    """Objects pasted into other pictures, smaller: is that picture among the first five when their box asks?

    outline: only the object's own pixels, not the rest of its box."""
    random.seed(0)
    backgrounds = sorted((data / "photos").rglob("*.[jJ][pP]*[gG]")) or sorted(data.rglob("*.jpg"))
    objects = list(objects_of(data))
    random.shuffle(objects)
    objects = objects[:args.planted]
    folder = work / ("planted_outline" if outline else "planted_box")
    folder.mkdir()
    for i, background in enumerate(backgrounds):
        picture = Image.open(background).convert("RGB")
        picture.thumbnail((320, 320))
        picture.save(folder / f"back_{i:04d}.jpg", quality=92)
    boxes = []
    for i, (file, mask, box) in enumerate(objects):
        source = Image.open(file).convert("RGB")
        x, y, w, h = box
        cut, shape = source.crop((x, y, x + w, y + h)), Image.fromarray((mask[y:y + h, x:x + w] * 255).astype(np.uint8))
        back = Image.open(random.choice(backgrounds)).convert("RGB").resize((320, 240))
        scale = random.uniform(0.4, 0.75) * min(320 / w, 240 / h)
        size = (max(8, int(w * scale)), max(8, int(h * scale)))
        at = (random.randint(0, 320 - size[0]), random.randint(0, 240 - size[1]))
        back.paste(cut.resize(size), at, shape.resize(size) if outline else None)
        back.save(folder / f"planted_{i:04d}.jpg", quality=92)
        boxes.append((file, box, (*at, *size)))
    troodon("index", "add", folder, "--model", args.model, *(["--size", args.region_size, "--regions", 32] if args.region_size else []))
    found = {1: 0, 5: 0}
    overlaps = []
    for i, (file, box, place) in enumerate(boxes):
        hits = troodon("search", folder, "--like", file, "--region", ",".join(map(str, box)), "-k", 5)["hits"]
        names = [hit["path"] for hit in hits]
        wanted = f"planted_{i:04d}.jpg"
        for k in found:
            found[k] += wanted in names[:k]
        if wanted in names:
            b = hits[names.index(wanted)]["box"]
            overlaps.append(iou((b["x"], b["y"], b["width"], b["height"]), place))
    return {"cases": len(boxes), "collection": len(boxes) + len(backgrounds), "found_first": found[1] / len(boxes),
            "found_in_five": found[5] / len(boxes), "box_iou": float(np.mean(overlaps)) if overlaps else 0.0}


def iou(a, b):
    w = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    h = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    common = max(w, 0) * max(h, 0)
    return common / (a[2] * a[3] + b[2] * b[3] - common)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=pathlib.Path, default=ROOT / "../shared/data")
    parser.add_argument("--photos", type=pathlib.Path, help="CLASS/ folders; default DATA/imagenette96/val")
    parser.add_argument("--model", default="small")
    parser.add_argument("--size", type=int)
    parser.add_argument("--region-size", type=int)
    parser.add_argument("--planted", type=int, default=60)
    parser.add_argument("--only", choices=["class", "regions"])
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        work = pathlib.Path(work)
        if args.only != "regions":
            row = by_class((args.photos or args.data / "imagenette96/val").resolve(), work, args)
            print("precision@5 by class: troodon {troodon:.3f}, colour histogram {colour:.3f}, pHash {phash:.3f}: {ratio:.2f} times the better, {pictures} pictures".format(**row))
            print(json.dumps(row))
        if args.only != "class":
          for outline in (False, True):
            row = planted(args.data.resolve(), work, args, outline)
            print("planted " + ("outlines" if outline else "boxes") + ": found first {found_first:.2f}, among five {found_in_five:.2f}, IoU of the place {box_iou:.2f}; {cases} cases in {collection} pictures".format(**row))
            print(json.dumps(row))


if __name__ == "__main__":
    main()
