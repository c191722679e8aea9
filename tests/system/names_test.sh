#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The node's resolver: names of nodes from the DC, all others untouched from the system's resolver.
#
#   mn (127.0.0.53) --- nat-a --- inet ---+--- dc1  a.ntm.test, b.ntm.test
#                                         +--- dns  everything else
# shellcheck source=tests/system/_lib.sh
source "$(dirname "$0")/_lib.sh"
export NTM_LAB_GN='[]'

lab_with_programs

step "nodes"
same "cn's A" "$(dns_answer $peer A)" "$(vip4 cn)"
same "cn's AAAA" "$(dns_answer $peer AAAA)" "$(vip6 cn)"
same "its own name is its own address" "$(dns_answer mn.a.ntm.test A)" "$(vip4 mn)"
same "case does not matter" "$(dns_answer CN.B.NTM.TEST A)" "$(vip4 cn)"
same "no such node" "$(dns_status nobody.b.ntm.test A)" NXDOMAIN

step "a name makes one path, however often it is asked for"
same "paths of mn" "$(path_count mn)" 1

step "names of nodes, and types that no node has"
same "cn's MX" "$(dns_status $peer MX)" NOERROR
same "it is empty" "$(dns_answer $peer MX)" ""
same "its own TXT" "$(dns_status mn.a.ntm.test TXT)" NOERROR
same "no such node" "$(dns_status nobody.b.ntm.test MX)" NXDOMAIN
same "the apex of a zone" "$(dns_status b.ntm.test SOA)" NOERROR
same "paths of mn" "$(path_count mn)" 1

step "others"
same "an ordinary host" "$(dns_answer gn.example.test A)" 203.0.113.80
same "over IPv6" "$(dns_answer gn6.example.test AAAA)" 2001:db8::80
same "an alias" "$(dns_answer www.example.test CNAME)" gn.example.test.
same "unknown" "$(dns_status nope.example.test A)" NXDOMAIN
same "unknown elsewhere" "$(dns_status nobody.invalid A)" NXDOMAIN
same "no such type" "$(dns_status gn4.example.test AAAA)" NOERROR
check "an answer too long for UDP comes by TCP" \
    test "$(at mn dig +bufsize=512 +short big.example.test TXT | wc -c)" -gt 512

step "others too are the DC's first"
sed -i 's/^gn:.*/gn: all/' "$run_dir/mn/node.yaml"
check "the node takes that over" ctl mn reload
same "unknown" "$(dns_status nope.example.test A)" NXDOMAIN
same "an alias" "$(dns_answer www.example.test CNAME)" gn.example.test.
same "of one label" "$(dns_status nobody A)" NXDOMAIN
same "still no such node" "$(dns_status nobody.b.ntm.test A)" NXDOMAIN

step "without the DC"
lab kill dc1
same "cn's MX" "$(dns_status $peer MX)" NOERROR
same "nobody's MX" "$(dns_status nobody.b.ntm.test MX)" SERVFAIL
same "an ordinary host" "$(dns_answer gn.example.test A)" 203.0.113.80
