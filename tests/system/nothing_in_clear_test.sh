#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# S-12: Nothing that the nodes say to one another can be read between them.
#
#   mn --- nat-a --- inet (captures all) --- nat-b --- cn
# shellcheck source=tests/system/_lib.sh
source "$(dirname "$0")/_lib.sh"

lab_with_programs
expect 15 "mn reaches cn" reaches_peer

captured inet any
captured mn ntm0
check "pings full of the marker: 5 of 5 answered" \
    all_answered mn 5 -p "$(printf 'NTM-MARKER-0123X' | od -An -tx1 | tr -d ' \n')" "$peer"
end_captures

check "the marker is seen on mn's TUN" test "$(found mn/ntm0 NTM-MARKER-0123X)" -ge 5
same "and in the middle" "$(found inet/any NTM-MARKER-0123X)" 0
check "where tunnel packets were" test \
    "$(packets_of inet/any 'udp port 9770' | wc -l)" -ge 10
