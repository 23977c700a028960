#!/usr/bin/env bash
# Instructions of every step on every message of the benchmarks, against benches/instructions.txt: none may take 3 % more.
# `.ci/instructions.sh update` writes that file anew.
set -euo pipefail
cd "$(dirname "$0")/.."

# What the counts depend on is pinned: the compiler, and, in benches/benches/instructions.rs, glibc's choice of memcpy.
TOOLCHAIN=1.95.0
RUNNER=0.20.0
baseline=benches/instructions.txt

cargo +$TOOLCHAIN --version >/dev/null 2>&1 || rustup toolchain install $TOOLCHAIN --profile minimal
command -v valgrind >/dev/null || { apt-get update -qq && apt-get install -qq -y valgrind; }
tools=${CARGO_TARGET_DIR:-$PWD/target}/tools
export GUNGRAUN_RUNNER=$tools/bin/gungraun-runner
if ! "$GUNGRAUN_RUNNER" --version 2>/dev/null | grep -qF $RUNNER; then
    cargo +$TOOLCHAIN install gungraun-runner --version $RUNNER --locked --quiet --root "$tools"
fi

counted=$(mktemp)
trap 'rm -f "$counted"' EXIT
cargo +$TOOLCHAIN bench --quiet -p eebus-benches --features instructions --bench instructions |
    awk '/^instructions::steps::/ { sub(/.*::/, "", $1); sub(/:.*/, "", $2); name = $1 "/" $2 }
         $1 == "Instructions:" { split($2, count, "|"); print name, count[1] }' >"$counted"
test -s "$counted" || { echo "nothing was counted"; exit 1; }
if [ "${1:-}" = update ]; then
    cp "$counted" $baseline
fi
awk 'NR == FNR { expected[$1] = $2; next }
     !($1 in expected) { print $1 ": not in the baseline"; failed = 1; next }
     { change = ($2 / expected[$1] - 1) * 100; seen[$1] = 1 }
     change > 3 || change < -3 { printf "%s: %d instructions, %+.1f %%\n", $1, $2, change }
     change > 3 { failed = 1 }
     END {
         for (name in expected) if (!(name in seen)) { print name ": not counted"; failed = 1 }
         if (failed) print "If that is meant: .ci/instructions.sh update"
         else print FNR " counts, none more than 3 % over the baseline"
         exit failed
     }' $baseline "$counted"
