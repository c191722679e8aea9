#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# S-12: Nothing that the nodes say to one another can be read between them.
#
#   mn --- nat-a --- inet (captures all) --- nat-b --- cn
# shellcheck source=tests/system/_lib.sh
source "$(dirname "$0")/_lib.sh"

lab_with_programs
expect 15 "mn reaches cn" reaches_peer

# captured HOST INTERFACE: from now on, into HOST/capture.pcap.
captured() {
    at_background "$1" "$run_dir/$1/capture.log" \
        tcpdump --immediate-mode -U -Z root -i "$2" -w "$run_dir/$1/capture.pcap"
    captures+=($!)
    expect 5 "capture on $1 $2" grep -q 'listening on' "$run_dir/$1/capture.log"
}
found() { { grep -a -o -F "$2" "$run_dir/$1/capture.pcap" || true; } | wc -l; }

captures=()
captured inet any
captured mn ntm0
check "pings full of the marker: 5 of 5 answered" \
    all_answered mn 5 -p "$(printf 'NTM-MARKER-0123X' | od -An -tx1 | tr -d ' \n')" "$peer"
kill "${captures[@]}"
wait "${captures[@]}" || true

check "the marker is seen on mn's TUN" test "$(found mn NTM-MARKER-0123X)" -ge 5
same "and in the middle" "$(found inet NTM-MARKER-0123X)" 0
check "where tunnel packets were" test \
    "$(tcpdump -r "$run_dir/inet/capture.pcap" 'udp port 9770' 2>/dev/null | wc -l)" -ge 10
