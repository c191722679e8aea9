# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2034,SC2154
# Networks and hosts of the lab, and how a host is plugged into a network.
#
#       dns .53  dc1 .10  gn .80     nat-a .101     nat-b .102
#          |        |        |          |outside       |outside        rs1 .20
#   =======+========+========+==========+======+=======+=====            |
#   global 203.0.113.0/24, 2001:db8::/64       |inet                relays 198.51.100.0/24
#                                           .1 |.1                       | 2001:db8:1::/64
#   v6only 2001:db8:6::/64 ====================+=========================+ .1
#
#   behind nat-a: 10.0.1.0/24 (port-restricted)      behind nat-b: 10.0.2.0/24 (symmetric)
#               | .103
#             nat-c
#               | .1
#   double: 10.0.3.0/24, a NAT (port-restricted) behind a NAT, as a home behind its carrier's
#
# Each network is a bridge in the namespace of its router. A host's address ends in the same number
# everywhere. The router is .1 and ::1.

networks=(global relays v6only nat-a nat-b double)
nats=(nat-a nat-b nat-c)
routers=(inet "${nats[@]}")
declare -A router_of=([global]=inet [relays]=inet [v6only]=inet [nat-a]=nat-a [nat-b]=nat-b [double]=nat-c)
declare -A bridge_of=([global]=global [relays]=relays [v6only]=v6only [nat-a]=inside [nat-b]=inside [double]=inside)
declare -A prefix4=([global]=203.0.113 [relays]=198.51.100 [nat-a]=10.0.1 [nat-b]=10.0.2 [double]=10.0.3)
declare -A prefix6=([global]=2001:db8: [relays]=2001:db8:1: [v6only]=2001:db8:6:)
declare -A number_of=([dns]=53 [dc1]=10 [rs1]=20 [gn]=80 [atk]=66 [nat-a]=101 [nat-b]=102 [nat-c]=103 [mn]=111 [cn]=112)
# Where "up" plugs each host in, in this order.
hosts=(dns dc1 rs1 gn mn cn)
declare -A home_of=([dns]=global [dc1]=global [rs1]=relays [gn]=global [mn]=nat-a [cn]=nat-b [atk]=relays
    [nat-a]=global [nat-b]=global [nat-c]=nat-a)
# A NAT's rules, in configs/lab.
declare -A rules_of=([nat-a]=nat-a.nft [nat-b]=nat-b.nft [nat-c]=nat-a.nft)
# Only "up --with" brings these: a stranger in the relay's own segment.
guests=(atk)

namespace() { echo "$lab-$1"; }
host_exists() { [ -e "/run/netns/$lab-$1" ]; }
inside() {
    local host=$1
    shift
    ip netns exec "$lab-$host" "$@"
}
link() {
    local host=$1
    shift
    ip -n "$lab-$host" "$@"
}

# check_word WHAT WORD ALLOWED...
check_word() {
    local what=$1 word=$2
    shift 2
    [ -n "$word" ] || misuse "which $what? one of $*"
    [[ " $* " == *" $word "* ]] || misuse "no $what '$word': one of $*"
}

need_host() {
    check_word host "${1:-}" "${routers[@]}" "${hosts[@]}" "${guests[@]}"
    host_exists "$1" || die "host '$1' is not up (scripts/lab status shows what is)"
}

need_network() {
    check_word network "${1:-}" "${networks[@]}"
    host_exists "${router_of[$1]}" || die "network '$1' is not up"
}

# What may be plugged in elsewhere: a router is what the networks hang on, and the relay's addresses
# are in its configuration.
need_mobile() {
    need_host "$1"
    [[ " ${routers[*]} rs1 " != *" $1 "* ]] || misuse "'$1' stays where it is, as all of these: ${routers[*]} rs1"
}

# The far end of the cable is called HOST-IFACE.
check_interface() {
    [[ $2 =~ ^[a-z][a-z0-9]*$ && $1-$2 =~ ^.{,15}$ ]] ||
        misuse "'$2' is no interface's name here: small letters and digits, at most $((14 - ${#1}))"
}

make_namespace() {
    local host=$1
    ip netns add "$lab-$host"
    mkdir -p "$run_dir/$host" "/etc/netns/$lab-$host"
    # No waiting for duplicate addresses, no addresses that nobody gave, no guess which way a
    # packet should have come: hosts move, and the wires are known.
    inside "$host" sysctl -q -w net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0 \
        net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0 \
        net.ipv6.conf.all.accept_ra=0 net.ipv6.conf.default.accept_ra=0 \
        net.ipv6.conf.default.router_solicitations=0
    link "$host" link set lo up
    # The system's own choice of name services (mDNS, systemd-resolved) would lead out of the lab.
    echo 'hosts: files dns' >"/etc/netns/$lab-$host/nsswitch.conf"
    printf 'nameserver %s\n' "${prefix4[global]}.${number_of[dns]}" \
        "${prefix6[global]}:${number_of[dns]}" >"/etc/netns/$lab-$host/resolv.conf"
}

# A veth hands checksums over unfinished and VLAN tags beside the frame; a wire does not. Who counts
# on hardware finds none here.
no_offloads() { inside "$1" ethtool -K "$2" tx off txvlan off tx-vlan-stag-hw-insert off >/dev/null; }

make_network() {
    local network=$1 router=${router_of[$1]} bridge=${bridge_of[$1]}
    # An address of its own: a bridge without one takes its lowest port's, and so would change it
    # under the hosts' neighbour entries when a port leaves.
    link "$router" link add "$bridge" address 02:00:5e:00:00:01 type bridge stp_state 0 mcast_snooping 0
    no_offloads "$router" "$bridge"
    link "$router" link set "$bridge" up
    if [ -n "${prefix4[$network]:-}" ]; then
        link "$router" address add "${prefix4[$network]}.1/24" dev "$bridge"
    fi
    if [ -n "${prefix6[$network]:-}" ]; then
        link "$router" address add "${prefix6[$network]}:1/64" dev "$bridge" nodad
    fi
}

