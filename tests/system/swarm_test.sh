#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# long
# F-9, F-10, F-31: thousands of nodes live on one DC. They call one another; all move, many a second; some are
# killed and start anew. All paths go through one relay. How many and how fast is for tests' builds; what a
# release can do is asked for as bench/swarm/README.md says.
#
#   gn (the swarm) --- inet --- dc1, rs1
# shellcheck source=tests/system/_lib.sh
source "$(dirname "$0")/_lib.sh"

count=${NTM_SWARM_NODES:-4000}
set_ups=${NTM_SWARM_SET_UPS:-300} # a second, as is the next
moves=${NTM_SWARM_MOVES:-500}
swarm=$NTM_BUILD/bench/swarm/ntm-swarm
log=$run_dir/gn/swarm.log
figure() { awk -v name="$1" -v column="$2" '$1 == name { print $column }' "$log"; }
# Within 5 % of what was asked for.
keeps_pace() { awk -v is="$(figure "$1" 4)" -v rate="$2" 'BEGIN { exit !(is >= 0.95 * rate) }'; }
registered_count() { fact dc1 status '.nodes.registered'; }

lab_options=(--without "mn,cn")
lab_up
lab start rs1
"$swarm" fill "$run_dir/dc1/dc.sqlite" "$count"
lab start dc1
at gn ip route add local 10.128.0.0/9 dev lo
for host in inet dc1; do
    at $host ip route add 10.128.0.0/9 via 203.0.113.80
done

step "$count nodes start, call, move, and start anew"
at_background gn "$log" "$swarm" run "$(fact dc1 status .key)" 203.0.113.10:9770 "$count" \
    --set-ups "$set_ups" --moves "$moves" --restarts 100
wait $! || fail "of $count nodes: $(cat "$log")"
cat "$log"
same "nodes that the DC counts" "$(registered_count)" "$count"
same "paths of the relay" "$(path_count rs1)" $((count / 2))
check "so many set-ups a second" keeps_pace set-ups "$set_ups"
check "so many moves a second" keeps_pace moves "$moves"
