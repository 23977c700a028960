#!/usr/bin/env bash
# Lets two of these peers meet on 127.0.0.1, without multicast, and checks what both report:
# an accepted limit, its expiry, a denied limit, a refused stranger, and that either side
# comes back by itself after kill -9. Takes about a minute (ship-go waits up to 20 s to redial).
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
pids=()
trap '{ kill -9 "${pids[@]}"; wait; } 2>/dev/null || true; rm -rf "$work"' EXIT

fail() {
    echo "FAIL: $*" >&2
    tail -n 40 "$work"/*.out "$work"/*.err >&2 || true
    exit 1
}

# await FILE COUNT PATTERN: the events so far hold COUNT lines with the pattern.
await() {
    for _ in $(seq 600); do
        if [ "$(grep -c -- "$3" "$work/$1.out")" -ge "$2" ]; then return; fi
        sleep 0.1
    done
    fail "$1 never reported $2 times: $3"
}

# peer NAME ARGUMENT...: starts the peer with that certificate in the background, as $pid.
peer() {
    local name=$1
    shift
    "$work/peer" -cert "$work/$name.crt" -key "$work/$name.key" "$@" >>"$work/$name.out" 2>>"$work/$name.err" &
    pid=$!
    pids+=("$pid")
}

ski() {
    "$work/peer" -cert "$work/$1.crt" -key "$work/$1.key" 2>/dev/null |
        sed -n 's/.*"ski":"\([0-9a-f]\{40\}\)".*/\1/p'
}

port() {
    sed -n 's/.*"event":"listening".*"port":\([0-9]*\).*/\1/p' "$work/$1.out" | tail -n 1
}

kill9() {
    { kill -9 "$1" && wait "$1"; } 2>/dev/null || true
}

# start_system ARGUMENT...: a fresh system with an empty record, listening.
start_system() {
    : >"$work/system.out"
    peer system -role system -remote-ski "$guard_ski" "$@"
    system=$pid
    await system 1 '"event":"listening"'
    address=127.0.0.1:$(port system)
}

# guard_once NAME ARGUMENT...: a guard that ends after its limit; its exit code.
guard_once() {
    local name=$1
    shift
    : >"$work/$name.out"
    peer "$name" -role guard -remote-ski "$system_ski" -dial "$address" -once -timeout 20s "$@"
    wait "$pid"
}

(cd "$here" && go build -o "$work/peer" .)
guard_ski=$(ski guard)
system_ski=$(ski system)
ski stranger >"$work/stranger.ski"
[ "$guard_ski" = "$(ski guard)" ] || fail "the SKI changed between two starts"

start_system
guard_once guard || fail "the limit was not written and read back"
await guard 1 '"event":"limit-written".*"result":0'
await guard 1 '"event":"limit-read-back".*"active":true,"duration":0,"watts":4200'
await guard 1 '"event":"failsafe".*"watts":4200'
await guard 1 '"event":"failsafe".*"duration":7200'
await guard 1 '"event":"nominal-max".*"watts":11000'
await system 1 '"event":"heartbeat".*"by":"notify"'
await system 1 '"event":"limit-received".*"accepted":true,"active":true,"duration":0,"watts":4200'
echo "ok: 4200 W written, result 0, read back"

guard_once guard -limit 3000 -for 2s || fail "the limit with a duration was not written"
await system 1 '"event":"limit".*"active":true,"duration":2,"watts":3000'
await system 1 '"event":"limit".*"active":false,"duration":0,"watts":3000'
echo "ok: a limit for 2 s expires"

guard_once stranger -timeout 8s && fail "a stranger was let in"
await stranger 1 '"state":"remote-denied-trust"'
grep -q '"event":"connected"' "$work/stranger.out" && fail "a stranger was connected"
echo "ok: a peer with another SKI is refused"
kill9 "$system"

start_system -accept=false
guard_once guard && fail "a denied limit ends with success"
await guard 1 '"event":"limit-written".*"result":7'
await system 1 '"event":"limit-received".*"accepted":false'
echo "ok: a denied limit has result 7"
kill9 "$system"

start_system
: >"$work/guard.out"
peer guard -role guard -remote-ski "$system_ski" -dial "$address"
guard=$pid
await guard 1 '"event":"limit-read-back"'
kill9 "$system"
await guard 1 '"event":"disconnected"'
start_system -port "${address##*:}"
await guard 2 '"event":"limit-read-back".*"active":true,"duration":0,"watts":4200'
await system 1 '"event":"limit-received"'
echo "ok: the guard finds a killed and restarted system"

kill9 "$guard"
await system 1 '"event":"disconnected"'
peer guard -role guard -remote-ski "$system_ski" -dial "$address"
await guard 3 '"event":"limit-read-back".*"active":true,"duration":0,"watts":4200'
await system 2 '"event":"limit-received"'
echo "ok: the system takes a killed and restarted guard back"
