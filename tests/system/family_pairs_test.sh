#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# All family pairs of a relayed path: each node in turn behind a NAT on IPv4, or on IPv6 only.
#
#   mn --- nat-a  or  v6only ---+--- inet --- rs1
#   cn --- nat-b  or  v6only ---+
# shellcheck source=tests/system/_lib.sh
source "$(dirname "$0")/_lib.sh"

lab_with_programs
# What both legs of the relay's path have received, as long as the relay runs.
carried() { fact rs1 path '[.paths[].legs[].packets_received] | add'; }

for at_mn in nat-a v6only; do
    for at_cn in nat-b v6only; do
        step "mn at $at_mn, cn at $at_cn"
        lab move mn $at_mn
        lab move cn $at_cn
        expect 15 "mn reaches cn" reaches_peer
        before=$(carried)
        check "and keeps doing so: 5 of 5 answered" all_answered mn 5 "$peer"
        same "kind" "$(path_kind mn)" relayed
        same "paths of rs1" "$(path_count rs1)" 1
        check "rs1 carried them, both ways" test "$(($(carried) - before))" -ge 10
        expect 5 "and its counters balance" is_balanced
    done
done
