"""Approximate nearest neighbours by Faiss and USearch, on the vectors of bench_graph; and those vectors.

  graph.py make FOLDER ROWS DIM [--features FILE.npy]    base.npy, queries.npy, truth.npy (exact, by Faiss)
  graph.py serve FOLDER PEER FILE                        builds a peer, or reads it from FILE; then answers requests

PEER: hnsw, hnsw_sq8, ivf, ivf_sq8 of Faiss; usearch_f32, usearch_bf16, usearch_i8.
A request is a line "WIDTH THREADS"; the answer a line of JSON: the recall, and the time of single queries. Queries per second and CPU time
of one thread are those of one call for all queries, so that Python takes no part in them.
"""
import argparse
import json
import os
import pathlib
import sys
import threading
import time

import numpy as np

K, DEGREE, CONSTRUCTION = 10, 16, 128


def mixture(rows, dim, seed, chunk=100_000):
    """Clusters of clusters with variances that fall as 1 / i, in a random basis: 26 or so directions matter, as in features of networks."""
    random = np.random.default_rng(0)
    spectrum = (np.arange(dim) + 1.0) ** -0.5
    turn = np.linalg.qr(random.normal(size=(dim, dim)))[0].astype(np.float32)
    supers = random.normal(size=(100, dim)) * spectrum
    clusters = supers[random.integers(0, 100, 10_000)] + 0.7 * random.normal(size=(10_000, dim)) * spectrum
    weights = (np.arange(10_000) + 10.0) ** -0.7
    random = np.random.default_rng(seed)
    for first in range(0, rows, chunk):
        count = min(chunk, rows - first)
        own = random.choice(10_000, count, p=weights / weights.sum())
        x = clusters[own].astype(np.float32) + 0.7 * (random.standard_normal((count, dim), np.float32) * spectrum.astype(np.float32))
        yield first, unit(x @ turn)


def tiled(features, rows, seed, chunk=100_000):
    """Real features over and over, each time with noise of 0.4 times a feature's distance from another's mean."""
    random = np.random.default_rng(seed)
    spread = 0.4 * features.std(axis=0)
    for first in range(0, rows, chunk):
        count = min(chunk, rows - first)
        own = random.integers(0, len(features), count)
        yield first, unit(features[own] + random.standard_normal((count, features.shape[1]), np.float32) * spread)


def unit(x):
    return (x / np.linalg.norm(x, axis=1, keepdims=True)).astype(np.float32)


def make(args):
    import faiss
    args.folder.mkdir(parents=True, exist_ok=True)
    features = unit(np.load(args.features).astype(np.float32)) if args.features else None
    draw = (lambda rows, seed: tiled(features, rows, seed)) if args.features else (lambda rows, seed: mixture(rows, args.dim, seed))
    dim = features.shape[1] if args.features else args.dim
    base = np.lib.format.open_memmap(args.folder / "base.npy", "w+", np.float32, (args.rows, dim))
    queries = np.concatenate([x for _, x in draw(args.queries, 2)])
    best, where = np.full((args.queries, K), -2, np.float32), np.zeros((args.queries, K), np.int64)
    for first, x in draw(args.rows, 1):
        base[first:first + len(x)] = x
        flat = faiss.IndexFlatIP(dim)
        flat.add(x)
        score, row = flat.search(queries, K)
        score, row = np.hstack([best, score]), np.hstack([where, row + first])
        order = np.argsort(-score, axis=1, kind="stable")[:, :K]
        best, where = np.take_along_axis(score, order, 1), np.take_along_axis(row, order, 1)
    base.flush()
    np.save(args.folder / "queries.npy", queries)
    np.save(args.folder / "truth.npy", where)


