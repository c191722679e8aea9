# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2154
# Addresses of hosts. The lab gives them, each ending in its host's number, unless it is up with
# "--dynamic": then the routers hand addresses out, by radvd and dnsmasq, and nodes take theirs by the
# kernel and udhcpc. All other hosts keep those that the configurations name.
#
# In RUN_DIR/ROUTER: radvd.conf, radvd.log, NETWORK.dhcp.log, NETWORK.leases; in RUN_DIR/HOST:
# IFACE.dhcp.log and the process of the client, IFACE.dhcp.

is_dynamic() { [ -e "$run_dir/dynamic" ]; }
takes_addresses() { is_dynamic && [ -n "${fqdn_of[$1]:-}" ]; }

check_address_tools() {
    local tool lacking=()
    for tool in radvd dnsmasq udhcpc; do
        have "$tool" || lacking+=("$tool")
    done
    [ "${#lacking[@]}" = 0 ] || die "not installed: ${lacking[*]} (scripts/packages install test)"
}

# in_background HOST LOG COMMAND...: in the host's namespace, until the lab or somebody ends it; $!
in_background() {
    local host=$1 log=$2
    shift 2
    setsid ip netns exec "$lab-$host" "$@" </dev/null >>"$log" 2>&1 8>&- 9>&- &
}

hand_out_addresses() {
    local router network
    for router in "${routers[@]}"; do
        host_exists "$router" || continue
        for network in "${networks[@]}"; do
            [ "${router_of[$network]}" = "$router" ] || continue
            [ -z "${prefix4[$network]:-}" ] || serve_dhcp "$router" "$network"
            [ -z "${prefix6[$network]:-}" ] || describe_advertisements "$network" >>"$run_dir/$router/radvd.conf"
        done
        [ -e "$run_dir/$router/radvd.conf" ] || continue
        # shellcheck disable=SC2046 # words
        in_background "$router" "$run_dir/$router/radvd.log" $(unconfined) radvd --nodaemon --logmethod stderr \
            --config "$run_dir/$router/radvd.conf" --pidfile "$run_dir/$router/radvd.pid"
    done
}

# Seldom enough that who waits for the next one, instead of asking, is seen to wait.
describe_advertisements() {
    cat <<RADVD
interface ${bridge_of[$1]} {
    AdvSendAdvert on;
    MinRtrAdvInterval 30;
    MaxRtrAdvInterval 60;
    prefix ${prefix6[$1]}:/64 { };
};
RADVD
}

# Without a ping to the address before it is offered, which takes 3 s: nobody has one that was not given.
serve_dhcp() {
    local router=$1 network=$2 dir=$run_dir/$1
    # shellcheck disable=SC2046 # words
    in_background "$router" "$dir/$network.dhcp.log" $(unconfined) dnsmasq --keep-in-foreground --conf-file=/dev/null \
        --log-facility=- --user=root --pid-file --port=0 --interface="${bridge_of[$network]}" --bind-interfaces \
        --dhcp-authoritative --no-ping --dhcp-leasefile="$dir/$network.leases" \
        --dhcp-range="${prefix4[$network]}.150,${prefix4[$network]}.199,255.255.255.0,1h"
}

# Before the interface comes up: what it does then is to be as on any host, not as make_namespace() sets it.
expect_addresses() {
    local host=$1 iface=$2
    inside "$host" sysctl -q -w "net.ipv6.conf.$iface.accept_ra=1" "net.ipv6.conf.$iface.accept_dad=1" \
        "net.ipv6.conf.$iface.router_solicitations=-1"
}

# The client asks as soon as there is a link, and keeps the lease alive.
ask_for_address() {
    local host=$1 iface=$2
    in_background "$host" "$run_dir/$host/$iface.dhcp.log" udhcpc --foreground --interface "$iface" \
        --script "$repo/scripts/lab.d/dhcp_script" --timeout 1 --retries 5 --tryagain 1
    echo $! >"$run_dir/$host/$iface.dhcp"
}

stop_asking() {
    local host=$1 iface=$2 pid
    [ -e "$run_dir/$host/$iface.dhcp" ] || return 0
    pid=$(<"$run_dir/$host/$iface.dhcp")
    rm -f "$run_dir/$host/$iface.dhcp"
    # A number may have been given to another process since.
    [ "$(ip netns identify "$pid" 2>/dev/null)" != "$lab-$host" ] || kill "$pid" 2>/dev/null || true
}

# The nth interface's routes are preferred less than the first one's.
give_addresses() {
    local host=$1 iface=$2 network=$3 metric=$((100 + $(tr -dc 0-9 <<<"0$2")))
    if [ -n "${prefix4[$network]:-}" ]; then
        link "$host" address add "${prefix4[$network]}.${number_of[$host]}/24" dev "$iface"
        link "$host" route add default via "${prefix4[$network]}.1" dev "$iface" metric $metric
    fi
    if [ -n "${prefix6[$network]:-}" ]; then
        link "$host" address add "${prefix6[$network]}:${number_of[$host]}/64" dev "$iface" nodad
        link "$host" route add default via "${prefix6[$network]}:1" dev "$iface" metric $metric
    fi
}
