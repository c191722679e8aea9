#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# F-10, F-11, F-31: Relay, DC and node are killed and started again in turn, and the node moves, under one ping of
# an ordinary host, which stays at its virtual address. A new run of relay or node comes with new keys.
#
#   mn --- nat-a --- inet --- rs1        gn
#    +---> v6only ---+ +------------------+
# shellcheck source=tests/system/_lib.sh
source "$(dirname "$0")/_lib.sh"
peer=gn.example.test

lab_options=(--without 'cn,nat-b')
lab_up
lab start
expect 15 "mn is registered" is_registered mn
start_ping
gn4=$(dns_answer $peer A)
gn6=$(dns_answer $peer AAAA)

# goes_on WHAT: since now.
goes_on() {
    local since=$EPOCHREALTIME
    expect 10 "the same ping goes on $1" ping_goes_on_since "$since"
}
for host in rs1 dc1 mn; do
    step "$host is killed and started again"
    lab kill $host
    lab start $host
    goes_on "after that"
done
step "mn moves"
lab move mn v6only
goes_on "from the IPv6-only network"

check "never silent for more than 4 s" never_silent_for 4
same "paths of mn" "$(path_count mn)" 1
same "gn's address, IPv4" "$(dns_answer $peer A)" "$gn4"
same "and IPv6" "$(dns_answer $peer AAAA)" "$gn6"
