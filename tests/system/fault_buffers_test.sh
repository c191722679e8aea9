#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# F-32: the relay's packet buffers run out under load, again and again, as by a driver that does not give
# them back. What is lost is counted, the relay says so and answers ntmctl; once they are given back
# all goes on by itself, and not one buffer is missing.
#
#   mn --- nat-a --- inet --- nat-b --- cn
#                     |  \
#                     |   gn (sends more than waits in the relay's queue)
#                    rs1 (tests/system/_hold_buffers.c)
# shellcheck source=tests/system/_lib.sh
source "$(dirname "$0")/_lib.sh"
# shellcheck source=tests/system/_faults.sh
source "$(dirname "$0")/_faults.sh"

hold_buffers() { echo "$1" >"$held"; }
buffers_free() { fact rs1 status '.buffers_free'; }
are_all_back() { [ "$(buffers_free)" -ge "$free" ]; }
missed() { fact rs1 port '.ports[0].missed'; }
misses_more_than() { [ "$(missed)" -gt "$1" ]; }
# Of the frames that its cable brought to the relay, those that its port has not counted in any way.
uncounted() { echo $(($(at rs1 cat /sys/class/net/eth0/statistics/rx_packets) - $(fact rs1 port '.ports[0] | .received + .missed'))); }
are_all_counted() { [ "$(uncounted)" = "$uncounted_before" ]; }
is_registered_relay() { fact rs1 status '.dcs[0].registered'; }
# DATA of a path that there is not.
send_more_than_waits() {
    at gn python3 -c '
import socket
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
    for _ in range(4000):
        sender.sendto(b"\x10" + bytes(71), ("198.51.100.20", 9770))
'
}

lab_up
held=$run_dir/rs1/held
hold_buffers 0
lab start dns
lab start dc1
with_held_buffers "NTM_FAULT_BUFFERS=$held" lab start rs1
lab start cn
lab start mn
expect 15 "mn is registered" is_registered mn
expect 15 "cn is registered" is_registered cn
free=$(buffers_free)
uncounted_before=$(uncounted)
start_ping
say "   $free of $(fact rs1 status .buffers) buffers are free"

for round in 1 2 3; do
    step "no buffers, round $round"
    before=$(missed)
    hold_buffers 1000000
    expect 2 "the relay says so" has_logged rs1 relay 'packet buffers run out' "$round"
    send_more_than_waits
    expect 2 "what does not fit its queue is counted as missed" misses_more_than $((before + 1000))
    say "   $(buffers_free) buffers are free, in caches of lcores"
    hold_buffers 0
    since=$EPOCHREALTIME
    expect 5 "the ping goes on" ping_goes_on_since "$since"
    took "since there are buffers again" "$since" 1
    expect 5 "it says so too" has_logged rs1 relay 'there are packet buffers again' "$round"
done

step "at rest"
kill -INT "$ping_pid"
wait "$ping_pid" || true
expect 5 "the relay is registered" is_registered_relay
expect 5 "the counters balance" is_balanced
expect 5 "each frame that came is received or missed" are_all_counted
expect 5 "no buffer is missing" are_all_back
check "5 of 5 answered" all_answered mn 5 "$peer"
