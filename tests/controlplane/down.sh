#!/usr/bin/env bash
# down.sh DIR: ends what up.sh DIR started, and nothing else.
set -uo pipefail
[ -f "$1/pids" ] || exit 0
while read -r pid; do kill "$pid" 2>/dev/null; done <"$1/pids"
while read -r pid; do while kill -0 "$pid" 2>/dev/null; do sleep 0.1; done; done <"$1/pids"
rm -f "$1/pids"
