#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# long
# F-10, F-11: the programs are killed at random moments, the DC most often, while nodes are added as fast
# as it takes them. What the DC said it has done is there afterwards, no virtual address is given
# twice, and the ping goes on. NTM_SEED: of the moments, as an earlier run has named it.
#
#   mn --- nat-a --- inet --- nat-b --- cn
#                     |
#                  dc1, rs1 (killed, as are mn and cn)
# shellcheck source=tests/system/_lib.sh
source "$(dirname "$0")/_lib.sh"
# shellcheck source=tests/system/_faults.sh
source "$(dirname "$0")/_faults.sh"

keys=$run_dir/keys
added=$run_dir/added
seed=${NTM_SEED:-$RANDOM}
RANDOM=$seed
# The most that a restarted program, and the ping after it, may take.
declare -A ready_within=([dc1]=2 [rs1]=4 [mn]=2 [cn]=2) ping_within=([dc1]=1 [rs1]=1 [mn]=3 [cn]=3)
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
for _ in range(9000): print(base64.b64encode(os.urandom(32)).decode())' >"$keys"
: >"$added"
start_ping
path=$(path_id mn)
mn4=$(vip4 mn)
add_nodes &
adder=$!
say "   seed $seed"
others=(rs1 mn cn)
for round in 1 2 3 4 5 6 7 8; do
    host=dc1
    ((round % 2)) || host=${others[RANDOM % 3]}
    expect 10 "round $round: nodes are added" has_added $((round * 5))
    sleep "0.$((RANDOM % 9))" # any moment will do
    since=$EPOCHREALTIME
    lab kill "$host"
    up=$EPOCHREALTIME
    lab start "$host"
    took "$host is ready again" "$up" "${ready_within[$host]}"
    up=$EPOCHREALTIME
    expect 10 "the ping goes on" ping_goes_on_since "$up"
    took "since then" "$up" "${ping_within[$host]}"
    [ "$host" != dc1 ] || check "the ping does not care" never_silent_since "$since" 1
done
expect 10 "more nodes are added" has_added 50
kill "$adder"
wait "$adder" 2>/dev/null || true

step "what was acknowledged is there"
ctl dc1 node | jq -r '.nodes[] | "\(.fqdn) \(.vipv4)"' | sort >"$run_dir/known"
same "acknowledged and not there" "$(sort "$added" | comm -23 - "$run_dir/known" | wc -l)" 0
same "addresses given twice" "$(cut -d ' ' -f 2 "$run_dir/known" | sort | uniq -d | wc -l)" 0
say "   $(wc -l <"$added") nodes were added"
expect 20 "mn is registered" dc_knows mn.a.ntm.test
expect 20 "cn is registered" dc_knows cn.b.ntm.test
same "the path" "$(path_id mn)" "$path"
same "mn's address" "$(vip4 mn)" "$mn4"
expect 5 "the counters balance" is_balanced
