# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2154
# The link emulator (tests/link) in a host's cable. It takes the place of the cable's far end at the bridge:
#
#   host: IFACE ===== HOST-IFACE  <-- ntm-link -->  linkN ===== portN :bridge
#
# all but IFACE in the namespace of the network's router; N is HOST-IFACE's index there. In RUN_DIR/HOST:
# IFACE.link (that namespace, N and the process), IFACE.link.sock and IFACE.link.log.

emulator=$build/tests/link/ntm-link

has_link() { [ -e "$run_dir/$1/$2.link" ]; }

link_runs() {
    local router index pid
    read -r router index pid <"$run_dir/$1/$2.link" || return
    [ -n "$pid" ] && [ "$(ip netns identify "$pid" 2>/dev/null)" = "$lab-$router" ]
}

# ask_link HOST IFACE [SETTINGS...]: what holds, as JSON.
ask_link() {
    local host=$1 iface=$2 router
    shift 2
    read -r router _ <"$run_dir/$host/$iface.link"
    # What the kernel gives an asker to be answered at is known in its namespace only.
    inside "$router" "$emulator" ask "$run_dir/$host/$iface.link.sock" "$@"
}

# link_json HOST IFACE: null without an emulator.
link_json() {
    if ! has_link "$1" "$2"; then
        echo null
    elif link_runs "$1" "$2"; then
        ask_link "$1" "$2" | jq '{is_running: true} + .'
    else
        echo '{"is_running":false}'
    fi
}

lab_link() {
    local host=${1:-} iface=${2:-}
    need_host "$host"
    need_interface "$host" "$iface"
    shift 2
    [ -x "$emulator" ] || die "$emulator is not built: $(how_to_build)"
    case ${1:-} in
    '') show_link "$host" "$iface" ;;
    -j) link_json "$host" "$iface" ;;
    --off | off | none)
        [ $# = 1 ] || misuse "link: '$1' stands alone"
        remove_link "$host" "$iface"
        ;;
    *)
        "$emulator" check "$@" || exit
        if ! has_link "$host" "$iface" || ! link_runs "$host" "$iface"; then
            remove_link "$host" "$iface"
            insert_link "$host" "$iface"
        fi
        ask_link "$host" "$iface" "$@" >/dev/null
        ;;
    esac
}

show_link() {
    if ! has_link "$1" "$2"; then
        say "a cable, without an emulator"
    elif ! link_runs "$1" "$2"; then
        say "its emulator is dead, so nothing passes: scripts/lab link $1 $2 --off, or other settings"
    else
        ask_link "$1" "$2" | jq -r '{up, down} | to_entries[] | .key as $way | .value | [
            "\($way): delay \(.delay_milliseconds) ms, jitter \(.jitter_milliseconds) ms",
            "loss \(.loss_percent) %, reorder \(.reorder_percent) %, duplicate \(.duplicate_percent) %",
            (if .rate_bits then "rate \(.rate_bits / 1e6) Mbit/s, queue \(.queue_milliseconds) ms" else "any rate" end),
            (.frames | "of \(.taken) frames \(.lost) lost, \(.overflowed) too many for the queue")] | join("; ")'
    fi
}

# The far end leaves the bridge, and its kernel must not answer for the router there.
insert_link() {
    local host=$1 iface=$2 router network far=$1-$2 index pid
    [ -e "$run_dir/$host/$iface.network" ] || die "'$iface' of '$host' is plugged in nowhere: scripts/lab move"
    router=$(<"$run_dir/$host/$iface.far")
    network=$(<"$run_dir/$host/$iface.network")
    index=$(inside "$router" cat "/sys/class/net/$far/ifindex")
    echo "$router $index" >"$run_dir/$host/$iface.link"
    link "$router" link add "link$index" mtu "$(inside "$router" cat "/sys/class/net/$far/mtu")" type veth \
        peer name "port$index" mtu "$(inside "$router" cat "/sys/class/net/$far/mtu")"
    no_offloads "$router" "link$index"
    no_offloads "$router" "port$index"
    inside "$router" sysctl -q -w "net.ipv6.conf.link$index.disable_ipv6=1" \
        "net.ipv6.conf.port$index.disable_ipv6=1" \
        "net.ipv4.conf.link$index.arp_ignore=8" "net.ipv4.conf.$far.arp_ignore=8"
    setsid ip netns exec "$lab-$router" "$emulator" run "$far" "link$index" "$run_dir/$host/$iface.link.sock" \
        </dev/null >>"$run_dir/$host/$iface.link.log" 2>&1 8>&- 9>&- &
    pid=$!
    echo "$router $index $pid" >"$run_dir/$host/$iface.link"
    if ! wait_until 5 ask_link "$host" "$iface"; then
        tail -n 1 "$run_dir/$host/$iface.link.log" >&2
        remove_link "$host" "$iface"
        die "the link emulator did not come up"
    fi
    # All that is missing, at once: as long as the new ends are down nothing gets through them.
    ip -n "$lab-$router" -batch - <<CHANGE
link set $far nomaster
link set link$index up
link set port$index master ${bridge_of[$network]} up
CHANGE
}

# Back to the cable, whatever is left of the emulator; what is on its way is gone.
remove_link() {
    local host=$1 iface=$2 router index pid far=$1-$2 network
    has_link "$host" "$iface" || return 0
    read -r router index pid <"$run_dir/$host/$iface.link" || true
    if [ -e "$run_dir/$host/$iface.network" ]; then
        network=$(<"$run_dir/$host/$iface.network")
        # Any of these may be missing if it was not taken away in order.
        ip -n "$lab-$router" -force -batch - >/dev/null 2>&1 <<CHANGE || true
link set port$index down
link set $far master ${bridge_of[$network]}
CHANGE
    fi
    if [ -n "$pid" ] && link_runs "$host" "$iface"; then
        kill -KILL "$pid"
        wait_until 5 link_has_ended "$host" "$iface" || die "the link emulator (process $pid) does not end"
    fi
    link "$router" link delete "link$index" 2>/dev/null || true
    inside "$router" sysctl -q -w "net.ipv4.conf.$far.arp_ignore=0"
    rm -f "$run_dir/$host/$iface.link" "$run_dir/$host/$iface.link".{sock,log}
}

link_has_ended() { ! link_runs "$@"; }
