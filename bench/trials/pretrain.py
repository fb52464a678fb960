#!/usr/bin/env python3
"""Does pretraining on a curated set beat pretraining on as many pictures drawn from the heap? One recipe, several seeds.

The heap: real pictures (--pool) and drawn ones of very unequal classes, most of these several times over. Curated: sift,
dedup, cluster, sample. Both sets are of one size, train for the same steps and are judged by kNN on labelled folders whose
val/ no one trained on. What is finished lies in --out and is not done again: run the same command to go on. To be worth
something it wants a GPU:

    bench/trials/pretrain.py --device cuda --steps 50000 --drawn 100000 --set student.arch=vit_small train.batch_size_per_gpu=128
"""
import json
import pathlib

import numpy as np

from trial import MODEL, ROOT, Trial, arguments, pictures_of, read_paths, shown, write_paths, zipf_sizes


class Run:
    """The folder of a run: each piece is made once."""

    def __init__(self, trial, args):
        self.trial, self.args, self.out = trial, args, args.out.resolve()
        self.out.mkdir(parents=True, exist_ok=True)
        told = {key: str(value) for key, value in sorted(vars(args).items()) if key not in ("out", "json", "seeds", "build")}
        noted = self.out / "options.json"
        if noted.exists() and json.loads(noted.read_text()) != told:
            raise SystemExit(f"{self.out} holds a run with other options ({noted}); give another --out")
        noted.write_text(json.dumps(told, indent=1))

    def once(self, name, make):
        """The file or folder `name`, made by make(path) if it isn't finished."""
        path, finished = self.out / name, self.out / "finished" / name.replace("/", "_")
        if not finished.exists():
            self.trial.say(f"making {name}")
            path.parent.mkdir(parents=True, exist_ok=True)
            make(path)
            finished.parent.mkdir(exist_ok=True)
            finished.touch()
        return path

    def features(self, name, model, source):
        device = ["--device", self.args.device]
        return self.once(name, lambda out: self.trial.troodon("features", "--model", model, "--input", source, "--out", out, *device, *self.size()))

    def size(self):
        return ["--size", self.args.size] if self.args.size else []


def heap_of(run):
    """The manifest of every picture of the heap."""
    args, world = run.args, "examples/world/troodon-world"
    names = [line.split(":")[0] for line in run.trial.program(world, "classes").splitlines() if ":" in line]
    names = [names[i] for i in np.random.default_rng(0).permutation(len(names))]  # which class is frequent has no meaning
    drawn = []
    for name, count in zip(names, zipf_sizes(len(names), args.tail, round(args.drawn / (args.copies + 1)))):
        words = ["--classes", name, "--count", count, "--copies", args.copies, "--size", args.pixels, "--seed", args.world_seed]
        drawn.append(run.once(f"drawn/{name}", lambda out: run.trial.program(world, "duplicates", "--out", out, *words)))
    folders = [*(pathlib.Path(folder).resolve() for folder in args.pool), *drawn]
    return run.once("heap.csv", lambda out: write_paths(out, [str(p) for folder in folders for p in pictures_of(folder)]))


