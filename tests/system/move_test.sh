#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# F-31: cn moves to the IPv6-only network, to another NAT and back, under one ping.
#
#   mn --- nat-a --- inet --- rs1
#                     +--- nat-b <--- cn ---> v6only
# shellcheck source=tests/system/_lib.sh
source "$(dirname "$0")/_lib.sh"

lab_with_programs
start_ping
vip_before=$(vip4 cn)
path_before=$(path_id mn)

for network in v6only nat-b nat-a v6only; do
    step "cn to $network"
    lab move cn $network
    moved_at=$EPOCHREALTIME
    expect 10 "the same ping goes on" ping_goes_on_since "$moved_at"
done
step "mn moves too"
lab move mn v6only
moved_at=$EPOCHREALTIME
expect 10 "the same ping goes on" ping_goes_on_since "$moved_at"

say "   longest silence: $(largest_gap "$ping_log") s"
check "never silent for more than 3 s" never_silent_for 3
same "cn's address stayed" "$(vip4 cn)" "$vip_before"
same "the path stayed" "$(path_id mn)" "$path_before"
