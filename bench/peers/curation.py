"""scikit-learn's and Faiss's k-means, and Faiss's exact range search, on the vectors of bench_curation.

Needs scikit-learn and faiss-cpu. --make ROWS DIM writes a file of vectors in clumps first.
"""
import argparse
import json
import time

import numpy as np


def make(path, rows, dim):
    random = np.random.default_rng(0)
    centres = random.normal(size=(rows // 400 + 1, dim))
    vectors = centres[random.integers(0, len(centres), rows)] + random.normal(size=(rows, dim))
    np.save(path, vectors.astype(np.float32))


def sklearn_kmeans(x, args):
    from sklearn.cluster import KMeans
    return f"inertia {KMeans(args.clusters, init=x[:args.clusters], n_init=1, max_iter=args.iterations, tol=0).fit(x).inertia_:.6g}"


def faiss_kmeans(x, args):
    import faiss
    fit = faiss.Kmeans(x.shape[1], args.clusters, niter=args.iterations, max_points_per_centroid=len(x))
    fit.train(x, init_centroids=x[:args.clusters])
    return f"inertia {fit.index.search(x, 1)[0].sum():.6g}"


def sklearn_seeds(x, args):
    from sklearn.cluster import kmeans_plusplus
    return f"{len(kmeans_plusplus(x, args.clusters)[0])} seeds"


def faiss_graph(x, args):
    import faiss
    x = x / np.linalg.norm(x, axis=1, keepdims=True)
    index = faiss.IndexFlatIP(x.shape[1])
    index.add(x)
    similarity, neighbour = index.search(x, 65)
    rows = np.arange(len(x))[:, None]
    wanted = (similarity > args.threshold) & (neighbour != rows)
    pairs = np.stack([np.minimum(neighbour, rows)[wanted], np.maximum(neighbour, rows)[wanted]], 1)
    return f"{len(np.unique(pairs, axis=0))} edges"


def main():
    peers = dict(sklearn_kmeans=sklearn_kmeans, faiss_kmeans=faiss_kmeans, sklearn_seeds=sklearn_seeds, faiss_graph=faiss_graph)
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("vectors")
    parser.add_argument("--make", nargs=2, type=int, metavar=("ROWS", "DIM"))
    parser.add_argument("--what", choices=peers)
    for name, value in dict(clusters=500, iterations=10, rounds=3).items():
        parser.add_argument("--" + name, type=int, default=value)
    parser.add_argument("--threshold", type=float, default=0.6)
    args = parser.parse_args()
    if args.make:
        make(args.vectors, *args.make)
    if not args.what:
        return
    x, samples = np.load(args.vectors), []
    for _ in range(args.rounds):
        start = time.perf_counter()
        result = peers[args.what](x, args)
        samples.append(time.perf_counter() - start)
    print(json.dumps({"what": f"{args.what} ({result})", "unit": "s", "samples": samples}))


if __name__ == "__main__":
    main()
