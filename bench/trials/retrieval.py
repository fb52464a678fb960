#!/usr/bin/env python3
"""How much retrieval enriches a heap in what is wanted: a labelled pool with references, and a heap of pictures and junk.

Each class (or some at once) is wanted in turn and all other pictures are not; the figures are sums over the turns, so that
no easy class makes them. Only the heap has a target: six references a class, of a pool that is mostly wanted, are too few
for a small network (bench/results).
"""
import collections
import pathlib
import tempfile

import numpy as np

import junk
from trial import MODEL, Trial, arguments, pictures_of, read_paths, read_rows, write_features, write_paths

HEAD = ["what is kept", "pictures", "wanted share", "junk share", "enrichment", "least of a turn", "turns without any", "recall", "collisions"]


class Heap:
    """Pictures with their truth: a class, "" for what is never wanted, or "junk"; their features; what sift left."""

    def __init__(self, trial, truth, args):
        self.trial, self.truth, self.hierarchies = trial, truth, {}
        self.folder = pathlib.Path(tempfile.mkdtemp(dir=trial.folder))
        listed = write_paths(self.folder / "heap.csv", truth)
        self.features, ids, vectors = trial.features(args.model, listed, "--resize", args.resize)
        self.rows = dict(zip(ids, vectors))
        trial.troodon("curate", "sift", listed, "--out", self.folder / "good.csv")
        self.good = set(read_paths(self.folder / "good.csv"))

    def clusters(self, pool, only, size):
        """Clusters of so many pictures each, made once for a pool."""
        out = self.hierarchies.get((size, *pool))
        if out is None:
            out = self.hierarchies[(size, *pool)] = self.folder / f"clusters{len(self.hierarchies)}.safetensors"
            self.trial.troodon("curate", "cluster", self.features, "--only", only, "--clusters", max(2, len(pool) // size), "--out", out)
        return out


def retrieve_all(heap, pool, wanted, seeds):
    """name -> what every way keeps of a pool, judged. seeds: files of features, one for each set."""
    trial, good = heap.trial, [p for p in pool if p in heap.good]
    only, out = write_paths(trial.folder / "only.csv", good), trial.folder / "set.csv"
    retrieve = ["curate", "retrieve", heap.features, "--only", only, "--out", out, "--seeds", *seeds]
    found = {"all": (pool, None), "what sift leaves": (good, None)}
    for each in (1, 4, 16):
        said = trial.troodon(*retrieve, "--each", each)
        found[f"{each} nearest of each seed"] = (read_paths(out), sum(one["entries"] for one in said["sets"]))
        for seeds_wanted in (2, 3) if each > 1 else ():
            some = [row["path"] for row in read_rows(out) if int(row["times"]) >= seeds_wanted]
            found[f"of these, what {seeds_wanted} seeds brought ({each})"] = (some, None)
    for size, more_than in ((75, 3), (25, 0), (25, 1), (25, 3)):
        trial.troodon(*retrieve, "--clusters", heap.clusters(good, only, size), "--more-than", more_than)
        found[f"clusters of {size} with more than {more_than} seeds"] = (read_paths(out), None)
    return {way: judged(heap.truth, pool, wanted, *kept) for way, kept in found.items()}


def judged(truth, pool, wanted, paths, entries):
    """Counts that add up over turns. by_chance: the wanted among as many pictures drawn blindly."""
    def right(some):
        return sum(truth[p] in wanted for p in some)
    return {"pictures": len(paths), "right": right(paths), "by_chance": len(paths) * right(pool) / len(pool),
            "junk": sum(truth[p] == "junk" for p in paths), "there": right(pool), "entries": entries or 0}


def report(trial, name, turns):
    """A row for each way, summed over the turns; returns the enrichments."""
    rows = []
    for way in turns[0]:
        of_way = [turn[way] for turn in turns]
        total = {key: sum(one[key] for one in of_way) for key in of_way[0]}
        some = [one for one in of_way if one["pictures"]]
        kept = max(total["pictures"], 1)
        rows.append([way, round(total["pictures"] / len(turns)), total["right"] / kept, total["junk"] / kept,
                     total["right"] / max(total["by_chance"], 1e-9), min((one["right"] / one["by_chance"] for one in some), default=0.0),
                     len(turns) - len(some), total["right"] / total["there"],
                     1 - total["pictures"] / total["entries"] if total["entries"] else None])
    trial.table(name, HEAD, rows)
    return {row[0]: row[4] for row in rows}


def seed_files(trial, sets):
    """sets: name -> (ids, vectors)."""
    return [write_features(trial.folder / f"seeds_{name}.safetensors", *rows) for name, rows in sets.items()]


def mixed_heap(trial, args):
    """Labelled photos, other pictures and junk; groups of classes wanted in turn."""
    labelled = collections.defaultdict(list)
    for path in pictures_of(args.data / args.labelled):
        labelled[path.parent.name].append(str(path.resolve()))
    truth = {p: name for name, paths in labelled.items() for p in paths}
    truth |= {str(p.resolve()): "" for folder in args.others for p in pictures_of(args.data / folder)}
    truth |= {str(p): "junk" for p in junk.write_junk(trial.folder / "junk", args.junk, 0)}
    heap = Heap(trial, truth, args)
    names, turns = sorted(labelled), []
    for turn in range(len(names)):
        wanted = {names[(turn + i) % len(names)] for i in range(args.classes)}
        random, pool, seeds = np.random.default_rng(turn), [p for p in truth if truth[p] not in wanted], {}
        each = round(len(pool) * args.share / (1 - args.share) / args.classes)
        for name in sorted(wanted):
            mixed = [labelled[name][i] for i in random.permutation(len(labelled[name]))]
            seeds[name] = (mixed[:args.seeds], np.stack([heap.rows[p] for p in mixed[:args.seeds]]))
            pool += mixed[args.seeds:args.seeds + each]
        turns.append(retrieve_all(heap, pool, wanted, seed_files(trial, seeds)))
    return report(trial, f"a heap of {args.labelled}, {', '.join(args.others)} and junk; {args.classes} of {len(names)} classes wanted in turn", turns)


def labelled_pool(trial, args):
    """A pool with pool.csv and references: each class wanted in turn, its references the seeds."""
    folder = args.data / "curation"
    table = read_rows(folder / "pool.csv")
    near = {"class", "exact_dup", "near_dup"}
    truth = {str((args.data / row["path"]).resolve()): "junk" if row["kind"] == "junk" else row["label"] if row["kind"] in near else ""
             for row in table if row["kind"] != "ref_leak"}
    heap = Heap(trial, truth, args)
    references = collections.defaultdict(list)
    _, ids, vectors = trial.features(args.model, folder / "reference", "--resize", args.resize)
    for path, row in zip(ids, vectors):
        references[pathlib.Path(path).parent.name].append((path, row))
    seeds = {name: ([p for p, _ in some], np.stack([row for _, row in some])) for name, some in sorted(references.items())}
    turns = [retrieve_all(heap, list(truth), {name}, seed_files(trial, {name: rows})) for name, rows in seeds.items()]
    report(trial, "the labelled pool without its leaks; each class wanted in turn, its references the seeds", turns)
    together = retrieve_all(heap, list(truth), set(seeds), seed_files(trial, seeds))
    report(trial, "the same pool, all classes wanted at once: what is left to tell them from are stray pictures", [together])


def main():
    parser = arguments(__doc__)
    parser.add_argument("--model", default=MODEL)
    parser.add_argument("--resize", default="stretch", help="as of `troodon features`; stretch shows the network whole pictures")
    parser.add_argument("--labelled", default="imagenette96/train", help="below --data; its folders are the classes")
    parser.add_argument("--others", nargs="+", default=["cifar10mini/train", "pacs", "photos"], help="below --data")
    for name, value, what in (("junk", 200, "pictures of each kind of junk"), ("classes", 1, "wanted at once"), ("seeds", 60, "of each class")):
        parser.add_argument("--" + name, type=int, default=value, help=what)
    parser.add_argument("--parts", nargs="+", choices=["pool", "heap"], default=["pool", "heap"])
    parser.add_argument("--share", type=float, default=0.03, help="of the wanted in the heap")
    args = parser.parse_args()
    trial = Trial(args)
    if "pool" in args.parts:
        labelled_pool(trial, args)
    if "heap" in args.parts:
        enrichment = mixed_heap(trial, args)
        for way in ("4 nearest of each seed", "clusters of 75 with more than 3 seeds"):  # what `retrieve` and `cluster` do unasked
            trial.target(f"enrichment of the heap by {way}", enrichment[way], 5)
    trial.finish()


if __name__ == "__main__":
    main()
