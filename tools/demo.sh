#!/usr/bin/env bash
# The main job, end to end: pictures -> a network that learnt from them without labels -> a report -> a page.
#   demo.sh BUILD [IMAGES]     IMAGES: your own folder; without it Troodon renders a small world
# DEMO_MINUTES (default 6) is the time that training may take.
set -euo pipefail
build=$1
images=${2:-}
minutes=${DEMO_MINUTES:-6}
out=demo
troodon=$build/cli/troodon

if [[ -z $images ]]; then
  images=$out/world
  echo "== 1/5  rendering a world of labelled pictures (the labels only judge, they never teach)"
  "$build/examples/world/troodon-world" images --out "$images" --count 3600 --size 96 --seed 1 --val-fraction 0.17 \
    --classes bicycle,bottle,car,chair,fish,flower,house,plane,tree,umbrella --styles photo,painting
else
  echo "== 1/5  your pictures: $images"
fi

probe=()
if [[ -d $images/train && -d $images/val ]]; then probe=(--probe "$images"); fi

echo "== 2/5  learning from them without a label"
"$troodon" train --data "$images" --out "$out/run" --minutes "$minutes" --overwrite "${probe[@]}"

echo "== 3/5  frozen features of every picture, and pictures of what the patches mean"
"$troodon" features --model "$out/run" --input "$images" --out "$out/features.safetensors" --overwrite
"$troodon" pca --model "$out/run" --input "$images" --limit 24 --out "$out/pca" --whole --overwrite

echo "== 4/5  how good are the features? (weighted vote of the nearest neighbours)"
if ((${#probe[@]})); then
  "$troodon" features --model "$out/run" --input "$images?split=val" --out "$out/val.safetensors" --overwrite
  "$troodon" knn --train "$out/features.safetensors" --val "$out/val.safetensors"
else
  echo "   no labels to judge by: look at the neighbours in the report"
fi
echo "== 5/5  a page to search, label, match and measure these pictures"
here=$(dirname "$0")
if "$troodon" serve --help >/dev/null 2>&1; then page=$("$here/demo_page.sh" "$build" "$images" "$out" | tail -1); else page="no page: this build has no \`serve\`"; fi
echo
echo "report: $out/run/report.html"
echo "PCA:    $out/pca/sheet.png"
echo "$page"
