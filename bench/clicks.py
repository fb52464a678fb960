#!/usr/bin/env python3
"""Masks of clicks against OpenCV's GrabCut alone, on real masks, by the protocol of interactive segmentation: the first
click is the innermost place of the object, each next one the innermost place of what is still wrong (missing: a click on
it, too much: one beside it; RITM's get_next_click). And masks from one example: first frames of films, pictures that share
a class.

usage: clicks.py --build DIR --data DIR [--world DIR] [--model NAME] [--every N] [--limit N] [--ways far near kept] [--rows FILE] [--out FILE]

DATA holds segmentation/{voc,coco,camvid} in VOC's layout and video/davis. Needs numpy, scipy, Pillow, opencv-python-headless.
Objects are connected regions of 1 to 50 % of a picture, at most 3 of each; --every takes each Nth. GrabCut: 5 rounds, discs
of 5 pixels around clicks are sure, the rest probable in each of three ways; it gets clicks for its own errors (the protocol), and
those that troodon got, where its regions without a click may be dropped, too. The best row at each count is the one to beat.
GrabCut takes most of the time: a minute an object, so --rows keeps what was done.
"""
import argparse
import csv
import json
import pathlib
import subprocess
import tempfile

import numpy as np
from PIL import Image
from scipy import ndimage

COUNTS = [1, 3, 5]
VOID = {"camvid": [11], "voc": [255], "coco": [255], "davis": []}
BACKGROUND = {"camvid": [], "voc": [0], "coco": [0], "davis": [0]}


def pictures_of(data, name, fitted=False):
    """(picture, mask file) of a set; films: every tenth frame. `fitted`: those that fit_guesses.py learns from, which are
    none of those that are judged here."""
    if name == "davis":
        root = data / "video/davis"
        masks = [m for film in sorted((root / "Annotations/480p").iterdir()) for m in sorted(film.glob("*.png"))[::10]]
        return [(root / "JPEGImages/480p" / m.parent.name / f"{m.stem}.jpg", m) for m in masks]
    root = data / "segmentation" / name
    masks = sorted((root / "SegmentationClass").glob("*.png"))
    if name == "camvid":
        masks = masks[1::6] if fitted else masks[::3]  # neighbours in a film are nearly alike
    if name == "coco":
        masks = masks[::2] if fitted else masks[1::2]
    return [(root / "JPEGImages" / f"{m.stem}.jpg", m) for m in masks]


def objects_of(data, name, fitted=False):
    """Yields (picture file, object [h, w] bool, void [h, w] bool)."""
    for picture, mask in pictures_of(data, name, fitted):
        labels = np.asarray(Image.open(mask))
        if labels.ndim == 3:
            labels = labels[..., 0]
        void = np.isin(labels, VOID[name])
        found = []
        for number in np.unique(labels):
            if number in VOID[name] or number in BACKGROUND[name]:
                continue
            parts, count = ndimage.label(labels == number)
            sizes = np.bincount(parts.ravel(), minlength=count + 1)
            for part in range(1, count + 1):
                if 0.01 <= sizes[part] / labels.size <= 0.5:
                    found.append((sizes[part], parts == part))
        found.sort(key=lambda one: -one[0])
        for _, inside in found[:3]:
            yield picture, inside, void


def innermost(region):
    depth = ndimage.distance_transform_edt(np.pad(region, 1))[1:-1, 1:-1]
    y, x = np.unravel_index(np.argmax(depth), depth.shape)
    return depth[y, x], int(x), int(y)


def next_click(truth, now, void, clicks):
    free = ~void
    for x, y, _ in clicks:
        free[y, x] = False
    missing, much = innermost(truth & ~now & free), innermost(now & ~truth & free)
    depth, x, y = max(missing, much)
    return (x, y, missing[0] >= much[0]) if depth > 0 else None


def iou(a, b, void):
    union = ((a | b) & ~void).sum()
    return float((a & b & ~void).sum() / union) if union else 1.0


def protocol(segment, truth, void):
    """IoU after each click, and the clicks."""
    clicks, now, scores = [], np.zeros_like(truth), []
    for _ in range(max(COUNTS)):
        click = next_click(truth, now, void.copy(), clicks)
        if click is not None:
            clicks.append(click)
            now = segment(clicks)
        scores.append(iou(truth, now, void))
    return [scores[n - 1] for n in COUNTS], clicks


