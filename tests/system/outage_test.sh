#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The whole outage of a move under a TCP download, in parts: mn leaves one network for another that
# hands out addresses by Router Advertisements and DHCP. From link up to the first new TCP byte it is
# at most 500 ms, of which what follows the address, which is ours, at most 100 ms.
#
#   mn --- nat-a --- inet --- rs1
#                     +--- nat-b --- cn, which sends
# shellcheck source=tests/system/_lib.sh
source "$(dirname "$0")/_lib.sh"

lab_options=(--dynamic)
lab_with_programs
lab start cn iperf3
expect 10 "mn reaches cn" reaches_peer

links=$run_dir/mn/links.log outer=$run_dir/mn/outer.log inner=$run_dir/mn/inner.log
at_background mn "$links" ip -ts -o monitor link address dev eth0
# DATA in the tunnel, of either family, and TCP segments with something in them.
at_background mn "$outer" tcpdump --immediate-mode -U -l -n -tt -i eth0 \
    'udp port 9770 and (udp[8] = 0x10 or ip6[48] = 0x10)'
at_background mn "$inner" tcpdump --immediate-mode -U -l -n -tt -i ntm0 'tcp src port 5201 and greater 500'
for log in "$outer" "$inner"; do expect 5 "a capture runs" grep -q 'listening on' "$log"; done
at_background mn "$run_dir/mn/iperf.log" iperf3 -c "$peer" -R -b 10M -t 120

# first_line_since TIME FILE: of tcpdump; its time.
first_line_since() { awk -v since="$1" '$1 ~ /^[0-9]+[.]/ && $1 > since { print $1; exit }' "$2"; }
has_bytes_since() { [ -n "$(first_line_since "$1" "$inner")" ]; }
# first_event_since TIME PATTERN: of "ip monitor"; its time.
first_event_since() {
    local at
    grep -E "$2" "$links" | sed -nE 's/^\[([^]]+)\].*/\1/p' | while read -r at; do
        date -d "$at" +%s.%N
    done | awk -v since="$1" '$1 > since { print; exit }'
}
came_up_since() { [ -n "$(first_event_since "$1" 'LOWER_UP')" ]; }
milliseconds() { awk -v from="$1" -v to="$2" 'BEGIN { printf "%.0f", (to - from) * 1000 }'; }
median() { printf '%s\n' "$@" | sort -n | awk '{ all[NR] = $1 } END { print all[int((NR + 1) / 2)] }'; }

expect 10 "the download runs" has_bytes_since 0
v4=() v6=() ours=()
printf '%-8s %6s %9s %8s %6s   %s\n' to link address tunnel TCP "from link up, ms"
for network in global v6only nat-b v6only nat-a global double; do
    before=$EPOCHREALTIME
    lab move mn "$network"
    wait_until 5 came_up_since "$before" || fail "no link in $network"
    up=$(first_event_since "$before" 'LOWER_UP')
    wait_until 10 has_bytes_since "$up" || fail "the download does not go on in $network"
    down=$(first_event_since "$before" 'NO-CARRIER')
    address=$(first_event_since "$up" '^[^D]* inet6? ')
    tunnel=$(first_line_since "$address" "$outer")
    byte=$(first_line_since "$up" "$inner")
    printf '%-8s %6s %9s %8s %6s   %s\n' "$network" "$(milliseconds "$down" "$up")" "$(milliseconds "$up" "$address")" \
        "$(milliseconds "$address" "$tunnel")" "$(milliseconds "$tunnel" "$byte")" "$(milliseconds "$up" "$byte")"
    case $network in
    global | v6only) v6+=("$(milliseconds "$up" "$byte")") ;;
    *) v4+=("$(milliseconds "$up" "$byte")") ;;
    esac
    ours+=("$(milliseconds "$address" "$byte")")
    # The congestion window of the sender grows again.
    expect 5 "it flows" has_bytes_since "$(awk -v at="$byte" 'BEGIN { printf "%.6f", at + 2 }')"
done
say "   medians from link up to the first TCP byte: $(median "${v6[@]}") ms with RA, $(median "${v4[@]}") ms with DHCP alone;" \
    "of it after the address: $(median "${ours[@]}") ms"
check "at most 500 ms with RA" [ "$(median "${v6[@]}")" -le 500 ]
check "at most 500 ms with DHCP" [ "$(median "${v4[@]}")" -le 500 ]
check "of which ours are at most 100" [ "$(median "${ours[@]}")" -le 100 ]