class Faiss:
    def __init__(self, kind, base, file):
        import faiss
        self.faiss, self.kind = faiss, kind
        if os.path.exists(file):
            self.index = faiss.read_index(str(file))
        else:
            self.index = self.build(base)
            faiss.write_index(self.index, str(file))
        faiss.omp_set_num_threads(1)

    def build(self, base):
        faiss, dim, ip = self.faiss, base.shape[1], self.faiss.METRIC_INNER_PRODUCT
        if self.kind.startswith("hnsw"):
            index = faiss.IndexHNSWFlat(dim, DEGREE, ip) if self.kind == "hnsw" else faiss.IndexHNSWSQ(dim, faiss.ScalarQuantizer.QT_8bit, DEGREE, ip)
            index.hnsw.efConstruction = CONSTRUCTION
        else:
            lists = int(4 * len(base) ** 0.5)
            self.coarse = faiss.IndexFlatIP(dim)
            index = (faiss.IndexIVFFlat(self.coarse, dim, lists, ip) if self.kind == "ivf" else
                     faiss.IndexIVFScalarQuantizer(self.coarse, dim, lists, faiss.ScalarQuantizer.QT_8bit, ip))
        if not index.is_trained:
            index.train(base[np.random.default_rng(0).permutation(len(base))[:64 * 4 * int(len(base) ** 0.5)]])
        index.add(base)
        return index

    def width(self, width):
        if self.kind.startswith("hnsw"):
            self.index.hnsw.efSearch = width
        else:
            self.index.nprobe = width

    def ask(self, queries):
        return self.index.search(queries, K)[1]


class Usearch:
    def __init__(self, kind, base, file):
        from usearch.index import Index
        self.index = Index(ndim=base.shape[1], metric="ip", dtype=kind.split("_")[1], connectivity=DEGREE, expansion_add=CONSTRUCTION)
        if os.path.exists(file):
            self.index.load(str(file))
        else:
            self.index.add(np.arange(len(base)), base, threads=len(os.sched_getaffinity(0)))
            self.index.save(str(file))

    def width(self, width):
        self.index.expansion_search = width

    def ask(self, queries):
        return np.atleast_2d(self.index.search(queries if len(queries) > 1 else queries[0], K, threads=1).keys)


def times_of(peer, queries, threads):
    """Single queries, shared among threads; the calls let go of Python's lock."""
    found, times, computing = [None] * len(queries), [0.0] * len(queries), [0.0] * len(queries)

    def work(first):
        for q in range(first, len(queries), threads):
            start, cpu = time.perf_counter(), time.thread_time()
            found[q] = peer.ask(queries[q:q + 1])[0]
            times[q], computing[q] = time.perf_counter() - start, time.thread_time() - cpu

    start = time.perf_counter()
    workers = [threading.Thread(target=work, args=(t,)) for t in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return found, times, computing, time.perf_counter() - start


def serve(args):
    base, queries, truth = (np.load(args.folder / f"{name}.npy", mmap_mode="r" if name == "base" else None) for name in ("base", "queries", "truth"))
    start, cpu = time.perf_counter(), time.process_time()
    peer = (Usearch if args.peer.startswith("usearch") else Faiss)(args.peer, base, args.file)
    print(json.dumps({"build_seconds": round(time.perf_counter() - start, 1), "build_cpu_seconds": round(time.process_time() - cpu, 1)}), flush=True)
    for line in sys.stdin:
        width, threads = (int(word) for word in line.split())
        peer.width(width)
        found, times, computing, wall = times_of(peer, queries, threads)
        if threads == 1:
            start, cpu = time.perf_counter(), time.process_time()
            found = peer.ask(queries)
            wall, cpu = time.perf_counter() - start, time.process_time() - cpu
        recall = np.mean([len(set(f) & set(t)) / K for f, t in zip(found, truth)])
        print(json.dumps({"recall": round(float(recall), 4), "queries_per_second": round(len(queries) / wall, 1),
                          **({"cpu_ms": round(1e3 * cpu / len(queries), 5)} if threads == 1 else {}),
                          "p50_ms": round(1e3 * float(np.quantile(times, 0.5)), 4), "p99_ms": round(1e3 * float(np.quantile(times, 0.99)), 4),
                          "p99_cpu_ms": round(1e3 * float(np.quantile(computing, 0.99)), 4)}), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    verbs = parser.add_subparsers(dest="verb", required=True)
    verb = verbs.add_parser("make")
    verb.add_argument("folder", type=pathlib.Path)
    verb.add_argument("rows", type=int)
    verb.add_argument("dim", type=int)
    verb.add_argument("--features")
    verb.add_argument("--queries", type=int, default=2000)
    verb = verbs.add_parser("serve")
    verb.add_argument("folder", type=pathlib.Path)
    verb.add_argument("peer")
    verb.add_argument("file", type=pathlib.Path)
    args = parser.parse_args()
    make(args) if args.verb == "make" else serve(args)


if __name__ == "__main__":
    main()