class GrabCut:
    """OpenCV's, with the rest of the picture as probable background ("far"), probable object within a quarter of the short
    side of positive clicks ("near"), or as the last click left it ("kept": what OpenCV's own example does)."""

    def __init__(self, pixels, way):
        import cv2
        self.cv2, self.pixels, self.way, self.last = cv2, pixels, way, None

    def start(self, clicks):
        cv2, shape = self.cv2, self.pixels.shape[:2]
        if self.way == "kept" and self.last is not None:
            mask = self.last.copy()
        else:
            mask = np.full(shape, cv2.GC_PR_BGD, np.uint8)
            if self.way != "far":
                for x, y, positive in clicks:
                    if positive:
                        cv2.circle(mask, (x, y), min(shape) // 4, cv2.GC_PR_FGD, -1)
        for x, y, positive in clicks:
            cv2.circle(mask, (x, y), 5, cv2.GC_FGD if positive else cv2.GC_BGD, -1)
        return mask

    def __call__(self, clicks):
        cv2, mask = self.cv2, self.start(clicks)
        cv2.setRNGSeed(0)
        try:
            cv2.grabCut(self.pixels, mask, None, np.zeros((1, 65)), np.zeros((1, 65)), 5, cv2.GC_INIT_WITH_MASK)
        except cv2.error:
            pass  # too few pixels of one kind: the discs stay
        self.last = mask
        return (mask == cv2.GC_FGD) | (mask == cv2.GC_PR_FGD)


def clicked_regions(inside, clicks):
    parts, _ = ndimage.label(inside)
    return np.isin(parts, [parts[y, x] for x, y, positive in clicks if positive and parts[y, x] > 0])


class Ours:
    """bench_clicks at the other end of a pipe: a line in, a line out."""

    def __init__(self, args, *more):
        words = [args.build / "bench/bench_clicks", args.model, *more]
        self.process = subprocess.Popen([str(w) for w in words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, **words):
        self.process.stdin.write(json.dumps(words) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def mask(self, reply):
        if "runs" not in reply:
            raise RuntimeError(reply)
        runs = np.array(reply["runs"])
        flat = np.repeat(np.arange(len(runs)) % 2 == 1, runs)
        return flat.reshape(reply["width"], reply["height"]).T

    def open(self, picture):
        self.ask(do="open", picture=str(picture))

    def __call__(self, clicks):
        return self.mask(self.ask(do="clicks", clicks=[{"x": x + 0.5, "y": y + 0.5, "positive": bool(p)} for x, y, p in clicks]))


WAYS = ["far", "near", "kept"]


def scores_of(ours, ways, picture, truth, void):
    """IoU at COUNTS of each method on one object, by the method's name."""
    pixels = np.asarray(Image.open(picture).convert("RGB"))[..., ::-1].copy()
    ours.open(picture)
    scores, clicks = protocol(ours, truth, void)
    out = {"troodon": scores}
    for way in ways:
        out[f"GrabCut {way}"] = protocol(GrabCut(pixels, way), truth, void)[0]
        again, same, parts = GrabCut(pixels, way), [], []
        for n in COUNTS if way != "kept" else range(1, max(COUNTS) + 1):
            inside = again(clicks[:n])
            if n in COUNTS:
                same.append(iou(truth, inside, void))
                parts.append(iou(truth, clicked_regions(inside, clicks[:n]), void))
        out[f"GrabCut {way}, troodon's clicks"] = same
        out[f"GrabCut {way}, troodon's clicks, regions clicked on"] = parts
    return out


def kept_scores(file):
    if not file or not file.exists():
        return {}
    return {(row["set"], row["object"]): row["scores"] for row in map(json.loads, file.read_text().splitlines())}


def clicks_part(args, report):
    ours = Ours(args)
    rows, kept = {}, kept_scores(args.rows)
    for name in args.sets:
        for number, (picture, truth, void) in list(enumerate(objects_of(args.data, name)))[:: args.every][: args.limit]:
            scores = kept.get((name, number))
            if scores is None:
                scores = scores_of(ours, args.ways, picture, truth, void)
                if args.rows:
                    with open(args.rows, "a") as file:
                        file.write(json.dumps({"set": name, "object": number, "scores": scores}) + "\n")
            for label, at_counts in scores.items():
                rows.setdefault((label, name), []).append(at_counts)
    report("| method | set | objects | " + " | ".join(f"{n} click{'s' * (n > 1)}" for n in COUNTS) + " |\n|" + "---|" * (3 + len(COUNTS)))
    means = {}
    for label in dict.fromkeys(key[0] for key in rows):
        for name in [*args.sets, "all"]:
            scores = np.array([row for key, part in rows.items() if key[0] == label and name in (key[1], "all") for row in part])
            if len(scores):
                means[label, name] = scores.mean(0)
                report(f"| {label} | {name} | {len(scores)} | " + " | ".join(f"{mean:.3f}" for mean in scores.mean(0)) + " |")
    others = {label for label, name in means if label != "troodon"}
    if others:
        best = [max(means[label, "all"][i] for label in others) for i in range(len(COUNTS))]
        report("\nThe best GrabCut at each count: " + ", ".join(f"{b:.3f}" for b in best) + "; troodon ahead by "
               + ", ".join(f"{ours - b:+.3f}" for ours, b in zip(means["troodon", "all"], best)))


def propagation_part(args, report):
    ours = Ours(args)
    report("\n| from one example | pictures | mean IoU |\n|---|---|---|")
    root = args.data / "video/davis"
    for film in sorted((root / "Annotations/480p").iterdir()):
        masks = sorted(film.glob("*.png"))
        frame = lambda m: str(root / "JPEGImages/480p" / film.name / f"{m.stem}.jpg")
        ours.ask(do="learn", picture=frame(masks[0]), mask=str(masks[0]))
        scores = [iou(np.asarray(Image.open(m)) > 0, ours.mask(ours.ask(do="find", picture=frame(m))), np.zeros((1, 1), bool))
                  for m in masks[5::5]]
        report(f"| {film.name}: first frame to every fifth | {len(scores)} | {np.mean(scores):.3f} |")
    if args.world:
        world_part(args, ours, report)


def proposals_part(args, report):
    """Of each object the best among ten masks of its picture that nobody asked for."""
    ours = Ours(args)
    best, last, masks, seconds = [], None, [], []
    for name in ["voc", "coco", "davis"]:
        for picture, truth, void in list(objects_of(args.data, name))[:: args.every]:
            if picture != last:
                ours.open(picture)
                reply, last = ours.ask(do="proposals", count=10), picture
                masks = [ours.mask(one) for one in reply["masks"]]
                seconds.append(reply["seconds"])
            best.append(max([iou(truth, mask, void) for mask in masks], default=0))
    report(f"\nBest of 10 proposals: mean IoU {np.mean(best):.3f} on {len(best)} objects of voc, coco and davis; median "
           f"{np.median(seconds):.2f} s a picture")


def world_part(args, ours, report):
    """Of each class of the small world one picture teaches, the others are asked."""
    with open(args.world / "manifest.csv") as file:
        rows = list(csv.DictReader(file))
    scores, part_scores = [], []
    for label in sorted({row["label"] for row in rows}):
        first, *others = [args.world / row["path"] for row in rows if row["label"] == label]
        for folder, kept in [("masks", scores), ("parts", part_scores)]:
            of = lambda p: args.world / folder / p.relative_to(args.world).with_suffix(".png")
            shown = np.asarray(Image.open(of(first)))
            number = np.bincount(shown[shown > 0].ravel()).argmax()  # the object; its largest part
            with tempfile.NamedTemporaryFile(suffix=".png") as mask:
                Image.fromarray(((shown == number) * 255).astype(np.uint8)).save(mask.name)
                ours.ask(do="learn", picture=str(first), mask=mask.name)
            for other in others:
                truth = np.asarray(Image.open(of(other))) == number
                if truth.any():
                    kept.append(iou(truth, ours.mask(ours.ask(do="find", picture=str(other))), np.zeros((1, 1), bool)))
    report(f"| small world: one picture of a class to the others, objects | {len(scores)} | {np.mean(scores):.3f} |")
    report(f"| the same, each class's largest part | {len(part_scores)} | {np.mean(part_scores):.3f} |")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--model", default="small")
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--limit", type=int, help="objects of a set: the first so many of them")
    parser.add_argument("--sets", nargs="*", default=["voc", "coco", "camvid", "davis"])
    parser.add_argument("--ways", nargs="*", default=WAYS, help="of GrabCut; none: ours alone")
    parser.add_argument("--world", type=pathlib.Path, help="what `troodon-world images --styles photo --masks` wrote")
    parser.add_argument("--rows", type=pathlib.Path, help="scores of objects, kept as they come: a run of the same data, model and ways that was stopped goes on from them")
    parser.add_argument("--out", type=pathlib.Path, help="the tables, as Markdown")
    args = parser.parse_args()
    lines = []

    def report(text):
        lines.append(text)
        print(text, flush=True)

    clicks_part(args, report)
    propagation_part(args, report)
    proposals_part(args, report)
    if args.out:
        args.out.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
