#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# F-11, F-15: The relay is killed, which the nodes notice in a second, and started again; nobody helps.
#
#   mn --- nat-a --- inet --- nat-b --- cn
#                     |
#                  rs1 (killed)
# shellcheck source=tests/system/_lib.sh
source "$(dirname "$0")/_lib.sh"
# shellcheck source=tests/system/_faults.sh
source "$(dirname "$0")/_faults.sh"

silences() { log_lines "$1" node 'relay rs1 does not answer'; }
notices() { [ "$(silences "$1")" -gt "$2" ]; }
is_silent_to_dc() { [ "$(fact dc1 relay '.relays[0].state')" = silent ]; }

lab_with_programs
start_ping

for round in 1 2; do
    step "SIGKILL and a new start, round $round"
    before_mn=$(silences mn) before_cn=$(silences cn)
    lab kill rs1
    since=$EPOCHREALTIME
    expect 5 "mn notices" notices mn "$before_mn"
    took "since the kill" "$since" 1.2
    expect 5 "cn notices" notices cn "$before_cn"
    expect 5 "the DC notices" is_silent_to_dc
    took "since the kill" "$since" 1.5
    lab start rs1
    up_at=$EPOCHREALTIME
    expect 10 "the ping goes on" ping_goes_on_since "$up_at"
    answered_at=$(first_answer_since "$ping_log" "$up_at")
    check "within 1 s of the relay being up" awk -v a="$answered_at" -v u="$up_at" 'BEGIN { exit a - u > 1 }'
    check "never silent for more than 4 s" never_silent_for 4
    expect 5 "it has its path again" has_path rs1
    expect 5 "ten more answers" has_answers "$ping_log" $(($(answers "$ping_log") + 10))
done

step "a start while the router does not hear its questions"
at inet nft 'add table arp deaf; add chain arp deaf in { type filter hook input priority 0; }'
at inet nft add rule arp deaf in iif relays arp operation request counter drop
questions() { at inet nft -j list table arp deaf | jq '[.. | .counter? | .packets? // empty] | add'; }
has_asked() { [ "$(questions)" -ge "$1" ]; }
lab kill rs1
lab start rs1
since=$EPOCHREALTIME
expect 5 "it asks again and again" has_asked 8
took "eight questions" "$since" 2
at inet nft delete table arp deaf
heard_at=$EPOCHREALTIME
expect 5 "once it is heard the ping goes on" ping_goes_on_since "$heard_at"
took "since then" "$heard_at" 1
