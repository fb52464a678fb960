#!/usr/bin/env bash
# The training step of the ViT-L/16 recipe on one CUDA device, in turns with the same step in PyTorch, eager and compiled;
# then ViT-g/14. Wants a build of the `core` kind with TROODON_BENCH=ON and a python that has a CUDA torch.
#   gpu.sh BUILD PYTHON      PEAK=989 (dense bf16 TFLOP/s of the device: H100, H200)  BATCH=32  OUT=file.jsonl
set -euo pipefail
build=$1
python=$2
here=$(cd "$(dirname "$0")/.." && pwd)
step=(--device cuda --bf16 --patch 16 --global-size 224 --local-size 96 --locals 8 --dim 1024 --depth 24 --heads 16
  --batch "${BATCH:-32}" --prototypes 65536 --steps 10 --warmup 5)
device=$(nvidia-smi --query-gpu=name --format=csv,noheader | head -1)
echo "$device"
say() {
  echo "== $1"
  "${@:2}" | tee >(sed "s/^{/{\"device\": \"$device\", \"run\": \"$1\", /" >> "${OUT:-/dev/null}")
}
for round in 1 2; do
  say "Troodon ViT-L/16, round $round" "$build/bench/bench_train_step" "${step[@]}" --peak-tflops "${PEAK:-989}"
  say "PyTorch eager ViT-L/16, round $round" "$python" "$here/bench/peers/train_step.py" "${step[@]}"
  say "PyTorch compiled ViT-L/16, round $round" "$python" "$here/bench/peers/train_step.py" "${step[@]}" --compile
done
say "Troodon ViT-g/14" "$build/bench/bench_train_step" --device cuda --bf16 --patch 14 --global-size 224 --local-size 98 --locals 8 \
  --dim 1536 --depth 40 --heads 24 --batch 16 --prototypes 131072 --separate-head --steps 5 --warmup 2 --peak-tflops "${PEAK:-989}"
