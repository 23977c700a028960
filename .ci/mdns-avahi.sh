#!/usr/bin/env bash
# Both backends against Avahi daemons: mdns-sd in the namespace of nobody else, the Avahi backend beside its daemon.
set -euo pipefail
. "$(dirname "$0")/mdns-lib.sh"
need dbus-daemon dbus; need avahi-daemon avahi-daemon; need avahi-browse avahi-utils

space left; space middle; space right
cable "$left" eth0 10.77.0.1/24 "$middle" eth0 10.77.0.2/24
cable "$middle" eth1 10.78.0.2/24 "$right" eth0 10.78.0.1/24
c_ski=3333333333333333333333333333333333333333

# meet ADDRESS ADDRESS: the Avahi backend on the left and mdns-sd in the middle find each other there, hear of changed
# records and goodbyes.
meet() {
    node a "$left" $a_ski a avahi eth0
    node b "$middle" $b_ski b mdns-sd eth0
    within 30 a '"seen":"b"' "$2" '"interface":"eth0"'
    within 30 b '"seen":"a"' "$1" '"interface":"eth0"'
    tell a register; tell b register
    within 15 a '"seen":"b"' '"register":true'
    within 15 b '"seen":"a"' '"register":true'
    leave b
    within 10 a '"gone":"b"'
    node b "$middle" $b_ski b mdns-sd eth0
    within 30 b '"seen":"a"'
    leave a
    within 10 b '"gone":"a"'
    leave b
}

echo "--- without a daemon: a clear error"
ask "$left" "$find" a $a_ski 4712 avahi </dev/null >"$scratch/none" 2>&1 || true
within 0 none 'no Avahi daemon answers' 'start avahi-daemon and D-Bus, or use mdns-sd'

echo "--- IPv4 only"
only 4 "$left" eth0 10.77.0.1/24; only 4 "$middle" eth0 10.77.0.2/24
avahi "$left"
meet 10.77.0.1:4712 10.77.0.2:4712
never a fe80::

echo "--- the daemon's own tools read the record in its order"
node b "$middle" $b_ski b mdns-sd eth0
sleep 2
ask "$left" avahi-browse -rpt _ship._tcp | grep '^=' >"$scratch/tool"
within 0 tool ';b;_ship._tcp;' ';10.77.0.2;4712;'
# It prints the strings of a record from the last to the first.
within 0 tool "\"ecc=false\" \"register=false\" \"ski=$b_ski\" \"id=b\" \"path=/ship/\" \"txtvers=1\""
leave b

echo "--- IPv6 link-local only"
only 6 "$left" eth0; only 6 "$middle" eth0
sleep 2
meet '[fe80::' '[fe80::'
if grep -F '[fe80::' "$scratch/a" "$scratch/b" | grep -vE '\[fe80::[0-9a-f:]+%[0-9]+\]'; then
    echo "a link-local address lost its scope"
    exit 1
fi
ip -n "$left" address add 10.77.0.1/24 dev eth0
ip -n "$middle" address add 10.77.0.2/24 dev eth0

echo "--- two interfaces, one daemon"
avahi "$middle"
node a "$left" $a_ski same
node b "$right" $b_ski same
node c "$middle" $c_ski c avahi
within 30 c '"seen":"same"' $a_ski '"interface":"eth0"' 10.77.0.1:4712
within 30 c '"seen":"same"' $b_ski '"interface":"eth1"' 10.78.0.1:4712
within 30 a '"seen":"c"' 10.77.0.2:4712
within 30 b '"seen":"c"' 10.78.0.2:4712
never a 10.78.; never b 10.77.
leave a; leave b
within 10 c '"gone":"same"' $b_ski '"interface":"eth1"'

echo "--- one interface by name"
leave c
node c "$middle" $c_ski c avahi eth1
node a "$left" $a_ski
node b "$right" $b_ski
within 30 b '"seen":"c"' 10.78.0.2:4712
within 30 c '"seen":"b"' '"interface":"eth1"'
sleep 1
never a '"seen":"c"'; never c '"seen":"a"'
leave b; leave c

echo "--- a name that is taken gets a counter"
node c "$middle" $c_ski a avahi
within 30 c '"warning"' 'the name \"a\" is taken, announced as \"a #2\"'
within 30 a '"seen":"a #2"' $c_ski
node d "$middle" 4444444444444444444444444444444444444444 a avahi
within 30 d '"warning"' 'the name \"a #2\" is taken, announced as \"a #3\"'
within 30 a '"seen":"a #3"' 444444
leave c
within 10 a '"gone":"a #2"' $c_ski
end d
within 10 a '"gone":"a #3"' 444444

echo "--- the daemon is started anew"
node c "$middle" $c_ski c avahi eth0
within 30 a '"seen":"c"'
within 30 c '"seen":"a"'
forget c; forget a
end "avahi-$middle"
within 10 c '"warning"' 'the Avahi daemon is gone'
avahi "$middle"
within 10 c Recovered
tell c register
within 15 a '"seen":"c"' '"register":true'
tell a register
within 15 c '"seen":"a"' '"register":true'
never c '"gone":"a"'
leave a
within 15 c '"gone":"a"'

echo "--- D-Bus is started anew"
end "bus-$middle"; end "avahi-$middle"; rm -f "$scratch/$middle.bus"
forget c
within 15 c '"warning"' 'the Avahi daemon is gone'
avahi "$middle"
within 30 c Recovered
node a "$left" $a_ski
within 30 c '"seen":"a"'
within 30 a '"seen":"c"' '"register":true'

echo "--- no multicast at all is a warning, until there is"
leave a
forget c
ip -n "$middle" link set eth0 down
within 30 c '"warning"' 'eth0 is not up with an address'
ip -n "$middle" link set eth0 up
within 30 c Recovered
node a "$left" $a_ski
within 15 c '"seen":"a"'
within 15 a '"seen":"c"'