def curated_of(run, heap):
    """seed -> manifest of a curated set, and how many pictures it has."""
    args, curate = run.args, lambda *words: run.trial.troodon("curate", *words)
    good = run.once("good.csv", lambda out: curate("sift", heap, "--out", out))
    unique = run.once("unique.csv", lambda out: curate("dedup", "--pictures", heap, "--only", good, "--out", out))
    features = run.features("unique.safetensors", args.model, unique)
    left = len(read_paths(unique))
    levels = [max(2, left // 25), max(2, left // 250)]
    clusters = ["--clusters", *levels, "--resample", 12, 5, "--rounds", 5]  # half the mean sizes
    hierarchy = run.once("clusters.safetensors", lambda out: curate("cluster", features, *clusters, "--out", out))
    size = args.set_size or left // 2
    run.trial.say(f"heap {len(read_paths(heap))}, good {len(read_paths(good))}, unique {left}, sets of {size}")

    def make(seed):
        words = ["--clusters", hierarchy, "--target", size, "--seed", seed]
        return run.once(f"sets/curated{seed}.csv", lambda out: curate("sample", features, *words, "--out", out))
    return make, size


def random_of(run, heap, size):
    def make(seed):
        def draw(out):
            paths = read_paths(heap)
            write_paths(out, [paths[i] for i in sorted(np.random.default_rng(seed).permutation(len(paths))[:size])])
        return run.once(f"sets/random{seed}.csv", draw)
    return make


def trained(run, name, pictures, seed):
    """The folder of a finished training; a broken-off one goes on."""
    def train(out):
        going = ["--resume"] if any((out / "checkpoints").glob("step_*.json")) else ["--overwrite"]
        length = max(1, run.args.steps // 100)
        run.trial.troodon("train", "--config", run.args.recipe, "--data", pictures, "--out", out, "--seed", seed, "--device", run.args.device,
                          *going, "optim.epochs=100", f"train.OFFICIAL_EPOCH_LENGTH={length}", *run.args.set)
    return run.once(f"runs/{name}{seed}", train)


def judged(run, name, seed, model, held):
    """kNN accuracy on each held-out set."""
    out = {}
    for title, folder in held.items():
        features = [run.features(f"features/{name}{seed}_{title}_{part}.safetensors", model, folder / part) for part in ("train", "val")]
        out[title] = run.trial.troodon("knn", "--train", features[0], "--val", features[1], "-k", 20)["results"][0]["macro_top1"]
    return out


def options():
    parser = arguments(__doc__)
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "runs" / "pretrain_trial")
    parser.add_argument("--pool", nargs="*", default=None, help="folders of real pictures (default: imagenette96/train, cifar10mini, pacs, photos)")
    parser.add_argument("--held", type=pathlib.Path, help="labelled pictures, train/ and val/ (default: imagenette96)")
    parser.add_argument("--recipe", default=ROOT / "configs/recipes/small_pictures.yaml")
    parser.add_argument("--model", default=MODEL, help="whose features choose")
    parser.add_argument("--set", nargs="*", default=[], metavar="KEY=VALUE", help="settings of the training")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--tail", type=float, default=1.0, help="exponent of the drawn classes' sizes")
    for name, value, what in (("steps", 20000, "of each training; a multiple of 100"), ("seeds", 3, "trainings of each kind"),
                              ("drawn", 20000, "drawn pictures in the heap"), ("copies", 4, "of each drawn picture"),
                              ("set-size", 0, "pictures of a set; 0: half of what dedup leaves"), ("pixels", 96, "sides of drawn pictures"),
                              ("world-seed", 0, "of drawn pictures"), ("held-drawn", 1160, "drawn pictures that judge"),
                              ("size", 0, "pixels of features; 0: as the model says")):
        parser.add_argument("--" + name, type=int, default=value, help=what)
    args = parser.parse_args()
    if args.pool is None:
        args.pool = [args.data / folder for folder in ("imagenette96/train", "cifar10mini", "pacs", "photos")]
    args.held = args.held or args.data / "imagenette96"
    return args


def main():
    args = options()
    trial = Trial(args)
    run = Run(trial, args)
    heap = heap_of(run)
    words = ["--count", args.held_drawn, "--size", args.pixels, "--seed", args.world_seed + 1, "--val-fraction", 0.5]
    drawn = run.once("held", lambda out: trial.program("examples/world/troodon-world", "images", "--out", out, *words))
    held = {"real": args.held.resolve(), "drawn": drawn}
    curated, size = curated_of(run, heap)
    sets = {"random": random_of(run, heap, size), "curated": curated}
    figures = {(name, seed): judged(run, name, seed, trained(run, name, make(seed), seed), held)
               for seed in range(args.seeds) for name, make in sets.items()}
    verdict(trial, figures, args)
    trial.finish()


def verdict(trial, figures, args):
    """A row for each way and held-out set; ahead means by more than the larger spread (highest less lowest of the seeds)."""
    rows, lines = [], []
    for title in next(iter(figures.values())):
        of = {name: np.array([figures[name, seed][title] for seed in range(args.seeds)]) for name in ("random", "curated")}
        rows += [[title, name, *map(float, values), values.mean(), np.ptp(values)] for name, values in of.items()]
        gain, spread = of["curated"].mean() - of["random"].mean(), max(map(np.ptp, of.values()))
        lines.append(f"{title}: curated ahead by more than the spread: {'yes' if gain > spread else 'no'} ({gain:+.3f}, spread {shown(float(spread))})")
    trial.table(f"kNN accuracy after {args.steps} steps", ["held out", "set", *(f"seed {i}" for i in range(args.seeds)), "mean", "spread"], rows)
    trial.numbers["verdict"] = lines
    trial.say("\n" + "\n".join(f"- {line}" for line in lines))


if __name__ == "__main__":
    main()
