#!/usr/bin/env bash
# Shows that curation works: copies, retrieval, balance, digits. Prints Markdown; exits with 1 if a target is missed.
#   trials.sh BUILD DATA
#   ONLY="copies retrieval balance downstream"   PYTHON=.venv-peers/bin/python (needs numpy and scikit-learn)
set -euo pipefail
cd "$(dirname "$0")/.."
build=$1
data=$2
python=${PYTHON:-.venv-peers/bin/python}
if [[ ! -x $python ]]; then python3 -m venv .venv-peers; fi
if ! "$python" -c 'import numpy, sklearn' 2> /dev/null; then
  echo "trials: installing numpy and scikit-learn into the environment of $python" >&2
  "$python" -m pip install -q numpy scikit-learn
fi
missed=0
for trial in ${ONLY:-copies retrieval balance downstream}; do
  printf '\n## %s\n' "$trial"
  "$python" "bench/trials/$trial.py" --build "$build" --data "$data" || missed=1
done
exit $missed
