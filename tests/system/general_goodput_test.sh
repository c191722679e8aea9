#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# long
# TCP between a node and an ordinary host, encrypted up to the relay, fills what the headers leave of a link.
#
#   mn --- nat-a --- inet --- rs1        gn (an iperf3 server)
#                      +------------------+
#
# Each link takes 100 Mbit/s, Ethernet headers included. The narrowest is that to the relay, which has one port: the
# data of one side and the ACKs of the other share it, one for every second segment.
# shellcheck source=tests/system/_lib.sh
source "$(dirname "$0")/_lib.sh"

gn=gn4.example.test
rate=100
# What the relay sends goes past its kernel's queues: it is limited on the next link.
limit_links() {
    local at
    for at in mn/eth0 nat-a/mn-eth0 nat-a/outside inet/nat-a-outside inet/rs1-eth0 inet/gn-eth0 gn/eth0; do
        at "${at%/*}" tc qdisc add dev "${at#*/}" root tbf rate ${rate}mbit burst 60k latency 50ms
    done
}
goodput() { at mn iperf3 -c $gn -O 1 -t 8 -J "$@" | jq '.end.sum_received.bits_per_second / 1e6'; }
reaches_gn() { at mn ping -c 1 -W 1 $gn; }

lab_options=(--without 'cn,nat-b')
lab_up
lab start
lab start gn iperf3
expect 15 "mn reaches gn" reaches_gn
limit_links

mtu=$(fact mn status .mtu_bytes)
ack=52 # of IPv4, and of TCP with timestamps
ethernet=14 tunnel=60
payload=$((mtu - ack))

# fills_link WHAT BYTES IPERF3-OPTION...: on the link to the relay, of a segment and half an ACK.
fills_link() {
    local what=$1 bytes=$2 permille
    shift 2
    permille=$(goodput "$@" | awk -v rate=$rate -v payload=$payload -v bytes="$bytes" \
        '{ printf "%d", 1000 * $1 / (rate * payload / bytes) }')
    say "   $what: $permille per mille of what $payload of $bytes bytes are of $rate Mbit/s"
    check "990 at least" test "$permille" -ge 990
}

fills_link "mn to gn" $((ethernet + tunnel + mtu + (ethernet + ack) / 2))
fills_link "gn to mn" $((ethernet + mtu + (ethernet + tunnel + ack) / 2)) --reverse
