#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# long
# F-10, F-11: relay and DC are killed while the DC knows 10,000 nodes, of which nobody is there, and 10,000
# paths through the relay. The DC is ready within 2 s and has a new path made within 1 s of that. The relay,
# killed, has all paths again within 6 s of its registration, counted by both, and a stream goes on within
# 6 s of its start (on two cores with nothing else to do: 2 s); a DC that was killed directs them all again
# within 10 s, and no stream notices.
#
#   mn --- nat-a --- inet --- nat-b --- cn
#                     |
#                  dc1, rs1 (killed)
# shellcheck source=tests/system/_lib.sh
source "$(dirname "$0")/_lib.sh"
# shellcheck source=tests/system/_faults.sh
source "$(dirname "$0")/_faults.sh"

count=10000
all_restored="restored $((count + 1)) of $((count + 1)) paths"
relay_has_all() { [ "$(path_count rs1)" = $((count + 1)) ]; }
# restored_within SECONDS TIMES: from the relay's registration, which the DC has told so often with that.
restored_within() {
    expect 15 "the DC tells that it has $all_restored" has_logged dc1 dc "$all_restored" "$2"
    took "since the relay registered" "$(logged_at dc1 dc "registered.* $((count + 1)) paths to restore")" "$1" \
        "$(logged_at dc1 dc "$all_restored")"
    check "the relay has them" relay_has_all
    same "what the DC shows" "$(fact dc1 relay '.relays[0].restore') paths" "$all_restored"
}
# The lab itself takes longer to find out that nobody has to be added.
start_dc() {
    up=$EPOCHREALTIME
    lab start dc1
    took "the DC was ready" "$up" 2 "$(logged_at dc1 dc ' ready: term')"
}

lab_with_programs
expect 15 "mn reaches cn" reaches_peer
lab stop dc1
"$NTM_BUILD/tests/system/fill-store" "$run_dir/dc1/dc.sqlite" rs1 $count

step "the DC starts with $count nodes"
start_dc
restored_within 10 1
lab stop mn
lab start mn
since=$EPOCHREALTIME
expect 5 "mn, started anew, reaches cn" reaches_peer
took "since its start" "$since" 1

step "the relay is killed"
start_ping
lab kill rs1
lab start rs1
since=$EPOCHREALTIME
expect 5 "the ping goes on" ping_goes_on_since "$since"
took "since the relay was up" "$since" 6
restored_within 6 2

step "the DC is killed"
since=$EPOCHREALTIME
lab kill dc1
start_dc
restored_within 10 3
check "the ping does not care" never_silent_since "$since" 0.5
