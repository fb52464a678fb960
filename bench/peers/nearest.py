"""Faiss's exact search for nearest neighbours by inner product, on the vectors of bench_nearest.

Needs faiss-cpu. --make ROWS DIM writes a file of normalised vectors in clumps first.
"""
import argparse
import json
import time

import numpy as np


def make(path, rows, dim):
    random = np.random.default_rng(0)
    centres = random.normal(size=(rows // 400 + 1, dim))
    vectors = centres[random.integers(0, len(centres), rows)] + random.normal(size=(rows, dim))
    np.save(path, (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("vectors")
    parser.add_argument("--make", nargs=2, type=int, metavar=("ROWS", "DIM"))
    for name, value in dict(queries=0, k=20, threads=0, rounds=3).items():
        parser.add_argument("--" + name, type=int, default=value)
    args = parser.parse_args()
    if args.make:
        make(args.vectors, *args.make)
        return
    import faiss
    if args.threads:
        faiss.omp_set_num_threads(args.threads)
    x, samples = np.load(args.vectors), []
    queries = x[:args.queries] if args.queries else x
    for _ in range(args.rounds):
        start = time.perf_counter()
        index = faiss.IndexFlatIP(x.shape[1])
        index.add(x)
        scores, _ = index.search(queries, args.k)
        samples.append(1e3 * (time.perf_counter() - start))
    print(json.dumps({"what": f"Faiss (mean score of the last one {scores[:, -1].mean():.6f})", "unit": "ms", "samples": samples}))


if __name__ == "__main__":
    main()
