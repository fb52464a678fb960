#!/usr/bin/env python3
"""Runs Troodon and a peer in turns and prints one table of ratios.

usage: compare.py --build DIR --peer-python PYTHON --images DIR [--photos DIR] [--models DIR] [--out FILE] [--only NAME] [--rounds N]

Machines are noisy: a figure counts as the ratio of medians of samples taken in turns, in one run.
"""
import argparse
import datetime
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent


def cpu_name():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def last_json(words):
    """The last line that a program prints; with its peak memory, where it does not say so itself."""
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        process = subprocess.Popen([str(w) for w in words], stdout=out, stderr=err)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0), err.seek(0)
        if process.returncode:
            raise SystemExit(f"{' '.join(map(str, words))}\nexit {process.returncode}\n{err.read()[-2000:]}")
        lines = [line for line in out.read().splitlines() if line.strip()]
        return {"memory_mib": usage.ru_maxrss // 1024, **json.loads(lines[-1])}


def features_of(args, arch, size, precision="fp32"):
    """From files to features, as `troodon features` counts: decode, embed, write; start and load are in no peer's figure either."""
    with tempfile.TemporaryDirectory() as folder:
        words = [args.build / "cli/troodon", "features", "--model", args.models / f"{arch}.safetensors", "--input", args.photos,
                 "--out", f"{folder}/f.safetensors", "--threads", args.threads, "--size", size, "--precision", precision,
                 "--limit", pictures_for(size), "--json", "--progress", "none"]
        result = last_json(words)
        return {"unit": "images/s", "samples": [result["images_per_second"]], "memory_mib": result["memory_mib"]}


def pictures_for(size):
    return 96 if size <= 224 else 12


def exported(args, script, words):
    """Exports a peer's network once, in a process that is not measured."""
    words = [args.peer_python, HERE / "peers" / script, "--images", args.photos, "--exported", args.models, "--threads", args.threads, *words]
    if script != "features.py":
        subprocess.run([str(w) for w in [*words, "--export"]], check=True, capture_output=True)
    return words


def feature_rows(args):
    """Features and latency of ViT-S and ViT-B at 224 and 518 pixels against each peer; int8 against float32 PyTorch."""
    peers = [("PyTorch", "features.py"), ("ONNX Runtime", "features_onnxruntime.py"), ("OpenVINO", "features_openvino.py")]
    for arch in ("vits14", "vitb14"):
        for size in (224, 518):
            network = f"{arch} {size} px"
            for peer, script in peers:
                common = ["--arch", arch, "--size", size, "--limit", pictures_for(size)]
                run = lambda script=script, common=common, more=(): last_json([*exported(args, script, common), *more])
                yield (f"features, {network}, {peer}", lambda arch=arch, size=size: features_of(args, arch, size),
                       lambda run=run: run(more=["--rounds", 1]))
                if peer == "PyTorch":
                    yield (f"features int8, {network}, {peer} fp32", lambda arch=arch, size=size: features_of(args, arch, size, "int8"),
                           lambda run=run: run(more=["--rounds", 1]))
                yield (f"latency, {network}, {peer}", lambda arch=arch, size=size: latency_of(args, arch, size),
                       lambda run=run: run(more=["--latency", "--rounds", 10]))


def latency_of(args, arch, size):
    first = next(p for p in sorted(pathlib.Path(args.photos).rglob("*")) if p.suffix.lower() in (".jpg", ".png"))
    return last_json([args.build / "bench/bench_latency", "--model", args.models / f"{arch}.safetensors", "--picture", first,
                      "--size", size, "--threads", args.threads, "--calls", 10])


def nearest_rows(args):
    """Exact nearest neighbours of 10^5 vectors of width 384 among themselves, k = 20, against Faiss."""
    vectors, peer = args.build / "bench_vectors.npy", HERE / "peers/nearest.py"

    def once(words):
        if not vectors.exists():
            subprocess.run([args.peer_python, peer, vectors, "--make", "100000", "384"], check=True)
        return last_json([*words, vectors, "--k", 20, "--threads", args.threads, "--rounds", 1])

    yield ("neighbours, 100000 x 100000, Faiss", lambda: once([args.build / "bench/bench_nearest"]), lambda: once([args.peer_python, peer]))


def cases(args):
    step = ["--threads", args.threads, "--steps", 4, "--warmup", 2]
    small = ["--dim", 192, "--depth", 6, "--heads", 3, "--patch", 16, "--global-size", 96, "--local-size", 48, "--locals", 4, "--batch", 32,
             "--prototypes", 2048, "--hidden", 512, "--bottleneck", 128]
    vits = ["--batch", 4, "--prototypes", 16384, "--drop-path", 0]
    binary = args.build / "bench"
    peer = lambda name: [args.peer_python, HERE / "peers" / name]
    crops = lambda images: ["--images", images, "--seconds", 4, "--rounds", 4]
    rows = [
        ("step, ViT 192x6/16 at 96 px", lambda: last_json([binary / "bench_train_step", *small, *step]), lambda: last_json([*peer("train_step.py"), *small, *step])),
        ("step, ViT-S/16 at 224 px", lambda: last_json([binary / "bench_train_step", *vits, *step]), lambda: last_json([*peer("train_step.py"), *vits, *step])),
        ("multi-crop 224/96, photos", lambda: last_json([binary / "bench_multicrop", *crops(args.photos)]), lambda: last_json([*peer("multicrop.py"), *crops(args.photos)])),
        ("multi-crop 96/48, small pictures", lambda: last_json([binary / "bench_multicrop", *crops(args.images), "--global-size", 96, "--local-size", 48]),
         lambda: last_json([*peer("multicrop.py"), *crops(args.images), "--global-size", 96, "--local-size", 48])),
    ]
    rows += nearest_rows(args)
    if args.models:
        rows += feature_rows(args)
    return [row for row in rows if args.only in row[0]]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--peer-python", required=True)
    parser.add_argument("--images", required=True)
    parser.add_argument("--photos", required=True)
    parser.add_argument("--models", type=pathlib.Path, help="folder with vits14.safetensors and vitb14.safetensors, for the features rows")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="")
    parser.add_argument("--out", type=pathlib.Path)
    args = parser.parse_args()
    lines = []
    print(f"{'what':<45} {'Troodon':>18} {'peer':>18} {'ratio':>7}   unit (min / median)")
    for what, ours, peer in cases(args):
        mine, theirs = [], []
        for _ in range(args.rounds):
            result, other = ours(), peer()
            mine += result["samples"]
            theirs += other["samples"]
        ratio = statistics.median(mine) / statistics.median(theirs)
        ratio = 1 / ratio if result["unit"] == "ms" else ratio
        memory = {"memory_mib": [result["memory_mib"], other["memory_mib"]]} if "memory_mib" in other else {}
        show = lambda s: f"{min(s):8.3g} / {statistics.median(s):<7.3g}"
        print(f"{what:<45} {show(mine):>18} {show(theirs):>18} {ratio:>6.2f}x   {result['unit']}"
              + "".join(f", {m} MiB against {t}" for m, t in memory.values()), flush=True)
        lines.append({"what": what, "unit": result["unit"], "ratio": round(ratio, 3), "troodon": mine, "peer": theirs, **memory})
    if args.out:
        machine = {"machine": cpu_name(), "cores": os.cpu_count(), "threads": args.threads,
                   "date": datetime.date.today().isoformat(), "command": "make bench"}
        args.out.write_text("".join(json.dumps({**machine, **line}) + "\n" for line in lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
