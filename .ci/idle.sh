#!/usr/bin/env bash
# A tick with nothing due costs the same with 10 and with 10,000 peers: instructions within 5 %.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo build --release --quiet -p eebus-core --example idle_tick
program=${CARGO_TARGET_DIR:-target}/release/examples/idle_tick

# count PEERS: instructions of a thousand ticks.
count() {
    valgrind --tool=callgrind --callgrind-out-file=/dev/null --collect-atstart=no --toggle-collect='*ticks*' \
        "$program" "$1" 2>&1 | awk '/Collected/ { print $NF }'
}

few=$(count 10)
many=$(count 10000)
echo "1,000 idle ticks: $few instructions with 10 peers, $many with 10,000"
awk -v few="$few" -v many="$many" 'BEGIN { exit !(few > 0 && many > 0 && many <= few * 1.05) }'
