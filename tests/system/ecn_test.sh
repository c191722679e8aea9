#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# E-1, E-2, E-4, E-6: DSCP and ECN go out on the tunnel as they are inside, pass the relay in every
# family pair, and what a congested router marks outside comes out inside.
#
#   mn --- nat-a  or  v6only ---+--- inet (marks, as a congested router) --- rs1
#   cn --- nat-b  or  v6only ---+
# shellcheck source=tests/system/_lib.sh
source "$(dirname "$0")/_lib.sh"

lab_with_programs

# The router marks what goes to the relay: of ECN-capable packets, as congestion; nothing, `clear`.
congest() {
    at inet nft -f - <<'NFT'
table inet congestion {
    chain forward {
        type filter hook forward priority 0
        udp dport 9770 ip ecn ect0 ip ecn set ce
        udp dport 9770 ip6 ecn ect0 ip6 ecn set ce
    }
}
NFT
}
clear() { at inet nft delete table inet congestion; }

# arriving TRAFFIC-CLASS: that of echo requests at cn, which mn sent with this one.
arriving() {
    local capture=$run_dir/cn/ecn.txt capturing
    at_background cn "$capture" timeout 10 \
        tcpdump --immediate-mode -l -Z root -n -v -c 1 -i ntm0 'icmp[icmptype] = icmp-echo'
    capturing=$!
    wait_until 5 grep -q '^tcpdump: listening' "$capture"
    at mn ping -4 -q -Q "$1" -c 3 -i 0.2 -W 2 "$peer" >/dev/null || true
    wait $capturing || true
    sed -nE 's/^.* IP \(tos (0x[0-9a-f]+),.*/\1/p' "$capture"
}

for at_mn in nat-a v6only; do
    for at_cn in nat-b v6only; do
        step "mn at $at_mn, cn at $at_cn"
        lab move mn $at_mn
        lab move cn $at_cn
        expect 15 "mn reaches cn" reaches_peer
        for class in 0xb8 0x28; do
            same "traffic class" "$(arriving $((class | 2)))" "$(printf '0x%x' $((class | 2)))"
        done
        congest
        same "ECT(0), marked under way" "$(arriving 0x2a)" 0x2b
        clear
    done
done
