#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# All family pairs of a relayed path: each node in turn behind a NAT on IPv4, or on IPv6 only.
#
#   mn --- nat-a  or  v6only ---+--- inet --- rs1
#   cn --- nat-b  or  v6only ---+
# shellcheck source=tests/system/_lib.sh
source "$(dirname "$0")/_lib.sh"

lab_with_programs

for at_mn in nat-a v6only; do
    for at_cn in nat-b v6only; do
        step "mn at $at_mn, cn at $at_cn"
        lab move mn $at_mn
        lab move cn $at_cn
        expect 15 "mn reaches cn" reaches_peer
        check "and keeps doing so" at mn ping -q -c 5 -i 0.2 -W 1 "$peer"
    done
done
