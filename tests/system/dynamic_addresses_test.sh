#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# "scripts/lab up --dynamic": a node takes its addresses from the routers, and none of them along.
# shellcheck source=tests/system/_lib.sh
source "$(dirname "$0")/_lib.sh"

lab_options=(--dynamic)
lab_up

addresses() { lab status -j | jq -r --arg host "$1" '.hosts[] | select(.name == $host) | .interfaces[].addresses[]'; }
# has_only HOST PREFIX...: one address under each.
has_only() {
    local host=$1 all
    shift
    all=$(addresses "$host")
    [ "$(wc -w <<<"$all")" = $# ] || return 1
    while [ $# -gt 0 ]; do
        grep -q "^$1" <<<"$all" || return 1
        shift
    done
}
has_routes_by() { [ "$(at mn ip "$1" route show default | wc -l)" = "$2" ]; }
resolv_conf() { at mn cat /etc/resolv.conf; }
dhcp_clients() { ip netns pids "$lab-mn" | xargs ps -o comm= -p | grep -c udhcpc; }
reaches() { at mn ping -c 1 -W 1 "$1"; }

expect 10 "mn has an address of nat-a's DHCP" has_only mn 10.0.1.1
expect 10 "cn has one of nat-b's" has_only cn 10.0.2.1
resolv_before=$(resolv_conf)

# The kernel asks no router when only the cable has changed; where an interface comes up it does.
move_and_come_up() {
    lab move mn "$1"
    at mn ip link set eth0 down
    at mn ip link set eth0 up
}

step "to the network of both families"
move_and_come_up global
expect 15 "mn has an address of each family" has_only mn 203.0.113.1 2001:db8:
check "and a default route of IPv6" has_routes_by -6 1
expect 5 "IPv6 is used" reaches 2001:db8::10
expect 5 "IPv4 is used" reaches 203.0.113.10

step "to the IPv6-only network"
move_and_come_up v6only
expect 15 "mn has only one address" has_only mn 2001:db8:6:
check "and no default route of IPv4" has_routes_by -4 0
expect 5 "IPv6 is used" reaches 2001:db8::10

step "away again, by the cable alone"
lab move mn nat-a
same "no route of the network before is left" "$(at mn ip -6 route show root 2000::/3 dev eth0)" ''
expect 10 "mn has only an address of nat-a's DHCP" has_only mn 10.0.1.1

step "to a NAT behind a NAT, by another interface"
lab attach mn double eth1
lab detach mn eth0
expect 10 "mn has an address of the inner NAT's DHCP" has_only mn 10.0.3.1
check "and no default route of IPv6" has_routes_by -6 0
expect 5 "IPv4 is used" reaches 203.0.113.10
lab move mn nat-b eth1
expect 10 "and of another network's after a move" has_only mn 10.0.2.1
same "there is one DHCP client" "$(dhcp_clients)" 1
same "the host's name servers stayed" "$(resolv_conf)" "$resolv_before"
