#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# U-13, U-14, M-3, M-8: Packets longer than any link of the way go to an ordinary host and back, in fragments
# inside the tunnel, and never outside. A flood of fragments delays none that is whole.
#
#   mn --- nat-a --- inet --- rs1        gn (answers datagrams with themselves)
# shellcheck source=tests/system/_lib.sh
source "$(dirname "$0")/_lib.sh"

gn=gn.example.test
tool=(env PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 "$repo/tests/system/_fragments.py")
held() { fact rs1 status .packets.held; }
is_answered() { at mn "${tool[@]}" ask $gn 4000 "$1" "$2"; }

lab_options=(--without 'cn,nat-b')
lab_up
lab start
lab start gn nameserver
expect 15 "mn is registered" is_registered mn
at_background gn "$run_dir/gn/answers.log" "${tool[@]}" answer 4000
expect 5 "gn answers" grep -q ready "$run_dir/gn/answers.log"
captured mn eth0
captured gn eth0

step "echoes and datagrams, out and back"
for family in 4 6; do
    check "IPv$family: pings of 3000 bytes" all_answered mn 3 -$family -s 3000 $gn
    check "IPv$family: a ping of 30,000 bytes" all_answered mn 1 -$family -s 30000 $gn
    for size in 1400 1432 4000 20000; do
        check "IPv$family: a datagram of $size bytes" is_answered $family $size
    done
done
same "none waits any more" "$(held)" 0
check "they were put together" test "$(drop_count fragment_joined)" -ge 40
check "a datagram that gn sends whole, without DF, is cut for the tunnel" test "$(drop_count fragmented)" -ge 1
check "gn pings the relay itself with 3000 bytes" all_answered gn 2 -s 3000 198.51.100.20

end_captures
step "what was captured"
is_fragment='ip[6:2] & 0x3fff != 0 or ip6[6] == 44'
same "fragments outside of the tunnel" "$(packets_of mn/eth0 "$is_fragment" | wc -l)" 0
check "fragments between the relay and gn" test "$(packets_of gn/eth0 "$is_fragment" | wc -l)" -ge 100
same "IPv4 packets of mn that came with DF and as fragments" \
    "$(packets_of gn/eth0 'src host 198.51.100.20 and ip[6:2] & 0x3fff != 0 and ip[6] & 0x40 != 0' | wc -l)" 0

# Twice as many pass when two cores have nothing but the lab to carry; what waits longer than some 10 ms for
# a busy one is lost in front of the relay then.
rate=50000
step "a flood of $rate first fragments a second"
cc -O2 -o "$run_dir/gn/flood" "$repo/tests/system/_fragment_flood.c"
at_background gn "$run_dir/gn/flood.log" "$run_dir/gn/flood" 198.51.100.20 4 $rate
flood=$!
check "of 150 pings of a packet each none is lost" all_answered mn 150 -i 0.02 $gn
check "the flood ends" wait $flood
missed=$(ctl rs1 status | jq .packets.missed)
say "   missed by the relay's port: $missed"
check "the others made room for newer ones" \
    test $(($(drop_count fragment_quota) + missed)) -ge $((4 * rate - 256))
check "no more wait than one host may have" test "$(held)" -le 256
check "and pings of 3000 bytes pass" all_answered mn 3 -s 3000 $gn
