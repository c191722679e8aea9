#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# long
# F-39: the name server behind a node's resolver misbehaves in each way there is. A program gets a
# clear answer within 5 s, never a forged one; names of nodes, and data, do not suffer.
#
#   mn --- nat-a --- inet --- nat-b --- cn
#                     |
#                    dns (tests/system/_bad_dns.py in place of the resolver)
# shellcheck source=tests/system/_lib.sh
source "$(dirname "$0")/_lib.sh"
# shellcheck source=tests/system/_faults.sh
source "$(dirname "$0")/_faults.sh"
export NTM_LAB_GN='[]'

ask() { at mn dig +tries=1 +time=8 "$@"; }
# becomes LABEL STATUS [ANSWER]: what a program gets for LABEL.example.test.
becomes() {
    local label=$1 status=$2 wanted=${3:-} reply
    since=$EPOCHREALTIME
    reply=$(ask "$label.example.test" A)
    took "$label: answered" "$since" 5
    same "$label: its code" "$(sed -nE 's/.*status: ([A-Z]+),.*/\1/p' <<<"$reply" | head -n 1)" "$status"
    [ -z "$wanted" ] || check "$label: $wanted" grep -qE "$wanted" <<<"$reply"
    refuse "$label: nothing forged" grep -q '6\.6\.6\.6' <<<"$reply"
}

lab_up
for host in dc1 rs1; do lab start $host; done
at_background dns "$run_dir/dns/bad.log" "$repo/tests/system/_bad_dns.py" 203.0.113.53
for host in cn mn; do lab start $host; done
expect 15 "mn is registered" is_registered mn
expect 15 "mn reaches cn" reaches_peer
start_ping

step "fourteen kinds of answers, and none"
becomes good NOERROR '203\.0\.113\.80'
becomes servfail SERVFAIL
becomes nxdomain NXDOMAIN
becomes refused REFUSED
becomes truncated NOERROR '203\.0\.113\.80'
becomes huge NOERROR '10\.0\.0\.199'
becomes ttl0 NOERROR '[[:space:]]0[[:space:]]+IN[[:space:]]+A[[:space:]]+203'
becomes loop NOERROR CNAME
becomes empty NOERROR
becomes twice NOERROR '203\.0\.113\.80'
# Side by side: for each of these the node waits in vain.
waiting=()
for label in wrongid wrongname stranger timeout garbage; do
    becomes $label SERVFAIL &
    waiting+=($!)
done
for pid in "${waiting[@]}"; do wait "$pid"; done

step "and after all that"
becomes good NOERROR '203\.0\.113\.80'
same "the name of a node" "$(dns_status $peer A)" NOERROR
same "a name that no node has" "$(dns_status nobody.b.ntm.test A)" NXDOMAIN
check "the ping never stopped" never_silent_for 1
