#!/usr/bin/env bash
# Builds the benchmarks, sets up the peers' environment (once), runs both sides in turns.
#   IMAGES=DIR small pictures   PHOTOS=DIR large ones   ONLY=words   ROUNDS=3   OUT=bench/results/....jsonl
set -euo pipefail
cd "$(dirname "$0")/.."
build=build/release
data=${TROODON_DATA:-../shared/data}
cmake -S . -B $build -G Ninja -DCMAKE_BUILD_TYPE=Release -DTROODON_BENCH=ON --log-level=NOTICE
cmake --build $build --target troodon bench_train_step bench_multicrop bench_latency bench_nearest
if [[ ! -x .venv-peers/bin/python ]]; then
  echo "bench: installing the peers into .venv-peers"
  python3 -m venv .venv-peers
  .venv-peers/bin/python -m pip install -q torch==2.13.0 numpy pillow transformers onnx onnxruntime openvino faiss-cpu
fi
models=$build/bench_models
mkdir -p "$models"
for arch in vits14 vitb14; do
  [[ -f $models/$arch.safetensors ]] || .venv-peers/bin/python bench/peers/make_vit.py "$models/$arch.safetensors" --arch $arch
done
.venv-peers/bin/python bench/compare.py --build $build --peer-python .venv-peers/bin/python --models "$models" \
  --images "${IMAGES:-$data/imagenette96/train}" --photos "${PHOTOS:-$data/photos}" --rounds "${ROUNDS:-3}" --only "${ONLY:-}" ${OUT:+--out "$OUT"}