make_router() {
    make_namespace "$1"
    inside "$1" sysctl -q -w net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
    # A switch looks at no IP header, whatever somebody else on the machine has loaded br_netfilter for.
    if inside "$1" test -e /proc/sys/net/bridge/bridge-nf-call-iptables; then
        inside "$1" sysctl -q -w net.bridge.bridge-nf-call-iptables=0 \
            net.bridge.bridge-nf-call-ip6tables=0 net.bridge.bridge-nf-call-arptables=0
    fi
}

# make_nat HOST NETWORK-OUTSIDE NETWORK-INSIDE
make_nat() {
    make_router "$1"
    make_cable "$1" outside
    plug "$1" outside "$2"
    make_network "$3"
    inside "$1" nft -f "$repo/configs/lab/${rules_of[$1]}"
}

# The host's end, and an end with no place yet: that one carries the host's name, wherever it is.
# As many queues as the relay has workers: a socket of AF_XDP sees one, and a packet that came by
# another would pass it by.
make_cable() {
    local host=$1 iface=$2 queues=1
    [ "$host" != rs1 ] || queues=${NTM_LAB_WORKERS:-1}
    link "$host" link add "$iface" numtxqueues "$queues" numrxqueues "$queues" type veth \
        peer name "$host-$iface" numtxqueues "$queues" numrxqueues "$queues"
    no_offloads "$host" "$iface"
    no_offloads "$host" "$host-$iface"
    echo "$host" >"$run_dir/$host/$iface.far"
}

plug() {
    local host=$1 iface=$2 network=$3 router=${router_of[$3]}
    local far=$host-$iface at
    at=$(<"$run_dir/$host/$iface.far")
    if [ "$at" != "$router" ]; then
        link "$at" link set "$far" netns "$lab-$router"
        echo "$router" >"$run_dir/$host/$iface.far"
    fi
    inside "$router" sysctl -q -w "net.ipv6.conf.$far.disable_ipv6=1"
    ! takes_addresses "$host" || expect_addresses "$host" "$iface"
    link "$router" link set "$far" master "${bridge_of[$network]}" up
    link "$host" link set "$iface" up
    echo "$network" >"$run_dir/$host/$iface.network"
    if [ "$host" = rs1 ]; then
        keep_kernel_off "$host" "$iface"
    elif takes_addresses "$host"; then
        ask_for_address "$host" "$iface"
    else
        give_addresses "$host" "$iface" "$network"
    fi
}

# A relay's port belongs to the relay: the kernel has no address there, and what it still gets to
# see (under AF_PACKET, or while no relay runs) it must not answer. Nor may it use the ports
# of the NAPT (configs/lab/relay.yaml.in).
keep_kernel_off() {
    inside "$1" sysctl -q -w "net.ipv6.conf.$2.disable_ipv6=1" net.ipv4.ip_local_reserved_ports=32768-49151
    inside "$1" nft -f - <<NFT
table netdev port {
    chain ingress { type filter hook ingress device "$2" priority 0; policy drop; }
}
NFT
}

unplug() {
    local host=$1 iface=$2 at
    at=$(<"$run_dir/$host/$iface.far")
    stop_asking "$host" "$iface"
    link "$host" address flush dev "$iface" scope global
    # IPv4's routes go with the last address, IPv6's do not: the default one, and what a router has advertised.
    link "$host" -6 route delete default dev "$iface" 2>/dev/null || true
    link "$host" -6 route flush root 2000::/3 dev "$iface"
    link "$at" link set "$host-$iface" nomaster down
    rm -f "$run_dir/$host/$iface.network"
}

first_free_interface() {
    local n=0
    while [ -e "$run_dir/$1/eth$n.far" ]; do n=$((n + 1)); done
    echo "eth$n"
}

need_interface() {
    [ -n "$2" ] || misuse "which interface of '$1'? scripts/lab status shows them"
    check_interface "$1" "$2"
    [ -e "$run_dir/$1/$2.far" ] || die "host '$1' has no interface '$2' that scripts/lab made"
}

lab_attach() {
    local host=${1:-} network=${2:-} iface=${3:-}
    need_mobile "$host"
    need_network "$network"
    [ -n "$iface" ] || iface=$(first_free_interface "$host")
    check_interface "$host" "$iface"
    [ ! -e "$run_dir/$host/$iface.far" ] || die "'$host' has '$iface' already: scripts/lab move"
    ! link "$host" link show dev "$iface" >/dev/null 2>&1 || die "'$host' has another '$iface': choose another name"
    make_cable "$host" "$iface"
    plug "$host" "$iface" "$network"
}

lab_detach() {
    local host=${1:-} iface=${2:-}
    need_mobile "$host"
    need_interface "$host" "$iface"
    remove_link "$host" "$iface"
    stop_asking "$host" "$iface"
    link "$host" link delete "$iface"
    rm -f "$run_dir/$host/$iface".{far,network}
}

lab_move() {
    local host=${1:-} network=${2:-} iface=${3:-eth0}
    need_mobile "$host"
    need_network "$network"
    need_interface "$host" "$iface"
    remove_link "$host" "$iface"
    unplug "$host" "$iface"
    plug "$host" "$iface" "$network"
}

lab_exec() {
    local host=${1:-}
    need_host "$host"
    shift
    [ "${1:-}" != -- ] || shift
    [ $# -gt 0 ] || misuse "exec what on '$host'?"
    exec ip netns exec "$lab-$host" "$@"
}
