#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# long
# S-1, S-13, S-16, K-5 to K-9, M-8, X-1: one packet of every type and family, cut at every length,
# with each bit turned over, with garbage behind it, under outer headers that lie: counted by its
# reason to the last one; nothing moves, no byte more comes out than went in, memory and log stay.
#
#   atk (stands beside the relay, says to be anybody) --- rs1
#   mn --- nat-a ------- inet (captures) ------- v6only --- cn (a numbered stream goes on)
# shellcheck source=tests/system/_lib.sh
source "$(dirname "$0")/_lib.sh"
# shellcheck source=tests/system/_hostile.sh
source "$(dirname "$0")/_hostile.sh"

lab_options=(--with atk)
lab_up
lab move cn v6only
capture rs1
capture dc1
lab start
expect 15 "mn is registered" is_registered mn
expect 15 "cn is registered" is_registered cn
expect 10 "mn reaches cn" reaches_peer
# A demand for a token: the DC has a session with mn.
lab kill mn
lab start mn
expect 15 "mn is registered again" is_registered mn
expect 10 "mn reaches cn" reaches_peer
expect 10 "an END probe was answered" fact cn path '.paths[0].rtt_milliseconds'
expect 5 "the path is ready" path_is_ready mn
end_captures

start_stream
step "every shape of every type"
hostile shapes_case.py "$run_dir/inet/rs1.pcap" "$run_dir/inet/dc1.pcap"
step "and all the while"
end_stream
check "mn pings cn: 5 of 5 answered" all_answered mn 5 "$peer"
