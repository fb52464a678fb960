"""scikit-learn's logistic regression on the features of a file: seconds of one fit, and the objective it reaches.

    python bench/peers/logistic.py features.safetensors --c 1 --tolerance 1e-4 --threads 2
"""
import argparse
import json
import os
import struct
import time

parser = argparse.ArgumentParser()
parser.add_argument("features")
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--rounds", type=int, default=3)
parser.add_argument("--c", type=float, default=1.0)
parser.add_argument("--tolerance", type=float, default=1e-4)
parser.add_argument("--double", action="store_true", help="features as float64")
args = parser.parse_args()
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = str(args.threads)

import numpy as np  # noqa: E402 (after the number of threads is set)
from sklearn.linear_model import LogisticRegression  # noqa: E402


def read(path):
    with open(path, "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
        body = file.read()
    types = {"F32": np.float32, "I64": np.int64}
    return {name: np.frombuffer(body[slice(*t["data_offsets"])], types[t["dtype"]]).reshape(t["shape"])
            for name, t in header.items() if name != "__metadata__"}


def objective(model, x, y):
    logits = x.astype(np.float64) @ model.coef_.T.astype(np.float64) + model.intercept_
    logits -= logits.max(1, keepdims=True)
    loss = np.log(np.exp(logits).sum(1)) - logits[np.arange(len(y)), y]
    return args.c * loss.sum() + 0.5 * (model.coef_.astype(np.float64) ** 2).sum()


tensors = read(args.features)
x, y = np.array(tensors["x"], np.float64 if args.double else np.float32), np.array(tensors["y"])
samples, cpu = [], []
for _ in range(args.rounds):
    start, busy = time.perf_counter(), time.process_time()
    model = LogisticRegression(C=args.c, tol=args.tolerance, max_iter=10000).fit(x, y)
    samples.append(time.perf_counter() - start)
    cpu.append(time.process_time() - busy)
print(json.dumps({"what": "logistic regression", "unit": "s", "samples": samples, "cpu": cpu, "evaluations": int(model.n_iter_[0]),
                  "objective": objective(model, x, y)}))
