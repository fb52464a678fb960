#!/usr/bin/env python3
"""How many copies are found, and how many invented: known and generated copies by kind, then a labelled pool stage by stage."""
import collections
import itertools
import json
import re

from trial import MODEL, Trial, arguments, pictures_of, read_rows, write_paths

# Edits after which a person still sees the whole picture upright, and those that turn it, frame it or take much of it away.
# Numbers behind "crop": Copydays' and ours name the share that goes, the pool's "crop90" and edits.hpp's what stays.
HARD = re.compile(r"hflip|turn|rotate|letterbox|border|crop ?(0\.5|50|80)$")
SEVERAL = re.compile(r"strong$")  # a chain of edits at once: told, no target
WANTED = {"mild": 0.95, "hard": 0.6}  # recall


def kind_of(transform):
    return "several at once" if SEVERAL.search(transform) else "hard" if HARD.search(transform) else "mild"


def judge(tally):
    wanted, found, right = (tally[key] for key in ("wanted", "found", "right"))
    return [wanted, right, found - right, right / found if found else 1.0, right / wanted]


def by_transform(trial, args):
    """Every data set's copies by transform, then by kind over all of them."""
    rows, kinds = [], collections.defaultdict(collections.Counter)
    distractors = ["--more", *(args.data / folder for folder in args.distractors)]
    for folder in args.folders:
        known = any((args.data / folder / name).exists() for name in ("gnd.csv", "pool.csv"))
        said = json.loads(trial.program("bench/bench_copies", args.data / folder, "--json", *(distractors if known else [])))
        for transform, tally in said["transforms"].items():
            kind = kind_of(transform)
            rows.append([folder, transform, kind, *judge(tally)])
            kinds[folder, kind].update(tally)
            kinds["all", kind].update(tally)
    head = ["copies", "found", "invented", "precision", "recall"]
    trial.table("copies by transform", ["data", "transform", "kind", *head], rows)
    trial.table("copies by kind", ["data", "kind", *head], [[*key, *judge(tally)] for key, tally in sorted(kinds.items())])
    for (data, kind), tally in sorted(kinds.items()):
        _, _, _, precision, recall = judge(tally)
        if kind in WANTED:
            trial.target(f"{data}, {kind} edits: precision", precision, 0.98)
            trial.target(f"{data}, {kind} edits: recall", recall, WANTED[kind])


def pairs_of(groups):
    """Pairs of members of one group."""
    members = collections.defaultdict(list)
    for path, group in groups.items():
        members[group].append(path)
    return {pair for some in members.values() for pair in itertools.combinations(sorted(some), 2)}


class Pool:
    """pool.csv: each picture's group of copies, and which are leaks of references."""

    def __init__(self, args):
        self.args, self.folder = args, args.data / "curation"
        table = read_rows(self.folder / "pool.csv")
        self.group = {row["path"]: row["dup_of"] or row["path"] for row in table}
        self.leaks = {row["path"] for row in table if row["kind"] == "ref_leak"}
        self.planted = sum(row["kind"] in ("exact_dup", "near_dup") for row in table)

    def name(self, path):
        """As pool.csv has it, whether a manifest names files below the pool's folder or by their whole path."""
        tail = path.rsplit("curation/", 1)[-1]
        return f"curation/{tail}" if tail != path else f"curation/pool/{path}"


def self_dedup(trial, pool, features):
    """`curate dedup` by fingerprints, by features, by both: pairs of one group against the labels' pairs."""
    wanted = {pair for pair in pairs_of(pool.group) if not set(pair) & pool.leaks}
    pictures = ["--pictures", pool.folder / "pool"]
    ways = {"fingerprints": pictures}
    ways |= {f"features above {t}": [features, "--threshold", t] for t in (0.9, 0.95, 0.99)}
    ways["fingerprints, features above 0.99"] = [features, "--threshold", 0.99, *pictures]
    rows, invented = [], []
    for way, words in ways.items():
        out = trial.folder / "kept.csv"
        trial.troodon("curate", "dedup", *words, "--out", out)
        found = {pool.name(row["path"]): pool.name(row["path"]) for row in read_rows(out)}
        found |= {pool.name(row["path"]): pool.name(row["of"]) for row in read_rows(out.with_suffix(".removed.csv"))}
        pairs = pairs_of(found)
        right, gone = pairs & wanted, len(found) - len(set(found.values()))
        rows.append([way, gone, len(wanted), len(right), len(pairs - wanted), len(right) / max(len(pairs), 1), len(right) / len(wanted)])
        if way == "fingerprints":
            invented = sorted(pairs - wanted)
            trial.target("labelled pool, pairs of copies found by fingerprints", len(right) / len(wanted), 0.95)
    trial.table(f"labelled pool, {len(pool.group)} pictures, {pool.planted} planted copies: pairs after dedup",
                ["by", "removed", "pairs", "found", "others", "precision", "recall"], rows)
    trial.numbers["pairs that the labels do not know"] = invented
    trial.say("\nPairs that fingerprints take for copies and the labels do not; look at them, not all are mistakes:\n")
    for a, b in invented:
        trial.say(f"- {a} {b}")


def relative_dedup(trial, pool, features, references):
    """What protects the references: dedup with them in front, and `curate match`."""
    listed, order, out = (trial.folder / name for name in ("both.csv", "order.csv", "clean.csv"))
    held = [str(p.resolve()) for p in pictures_of(pool.folder / "reference")]
    write_paths(listed, [*(str((pool.args.data / p).resolve()) for p in pool.group), *held])
    write_paths(order, held)  # a reference always stays, so its copies in the pool go
    ways = {"fingerprints": ["dedup", "--pictures", listed, "--order", order]}
    ways |= {f"features above {t}": ["match", features, "--against", references, "--threshold", t] for t in (0.9, 0.95, 0.99, 0.999)}
    rows = []
    for way, words in ways.items():
        trial.troodon("curate", *words, "--out", out)
        removed = read_rows(out.with_suffix(".removed.csv"))
        gone = {pool.name(row["path"]) for row in removed if way != "fingerprints" or "curation/reference/" in row["of"]} & set(pool.group)
        rows.append([way, len(pool.leaks), len(gone & pool.leaks), len(gone - pool.leaks), len(gone & pool.leaks) / len(pool.leaks)])
    trial.table("labelled pool: leaked references that go", ["by", "leaks", "found", "others", "recall"], rows)
    trial.target("leaks found by fingerprints", rows[0][-1], 0.95)
    trial.target("leaks found by features above 0.95", rows[2][-1], 0.95)


def main():
    parser = arguments(__doc__)
    parser.add_argument("--model", default=MODEL)
    parser.add_argument("--folders", nargs="+", default=["copydetect", "curation", "photos", "imagenette96/val"],
                        help="below --data: with gnd.csv, with pool.csv, or pictures that copies are made of")
    parser.add_argument("--distractors", nargs="+", default=["imagenette96/val", "pacs"], help="below --data; nobody's copies")
    args = parser.parse_args()
    trial = Trial(args)
    by_transform(trial, args)
    pool = Pool(args)
    features, _, _ = trial.features(args.model, pool.folder / "pool")
    references, _, _ = trial.features(args.model, pool.folder / "reference")
    self_dedup(trial, pool, features)
    relative_dedup(trial, pool, features, references)
    trial.finish()


if __name__ == "__main__":
    main()
