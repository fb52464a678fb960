#!/usr/bin/env bash
# Real learning on a labelled folder (DATA/train, DATA/val; labels only judge): three seeds of one
# recipe, each against the same network untrained and against raw pixels.
#   experiment.sh BUILD DATA
#   RECIPE=configs/recipes/small_pictures.yaml  SEEDS="0 1 2"  THREADS=4  OUT=runs/experiment  EXTRA="key=value ..."
set -euo pipefail
build=$1
data=$2
recipe=${RECIPE:-configs/recipes/small_pictures.yaml}
out=${OUT:-runs/experiment}
mkdir -p "$out"
printf '%-6s %-10s %-10s %-10s %-8s %-9s %s\n' seed untrained pixels kNN gain minutes images/s | tee "$out/table.txt"
for seed in ${SEEDS:-0 1 2}; do
  # shellcheck disable=SC2086
  "$build/cli/troodon" train --config "$recipe" --data "$data/train" --probe "$data" --out "$out/seed$seed" \
    --seed "$seed" --threads "${THREADS:-0}" --overwrite --json ${EXTRA:-} > "$out/seed$seed.json"
  python3 - "$out/seed$seed.json" "$seed" <<'PY' | tee -a "$out/table.txt"
import json, sys
r = json.load(open(sys.argv[1]))
print(f"{sys.argv[2]:<6} {r['knn_untrained']:<10.3f} {r['knn_pixels']:<10.3f} {r['knn']:<10.3f} {r['knn'] - r['knn_untrained']:<+8.3f} {r['seconds'] / 60:<9.1f} {r['images_per_second']:.1f}")
PY
done
