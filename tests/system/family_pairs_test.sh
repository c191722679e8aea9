#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# All family pairs of a relayed path: each node in turn behind a NAT on IPv4, or on IPv6 only; and one
# of them behind a NAT that is behind another.
#
#   mn --- nat-a  or  v6only  or  nat-c --- nat-a ---+--- inet --- rs1
#   cn --- nat-b  or  v6only ------------------------+
# shellcheck source=tests/system/_lib.sh
source "$(dirname "$0")/_lib.sh"

lab_with_programs
# What both legs of the relay's path have received, as long as the relay runs.
carried() { fact rs1 path '[.paths[].legs[].packets_received] | add'; }

has_passed_two() { at mn ping -n -c 1 -W 1 203.0.113.10 | grep ' ttl=62 '; }

by_relay() {
    step "mn at $1, cn at $2"
    lab move mn "$1"
    lab move cn "$2"
    expect 15 "mn reaches cn" reaches_peer
    before=$(carried)
    check "and keeps doing so: 5 of 5 answered" all_answered mn 5 "$peer"
    same "kind" "$(path_kind mn)" relayed
    same "paths of rs1" "$(path_count rs1)" 1
    check "rs1 carried them, both ways" test "$(($(carried) - before))" -ge 10
    expect 5 "and its counters balance" is_balanced
}

for at_mn in nat-a v6only; do
    for at_cn in nat-b v6only; do
        by_relay $at_mn $at_cn
    done
done
by_relay double nat-b
same "mn's own address" "$(at mn hostname -I | tr ' ' '\n' | grep '^10\.')" 10.0.3.111
same "as the DC sees it" "$(outside_address mn.a.ntm.test)" 203.0.113.101
check "both NATs are on the way: an answer has passed two" has_passed_two
