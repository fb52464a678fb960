#!/usr/bin/env bash
# A small student taught by a trained, larger network, against the same student alone for the same
# number of pictures (DATA/train, DATA/val; labels only judge), three seeds.
#   distillation.sh BUILD DATA
#   TEACHER=runs/teacher (made first if it is not there)  ARCH=vit_128x4x2  SEEDS="0 1 2"
#   THREADS=4  OUT=runs/distillation  RECIPE=configs/recipes/small_pictures.yaml
set -euo pipefail
build=$1
data=$2
recipe=${RECIPE:-configs/recipes/small_pictures.yaml}
teacher=${TEACHER:-runs/teacher}
arch=${ARCH:-vit_128x4x2}
out=${OUT:-runs/distillation}
common=(--config "$recipe" --data "$data/train" --probe "$data" --threads "${THREADS:-0}" --overwrite --json)
mkdir -p "$out"
if [[ ! -d $teacher/checkpoints ]]; then
  "$build/cli/troodon" train "${common[@]}" --out "$teacher" train.OFFICIAL_EPOCH_LENGTH=40 > /dev/null
fi
printf '%-6s %-10s %-8s %-10s %-8s %s\n' seed untrained alone distilled gain minutes | tee "$out/table.txt"
student=(student.arch="$arch" train.OFFICIAL_EPOCH_LENGTH="${LENGTH:-13}")
for seed in ${SEEDS:-0 1 2}; do
  "$build/cli/troodon" train "${common[@]}" --out "$out/alone$seed" --seed "$seed" "${student[@]}" > "$out/alone$seed.json"
  "$build/cli/troodon" distill --teacher "$teacher" "${common[@]}" --out "$out/distilled$seed" --seed "$seed" "${student[@]}" \
    > "$out/distilled$seed.json"
  python3 - "$out/alone$seed.json" "$out/distilled$seed.json" "$seed" <<'PY' | tee -a "$out/table.txt"
import json, sys
alone, distilled = (json.load(open(f)) for f in sys.argv[1:3])
print(f"{sys.argv[3]:<6} {alone['knn_untrained']:<10.3f} {alone['knn']:<8.3f} {distilled['knn']:<10.3f} "
      f"{distilled['knn'] - alone['knn']:<+8.3f} {(alone['seconds'] + distilled['seconds']) / 60:.1f}")
PY
done
