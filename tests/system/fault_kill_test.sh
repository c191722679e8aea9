#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# long
# F-10: the DC is killed at random moments while nodes are added as fast as it takes them. What it said
# it has done is there afterwards, no virtual address is given twice, and data does not care.
#
#   mn --- nat-a --- inet --- nat-b --- cn
#                     |
#                    dc1 (killed)
# shellcheck source=tests/system/_lib.sh
source "$(dirname "$0")/_lib.sh"
# shellcheck source=tests/system/_faults.sh
source "$(dirname "$0")/_faults.sh"

keys=$run_dir/keys
added=$run_dir/added
# Adds nodes until it is ended; a line for each that the DC has acknowledged.
add_nodes() {
    local number=0 vip
    while :; do
        number=$((number + 1))
        vip=$("$NTM_BUILD/control/ntmctl/ntmctl" -j -s "$run_dir/dc1/dc.sock" \
            node add "k$number.a.ntm.test" "$(sed -n "${number}p" "$keys")" 2>/dev/null | jq -r '.vipv4 // empty') || true
        [ -z "$vip" ] || echo "k$number.a.ntm.test $vip" >>"$added"
        [ -n "$vip" ] || sleep 0.05 # there is no DC: asking faster is of no use
    done
}

has_added() { [ "$(wc -l <"$added")" -ge "$1" ]; }

lab_with_programs
python3 -c 'import base64, os
for _ in range(5000): print(base64.b64encode(os.urandom(32)).decode())' >"$keys"
: >"$added"
start_ping
path=$(path_id mn)
since=$EPOCHREALTIME
add_nodes &
adder=$!
for round in 1 2 3 4 5; do
    expect 10 "round $round: nodes are added" has_added $((round * 5))
    sleep "0.$((RANDOM % 9))" # any moment will do
    lab kill dc1
    up=$EPOCHREALTIME
    lab start dc1
    took "ready again" "$up" 2
done
expect 10 "more nodes are added" has_added 30
kill "$adder"
wait "$adder" 2>/dev/null || true

step "what was acknowledged is there"
ctl dc1 node | jq -r '.nodes[] | "\(.fqdn) \(.vipv4)"' | sort >"$run_dir/known"
same "acknowledged and not there" "$(sort "$added" | comm -23 - "$run_dir/known" | wc -l)" 0
same "addresses given twice" "$(cut -d ' ' -f 2 "$run_dir/known" | sort | uniq -d | wc -l)" 0
say "   $(wc -l <"$added") nodes were added, the DC was killed 5 times"
check "the ping does not care" never_silent_since "$since" 1
expect 20 "mn is registered" dc_knows mn.a.ntm.test
same "the path" "$(path_id mn)" "$path"
