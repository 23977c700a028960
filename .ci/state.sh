#!/usr/bin/env bash
# Two users pair their devices by mDNS alone, in network namespaces joined by a cable; a scan finds both and flags a copied
# identity; a full disk keeps nobody from what was kept before. Needs root and iproute2.
set -euo pipefail
cd "$(dirname "$0")/.."

if [ "$(id -u)" != 0 ] || ! command -v ip >/dev/null || ! unshare -n true 2>/dev/null; then
    echo "skipped: needs root, iproute2 and network namespaces"
    exit 0
fi
cargo build -p eebus-cli
eebus=$(realpath "${CARGO_TARGET_DIR:-target}")/debug/eebus
# An Avahi daemon outside the namespaces is none of theirs.
export DBUS_SYSTEM_BUS_ADDRESS=unix:path=/nonexistent

scratch=$(mktemp -d)
left=eebus-state-left-$$ right=eebus-state-right-$$
declare -A pids

finish() {
    for pid in "${pids[@]}"; do kill -9 "$pid" 2>/dev/null || true; done
    for space in $left $right; do ip netns del "$space" 2>/dev/null || true; done
    umount "$scratch/disk" 2>/dev/null || true
    rm -rf "$scratch"
}
trap finish EXIT

fail() {
    echo "FAILED: $1"
    tail -n 20 "$scratch"/*.log "$scratch"/*.out
    exit 1
}

# holds SECONDS WHAT COMMAND…: waits until the output of a command contains WHAT.
holds() {
    local until=$((SECONDS + $1)) what=$2
    shift 2
    until "$@" >"$scratch/last.out" 2>&1 && grep -q -- "$what" "$scratch/last.out"; do
        [ $SECONDS -lt $until ] || fail "no $what in: $*"
        sleep 0.5
    done
}

# node NAMESPACE NAME [OPTION…]: runs the device of the folder NAME.
node() {
    local space=$1 name=$2
    shift 2
    ip netns exec "$space" "$eebus" run --state "$scratch/$name" --port 0 "$@" >>"$scratch/$name.log" 2>&1 &
    pids[$name]=$!
}

for space in $left $right; do ip netns add "$space"; done
ip link add eth0 netns $left type veth peer name eth0 netns $right
ip -n $left address add 10.78.0.1/24 dev eth0
ip -n $right address add 10.78.0.2/24 dev eth0
for space in $left $right; do
    ip -n "$space" link set lo up
    ip -n "$space" link set eth0 up
done

echo "--- two users pair by mDNS alone"
node $left hems --role hems --limit 4200 --register
node $right evse --role evse
holds 20 "identity" ls "$scratch/hems" "$scratch/evse"
holds 20 "^SKI" "$eebus" identity show --state "$scratch/hems"
holds 20 "^SKI" "$eebus" identity show --state "$scratch/evse"
ski() { "$eebus" identity show --state "$scratch/$1" | sed -n 's/^SKI *//p'; }
hems=$(ski hems) evse=$(ski evse)
holds 30 "$(sed 's/..../\U& /g; s/ $//' <<<"$evse")" "$eebus" pair --state "$scratch/hems"
"$eebus" pair approve "${evse:0:8}" --state "$scratch/hems" --seconds 1 >"$scratch/approve.out"
holds 30 "waits for you" "$eebus" pair --state "$scratch/evse"
"$eebus" pair approve "${hems:0:8}" --state "$scratch/evse" --seconds 30 >"$scratch/approve.out"
holds 30 "trusted and connected" "$eebus" pair --state "$scratch/hems"
holds 30 "ceiling 4,200 W" cat "$scratch/evse.log"

echo "--- a scan finds both, by interface, with what they announce"
holds 30 "\"ski\":\"$evse\"" ip netns exec $left "$eebus" scan --seconds 3 --json
ip netns exec $right "$eebus" scan --seconds 4 >"$scratch/scan.out" 2>&1
for what in "$(sed 's/..../\U& /g; s/ $//' <<<"$hems")" "wants to pair" "interface eth0, 10.78.0.1:"; do
    grep -q "$what" "$scratch/scan.out" || fail "a scan does not show $what"
done
grep -q "^odd" "$scratch/scan.out" && fail "nothing is odd yet"

echo "--- a copied identity and a shared SHIP ID are flagged"
id=$("$eebus" identity show --state "$scratch/hems" | sed -n 's/^SHIP ID *//p')
"$eebus" identity create --state "$scratch/twin" --ship-id "$id" >"$scratch/twin.out"
node $right twin --role hems
"$eebus" identity export --state "$scratch/evse" "$scratch/evse.pem"
"$eebus" identity import --state "$scratch/copy" "$scratch/evse.pem" --ship-id another >"$scratch/copy.out"
node $right copy --role evse
holds 40 "devices announce the SHIP ID $id" ip netns exec $left "$eebus" scan --seconds 3
holds 40 "odd: the SKI $evse is announced as" ip netns exec $left "$eebus" scan --seconds 3

echo "--- without multicast a scan says what to try"
ip netns exec $right ip link set eth0 down
ip netns exec $right "$eebus" scan --seconds 2 >"$scratch/none.out" 2>&1
grep -q -- "--interface" "$scratch/none.out" || fail "no advice"
ip netns exec $right ip link set eth0 up

echo "--- a full disk keeps nobody from what was kept before"
mkdir "$scratch/disk"
mount -t tmpfs -o size=128k,mode=700 none "$scratch/disk"
state=$scratch/disk/state
"$eebus" pair approve "$evse" --state "$state" --no-mdns --seconds 0 >"$scratch/disk.out"
"$eebus" run --state "$state" --role hems --port 0 --no-mdns >"$scratch/disk.log" 2>&1 &
pids[disk]=$!
holds 20 "listening" cat "$scratch/disk.log"
holds 20 "trusted" "$eebus" pair --state "$state"
dd if=/dev/zero of="$scratch/disk/filling" bs=1k count=200 2>/dev/null || true
if "$eebus" pair approve "$hems" --state "$state" --seconds 0 >"$scratch/full.out" 2>&1; then
    fail "trust was acknowledged on a full disk"
fi
grep -q "free space" "$scratch/full.out" || fail "the full disk is not named"
kill -9 "${pids[disk]}"
wait "${pids[disk]}" 2>/dev/null || true
rm "$scratch/disk/filling"
"$eebus" pair --state "$state" --json --no-mdns --seconds 0 >"$scratch/after.out"
grep -q "\"ski\":\"$evse\"" "$scratch/after.out" || fail "what was kept is lost"
grep -q "\"ski\":\"$hems\"" "$scratch/after.out" && fail "what was not acknowledged is there"
"$eebus" pair approve "$hems" --state "$state" --no-mdns --seconds 0 >"$scratch/disk.out"
echo "all of it holds"
