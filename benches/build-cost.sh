#!/usr/bin/env bash
# What a build with this core and with the crate eebus costs: processor seconds of a cold release build on one core, and
# octets of code (.text) at opt-level z beyond a program that only copies a file. By hand; takes ten minutes.
set -euo pipefail
cd "$(dirname "$0")/programs"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# cold FOLDER PROGRAM: processor seconds of building it with nothing there.
cold() {
    TIMEFORMAT='%U %S'
    { time cargo build --quiet --locked --release -j1 --manifest-path "$1/Cargo.toml" --bin "$2" \
        --target-dir "$scratch/$1-$2" 2>"$scratch/errors" || cat "$scratch/errors"; } 2>&1 | awk '{ printf "%.0f", $1 + $2 }'
}

# text FOLDER PROGRAM: octets of its code.
text() {
    cargo build --quiet --locked --profile size -j1 --manifest-path "$1/Cargo.toml" --bin "$2" --target-dir "$scratch/size-$1"
    size -A "$scratch/size-$1/size/$2" | awk '$1 == ".text" { print $2 }'
}

for folder in eebus-core eebus-crate; do cargo fetch --quiet --locked --manifest-path $folder/Cargo.toml; done
echo "| | eebus-core | crate eebus 0.10.1 |"
echo "|---|---|---|"
echo "| cold release build with every typed struct, s of processor time | $(cold eebus-core every) | $(cold eebus-crate every) |"
empty=$(text eebus-core empty)
echo "| code with every typed struct, kB | $((($(text eebus-core every) - empty) / 1000)) | $((($(text eebus-crate every) - empty) / 1000)) |"
echo "| code with the functions of LPC, kB | $((($(text eebus-core lpc) - empty) / 1000)) | |"
