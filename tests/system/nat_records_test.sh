#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# C-12, C-14: Who had a public port: a program talks to an ordinary host before and after its node moves, and the
# relay's records name the node with the real address of each time. Where it went is on record nowhere.
#
#   mn --- nat-a --- inet --- rs1        gn
#    +---> v6only ---+ +------------------+
# shellcheck source=tests/system/_lib.sh
source "$(dirname "$0")/_lib.sh"

lab_options=(--without 'cn,nat-b')
lab_up
records=$run_dir/rs1/records
lab start
expect 15 "mn is registered" is_registered mn

# gn answers with the address and port that it sees.
at_background gn "$run_dir/gn/mirror.log" python3 -c '
import socket
mirror = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
mirror.bind(("", 7007))
while True:
    _, peer = mirror.recvfrom(100)
    mirror.sendto(f"{peer[0]} {peer[1]}".encode(), peer)'
# seen_as: from a port that stays the same.
seen_as() {
    at mn python3 -c '
import socket
asking = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
asking.bind(("", 7008))
asking.settimeout(1)
for _ in range(10):
    asking.sendto(b"?", (socket.gethostbyname("gn.example.test"), 7007))
    try:
        print(asking.recv(100).decode())
        break
    except TimeoutError:
        pass'
}
now() { date -u +%Y-%m-%dT%H:%M:%S.%NZ; }
# Who had the port at the time: name, and real addresses without their ports.
who_had() {
    "$NTM_BUILD/control/ntmctl/ntmctl" -j nat who-had --records "$records" "$seen_address" "$seen_port" "$1" |
        jq -r '.holders[] | [.subscriber] + ([.real_addresses[].address | sub(":[0-9]+$"; "")] | unique) | join(" ")'
}

step "mn talks to gn"
before_all=$(now)
read -r seen_address seen_port < <(seen_as)
same "gn sees the relay" "$seen_address" 198.51.100.20
at_home=$(now)

step "mn moves"
lab move mn v6only
same "gn sees the same port" "$(seen_as)" "$seen_address $seen_port"
away=$(now)

step "who had the port"
same "before" "$(who_had "$before_all")" ""
same "from behind the NAT" "$(who_had "$at_home")" "mn.a.ntm.test 203.0.113.101"
same "from the IPv6-only network" "$(who_had "$away")" "mn.a.ntm.test [2001:db8:6::111]"

step "what is on record"
gn4=$(dns_answer gn.example.test A)
same "of gn" "$(cat "$records"/* | grep -c -e 203.0.113.80 -e "$gn4")" 0
same "blocks" "$(cat "$records"/* | grep -c '"event":"block_taken"')" 1
