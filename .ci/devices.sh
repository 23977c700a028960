#!/usr/bin/env bash
# What real devices sent, as ordinary JSON, becomes EEBUS JSON and comes back without loss; what it says against the
# schema is named. Runs where EEBUS_DEVICES or ../shared/data/devices holds such messages (*.json); needs jq.
set -euo pipefail
cd "$(dirname "$0")/.."

devices=${EEBUS_DEVICES:-../shared/data/devices}
if ! compgen -G "$devices/*.json" >/dev/null; then
    echo "no messages of devices at hand: nothing to do"
    exit 0
fi
command -v jq >/dev/null || { apt-get update -qq && apt-get install -qq -y jq; }
cargo build -q -p eebus-cli
eebus=${CARGO_TARGET_DIR:-target}/debug/eebus
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

for file in "$devices"/*.json; do
    "$eebus" decode --check "$file"
    "$eebus" decode --eebus "$file" >"$scratch/wire"
    "$eebus" decode --check "$scratch/wire" >"$scratch/verdict"
    grep -q ': byte-exact$' "$scratch/verdict" || { cat "$scratch/verdict"; exit 1; }
    "$eebus" decode --plain "$scratch/wire" >"$scratch/plain"
    diff <(jq -S . "$file") <(jq -S . "$scratch/plain") || { echo "$file: lost something"; exit 1; }
done
echo "$(compgen -G "$devices/*.json" | wc -l) messages of devices: to EEBUS JSON and back without loss"
