#!/usr/bin/env bash
# What takes long, side by side: nodes killed with -9 disappear once their records run out (SRV: 120 s); a flood of
# records is survived; 200 interface flaps leave open files, threads and memory flat.
set -euo pipefail
. "$(dirname "$0")/mdns-lib.sh"
need dbus-daemon dbus; need avahi-daemon avahi-daemon
FLAPS=200

space left; space right; space flap; space peer
cable "$left" eth0 10.77.0.1/24 "$right" eth0 10.77.0.2/24
cable "$flap" eth0 10.78.0.1/24 "$peer" eth0 10.78.0.2/24
cable "$flap" eth1 10.79.0.1/24 "$peer" eth1 10.79.0.2/24
avahi "$right"
avahi "$flap"

echo "--- killed"
node a "$left" $a_ski
node b "$right" $b_ski b avahi
node c "$left" 3333333333333333333333333333333333333333
node d "$right" 4444444444444444444444444444444444444444
for name in a b; do
    for other in c d; do within 10 $name "\"seen\":\"$other\""; done
done
within 10 a '"seen":"b"'
end c; end d
killed=$SECONDS
# The daemon says goodbye for a client that is no more.
node e "$right" 5555555555555555555555555555555555555555 e avahi
within 10 a '"seen":"e"'
end e
within 3 a '"gone":"e"'

# figures NAME: open files, threads and resident memory in kB of a node.
figures() {
    local pid=${pids[$1]}
    echo "$(ls "/proc/$pid/fd" | wc -l) $(ls "/proc/$pid/task" | wc -l) $(awk '/^VmRSS/ { print $2 }' "/proc/$pid/status")"
}

# flaps N: interfaces of the node go down and up again; every fourth time for longer than it takes to be noticed.
flaps() {
    local n
    for ((n = 0; n < $1; n++)); do
        ip -n "$flap" link set "eth$((n % 2))" down
        ((n % 20 == 0)) && sleep 5.5 || sleep 0.1
        ip -n "$flap" link set "eth$((n % 2))" up
        # IPv4 addresses stay, and IPv6 finds its own again.
        sleep 0.1
    done
}

echo "--- a network that floods caches is survived"
ip -n "$peer" route add 224.0.0.0/4 dev eth0
node f "$flap" $a_ski f mdns-sd eth0
node h "$peer" $b_ski h mdns-sd eth0
within 10 f '"seen":"h"'
# 250 responses with 40 address records each: n012.x003.local. and so on.
ip netns exec "$peer" bash -c '
    exec {group}>/dev/udp/224.0.0.251/5353
    for ((packet = 0; packet < 250; packet++)); do
        printf -v records "\\\\x04n%03d\\\\x04x%03d\\\\x05local\\\\x00\\\\x00\\\\x01\\\\x00\\\\x01\\\\x00\\\\x00\\\\x00\\\\x78\\\\x00\\\\x04\\\\xc0\\\\xa8\\\\x00\\\\x07" \
            $(for ((n = 0; n < 40; n++)); do echo "$n $packet"; done)
        printf "\\x00\\x00\\x84\\x00\\x00\\x00\\x00\\x28\\x00\\x00\\x00\\x00$records" >&$group
        sleep 0.01
    done'
within 15 f.log 'the network floods the cache'
forget f
within 10 f '"seen":"h"'
leave f; leave h

echo "--- $FLAPS interface flaps"
node f "$flap" $a_ski f
node g "$flap" $b_ski g avahi
node h "$peer" 3333333333333333333333333333333333333333
for name in f g; do
    within 15 $name '"seen":"h"' 10.78.0.2:4712
    within 15 $name '"seen":"h"' 10.79.0.2:4712
done
flaps 20
sleep 6
declare -A before
for name in f g; do before[$name]=$(figures $name); done
flaps $((FLAPS - 20))
forget f; forget g
sleep 6
for name in f g; do
    read -r files threads memory <<<"${before[$name]}"
    read -r files_now threads_now memory_now <<<"$(figures $name)"
    echo "$name: files $files, then $files_now; threads $threads, then $threads_now; memory $memory kB, then $memory_now kB"
    if ((files_now > files || threads_now > threads || memory_now > memory + 1024)); then
        echo "it grew"
        exit 1
    fi
done
tell h register
for name in f g; do
    within 15 $name '"seen":"h"' '"register":true' '"interface":"eth0"'
    within 15 $name '"seen":"h"' '"register":true' '"interface":"eth1"'
done

echo "--- killed nodes are gone"
for name in a b; do
    for other in c d; do within $((killed + 150 - SECONDS)) $name "\"gone\":\"$other\""; done
done
echo "all within $((SECONDS - killed)) s"
