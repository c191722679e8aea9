#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# long
# F-9: ten thousand nodes start at the same moment, as after an outage, and register at one DC. All are
# registered within a minute, and the stream of others does not notice. The swarm shares the DC's host: half
# of it have an address each, the others are behind the one address of a carrier's NAT.
#
#   mn --- nat-a --- inet --- nat-b --- cn
#                     |
#                  dc1 (and the swarm), rs1
# shellcheck source=tests/system/_lib.sh
source "$(dirname "$0")/_lib.sh"
# shellcheck source=tests/system/_faults.sh
source "$(dirname "$0")/_faults.sh"

count=10000
swarm=$NTM_BUILD/bench/swarm/ntm-swarm
registered_count() { fact dc1 status '.nodes.registered'; }
behind_carrier_count() {
    fact dc1 node '[.nodes[] | select((.outside // "") | startswith("10.129.0.1:"))] | length'
}

lab_with_programs
start_ping
lab stop dc1
"$swarm" fill "$run_dir/dc1/dc.sqlite" $count
lab start dc1
expect 15 "mn is registered" dc_knows mn.a.ntm.test
expect 15 "cn is registered" dc_knows cn.b.ntm.test

step "$count nodes start"
at dc1 ip route add local 10.128.0.0/9 dev lo
at dc1 nft -f - <<'NFT'
table ip carrier {
    chain out {
        type nat hook postrouting priority srcnat
        ip saddr 10.128.20.0-10.128.255.255 snat to 10.129.0.1
    }
}
NFT
since=$EPOCHREALTIME
at_background dc1 "$run_dir/dc1/swarm.log" "$swarm" run "$(fact dc1 status .key)" 127.0.0.1:9770 $count --patience 60
wait $! || fail "of $count nodes: $(cat "$run_dir/dc1/swarm.log")"
took "registered" "$since" 60
same "nodes behind the carrier's address" "$(behind_carrier_count)" $((count - 20 * 256))
same "nodes that the DC counts" "$(registered_count)" $((count + 2))
check "the ping does not care" never_silent_since "$since" 1
