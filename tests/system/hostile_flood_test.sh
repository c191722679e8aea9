#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# S-1, S-5, S-13, S-14: ten times of what each class may have, at the DC and at the relay, and a
# million spoofed handshakes at each: a known node that starts anew registers within 2 s, the path
# of others loses nothing, no byte more comes out than went in, memory stays.
#
#   atk (floods, from everywhere and from one place) --- rs1
#   gn (starts anew, again and again) --- inet --- dc1
#   mn --- nat-a ---------------------------+------ nat-b --- cn (a stream goes on)
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
expect 5 "the path is ready" path_is_ready mn

ctl_tool=$NTM_BUILD/control/ntmctl/ntmctl
known=known.a.ntm.test
key=$("$ctl_tool" key generate "$run_dir/gn/key")
"$ctl_tool" -s "$run_dir/dc1/dc.sock" node add $known "$key" >/dev/null
# What a session is called is seen in what passes: a Status goes to the DC every 300 ms.
rs1_has_spoken() { [ "$(fact dc1 status '.counters.received')" -gt 20 ]; }
expect 10 "sessions are seen" rs1_has_spoken
end_captures

dc_key=$("$ctl_tool" key public "$run_dir/dc1/key")
flood() {
    at gn env PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 "$repo/tests/hostile/flood_case.py" "$1" "$dc_key" \
        "$run_dir/gn/key" $known "$run_dir/inet/rs1.pcap" "$run_dir/inet/dc1.pcap" || fail "a flood did harm"
}

start_stream
step "each class"
flood classes
end_stream

# More than two cores carry to the relay's port: what does not get there is not the relay's to lose.
start_stream
step "a million spoofed handshakes"
flood million
stop_stream
check "the stream goes on" stream_was '.received > 0.98 * .sent and .duplicates == 0 and .silence < 1'
expect 5 "the relay's counters balance" is_balanced
check "mn pings cn: 5 of 5 answered" all_answered mn 5 "$peer"
