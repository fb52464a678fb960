#!/usr/bin/env python3
"""The other side of bench_explore: umap-learn's map, scikit-learn's k-means on the same features.

usage: explore.py FEATURES.safetensors"""
import sys
import time

import numpy
import umap
from safetensors import safe_open
from sklearn.cluster import KMeans
from sklearn.manifold import trustworthiness
from sklearn.metrics import normalized_mutual_info_score

with safe_open(sys.argv[1], "numpy") as file:
    features, labels = file.get_tensor("features").astype(numpy.float32), file.get_tensor("labels")
features = features.reshape(len(features), -1)
features /= numpy.linalg.norm(features, axis=1, keepdims=True)
umap.UMAP(metric="cosine", random_state=0).fit_transform(features[:200])  # compiles
start = time.time()
places = umap.UMAP(metric="cosine", random_state=0).fit_transform(features)
print(f"{len(features)} rows; umap-learn {umap.__version__} {time.time() - start:.2f} s")
print(f"trustworthiness (12 neighbours): {trustworthiness(features, places, n_neighbors=12, metric='cosine'):.4f}")
classes = len(numpy.unique(labels))
said = KMeans(classes, n_init=1, random_state=0).fit_predict(features)
print(f"agreement with labels (NMI): k-means with {classes} {normalized_mutual_info_score(labels, said):.4f}")
