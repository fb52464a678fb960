#!/usr/bin/env bash
# Every protocol of `troodon eval` on real photos and on the small world: a network's frozen features against
# the same network untrained and against colours and gradients. Prints the table, writes OUT/report.html.
#   judge.sh BUILD DATA
#   GRID=20  ITERATIONS=400  (patches along the short side and steps of dense heads; 32 and 1000 are the verbs' own)
#   MODEL=small  OUT=runs/judged  THREADS=0  AGAINST=untrained,colour,hog  EXTRA="--only kNN"
set -euo pipefail
build=$1
data=$2
out=${OUT:-runs/judged}
world=$out/world
draw() { "$build/examples/world/troodon-world" "$@" 2> >(tail -n 1 >&2); }
draw images --out "$world/images" --count 2900 --size 96 --seed 7
draw images --out "$world/scenes" --count 160 --size 128 --seed 8 --val-fraction 0.25 --masks --depth \
  --classes robot,tree,boat,key,bicycle,mug,house,guitar --styles photo
draw clip --out "$world/clips" --count 6 --frames 16 --size 192 --seed 9
draw pairs --out "$world/pairs" --count 29 --size 128 --points 60 --seed 10
draw duplicates --out "$world/duplicates" --count 60 --copies 3 --size 96 --seed 11
# shellcheck disable=SC2086
"$build/cli/troodon" eval all --model "${MODEL:-small}" --data "$data" --world "$world" --cache "$out/cache" \
  --against "${AGAINST:-untrained,colour,hog}" --threads "${THREADS:-0}" --grid "${GRID:-20}" \
  --iterations "${ITERATIONS:-400}" --out "$out" ${EXTRA:-}
