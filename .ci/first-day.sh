#!/usr/bin/env bash
# `eebus hems` and `eebus evse` find each other, and a node on the Go stack, by mDNS alone: in network namespaces joined
# by a cable, on one host, on loopback; and say so where there is no multicast. Needs root, iproute2 and Go.
set -euo pipefail
cd "$(dirname "$0")/.."

if [ "$(id -u)" != 0 ] || ! command -v ip >/dev/null || ! unshare -n true 2>/dev/null; then
    echo "skipped: needs root, iproute2 and network namespaces"
    exit 0
fi
if ! command -v go >/dev/null; then
    echo "Go is missing: the peer in testvectors/peers/eebus-go needs Go 1.22 or newer (https://go.dev/dl)." >&2
    exit 1
fi
cargo build -p eebus-cli
target=$(realpath "${CARGO_TARGET_DIR:-target}")
eebus=$target/debug/eebus peer=$target/eebus-go-peer
(cd testvectors/peers/eebus-go && go build -o "$peer" .)
# An Avahi daemon outside the namespaces is none of theirs.
export DBUS_SYSTEM_BUS_ADDRESS=unix:path=/nonexistent

scratch=$(mktemp -d)
left=eebus-day-left-$$ right=eebus-day-right-$$ middle=eebus-day-middle-$$
declare -A pids

finish() {
    for pid in "${pids[@]}"; do kill -9 "$pid" 2>/dev/null || true; done
    for space in $left $right $middle; do ip netns del "$space" 2>/dev/null || true; done
    rm -rf "$scratch"
}
trap finish EXIT

for space in $left $right; do ip netns add "$space"; done
ip link add eth0 netns $left type veth peer name eth0 netns $right
ip -n $left address add 10.77.0.1/24 dev eth0
ip -n $right address add 10.77.0.2/24 dev eth0
for space in $left $right; do
    ip -n "$space" link set lo up
    ip -n "$space" link set eth0 up
done

for role in hems evse; do
    "$eebus" $role 0 >"$scratch/$role.txt"
    sed -n 's/^SKI: //p' "$scratch/$role.txt" >"$scratch/$role.ski"
    sed -n '/BEGIN CERT/,/END CERT/p' "$scratch/$role.txt" >"$scratch/$role.crt"
    sed -n '/BEGIN PRIV/,/END PRIV/p' "$scratch/$role.txt" >"$scratch/$role.key"
done
for role in guard system; do
    "$peer" -cert "$scratch/$role.crt" -key "$scratch/$role.key" 2>/dev/null |
        sed -n 's/.*"ski":"\([0-9a-f]\{40\}\)".*/\1/p' >"$scratch/$role.ski"
done

# device NAMESPACE ROLE OF_WHOM PORT [OPTION…]: our device, paired with the one that has the SKI of OF_WHOM.
device() {
    local space=$1 role=$2 whom=$3 port=$4
    shift 4
    stop "$role"
    forget "$role"
    ip netns exec "$space" "$eebus" "$role" "$port" "$(cat "$scratch/$whom.ski")" "$scratch/$role.crt" \
        "$scratch/$role.key" "$@" >>"$scratch/$role" 2>>"$scratch/$role.err" &
    pids[$role]=$!
}

# go_peer NAMESPACE ROLE OF_WHOM: the node on the Go stack.
go_peer() {
    stop "$2"
    forget "$2"
    ip netns exec "$1" "$peer" -role "$2" -mdns -remote-ski "$(cat "$scratch/$3.ski")" -cert "$scratch/$2.crt" \
        -key "$scratch/$2.key" >>"$scratch/$2" 2>>"$scratch/$2.err" &
    pids[$2]=$!
}

# stop ROLE [SIGNAL]: ends it, if it runs.
stop() {
    local pid=${pids[$1]:-}
    [ -n "$pid" ] || return 0
    unset "pids[$1]"
    kill "-${2:-KILL}" "$pid" 2>/dev/null || true
    local status=0
    { wait "$pid" || status=$?; } 2>/dev/null
    if [ "${2:-KILL}" != KILL ] && [ $status != 0 ]; then
        echo "$1 ended with $status"
        tail -n 5 "$scratch/$1" "$scratch/$1.err"
        exit 1
    fi
}

# forget ROLE: from now on only what it says next counts.
forget() {
    : >"$scratch/$1"
    : >"$scratch/$1.err"
}

# within SECONDS FILE TEXT: FILE has it by then.
within() {
    local until=$((SECONDS + $1))
    until grep -qF -e "$3" "$scratch/$2"; do
        if ((SECONDS > until)); then
            echo "$2 never said: $3"
            tail -n 30 "$scratch/${2%.err}" "$scratch/${2%.err}.err"
            exit 1
        fi
        sleep 0.1
    done
}

limited() {
    within 40 evse "own ceiling 4,200 W: limited"
    within 20 hems "accepts the limit 4,200 W without end"
}

echo "--- two hosts"
device $left hems evse 0 --limit 4200
device $right evse hems 0
limited

echo "--- the wallbox is killed and comes back at another port"
stop evse
forget hems
sleep 1
device $right evse hems 0
limited

echo "--- the wallbox moves to another address without a word"
forget hems
forget evse
ip -n $right address del 10.77.0.2/24 dev eth0
ip -n $right address add 10.77.0.3/24 dev eth0
within 150 evse "own ceiling"
within 20 hems "accepts the limit 4,200 W without end"

echo "--- a clean end is seen by the other side"
forget hems
stop evse TERM
within 10 hems "disconnected: the peer closed the connection"
within 10 hems "left the network"
stop hems TERM

echo "--- one host"
device $left hems evse 0 --limit 4200
device $left evse hems 0
limited

echo "--- one host, loopback alone"
device $left hems evse 0 --limit 4200 --interface lo
device $left evse hems 0 --interface lo
limited
stop hems
stop evse

echo "--- with the Go stack as Energy Guard"
device $left evse guard 0
go_peer $right guard evse
within 60 evse "own ceiling 4,200 W: limited"
within 20 guard '"limit-read-back"'
stop guard
stop evse

echo "--- with the Go stack as Controllable System"
device $left hems system 0 --limit 4200
go_peer $right system hems
within 60 hems "accepts the limit 4,200 W without end"
within 20 system '"accepted":true'
echo "--- on one host with it"
stop system
go_peer $left system hems
within 60 system '"accepted":true'
stop system
stop hems

echo "--- two networks with a router between them, which multicast does not pass"
ip netns add $middle
ip netns exec $middle sysctl -qw net.ipv4.ip_forward=1
for space in $left $right; do
    number=$([ "$space" = $left ] && echo 1 || echo 2)
    ip -n "$space" link del eth0 2>/dev/null || true
    ip link add eth1 netns "$space" type veth peer name "eth$number" netns $middle
    ip -n "$space" address add "10.78.$number.2/24" dev eth1
    ip -n $middle address add "10.78.$number.1/24" dev "eth$number"
    ip -n "$space" link set eth1 up
    ip -n $middle link set "eth$number" up
    ip -n "$space" route add default via "10.78.$number.1"
done
device $right evse hems 4712
device $left hems evse 0 --limit 4200
for role in hems evse; do within 20 $role.err "no sign of SKI"; done
device $left hems evse 0 --limit 4200 --dial 10.78.2.2
limited
