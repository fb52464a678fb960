"""What judging costs: the official grid of linear heads against one head, both from pictures, and how soon a second
protocol starts when features are kept. Interleaved rounds in one run; prints a table and JSON lines.
  evaluation.py --troodon build/release/cli/troodon --data DIR (with train/ and val/) [--model small] [--rounds 3]
"""
import argparse
import json
import shutil
import statistics
import subprocess
import tempfile
import time


def judged(args, cache, *more):
    """(wall seconds, seconds of the head alone as the verb reports them)."""
    words = [args.troodon, "eval", "classify", "--model", args.model, "--train", f"{args.data}/train", "--val", f"{args.data}/val",
             "--cache", cache, "--threads", str(args.threads), "--progress", "none", "--json", *more]
    begin = time.monotonic()
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    wall = time.monotonic() - begin
    return wall, json.loads(done.stdout.strip().splitlines()[-1])["entries"][0]["seconds"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--troodon", required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--model", default="small")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=0)
    args = parser.parse_args()
    one, grid, hit = [], [], []
    for _ in range(args.rounds):
        for walls, more in [(one, ["--one-rate"]), (grid, [])]:
            cache = tempfile.mkdtemp(prefix="troodon_bench_")
            walls.append(judged(args, cache, "--head", "linear", *more)[0])
            if walls is grid:
                hit.append(judged(args, cache, "--head", "knn", "-k", "20")[0])
            shutil.rmtree(cache)
    rows = [("one linear head, from pictures", one), ("the grid of 52, from pictures", grid), ("kNN after it, features kept", hit)]
    print(f"{'what':<34} {'min s':>8} {'median s':>9}")
    for name, walls in rows:
        print(f"{name:<34} {min(walls):>8.2f} {statistics.median(walls):>9.2f}")
        print(json.dumps({"bench": "evaluation", "what": name, "min_s": min(walls), "median_s": statistics.median(walls), "rounds": args.rounds}))
    print(f"grid / one head: {min(grid) / min(one):.2f} (min), {statistics.median(grid) / statistics.median(one):.2f} (median)")


if __name__ == "__main__":
    main()
