#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# M-1, M-3, M-4: both ends know the inner MTU, no outer packet is a fragment or may become one, and
# forged news of a small MTU outside changes nothing, in both families, at nodes, relay and DC.
#
#   mn --- nat-a ---+--- inet (captures, forges) --- rs1
#   cn --- v6only --+                           +--- dc1
# shellcheck source=tests/system/_lib.sh
source "$(dirname "$0")/_lib.sh"

inner_mtu=1400
attack() { at inet env PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 "$repo/tests/system/_attack.py" "$@"; }
tun_mtu() { at "$1" cat /sys/class/net/ntm0/mtu; }
# The largest that fits: IPv4 and ICMP headers are 28 bytes of it.
largest=$((inner_mtu - 28))
big_pings() { all_answered mn "$1" -4 -M "do" -s $largest "$peer"; }
# ICMP errors that its kernel has taken in, of either family.
# shellcheck disable=SC2016 # $5 is awk's
errors4() { at "$1" awk '/^Icmp: [0-9]/ { print $5 }' /proc/net/snmp; }
# shellcheck disable=SC2016
errors6() { at "$1" awk '/^Icmp6InPktTooBigs/ { print $2 }' /proc/net/snmp6; }
captured() { at inet tcpdump -Z root -n -r "$pcap" "$@" 2>/dev/null | wc -l; }

# Of an endpoint.
family_of() { [[ $1 == \[* ]] && echo 6 || echo 4; }
ip_of() { sed -E 's/^\[?([^]]+)\]?:[0-9]+$/\1/' <<<"$1"; }
declare -A relay=([4]=198.51.100.20 [6]=2001:db8:1::20) dc=([4]=203.0.113.10 [6]=2001:db8::10)
# Both ends of a flow are told, each that the other is far.
both_told() {
    attack too_big "$1" "$2" "$3" "$4" "$5"
    attack too_big "$3" "$4" "$1" "$2" "$5"
}

lab_up
lab move cn v6only
lab start
expect 15 "mn is registered" is_registered mn
expect 15 "cn is registered" is_registered cn
expect 10 "mn reaches cn" reaches_peer
step "the inner MTU"
for host in mn cn; do
    same "of $host's TUN device" "$(tun_mtu $host)" $inner_mtu
    same "of $host, as it says" "$(fact $host status '.mtu_bytes')" $inner_mtu
done
check "it fits" big_pings 3
refuse "a byte more does not" at mn ping -q -4 -c 1 -W 1 -M "do" -s $((largest + 1)) "$peer"

step "ICMP says that less fits, in every name, of what was sent and of what was not"
pcap=$run_dir/inet/outer.pcap
at_background inet "$run_dir/inet/capture.log" tcpdump --immediate-mode -U -Z root -i any -w "$pcap" \
    'udp port 9770 or ip[6:2] & 0x3fff != 0 or ip6[6] == 44'
capturing=$!
wait_until 5 grep -q listening "$run_dir/inet/capture.log"
mapfile -t legs < <(fact rs1 path '.paths[].legs[].outer_address')
families=$(for leg in "${legs[@]}"; do family_of "$leg"; done | sort | tr -d '\n')
same "families of the legs" "$families" 46
for mtu in 68 576 1000 1280; do
    for leg in "${legs[@]}"; do
        both_told "$(ip_of "$leg")" "${leg##*:}" "${relay[$(family_of "$leg")]}" 9770 $mtu
        both_told "$(ip_of "$leg")" "${leg##*:}" "${relay[$(family_of "$leg")]}" 9771 $mtu
    done
    for node in mn.a.ntm.test cn.b.ntm.test; do
        outside=$(dc_node $node .outside)
        both_told "$(ip_of "$outside")" "${outside##*:}" "${dc[$(family_of "$outside")]}" 9770 $mtu
    done
    both_told "${relay[4]}" 9770 "${dc[4]}" 9770 $mtu
    both_told "${relay[6]}" 9770 "${dc[6]}" 9770 $mtu
done
for host in mn rs1 dc1; do
    check "$host has heard it by IPv4" test "$(errors4 $host)" -ge 4
done
# A signalling datagram is never as long as the least MTU of IPv6: that relay and DC do not believe such
# news, only their sockets' options can say, which are held in tests/unit.
for host in cn rs1 dc1; do
    check "$host has heard it by IPv6" test "$(errors6 $host)" -ge 4
done

step "and yet"
check "what fitted fits" big_pings 10
for host in mn cn; do
    same "MTU of $host's TUN device" "$(tun_mtu $host)" $inner_mtu
done
for host in mn cn; do
    lab stop $host node
    lab start $host node
    expect 15 "$host registers anew" is_registered $host
done
check "a stream" at mn timeout 10 ping -q -4 -f -c 500 -M "do" -s $largest "$peer"
kill -INT $capturing
wait $capturing || true
check "outer packets were captured, $(captured) of them" test "$(captured)" -ge 1000
same "fragments among them" "$(captured 'ip[6:2] & 0x3fff != 0 or ip6[6] == 44')" 0
same "of IPv4 without DF" "$(captured 'ip and ip[6] & 0x40 == 0')" 0
