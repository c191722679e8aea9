#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# F-16: No DC: nodes and relay keep trying, say so once, and go on when it comes.
#
#   mn --- nat-a --- inet --- (dc1 is not started)
#                     |
#                    rs1
# shellcheck source=tests/system/_lib.sh
source "$(dirname "$0")/_lib.sh"

lab_up
for host in dns rs1 mn cn; do
    lab start $host
done

step "while there is no DC"
refuse "mn is not registered" is_registered mn
same "names of nodes" "$(dns_status $peer A)" SERVFAIL
same "other names" "$(dns_answer gn.example.test A)" 203.0.113.80
expect 5 "mn says that the DC is silent" dc_complaints mn 1

step "the DC comes"
lab start dc1
expect 20 "mn is registered" is_registered mn
expect 20 "cn is registered" is_registered cn
expect 15 "mn reaches cn" reaches_peer
same "times mn complained" "$(count_complaints mn)" 1
