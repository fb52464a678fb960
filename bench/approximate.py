#!/usr/bin/env python3
"""Approximate neighbours: ours and each peer in turns, both at the smallest width that reaches the recall, as a Markdown table.

usage: approximate.py --build DIR --peer-python PYTHON --folder DIR [--peers hnsw,usearch_bf16,...] [--recall 0.95] [--rounds 5] [--threads 1,N]

The folder holds what `peers/graph.py make` wrote; graphs are kept in it. Of a peer and us one runs at a time, so a table needs the
memory of two. CPU milliseconds are those that the asking thread computed: on a machine with other work they say more than the clock.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
WIDTHS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 16, 20, 24, 28, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 256, 320, 384, 512]
PEERS = {"hnsw": "Faiss HNSW float32", "hnsw_sq8": "Faiss HNSW SQ8", "ivf": "Faiss IVF float32", "ivf_sq8": "Faiss IVF SQ8",
         "usearch_f32": "USearch float32", "usearch_bf16": "USearch bfloat16", "usearch_i8": "USearch int8"}


class Server:
    """A program that answers a line with a line."""

    def __init__(self, words):
        environment = {name: value for name, value in os.environ.items() if name != "OPENBLAS_CORETYPE"}
        self.process = subprocess.Popen([str(w) for w in words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
        self.start = json.loads(self.process.stdout.readline())

    def ask(self, width, threads=1):
        self.process.stdin.write(f"{width} {threads}\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def stop(self):
        self.process.stdin.close()
        self.process.wait()


def reaching(server, recall):
    """The smallest width (of IVF: lists looked at) with that recall; None if none has it."""
    for width in WIDTHS:
        if server.ask(width)["recall"] >= recall:
            return width
    return None


def median(answers, key):
    return statistics.median(answer[key] for answer in answers)


def row(name, width, answers):
    many = [a for a in answers if a["threads"] > 1]
    one = [a for a in answers if a["threads"] == 1]
    cells = [name, str(width), f"{one[0]['recall']:.4f}", f"{median(one, 'cpu_ms'):.4f}", f"{median(one, 'p50_ms'):.4f}", f"{median(one, 'p99_ms'):.2f}", f"{median(one, 'p99_cpu_ms'):.2f}",
             f"{median(one, 'queries_per_second'):.0f}", f"{median(many, 'queries_per_second'):.0f}" if many else "-"]
    print("| " + " | ".join(cells) + " |", flush=True)


def compare(args, ours, peer):
    words = [args.peer_python, HERE / "peers/graph.py", "serve", args.folder, peer, args.folder / peer]
    other = Server(words)
    widths = {server: reaching(server, args.recall) for server in (ours, other)}
    if widths[other] is None:
        print(f"| {PEERS[peer]} | never reaches {args.recall} |", flush=True)
        return
    answers = {ours: [], other: []}
    for _ in range(args.rounds):
        for threads in args.threads:
            for server in (ours, other):
                answers[server].append({"threads": threads, **server.ask(widths[server], threads)})
    other.stop()
    for name, server in (("Troodon", ours), (PEERS[peer], other)):
        if server.start["build_cpu_seconds"] > 1:
            print(f"{name} built: {server.start['build_seconds']:.0f} s, {server.start['build_cpu_seconds']:.0f} s of CPU", file=sys.stderr)
    row("Troodon", widths[ours], answers[ours])
    row(PEERS[peer], widths[other], answers[other])
    one = {server: [a for a in answers[server] if a["threads"] == 1] for server in answers}
    print(f"| ratio | | | {median(one[other], 'cpu_ms') / median(one[ours], 'cpu_ms'):.2f}x | "
          f"{median(one[other], 'p50_ms') / median(one[ours], 'p50_ms'):.2f}x | | | | |", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--peer-python", required=True)
    parser.add_argument("--folder", type=pathlib.Path, required=True)
    parser.add_argument("--peers", default=",".join(PEERS))
    parser.add_argument("--recall", type=float, default=0.95)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", default=f"1,{len(os.sched_getaffinity(0))}")
    args = parser.parse_args()
    args.threads = [int(n) for n in args.threads.split(",")]
    ours = Server([args.build / "bench/bench_graph", args.folder, args.folder / "ours.graph"])
    print("| | width | recall@10 | CPU ms a query | p50 ms | p99 ms | p99 of CPU ms | queries/s, 1 thread | all threads |\n|" + " --- |" * 9)
    for peer in args.peers.split(","):
        compare(args, ours, peer)
    ours.stop()


if __name__ == "__main__":
    main()
