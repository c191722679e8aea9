#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# long
# S-1, S-3, S-4, F-44, X-1: registration, path, stream and move, captured whole and sent again in
# order, backwards and shuffled, from the same and from other addresses; and once more after the
# relay, and then the DC, has started anew: every packet counted, no leg, session or address moved.
#
#   atk (sends again what was seen, as those who sent it) --- rs1
#   mn --- nat-a, then global ------- inet (captures) ------- nat-b --- cn (a stream goes on)
# shellcheck source=tests/system/_lib.sh
source "$(dirname "$0")/_lib.sh"
# shellcheck source=tests/system/_hostile.sh
source "$(dirname "$0")/_hostile.sh"

lab_options=(--with atk)
lab_up
capture rs1
capture dc1
lab start
expect 15 "mn is registered" is_registered mn
expect 15 "cn is registered" is_registered cn
expect 10 "mn reaches cn" reaches_peer
lab move mn nat-b
expect 10 "mn reaches cn from elsewhere" reaches_peer
# The source that a leg had before is let in for 2 s.
expect 10 "and goes on" all_answered mn 15 "$peer"
end_captures
captured=("$run_dir/inet/rs1.pcap" "$run_dir/inet/dc1.pcap")

is_restored() { fact rs1 path '.total == 1 and .paths[0].open'; }
dc_has_all() { fact dc1 status '.nodes.registered == 2 and .relays[0].state == "alive"'; }

start_stream
step "while it stands"
hostile replay_case.py nothing "${captured[@]}"
end_stream
expect 5 "the relay's counters balance" is_balanced

step "after the relay has started anew"
lab kill rs1
lab start rs1
expect 15 "the path is there again" is_restored
expect 10 "mn reaches cn" all_answered mn 15 "$peer"
start_stream
hostile replay_case.py rs1 "${captured[@]}"
end_stream
expect 5 "the relay's counters balance" is_balanced

step "after the DC has started anew"
lab kill dc1
lab start dc1
expect 15 "the DC has them all" dc_has_all
expect 10 "mn is registered" is_registered mn
expect 10 "mn reaches cn" all_answered mn 15 "$peer"
start_stream
hostile replay_case.py dc1 "${captured[@]}"
end_stream
check "mn pings cn: 5 of 5 answered" all_answered mn 5 "$peer"
