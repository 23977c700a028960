# Network namespaces, nodes and Avahi daemons for the scripts beside it, which read this file. Needs root and iproute2.
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if [ "$(id -u)" != 0 ] || ! command -v ip >/dev/null || ! unshare -n true 2>/dev/null; then
    echo "skipped: needs root, iproute2 and network namespaces"
    exit 0
fi

# need COMMAND PACKAGE: installs the package unless the command is there.
need() {
    command -v "$1" >/dev/null || { apt-get update -qq && apt-get install -qq -y "$2" >/dev/null; }
}

cargo build -p eebus-mdns --example find --features avahi,simple-mdns
find=${CARGO_TARGET_DIR:-target}/debug/examples/find
scratch=$(mktemp -d)
spaces=()
declare -A pids=()

finish() {
    local status=$? name
    for name in "${!pids[@]}"; do end "$name"; done
    for name in "${spaces[@]}"; do ip netns del "$name" 2>/dev/null || true; done
    rm -rf "$scratch"
    exit "$status"
}
trap finish EXIT
trap 'exit 1' INT TERM

# end NAME: kills what was started under this name, without a word of the shell.
end() {
    [ -n "${pids[$1]:-}" ] || return 0
    kill -9 "${pids[$1]}" 2>/dev/null || true
    wait "${pids[$1]}" 2>/dev/null || true
    unset "pids[$1]"
}

# space NAME: a network namespace; its name on this host is in $NAME.
space() {
    printf -v "$1" 'eebus-%s-%s' "$1" $$
    spaces+=("${!1}")
    ip netns add "${!1}"
    ip -n "${!1}" link set lo up
}

# cable SPACE INTERFACE ADDRESS SPACE INTERFACE ADDRESS: joins two namespaces.
cable() {
    ip link add "$2" netns "$1" type veth peer name "$5" netns "$4"
    local end
    for end in "$1 $2 $3" "$4 $5 $6"; do
        set -- $end
        ip netns exec "$1" sysctl -qw "net.ipv6.conf.$2.accept_dad=0"
        ip -n "$1" address add "$3" dev "$2"
        ip -n "$1" link set "$2" up
    done
}

# only 4|6 SPACE INTERFACE [ADDRESS]: leaves the interface IPv4 with this address, or IPv6 link-local alone.
only() {
    if [ "$1" = 4 ]; then
        ip netns exec "$2" sysctl -qw "net.ipv6.conf.$3.disable_ipv6=1"
        ip -n "$2" address replace "$4" dev "$3"
    else
        ip -n "$2" -4 address flush dev "$3"
        ip netns exec "$2" sysctl -qw "net.ipv6.conf.$3.disable_ipv6=0"
    fi
}

# apart: lets go of the pipes to other nodes, in a process that is to be a node itself.
apart() {
    local name
    for name in ${!pipe_@}; do eval "exec ${!name}>&-"; done
}

# node NAME SPACE SKI [ID [BACKEND [INTERFACE…]]]: announces ID at port 4712 and writes what it finds to the file NAME;
# tell NAME WORD tells it something.
node() {
    local name=$1 space=$2 ski=$3 id=${4:-$1} backend=${5:-mdns-sd}
    shift $(($# < 5 ? $# : 5))
    rm -f "$scratch/$name.in" && mkfifo "$scratch/$name.in"
    : >"$scratch/$name"
    (
        apart
        export DBUS_SYSTEM_BUS_ADDRESS=unix:path=$scratch/$space.bus
        exec ip netns exec "$space" "$find" "$id" "$ski" 4712 "$backend" "$@" \
            <"$scratch/$name.in" >>"$scratch/$name" 2>"$scratch/$name.log"
    ) &
    pids[$name]=$!
    exec {pipe}>"$scratch/$name.in"
    printf -v "pipe_$name" %s "$pipe"
}

tell() {
    local pipe=pipe_$1
    echo "$2" >&"${!pipe}"
}

# leave NAME: ends its input, so that it says goodbye.
leave() {
    local pipe=pipe_$1
    eval "exec ${!pipe}>&-"
    unset "$pipe"
    wait "${pids[$1]}" || true
    unset "pids[$1]"
}

# avahi SPACE: an Avahi daemon with a D-Bus of its own; ask SPACE COMMAND… uses them.
avahi() {
    local bus=$scratch/$1.bus
    if [ ! -e "$bus" ]; then
        cat >"$bus.conf" <<END
<busconfig>
  <type>system</type><listen>unix:path=$bus</listen>
  <policy context="default"><allow send_destination="*"/><allow receive_sender="*"/><allow own="*"/></policy>
</busconfig>
END
        (apart; exec dbus-daemon --config-file="$bus.conf" --nofork --nopidfile >"$bus.log" 2>&1) &
        pids[bus-$1]=$!
        while [ ! -e "$bus" ]; do sleep 0.05; done
    fi
    cat >"$scratch/$1.avahi" <<END
[server]
host-name=${1//[^a-z]/}
use-ipv4=yes
use-ipv6=yes
ratelimit-burst=1000
[publish]
publish-workstation=no
END
    mkdir -p /run/avahi-daemon
    (
        apart
        export DBUS_SYSTEM_BUS_ADDRESS=unix:path=$bus
        exec ip netns exec "$1" sh -c \
            'mount -t tmpfs tmpfs /run/avahi-daemon && exec avahi-daemon -f "$0" --no-drop-root --no-chroot --no-rlimits' \
            "$scratch/$1.avahi" >"$scratch/$1.avahi.log" 2>&1
    ) &
    pids[avahi-$1]=$!
    local until=$((SECONDS + 10))
    until ask "$1" avahi-browse -t _none._tcp >/dev/null 2>&1; do
        ((SECONDS < until)) || { tail "$scratch/$1.avahi.log" "$bus.log"; exit 1; }
        sleep 0.1
    done
}

ask() {
    local space=$1
    shift
    DBUS_SYSTEM_BUS_ADDRESS=unix:path=$scratch/$space.bus ip netns exec "$space" "$@"
}

# within SECONDS FILE PATTERN…: FILE has a line with every pattern by then.
within() {
    local until=$((SECONDS + $1)) file=$scratch/$2 lines pattern
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

# never FILE PATTERN: FILE has no line with it.
never() {
    if grep -F -e "$2" "$scratch/$1"; then
        echo "should not have been: $2"
        exit 1
    fi
}

# forget FILE: what was written up to now does not count.
forget() {
    : >"$scratch/$1"
}

a_ski=1111111111111111111111111111111111111111 b_ski=2222222222222222222222222222222222222222
