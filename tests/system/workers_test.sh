#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# X-1: Two workers, each with a receive and a transmit queue of its own on the port, by both drivers;
# first sleeping when idle, then polling always.
#
#   mn --- nat-a --- inet --- nat-b --- cn
#                     |  \
#                    rs1  gn
# shellcheck source=tests/system/_lib.sh
source "$(dirname "$0")/_lib.sh"

export NTM_LAB_WORKERS=2
lab_with_programs

worker_fact() { ctl rs1 worker | jq -re ".workers[$1].$2"; }
received() { worker_fact "$1" packets.received; }
have_both_received() { [ "$(received 0)" -gt "$before0" ] && [ "$(received 1)" -gt "$before1" ]; }
sleeps_more_than() { [ "$(worker_fact 0 sleeps)" -gt "$1" ]; }
# A flow stays on its queue: 32 of them will not all be on one.
send_many_flows() {
    at gn python3 -c '
import socket
for _ in range(32):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as flow:
        flow.sendto(bytes(72), ("198.51.100.20", 9770))
'
}
relays_by_two_workers() {
    expect 15 "mn reaches cn" reaches_peer
    check "and keeps doing so: 5 of 5 answered" all_answered mn 5 "$peer"
    same "workers" "$(ctl rs1 worker | jq '.workers | length')" 2
    before0=$(received 0) before1=$(received 1)
    send_many_flows
    expect 5 "both workers receive" have_both_received
    expect 5 "their counters balance together" is_balanced
}

step "AF_XDP, idle workers sleep"
relays_by_two_workers
expect 5 "an idle worker sleeps" sleeps_more_than "$(worker_fact 0 sleeps)"

step "AF_PACKET, workers poll always"
lab stop rs1
NTM_LAB_DRIVER=af_packet NTM_LAB_IDLE_SLEEP=false lab start rs1
relays_by_two_workers
same "sleeps" "$(worker_fact 0 sleeps)" 0
