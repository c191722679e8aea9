#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# F-33: The relay without hugepages says so and uses ordinary pages; and the AF_PACKET driver carries
# what AF_XDP does.
#
#   mn --- nat-a --- inet --- nat-b --- cn
#                     |
#                    rs1 (no hugepages, then AF_PACKET)
# shellcheck source=tests/system/_lib.sh
source "$(dirname "$0")/_lib.sh"

# By configuration, since a host may have free hugepages that the lab did not reserve.
export NTM_LAB_HUGEPAGES=0 NTM_LAB_HUGEPAGE_USE=none
lab_with_programs
check "the relay warns" grep -qiE 'warn.*hugepage' "$run_dir/rs1/relay.log"
check "it has none" test -z "$(grep -s hugepages "/proc/$(<"$run_dir/rs1/relay.pid")/maps")"
check "mn pings cn: 5 of 5 answered" all_answered mn 5 "$peer"

step "AF_PACKET"
lab stop rs1
NTM_LAB_DRIVER=af_packet lab start rs1
expect 10 "mn reaches cn" reaches_peer
check "and keeps doing so: 5 of 5 answered" all_answered mn 5 "$peer"
check "the kernel answers no ARP at the port's device" grep -q NOARP <(at rs1 ip link show eth0)
setting() { at rs1 cat "/proc/sys/net/ipv4/conf/eth0/$1"; }
check "and takes no packets there" test "$(setting rp_filter)" = 1
check "and nothing else of it is changed" test "$(setting arp_ignore)" = 0
