#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# long
# E-4, E-6, K-5, K-6, I-10: over all family pairs the relay keeps DSCP and ECN as they came, makes a
# checksum where IPv6 needs one, and answers no error to what asks for none, nor to 10 thousand
# expired packets a second.
#
#   atk (stands beside the relay, says to be mn and cn) --- rs1
#   mn --- nat-a  or  v6only ------- inet ------- nat-b  or  v6only --- cn
# shellcheck source=tests/system/_lib.sh
source "$(dirname "$0")/_lib.sh"
# shellcheck source=tests/system/_hostile.sh
source "$(dirname "$0")/_hostile.sh"

lab_options=(--with atk)
lab_up
lab start
expect 15 "mn is registered" is_registered mn
expect 15 "cn is registered" is_registered cn

family_of_legs() { fact rs1 path '[.paths[].legs[].outer_address | if startswith("[") then 6 else 4 end] | join(" ")'; }
are_legs() { [ "$(family_of_legs)" = "$1" ]; }

for each in 'nat-a nat-b 4 4' 'v6only nat-b 6 4' 'v6only v6only 6 6' 'nat-a v6only 4 6'; do
    read -r at_mn at_cn families <<<"$each"
    step "mn at $at_mn, cn at $at_cn"
    lab move mn "$at_mn"
    lab move cn "$at_cn"
    expect 15 "mn reaches cn" reaches_peer
    expect 10 "the legs' families are $families" are_legs "$families"
    # The source that a leg had before is let in for 2 s.
    expect 10 "mn reaches cn" all_answered mn 15 "$peer"
    hostile carried_case.py
    expect 5 "the relay's counters balance" is_balanced
done
