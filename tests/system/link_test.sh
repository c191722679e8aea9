#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The link emulator does what it is told, as exactly as the machine allows, and leaves nothing behind.
# Frames are counted: a share of them lies within the bounds that a binomial distribution passes once in a
# million runs. What they took is judged by medians, and by bounds that the emulator can not miss.
#
#   dns ---+--- (ntm-link) --- gn
#          inet
# shellcheck source=tests/system/_lib.sh
source "$(dirname "$0")/_lib.sh"

lab_options=(--without 'mn,cn,rs1,nat-a,nat-b,nat-c')
address=203.0.113.80

port_is_open() { at gn ss -Hlun 'sport = :5000' | grep -q .; }

# numbered COUNT MICROSECONDS-APART LENGTH: so many datagrams from dns to gn; what became of them is in $seen.
numbered() {
    local receiver
    at_background gn "$run_dir/gn/seen" "$repo/tests/system/_numbered.py" receive 5000
    receiver=$!
    expect 5 "gn listens" port_is_open
    at dns "$repo/tests/system/_numbered.py" send $address 5000 "$@"
    wait $receiver
    seen=$(<"$run_dir/gn/seen")
    say "   $seen"
}
# of_seen WHAT EXPRESSION: one of jq's over it.
of_seen() { check "$1" has_seen "$2"; }
has_seen() { jq -e "$1" <<<"$seen" >/dev/null; }
all_in_order() { same "$1" "$(jq -c '[.received, .distinct, .early]' <<<"$seen")" "[$2,$2,0]"; }

# usual FOUND OF SHARE: as many of them as one run in a million may be off by, and no more.
usual() {
    python3 - "$@" <<'BINOMIAL'
import math, sys
found, of, share = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
def chance(k):
    return math.exp(math.lgamma(of + 1) - math.lgamma(k + 1) - math.lgamma(of - k + 1)
                    + k * math.log(share) + (of - k) * math.log(1 - share))
below = math.fsum(chance(k) for k in range(found + 1))
above = math.fsum(chance(k) for k in range(found, of + 1))
print(f"   {found} of {of}, {share * of:g} on average")
sys.exit(min(below, above) < 5e-7)
BINOMIAL
}

# Of 20 answers that dns gets from gn, the median in milliseconds is within these bounds.
round_trip() {
    local median
    median=$(at dns ping -c 20 -i 0.05 $address | sed -nE 's/.*time=([0-9.]+) ms/\1/p' | sort -n |
        awk '{ time[NR] = $1 } END { if (NR != 20) exit 1; print (time[10] + time[11]) / 2 }') ||
        fail "not 20 answers to 20 pings"
    check "round trip $median ms is from $1 to $2 ms" awk -v m="$median" -v a="$1" -v b="$2" 'BEGIN { exit m < a || m > b }'
}
status_says() { lab status | grep -q "$1"; }
taken() { link_fact .down.frames.taken; }
busier_by() { [ "$(taken)" -ge $((base + $1)) ]; }
link_fact() { lab link gn eth0 -j | jq -re "$1"; }
accounts() { link_fact ".down.frames | $1" >/dev/null; }
emulators() { pgrep -f "ntm-link run .* /run/$lab/" || true; }
ends() { ip -n "$lab-inet" -j link show | jq -r '.[] | "\(.ifname) \(.master)"' | sort | tr '\n' ' '; }
untouched() {
    same "emulators" "$(emulators)" ""
    same "interfaces, as before" "$(ends)" "$ends_before"
}

lab_up
ends_before=$(ends)
# Nothing but what is sent here is to pass: no frame asks for a neighbour, of which the account would tell.
for pair in "dns gn $address" "gn dns 203.0.113.53"; do
    read -r host other ip <<<"$pair"
    ip -n "$lab-$host" neigh replace "$ip" dev eth0 nud permanent \
        lladdr "$(ip -n "$lab-$other" -j link show eth0 | jq -r '.[0].address')"
done

