#!/usr/bin/env bash
# The demo's last step: a collection of its pictures, and a page to it that goes on running.
#   demo_page.sh BUILD IMAGES OUT
set -euo pipefail
troodon=$1/cli/troodon images=$2 out=$3
port=${DEMO_PORT:-8471}

"$troodon" index add "$images" --model small
if [[ -f $out/serve.pid ]]; then kill "$(cat "$out/serve.pid")" 2>/dev/null || true; fi
setsid nohup "$troodon" serve "$images" --port "$port" >"$out/serve.log" 2>&1 &
echo $! >"$out/serve.pid"
for ((i = 0; i < 300; ++i)); do
  url=$(grep -om1 'http://[^ ]*' "$out/serve.log" || true)
  if [[ -n $url ]]; then break; fi
  if ! kill -0 "$(cat "$out/serve.pid")" 2>/dev/null; then
    if [[ $port != 0 ]] && grep -q "cannot listen" "$out/serve.log"; then DEMO_PORT=0 exec "$0" "$@"; fi
    echo "the page did not start:" >&2
    cat "$out/serve.log" >&2
    exit 1
  fi
  sleep 0.1
done
echo "page:   $url   (search, label, match, depth, map; it runs until: kill $(cat "$out/serve.pid"))"
