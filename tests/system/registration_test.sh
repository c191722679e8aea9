#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Nodes register and get virtual addresses out of dc1's block; the DC sees them where their NATs
# put them.
#
#   mn --- nat-a ---+--- inet --- dc1
#   cn --- nat-b ---+
# shellcheck source=tests/system/_lib.sh
source "$(dirname "$0")/_lib.sh"

lab_with_programs

step "virtual addresses of both families, out of the DC's blocks, different for each node"
for node in mn cn; do
    [[ $(vip4 $node) == 198.18.* ]] || fail "$node has no virtual IPv4 address of the block"
    [[ $(vip6 $node) == fd00:a::* ]] || fail "$node has no virtual IPv6 address of the block"
    check "$node's TUN has them" at $node sh -c "ip address show dev ntm0 | grep -q '$(vip4 $node)/' &&
        ip address show dev ntm0 | grep -q '$(vip6 $node)/'"
done
[ "$(vip4 mn)" != "$(vip4 cn)" ] || fail "both have $(vip4 mn)"

step "outside addresses"
same "mn is seen behind nat-a" "$(outside_address mn.a.ntm.test)" 203.0.113.101
same "cn is seen behind nat-b" "$(outside_address cn.b.ntm.test)" 203.0.113.102
