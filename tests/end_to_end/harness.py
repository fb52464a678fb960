"""What the end-to-end tests share: where the binaries are, small pictures, running a verb."""
import array
import json
import os
import pathlib
import signal
import struct
import subprocess
import tempfile
import time
import zlib

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("TROODON_BUILD", ROOT / "build" / "release")).resolve()
TROODON = BUILD / "cli" / "troodon"
WORLD = BUILD / "examples" / "world" / "troodon-world"

# A network and a batch so small that a step takes milliseconds.
TINY = ["student.arch=vit_64x2x2", "student.patch_size=8", "crops.global_crops_size=32", "troodon.image_size=40", "crops.local_crops_size=16",
        "crops.local_crops_number=2", "train.batch_size_per_gpu=8", "dino.head_n_prototypes=64", "dino.head_hidden_dim=64",
        "dino.head_bottleneck_dim=16", "optim.epochs=3", "train.OFFICIAL_EPOCH_LENGTH=10", "optim.warmup_epochs=1",
        "teacher.warmup_teacher_temp_epochs=1", "train.centering=sinkhorn_knopp", "troodon.save_every=5", "troodon.precision=fp32"]


def run(*words, check=None, timeout=300, **kwargs):
    """Runs the binary; returns the finished process with text output."""
    done = subprocess.run([str(TROODON), *map(str, words)], capture_output=True, text=True, timeout=timeout, **kwargs)
    if check is not None and done.returncode != check:
        raise AssertionError(f"troodon {' '.join(map(str, words))}\nexit {done.returncode}, wanted {check}\n{done.stdout}\n{done.stderr}")
    return done


def run_json(*words, check=0, **kwargs):
    return json.loads(run(*words, "--json", check=check, **kwargs).stdout.strip().splitlines()[-1])


def train_words(data, out, *more):
    return ["train", "--data", data, "--out", out, "--threads", 2, "--progress", "none", *TINY, *more]


def run_and_stop(words, seconds, how):
    """Starts the binary, sends a signal after some time; returns (exit code, stderr)."""
    process = subprocess.Popen([str(TROODON), *map(str, words)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    time.sleep(seconds)
    process.send_signal(how)
    _, err = process.communicate(timeout=120)
    return process.returncode, err


def run_until_step(words, out, step, how):
    """Starts training, sends a signal once a checkpoint of `step` or later is there."""
    process = subprocess.Popen([str(TROODON), *map(str, words)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    deadline = time.time() + 120
    while time.time() < deadline and process.poll() is None:
        if any(int(p.stem[5:]) >= step for p in (pathlib.Path(out) / "checkpoints").glob("step_*.json")):
            process.send_signal(how)
            break
        time.sleep(0.01)
    _, err = process.communicate(timeout=120)
    return process.returncode, err


_pictures = None


def pictures():
    """A folder with train/ and val/ of small rendered pictures in a few classes, made once."""
    global _pictures
    if _pictures is None:
        folder = tempfile.mkdtemp(prefix="troodon_pictures_")
        subprocess.run([str(WORLD), "images", "--out", folder, "--count", "60", "--classes", "robot,tree,boat,key", "--size", "48", "--seed", "5", "--val-fraction", "0.3"],
                       check=True, capture_output=True)
        _pictures = pathlib.Path(folder)
    return _pictures


def png(rows, channels=3):
    """The bytes of an 8-bit PNG, colours or greys (1 channel); rows: bytes of each."""
    chunk = lambda kind, data: struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    head = struct.pack(">IIBBBBB", len(rows[0]) // channels, len(rows), 8, 2 if channels == 3 else 0, 0, 0, 0)
    data = zlib.compress(b"".join(b"\0" + row for row in rows), 1)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def write_head(path, kind, sizes, tensors, **card):
    """A head's file (docs/formats.md) with the given tensors, {name: (shape, numbers)}."""
    header, data = {"__metadata__": {"troodon.head": json.dumps({"kind": kind, "sizes": sizes, **card})}}, b""
    for name, (shape, numbers) in tensors.items():
        start = len(data)
        data += array.array("f", numbers).tobytes()
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [start, len(data)]}
    text = json.dumps(header).encode()
    pathlib.Path(path).write_bytes(struct.pack("<Q", len(text)) + text + data)
    return path


INTERRUPT, KILL, TERMINATE = signal.SIGINT, signal.SIGKILL, signal.SIGTERM
