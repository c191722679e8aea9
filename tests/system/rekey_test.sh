#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The ends of a path exchange keys as soon as it stands, and again every 2 s under a numbered stream of
# 10,000 packets a second in each direction, of which none is lost.
# S-11, F-26.
#
#   mn --- nat-a --- inet --- nat-b --- cn       then       mn --- nat-a --- inet --- cn (global)
#                     |
#                    rs1
# shellcheck source=tests/system/_lib.sh
source "$(dirname "$0")/_lib.sh"

have iperf3 || skip "needs scripts/packages install test"
export NTM_LAB_KEYS='renew_seconds: 2'

epoch() { fact "$1" path '.paths[0].epoch'; }
are_exchanged() {
    [ "$(fact mn path '.paths[0].exchanged') $(fact cn path '.paths[0].exchanged')" = "true true" ]
}
# stream OPTION...: what iperf3 counted of it, and what it was like.
stream() {
    local before result
    before=$(epoch mn)
    result=$(at mn iperf3 -u -c "$peer" -b 8M -l 100 -t 11 -J "$@" | jq -c '.end.sum | [.packets, .lost_packets]')
    say "   packets, lost: $result; epochs: $(($(epoch mn) - before))"
    check "about 110,000 packets, none lost" jq -e '.[0] > 100000 and .[1] == 0' <<<"$result"
    check "over four epochs or more" test "$(($(epoch mn) - before))" -ge 4
}
# From the packets' tags: what does not open is lost.
none_unopened() {
    local host
    for host in mn cn; do same "$host: bad tags" "$(fact $host status .drops.bad_tag)" 0; done
}

lab_with_programs
lab start cn iperf3

step "keys are exchanged as soon as the path stands"
check "mn reaches cn" all_answered mn 1 "$peer"
expect 2 "both ends have them" are_exchanged
same "the path is" "$(path_kind mn)" relayed

step "a stream, while they are renewed"
stream
stream -R
none_unopened

step "on a direct path"
lab move cn global
expect 15 "cn is registered" is_registered cn
lab stop mn
lab start mn
expect 15 "mn is registered" is_registered mn
check "mn reaches cn" all_answered mn 3 "$peer"
same "the path is" "$(path_kind mn)" direct
stream

step "peers' keys are remembered"
same "by mn" "$(cut -d' ' -f1 "$run_dir/mn/known-peers")" "$peer"
same "and shown" "$(fact mn path '.paths[0] | "\(.peer_key) \(.peer_key_before)"')" \
    "$(cut -d' ' -f2 "$run_dir/mn/known-peers") null"
