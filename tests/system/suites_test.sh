#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Cipher suites between two nodes, and between a node and the relay at which a path to an ordinary host
# ends; those that are to be named are refused where they are not, by DC, relay and node.
#
#   mn --- nat-a --- inet --- nat-b --- cn
#                   |    |
#            rs1, dc1    gn
# shellcheck source=tests/system/_lib.sh
source "$(dirname "$0")/_lib.sh"

gn=gn.example.test
marker=NTM-MARKER-0123X
pattern=$(printf %s $marker | od -An -tx1 | tr -d ' \n')
every_suite='aes-128-gcm, chacha20-poly1305, aes-128-cbc-hmac-sha-256, aes-128-cbc-hmac-md5, none'

# start_with SUITES HOST [PROGRAM]
start_with() {
    local NTM_LAB_SUITES=$1
    export NTM_LAB_SUITES
    lab start "${@:2}"
}
mn_with() {
    if [ -e "$run_dir/mn/node.pid" ]; then lab stop mn; fi
    expect 5 "there is no path left" has_no_path dc1
    start_with "$1" mn
    expect 15 "mn is registered" is_registered mn
}
# Of all paths that a host has.
suites_of() { fact "$1" path '[.paths[].suite] | unique | join(" ")'; }
path_to() { fact mn path ".paths[] | select(.peer == \"$1\") | $2"; }
warnings() { grep -c "cipher suite $2 is allowed" "$run_dir/$1/$3.log" || true; }

lab_up
lab start dns
lab start gn
for host in dc1 rs1 cn; do start_with "$every_suite" $host; done
lab start cn web
expect 15 "cn is registered" is_registered cn
same "the DC says what it should not allow" "$(warnings dc1 none dc) $(warnings dc1 aes-128-cbc-hmac-md5 dc)" "1 1"
same "so does the relay" "$(warnings rs1 none relay)" 1
same "and a node" "$(warnings cn none node)" 1

for suite in chacha20-poly1305 aes-128-cbc-hmac-sha-256 none; do
    step "$suite"
    mn_with "$suite"
    captured mn eth0
    for name in "$peer" $gn; do
        check "$name answers" all_answered mn 2 -p "$pattern" "$name"
        check "and gives its page" at mn curl -s -o /dev/null --fail "http://$name/"
    done
    for host in mn dc1; do same "all paths of $host have" "$(suites_of $host)" "$suite"; done
    same "the one that ends at the relay has" "$(fact rs1 path '.paths[] | select(.kind == "general") | .suite')" "$suite"
    mtu=$(path_to "$peer" .inner_mtu_bytes)
    check "a packet of the inner MTU, $mtu bytes" all_answered mn 1 -4 -M "do" -s $((mtu - 28)) "$peer"
    end_captures
    if [ "$suite" = none ]; then
        check "the marker is on the wire" test "$(found mn/eth0 $marker)" -ge 4
    else
        same "the marker on the wire" "$(found mn/eth0 $marker)" 0
    fi
done

step "a relay that does not allow it"
lab stop mn
lab stop rs1
lab start rs1
mn_with none
# The DC waits for a relay that could, and the node does not wait for the DC.
same "no path can end there: gn is known by its real address" "$(dns_answer $gn A)" 203.0.113.80
check "what goes through is not its business" all_answered mn 2 "$peer"

step "a node that does not allow it"
lab stop mn
lab stop cn
lab start cn
expect 15 "cn is registered" is_registered cn
mn_with none
same "the nodes have none in common" "$(dns_status "$peer" A)" SERVFAIL

step "a DC that does not allow it"
lab stop cn
start_with "$every_suite" cn
expect 15 "cn is registered" is_registered cn
sed -i "s/^paths:.*/paths: { suites: [aes-128-gcm] }/" "$run_dir/dc1/dc.yaml"
check "the DC takes that over" ctl dc1 reload
mn_with none
same "nothing to cn" "$(dns_status "$peer" A)" SERVFAIL
same "nor to gn" "$(dns_status $gn A)" SERVFAIL
