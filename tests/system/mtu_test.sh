#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# M-1, M-3, M-4: both ends know the inner MTU, no outer packet is a fragment or may become one, and
# forged news of a small MTU outside changes nothing, at nodes, relay and DC.
#
#   mn --- nat-a ---+--- inet (captures, forges) --- rs1
#   cn --- nat-b ---+
# shellcheck source=tests/system/_lib.sh
source "$(dirname "$0")/_lib.sh"

inner_mtu=1400
attack() { at inet env PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 "$repo/tests/system/_attack.py" "$@"; }
tun_mtu() { at "$1" cat /sys/class/net/ntm0/mtu; }
# The largest that fits: IPv4 and ICMP headers are 28 bytes of it.
big_pings() { all_answered mn "$1" -4 -M "do" -s $((inner_mtu - 28)) "$peer"; }
# ICMP errors that its kernel has taken in.
# shellcheck disable=SC2016 # $5 is awk's
errors() { at "$1" awk '/^Icmp: [0-9]/ { print $5 }' /proc/net/snmp; }
captured() { at inet tcpdump -Z root -n -r "$pcap" "$@" 2>/dev/null | wc -l; }

lab_with_programs
expect 10 "mn reaches cn" reaches_peer
step "the inner MTU"
for host in mn cn; do
    same "of $host's TUN device" "$(tun_mtu $host)" $inner_mtu
    same "of $host, as it says" "$(fact $host status '.mtu_bytes')" $inner_mtu
done
check "it fits" big_pings 3
refuse "a byte more does not" at mn ping -q -4 -c 1 -W 1 -M "do" -s $((inner_mtu - 27)) "$peer"

step "ICMP says that less fits, in every name"
pcap=$run_dir/inet/outer.pcap
at_background inet "$run_dir/inet/capture.log" \
    tcpdump --immediate-mode -U -Z root -i any -w "$pcap" 'udp port 9770 or ip[6:2] & 0x3fff != 0'
capturing=$!
wait_until 5 grep -q listening "$run_dir/inet/capture.log"
mapfile -t legs < <(fact rs1 path '.paths[].legs[].outer_address')
for mtu in 68 576 1000; do
    for leg in "${legs[@]}"; do
        attack too_big "${leg%:*}" "${leg##*:}" 198.51.100.20 9770 $mtu
        attack too_big 198.51.100.20 9770 "${leg%:*}" "${leg##*:}" $mtu
    done
    for node in mn.a.ntm.test cn.b.ntm.test; do
        outside=$(dc_node $node .outside)
        attack too_big "${outside%:*}" "${outside##*:}" 203.0.113.10 9770 $mtu
        attack too_big 203.0.113.10 9770 "${outside%:*}" "${outside##*:}" $mtu
    done
    attack too_big 198.51.100.20 9770 203.0.113.10 9770 $mtu
    attack too_big 203.0.113.10 9770 198.51.100.20 9770 $mtu
done

for host in mn cn rs1 dc1; do
    check "$host has heard it" test "$(errors $host)" -ge 3
done

step "and yet"
check "what fitted fits" big_pings 10
for host in mn cn; do
    same "MTU of $host's TUN device" "$(tun_mtu $host)" $inner_mtu
done
lab stop mn node
lab start mn node
expect 15 "mn registers anew" is_registered mn
check "a stream" at mn timeout 10 ping -q -4 -f -c 500 -s 1300 "$peer"
kill -INT $capturing
wait $capturing || true
check "outer packets were captured, $(captured) of them" test "$(captured)" -ge 1000
same "fragments among them" "$(captured 'ip[6:2] & 0x3fff != 0 or ip6[6] == 44')" 0
same "of IPv4 without DF" "$(captured 'ip and ip[6] & 0x40 == 0')" 0
