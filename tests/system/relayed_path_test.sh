#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Two nodes behind two NATs reach each other by name through the relay, over both inner families,
# and not even the first packet is lost.
#
#   mn --- nat-a (port-restricted) --- inet --- nat-b (symmetric) --- cn
#                                       |
#                                      rs1
# shellcheck source=tests/system/_lib.sh
source "$(dirname "$0")/_lib.sh"

lab_with_programs

step "the first packets"
check "IPv4: 5 of 5 answered" all_answered mn 5 -4 "$peer"
check "IPv6: 5 of 5 answered" all_answered mn 5 -6 "$peer"

step "by one path, over the relay"
same "paths of mn" "$(path_count mn)" 1
same "paths of cn" "$(path_count cn)" 1
same "paths of rs1" "$(path_count rs1)" 1
id=$(path_id mn)
for host in mn cn rs1 dc1; do
    same "$host shows it by its ID" "$(ctl $host path "$id" | jq -r '.paths[].path_id')" "$id"
    same "$host calls it" "$(path_kind $host)" relayed
    status=0
    ctl $host path 1 >/dev/null || status=$?
    same "$host's exit code for another ID" $status 1
done

step "the other way it is the same path"
check "cn pings mn: 3 of 3 answered" all_answered cn 3 mn.a.ntm.test
same "paths of rs1" "$(path_count rs1)" 1

step "big packets, and what a stream carries"
check "packets of the inner MTU: 2 of 2 answered" all_answered mn 2 -M "do" -s 1372 "$(vip4 cn)"
lab start cn iperf3
check "iperf3" at mn iperf3 -c "$peer" -t 1
