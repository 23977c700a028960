#!/usr/bin/env bash
# Nodes that find each other by mDNS alone, by the backend that needs no daemon.
set -euo pipefail
. "$(dirname "$0")/mdns-lib.sh"
cargo build -p eebus-smol --example by_mdns
by_mdns=${CARGO_TARGET_DIR:-target}/debug/examples/by_mdns

space left; space middle; space right
cable "$left" eth0 10.77.0.1/24 "$middle" eth0 10.77.0.2/24
cable "$middle" eth1 10.78.0.2/24 "$right" eth0 10.78.0.1/24

# meet ADDRESS ADDRESS: two nodes on one cable find each other there, hear of a changed record, and a goodbye.
meet() {
    node a "$left" $a_ski
    node b "$middle" $b_ski b mdns-sd eth0
    within 30 a '"seen":"b"' "$2" '"interface":"eth0"'
    within 30 b '"seen":"a"' "$1" '"interface":"eth0"'
    tell b register
    within 15 a '"seen":"b"' '"register":true'
    leave b
    within 10 a '"gone":"b"'
    leave a
}

echo "--- IPv4 only"
only 4 "$left" eth0 10.77.0.1/24; only 4 "$middle" eth0 10.77.0.2/24
meet 10.77.0.1:4712 10.77.0.2:4712
never a fe80::

echo "--- control box and heat pump: a limit comes into force"
for part in box pump; do
    [ $part = box ] && at=$left || at=$middle
    ip netns exec "$at" "$by_mdns" $part >"$scratch/$part" 2>"$scratch/$part.log" &
    pids[$part]=$!
done
within 20 pump "limited to"
end box; end pump

echo "--- IPv6 link-local only"
only 6 "$left" eth0; only 6 "$middle" eth0
sleep 2
meet '[fe80::' '[fe80::'
if grep -F '[fe80::' "$scratch/a" "$scratch/b" | grep -vE '\[fe80::[0-9a-f:]+%[0-9]+\]'; then
    echo "a link-local address lost its scope"
    exit 1
fi

echo "--- two interfaces: each link hears the addresses of that link, units of one name are told apart"
ip -n "$left" address add 10.77.0.1/24 dev eth0
ip -n "$middle" address add 10.77.0.2/24 dev eth0
local_of() { ip -n "$1" -6 -o address show dev "$2" scope link | grep -oE 'fe80::[0-9a-f:]+'; }
node a "$left" $a_ski same
node b "$right" $b_ski same
node c "$middle" 3333333333333333333333333333333333333333
within 30 c '"seen":"same"' $a_ski '"interface":"eth0"' 10.77.0.1:4712 "[$(local_of "$left" eth0)%"
within 30 c '"seen":"same"' $b_ski '"interface":"eth1"' 10.78.0.1:4712 "[$(local_of "$right" eth0)%"
within 30 a '"seen":"c"' 10.77.0.2:4712 "[$(local_of "$middle" eth0)%"
within 30 b '"seen":"c"' 10.78.0.2:4712 "[$(local_of "$middle" eth1)%"
never a 10.78.; never b 10.77.; never a "$(local_of "$middle" eth1)"; never b "$(local_of "$middle" eth0)"
leave b
within 10 c '"gone":"same"' $b_ski '"interface":"eth1"'
never c "\"gone\":\"same\",\"interface\":\"eth0\""
leave a; leave c

echo "--- two interfaces on one network are one node"
ip -n "$middle" link set eth1 down
ip link add eth1 netns "$left" type veth peer name eth2 netns "$middle"
ip -n "$middle" link add bridge type bridge
for name in eth0 eth2; do ip -n "$middle" link set $name master bridge up; done
ip -n "$middle" address flush dev eth0
ip -n "$middle" address add 10.77.0.2/24 dev bridge
ip -n "$middle" link set bridge up
ip -n "$left" address add 10.77.0.9/24 dev eth1
ip -n "$left" link set eth1 up
sleep 2
node b "$middle" $b_ski b mdns-sd bridge
node a "$left" $a_ski
within 30 b '"seen":"a"' 10.77.0.1:4712 10.77.0.9:4712
sleep 3
never a '"warning"'; never b '"seen":"a ('

echo "--- a name that is taken gets a counter; both are found, change and say goodbye"
node c "$middle" 3333333333333333333333333333333333333333 a mdns-sd bridge
within 30 c '"warning"' 'the name \"a\" is taken, announced as \"a (2)\"'
within 30 b '"seen":"a (2)"' 333333
tell c register
within 15 b '"seen":"a (2)"' 333333 '"register":true'
leave c
within 10 b '"gone":"a (2)"'
never b '"gone":"a"'
leave a; leave b

echo "--- simple-mdns: IPv4 on one interface"
ip -n "$left" route add 224.0.0.0/4 dev eth0
node a "$left" $a_ski a simple-mdns eth0
node b "$middle" $b_ski b mdns-sd bridge
within 15 a '"seen":"b"' 10.77.0.2:4712 '"interface":"eth0"'
within 30 b '"seen":"a"' 10.77.0.1:4712
tell a register; tell b register
within 15 b '"seen":"a"' '"register":true'
within 25 a '"seen":"b"' '"register":true'
leave a
within 10 b '"gone":"a"'
leave b

echo "--- no multicast at all is a warning, until there is"
ip -n "$right" link set eth0 down
node a "$right" $a_ski
within 30 a '"warning"' 'no interface is up with an address'
ip -n "$middle" link set eth1 up
ip -n "$right" link set eth0 up
node b "$middle" $b_ski b mdns-sd eth1
within 15 a Recovered
within 15 a '"seen":"b"' 10.78.0.2:4712
within 15 b '"seen":"a"' 10.78.0.1:4712
need iptables iptables
ip netns exec "$left" iptables -A OUTPUT -d 224.0.0.0/4 -j DROP
ip netns exec "$left" ip6tables -A OUTPUT -d ff00::/8 -j DROP
node c "$left" 3333333333333333333333333333333333333333
within 30 c '"warning"' 'no multicast: ' 10.77.0.1
ip netns exec "$left" iptables -F OUTPUT
within 15 c Recovered
