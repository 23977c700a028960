#!/usr/bin/env bash
# Our node against the published Go stack: both roles, both dialling sides, killed with -9 and recovered.
# Needs Go 1.22 or newer and the Go module proxy, or modules fetched before.
set -euo pipefail
cd "$(dirname "$0")/../.."
if ! command -v go >/dev/null; then
    echo "Go is missing: the peer in testvectors/peers/eebus-go needs Go 1.22 or newer (https://go.dev/dl)." >&2
    exit 1
fi
program="$PWD/target/eebus-go-peer"
(cd testvectors/peers/eebus-go && go build -o "$program" .)
cargo run --quiet -p eebus-smol --example against_eebus_go -- "$program"
