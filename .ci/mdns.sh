#!/usr/bin/env bash
# Two nodes that find each other by mDNS alone, in network namespaces joined by a cable. Needs root and iproute2.
set -euo pipefail
cd "$(dirname "$0")/.."

if [ "$(id -u)" != 0 ] || ! command -v ip >/dev/null || ! unshare -n true 2>/dev/null; then
    echo "skipped: needs root, iproute2 and network namespaces"
    exit 0
fi
cargo build -p eebus-mdns -p eebus-smol --example find --example by_mdns
examples=${CARGO_TARGET_DIR:-target}/debug/examples
find=$examples/find
scratch=$(mktemp -d)
left=eebus-left-$$ right=eebus-right-$$
left_ski=1111111111111111111111111111111111111111 right_ski=2222222222222222222222222222222222222222
pids=()

finish() {
    for pid in "${pids[@]}"; do kill -9 "$pid" 2>/dev/null || true; done
    for space in $left $right; do ip netns del "$space" 2>/dev/null || true; done
    rm -rf "$scratch"
}
trap finish EXIT

for space in $left $right; do ip netns add "$space"; done
ip link add eth0 netns $left type veth peer name eth0 netns $right
ip -n $left address add 10.77.0.1/24 dev eth0
ip -n $right address add 10.77.0.2/24 dev eth0
for space in $left $right; do
    ip -n "$space" link set eth0 up
    ip netns exec "$space" sysctl -qw net.ipv6.conf.eth0.accept_dad=0
done

# run NAME NAMESPACE SKI: a node that is told lines through the pipe NAME.in and writes what it finds to NAME.
run() {
    rm -f "$scratch/$1" "$scratch/$1.in" && mkfifo "$scratch/$1.in"
    ip netns exec "$2" "$find" "$1" "$3" 4712 <"$scratch/$1.in" >>"$scratch/$1" 2>"$scratch/$1.log" &
    pids+=($!)
}

# within SECONDS FILE PATTERN…: FILE has a line with every pattern by then.
within() {
    local until=$((SECONDS + $1)) file=$scratch/$2 lines
    shift 2
    while :; do
        lines=$(cat "$file" 2>/dev/null || true)
        for pattern in "$@"; do lines=$(grep -F -e "$pattern" <<<"$lines" || true); done
        [ -n "$lines" ] && return
        if ((SECONDS > until)); then
            printf 'no line with: %s\n' "$*"
            tail -n 20 "$file" "$file.log"
            exit 1
        fi
        sleep 0.1
    done
}

# meet NAME ADDRESS…: both nodes find each other at these addresses, a changed record is seen, and a goodbye too.
meet() {
    run left $left $left_ski; exec 8>"$scratch/left.in"
    run right $right $right_ski; exec 9>"$scratch/right.in"
    within 10 left '"seen":"right"' "$2"
    within 10 right '"seen":"left"' "$1"
    echo register >&9
    within 5 left '"seen":"right"' '"register":true'
    exec 9>&-
    within 2 left '"gone":"right"'
}

echo "--- IPv4 only"
for space in $left $right; do ip netns exec "$space" sysctl -qw net.ipv6.conf.all.disable_ipv6=1; done
meet 10.77.0.1:4712 10.77.0.2:4712
exec 8>&-
within 2 left '"seen":"right"'

echo "--- control box and heat pump: a limit comes into force"
ip netns exec $left "$examples/by_mdns" box >"$scratch/box" 2>"$scratch/box.log" 8>&- &
pids+=($!)
ip netns exec $right "$examples/by_mdns" pump >"$scratch/pump" 2>"$scratch/pump.log" 8>&- &
pids+=($!)
within 20 pump "limited to"
kill -9 "${pids[-1]}" "${pids[-2]}"

echo "--- IPv6 link-local only"
for space in $left $right; do
    ip -n "$space" -4 address flush dev eth0
    ip netns exec "$space" sysctl -qw net.ipv6.conf.all.disable_ipv6=0
done
sleep 2
meet '[fe80::' '[fe80::'
if grep -F '[fe80::' "$scratch/left" | grep -vE '\[fe80::[0-9a-f:]+%[0-9]+\]'; then
    echo "a link-local address lost its scope"
    exit 1
fi

echo "--- killed: gone once its record runs out"
run right $right $right_ski; exec 9>"$scratch/right.in"
: >"$scratch/left"
within 10 left '"seen":"right"'
: >"$scratch/left"
kill -9 "${pids[-1]}"
within 150 left '"gone":"right"'
exec 8>&- 9>&-
