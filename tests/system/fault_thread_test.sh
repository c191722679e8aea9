#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# F-12, F-13: one thread of the relay hangs. While its control thread does, packets flow on, and not one is
# lost, as long as its router does not ask for its link address anew: that goes by the control thread. A
# worker that hangs is named within a second, and goes on where it was.
#
#   mn --- nat-a --- inet (knows rs1 for good) --- nat-b --- cn
#                     |
#                    rs1
# shellcheck source=tests/system/_lib.sh
source "$(dirname "$0")/_lib.sh"
# shellcheck source=tests/system/_faults.sh
source "$(dirname "$0")/_faults.sh"

worker_thread() { grep -l worker /proc/"$(pid_of rs1 relay)"/task/*/comm | head -n 1 | cut -d / -f 5; }
stuck_worker_is() { [ "$(ctl rs1 status | jq -r '.stuck_worker // empty')" = "$1" ]; }
is_registered_relay() { fact rs1 status '.dcs[0].registered'; }
dc_misses_relay() { [ "$(fact dc1 relay '.relays[0].state')" = silent ]; }
# inet's neighbour entries of the relay do not age.
know_relay() {
    local address
    for address in 198.51.100.20 2001:db8:1::20; do
        at inet ip neigh replace $address dev relays nud permanent lladdr "$(at rs1 cat /sys/class/net/eth0/address)"
    done
}
hang() {
    "$repo/tests/system/_stop_thread.py" "$1" &
    stopper=$!
    expect 10 "thread $1 stands still" grep -q '^State:.*tracing stop' "/proc/$1/status"
    since=$EPOCHREALTIME
}
go_on() {
    kill "$stopper"
    wait "$stopper"
    since=$EPOCHREALTIME
}

lab_with_programs
know_relay
start_ping
path=$(path_id mn)

step "the control thread"
hang "$(pid_of rs1 relay)"
expect 5 "the DC misses the relay" dc_misses_relay
expect 10 "fifty more answers" has_answers "$ping_log" $(($(answers "$ping_log") + 50))
check "no packet is late" never_silent_since "$since" 0.5
go_on
expect 5 "the relay is registered" is_registered_relay
took "since it went on" "$since" 3
expect 5 "ten more answers" has_answers "$ping_log" $(($(answers "$ping_log") + 10))
check "the ping has lost nothing" lost_nothing
same "the path" "$(path_id mn)" "$path"
expect 5 "the counters balance" is_balanced

times=0
for idle_sleep in false true; do
    times=$((times + 1))
    step "a worker (idle_sleep: $idle_sleep)"
    lab kill rs1
    NTM_LAB_IDLE_SLEEP=$idle_sleep lab start rs1
    expect 5 "the ping goes on" ping_goes_on_since "$EPOCHREALTIME"
    hang "$(worker_thread)"
    expect 5 "the relay names it" stuck_worker_is 0
    took "since it hung" "$since" 1
    check "the log too" has_logged rs1 relay 'worker 0 .* is stuck' $times
    go_on
    expect 5 "the ping goes on" ping_goes_on_since "$since"
    took "since it went on" "$since" 3
    expect 5 "it is not stuck any more" stuck_worker_is ""
done
