#!/usr/bin/env python3
"""`pip install .` into a new virtual environment, then the *_checks.py beside this there. Needs Python's standard library.

Where pip reaches no registry, or Python's headers are missing, it says skipped (exit 77)."""
import os
import pathlib
import shutil
import subprocess
import sys
import sysconfig
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("TROODON_BUILD", ROOT / "build" / "release")).resolve()
VENV = BUILD / "python_package" / "venv"
PIP = [str(VENV / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "-q"]
MORE = os.environ.get("TROODON_PIP_ARGS", "").split()


def skip(why):
    print(f"skipped: {why}")
    sys.exit(77)


def step(what, words, **kwargs):
    start = time.time()
    subprocess.run(words, check=True, **kwargs)
    print(f"{what}: {time.time() - start:.0f} s", flush=True)


def main():
    if not (pathlib.Path(sysconfig.get_paths()["include"]) / "Python.h").exists():
        skip("Python's headers are not here (Debian: python3-dev)")
    shutil.rmtree(VENV.parent, ignore_errors=True)
    step("virtual environment", [sys.executable, "-m", "venv", str(VENV)])
    # Torch is hundreds of megabytes: unpacked once, not byte-compiled.
    parts = ["numpy", "torch==2.13.*"]
    if subprocess.run([*PIP, "install", "--no-compile", *MORE, *parts], stderr=subprocess.DEVNULL).returncode != 0:
        skip("pip reaches no registry that has torch 2.13")
    environment = dict(os.environ)
    private = sorted(ROOT.glob(".venv/lib/python3*/site-packages/torch"))
    if private:  # of `make setup`: spares the build a LibTorch of its own
        environment.setdefault("TROODON_TORCH", str(private[0]))
    step("pip install .", [*PIP, "install", "--no-compile", *MORE, str(ROOT)], env=environment)
    environment = {key: value for key, value in environment.items() if key not in ("PYTHONPATH", "LD_LIBRARY_PATH", "TROODON_TORCH")}
    for checks in ["package_checks.py", "picture_checks.py"]:
        step(checks, [str(VENV / "bin" / "python"), str(ROOT / "tests" / "python" / checks)], env=environment, cwd=VENV.parent)
    shutil.rmtree(VENV.parent)


if __name__ == "__main__":
    main()
