#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# S-8: With `exit: true` programs reach ordinary hosts by literal addresses through the relay, also when the node
# moves in the middle of a download. What is forbidden does not get there, and afterwards the host is as before.
#
#   mn --- nat-a --- inet --- rs1        gn (a web server), dc1
#    +---> v6only ---+ +------------------+
# shellcheck source=tests/system/_lib.sh
source "$(dirname "$0")/_lib.sh"
export NTM_LAB_EXIT=true

gn4=203.0.113.80 gn6=2001:db8::80
# Whatever may differ without anybody's doing aside.
routing_of_mn() {
    for family in -4 -6; do
        at mn ip $family rule
        at mn ip $family route show table all | sed -E 's/ (expires|pref|hoplimit|error) [^ ]+//g' | sort
    done
}
has_exit() { fact mn status .exit; }
is_filtered() { grep -q 'Packet filtered' <<<"$(at mn ping -c 1 -W 2 -I "$(vip4 mn)" "$1")"; }
icmp_errors() { fact rs1 worker '[.workers[].icmp_errors] | add'; }
has_refused() { [ "$(icmp_errors)" = "$1" ]; }

lab_options=(--without 'cn,nat-b')
lab_up
before=$(routing_of_mn)
lab start
expect 15 "mn has its exit path" has_exit
head -c 12000000 /dev/urandom >"$run_dir/gn/www/file"
sum=$(sha256sum <"$run_dir/gn/www/file")
captured gn eth0
captured dc1 eth0
captured dns eth0

step "literal addresses"
check "IPv4: 5 of 5 answered" all_answered mn 5 $gn4
check "IPv6: 5 of 5 answered, from a network without it" all_answered mn 5 -6 $gn6
same "a file by IPv4" "$(at mn curl -s "http://$gn4/file" | sha256sum)" "$sum"
same "a file by IPv6" "$(at mn curl -s "http://[$gn6]/file" | sha256sum)" "$sum"
id=$(path_id mn)
same "by one path of mn" "$(path_count mn)" 1
same "which is the relay's" "$(path_id rs1)" "$id"
same "and the DC's exit path" "$(path_kind dc1)" exit
same "a name that the DC has nothing to do with is asked for" "$(dns_status www.example.org)" NXDOMAIN

step "mn moves to the IPv6-only network in the middle of two downloads"
downloads=()
for host in $gn4 "[$gn6]"; do
    at_background mn "$run_dir/mn/curl$host.log" \
        curl -sS --limit-rate 4M --max-time 30 -o "$run_dir/mn/file$host" "http://$host/file"
    downloads+=($!)
done
is_begun() { [ "$(stat -c %s "$run_dir/mn/file$1")" -gt 2000000 ]; }
for host in $gn4 "[$gn6]"; do expect 10 "that from $host has begun" is_begun "$host"; done
lab move mn v6only
for pid in "${downloads[@]}"; do check "a download ends well" wait "$pid"; done
for host in $gn4 "[$gn6]"; do
    same "the file from $host" "$(sha256sum <"$run_dir/mn/file$host")" "$sum"
done
same "the path stayed" "$(path_id mn)" "$id"

step "where the relay does not forward to"
for host in 198.51.100.20 203.0.113.10 10.0.0.1 198.18.200.1; do
    check "to $host it does not" is_filtered $host
done
# Packets that the kernel would not send by itself.
at mn python3 -c '
import socket, struct, sys
source = socket.inet_pton(socket.AF_INET6, sys.argv[1])
tun = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM)
for target in ("::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:c633:6414::1"):
    head = struct.pack("!IHBB", 0x60000000, 9, 17, 64) + source + socket.inet_pton(socket.AF_INET6, target)
    tun.sendto(head + struct.pack("!HHHH", 5000, 80, 9, 0xffff) + b"x", ("ntm0", 0x86dd))' "$(vip6 mn)"
expect 5 "these three are refused, too" has_refused 7

end_captures
step "what gn and the DC saw"
same "gn: one address of each family" "$(packets_of gn/eth0 "dst host $gn4 or (tcp and dst host $gn6)" |
    sed -nE 's/.* IP6? ([^ ]+) > .*/\1/p' | sed -E 's/^(([0-9]+\.){3}[0-9]+).*/\1/; s/^([0-9a-f:]+)\.[0-9]+$/\1/' |
    sort -u | tr '\n' ' ')" "198.51.100.20 2001:db8:1::20 "
same "the DC: no ping of mn's" "$(packets_of dc1/eth0 'icmp[icmptype] == icmp-echo')" ""
check "the resolver: mn's question" grep -q example.org <<<"$(packets_of dns/eth0 'src host 203.0.113.101')"
same "by nothing but mn's network" "$(packets_of dns/eth0 'src host 198.51.100.20 or src host 2001:db8:1::20')" ""

step "afterwards"
lab stop mn
same_routing() { [ "$(routing_of_mn)" = "$1" ]; }
same "rules and routes of ours" "$(routing_of_mn | grep -cE '9770|3270[1-4]')" 0
lab move mn nat-a
lab start mn
expect 15 "mn has its exit path again" has_exit
lab kill mn
check "killed, it leaves gn within reach" all_answered mn 1 $gn4
lab start mn
expect 15 "mn has its exit path once more" has_exit
lab stop mn
expect 5 "routes and rules are as before everything" same_routing "$before"
