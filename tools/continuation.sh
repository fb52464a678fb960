#!/usr/bin/env bash
# 500 steps on other pictures from a finished backbone: naively, and by --from. DATA judges by kNN
# (DATA/train, DATA/val), OTHERS are the folders to go on with.
#   continuation.sh BUILD DATA OTHERS...
#   FROM=runs/teacher/teacher.safetensors  STEPS=500  SEEDS=0  THREADS=4  OUT=runs/continuation
#   SET="key=value ..." changes the recipe for both, e.g. to the official learning rate: SET=optim.base_lr=4e-3
set -euo pipefail
build=$1
data=$2
shift 2
from=${FROM:-runs/teacher/teacher.safetensors}
recipe=${RECIPE:-configs/recipes/small_pictures.yaml}
out=${OUT:-runs/continuation}
mkdir -p "$out"
others=$(realpath "$out")/others.txt
find "$@" -type f \( -iname '*.jpg' -o -iname '*.jpeg' -o -iname '*.png' -o -iname '*.webp' \) | sort > "$others"
epoch=$((${STEPS:-500} / 100))
common=(--config "$recipe" --data "$others" --probe "$data" --threads "${THREADS:-0}" --overwrite --json
  train.OFFICIAL_EPOCH_LENGTH=$epoch ${SET:-})
printf '%-6s %-7s %-6s %-8s %-8s %-6s %s\n' seed how steps before after lost "why it ended" | tee "$out/table.txt"
for seed in ${SEEDS:-0}; do
  for how in naive safe; do
    if [[ $how == naive ]]; then start=(student.pretrained_weights="'$from'"); else start=(--from "$from"); fi
    "$build/cli/troodon" train "${common[@]}" --out "$out/$how$seed" --seed "$seed" "${start[@]}" > "$out/$how$seed.json"
    python3 - "$out/$how$seed.json" "$seed" "$how" <<'PY' | tee -a "$out/table.txt"
import json, sys
r = json.load(open(sys.argv[1]))
print(f"{sys.argv[2]:<6} {sys.argv[3]:<7} {r['steps']:<6} {r['knn_untrained']:<8.3f} {r['knn']:<8.3f} "
      f"{100 * (r['knn_untrained'] - r['knn']):<+6.1f} {r['stopped']}")
PY
  done
done
