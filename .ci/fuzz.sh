#!/usr/bin/env bash
# Builds the fuzz targets of the core and runs each for FUZZ_SECONDS (10). Needs a C++ compiler for libFuzzer, but no
# nightly toolchain: only coverage is instrumented, and the core has no unsafe code to sanitize.
# With cargo-fuzz: cd core && cargo +nightly fuzz run datagram
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=${FUZZ_SECONDS:-10}
command -v c++ >/dev/null || { apt-get update -qq && apt-get install -qq -y g++; }
host=$(rustc -vV | sed -n 's/^host: //p')
target=${CARGO_TARGET_DIR:-target}/fuzz
coverage="--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4
-Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table
-Cllvm-args=-sanitizer-coverage-trace-compares"
RUSTFLAGS=$(echo $coverage) cargo build -q --release --manifest-path core/fuzz/Cargo.toml --target "$host" --target-dir "$target"

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/seeds"
cp core/fuzz/seeds/* "$scratch/seeds"
split -l 1 core/tests/data/spine-golden-trace.jsonl "$scratch/seeds/golden-"
sed -n 's/^[^ ]* frame .*{"payload":\({"datagram".*\)}\]} #[0-9a-f]*$/\1/p' testvectors/sessions/*.trace | sort -u |
    split -l 1 -a 3 - "$scratch/seeds/session-"

for name in datagram operations; do
    mkdir "$scratch/$name"
    "$target/$host/release/$name" -max_total_time="$seconds" -max_len=4096 -timeout=10 -rss_limit_mb=1024 -print_final_stats=1 \
        -artifact_prefix="$PWD/core/fuzz/" "$scratch/$name" "$scratch/seeds" 2>"$scratch/log" ||
        { tail -n 40 "$scratch/log"; echo "the input lies in core/fuzz: mend it, and keep it in core/fuzz/seeds"; exit 1; }
    echo "$name: $(sed -n 's/^stat::number_of_executed_units: *//p' "$scratch/log") inputs in $seconds s," \
        "$(grep -o 'cov: [0-9]*' "$scratch/log" | tail -n 1)"
done
