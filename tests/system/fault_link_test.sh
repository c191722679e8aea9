#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# long
# F-40: the links of the relay's network and of a NAT go down for a second: data goes on within 200 ms
# (and the interval of the ping). F-41: only one direction of a leg works: it counts as dead, and heals.
#
#   mn --- nat-a --- inet --- nat-b --- cn
#                     |
#                    rs1
# shellcheck source=tests/system/_lib.sh
source "$(dirname "$0")/_lib.sh"
# shellcheck source=tests/system/_faults.sh
source "$(dirname "$0")/_faults.sh"

# The other end of the host's cable, as a switch sees it when it loses power.
flap() {
    ip -n "$lab-inet" link set dev "$1" down
    sleep 1 # so long is the link down
    ip -n "$lab-inet" link set dev "$1" up
    up_at=$EPOCHREALTIME
}
goes_on() {
    expect 10 "the ping goes on" ping_goes_on_since "$up_at"
    say "   $(awk -v a="$(first_answer_since "$ping_log" "$up_at")" -v b="$up_at" \
        'BEGIN { printf "%.0f ms after the link was up", (a - b) * 1000 }')"
    check "within $1 s" awk -v a="$(first_answer_since "$ping_log" "$up_at")" -v b="$up_at" -v m="$1" \
        'BEGIN { exit a - b > m }'
    same "the path" "$(path_id mn)" "$path"
}

lab_with_programs
start_ping
path=$(path_id mn)
run=$(fact mn status .boot_id)

step "the network of the relay is gone for a second"
flap relays
goes_on 0.5
step "the NAT of cn loses its uplink for a second"
flap nat-b-outside
goes_on 0.5

step "one direction of mn's leg is dead: nothing from the relay gets to nat-a"
at nat-a nft 'add table inet oneway; add chain inet oneway in { type filter hook prerouting priority -400; }'
at nat-a nft add rule inet oneway in ip saddr 198.51.100.20 drop
expect 10 "mn sees that its leg is dead" fact mn path '.paths[0].ready | not'
at nat-a nft delete table inet oneway
up_at=$EPOCHREALTIME
goes_on 3
check "the same run of mn" test "$(fact mn status .boot_id)" = "$run"
expect 10 "it is ready again" path_is_ready mn