step "a cable"
same "what holds" "$(lab link gn eth0 -j)" null
round_trip 0 1

step "delay"
lab link gn eth0 --delay 20ms
round_trip 40 41
lab link gn eth0 --delay 20ms --only down
lab link gn eth0 --only up
round_trip 20 21
same "what holds" "$(link_fact '[.up, .down][].delay_milliseconds' | tr '\n' ' ')" "0 20 "
numbered 500 1000 100
all_in_order "all, in order" 500
of_seen "none is early" '.milliseconds.least >= 20'
of_seen "the median is less than 0.5 ms late" '.milliseconds.median < 20.5'

step "jitter"
lab link gn eth0 --delay 20ms --jitter 5ms
numbered 200 10000 100
all_in_order "all, in order" 200
of_seen "from 15 ms on" '.milliseconds | .least >= 15 and .least < 16'
of_seen "up to 25 ms" '.milliseconds | .most > 24 and .p99 < 25.5'

step "loss, duplicates and overtaking at once"
count=3000
lab link gn eth0 --delay 20ms --loss 10% --duplicate 5% --reorder 5% --seed 1
before=$(link_fact '.down.frames.taken')
numbered $count 500 100
lost=$((count - $(jq .distinct <<<"$seen")))
check "lost" usual $lost $count 0.1
check "doubled" usual "$(jq .duplicates <<<"$seen")" $count 0.045
check "overtaking" usual "$(jq .early <<<"$seen")" $count 0.045
# Those at the end that carry no number may be lost too.
check "the emulator's account: all of them, and no less lost" \
    accounts ".taken >= $before + $count and .lost >= $lost and .duplicated > 0 and .reordered > 0"

step "a rate, offered 12 Mbit/s"
lab link gn eth0 --rate 10mbit
numbered 2000 1000 1472
of_seen "frames of 1514 bytes: 10 Mbit/s, or up to 2 % below" '.per_second * 1514 * 8 / 1e6 | . <= 10.05 and . >= 9.8'
of_seen "the queue is 100 ms long" '.milliseconds | .median > 95 and .p99 < 105'
missing=$((2000 - $(jq .distinct <<<"$seen")))
check "$missing are missing: the queue had no room for them, and for few of those at the end" \
    accounts ".overflowed | $missing > 0 and . >= $missing and . < $missing + 20"

step "other settings while it carries"
lab link gn eth0 --delay 20ms
base=$(taken)
(
    for settings in '--delay 60ms' '--delay 5ms' '--delay 30ms --jitter 10ms' '--rate 50mbit' '--delay 1ms'; do
        wait_until 5 busier_by 50
        base=$(taken)
        # shellcheck disable=SC2086 # words
        lab link gn eth0 $settings
    done
) &
numbered 2000 1000 100
wait $!
all_in_order "all, in order" 2000
of_seen "some by the longest way, some by the shortest" '.milliseconds | .most >= 60 and .least < 5'

step "taken away"
lab link gn eth0 --off
untouched
same "what holds" "$(lab link gn eth0 -j)" null
round_trip 0 1
check "again" lab link gn eth0 none

step "its end leaves the lab whole"
lab link gn eth0 --delay 5ms
pkill -KILL -f "/run/$lab/gn/eth0.link.sock"
expect 5 "status says so" status_says 'dead link'
check "so does it itself" grep -q 'is dead' <<<"$(lab link gn eth0)"
refuse "gn is cut off" at dns ping -c 1 -W 1 $address
lab link gn eth0 --delay 5ms
round_trip 10 11
pkill -KILL -f "/run/$lab/gn/eth0.link.sock"
lab link gn eth0 --off
untouched
round_trip 0 1

step "it goes with its place"
lab link dc1 eth0 --delay 5ms
lab move dc1 v6only
lab move dc1 global
untouched
lab attach dc1 v6only
lab link dc1 eth1 --loss 100%
refuse "nothing passes" at inet ping -c 1 -W 0.3 2001:db8:6::10
lab detach dc1 eth1
untouched
