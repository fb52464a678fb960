#!/usr/bin/env python3
"""Checks src/LAYERS: who may include whom, which rooms stay free of torch, folder and file sizes."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
TORCH_FREE = {"base", "image", "fingerprint", "parquet", "data", "datasets", "store", "metrics", "index", "report", "views", "zoo", "curate", "stages", "exports", "apply", "collection", "search", "serve", "annotate", "match", "restyle", "depth", "explore", "graph"}
MAX_LINES = 400
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.M)


def layers():
    table = {}
    for line in (ROOT / "src/LAYERS").read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            folder, _, allowed = line.partition(":")
            table[folder.strip()] = set(allowed.split()) | {folder.strip()}
    return table


def main():
    table, faults = layers(), []
    folders = {path.name for path in (ROOT / "src").iterdir() if path.is_dir()}
    for folder in sorted(folders - set(table)):
        faults.append(f"src/{folder}: not in src/LAYERS")
    for path in sorted([*(ROOT / "src").rglob("*.[ch]pp"), *(ROOT / "cli").glob("*.[ch]pp")]):
        text = path.read_text()
        name = path.relative_to(ROOT)
        folder = name.parts[1] if name.parts[0] == "src" else "cli"
        lines = text.count("\n")
        if lines > MAX_LINES:
            faults.append(f"{name}: {lines} lines; more than {MAX_LINES} is two rooms in one")
        for kind, target in INCLUDE.findall(text):
            top = target.split("/")[0]
            if kind == '"' and top in folders and "*" not in table[folder] and top not in table[folder]:
                faults.append(f"{name}: {folder} may not include {top} (src/LAYERS)")
            if top in ("torch", "ATen", "c10") and folder in TORCH_FREE:
                faults.append(f"{name}: {folder} stays free of torch")
    # Cycles: the table itself must be a ladder.
    for folder, allowed in table.items():
        for other in allowed - {folder, "*"}:
            if folder in table.get(other, set()):
                faults.append(f"src/LAYERS: {folder} and {other} include each other")
    print("\n".join(faults) if faults else f"layers: {len(table)} folders, no breach")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
