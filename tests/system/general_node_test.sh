#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# T-2, I-1, S-12: Programs reach an ordinary host by its name through the relay, encrypted up to there. It sees
# them at the relay's address alone, also when the node moves in the middle of a download.
#
#   mn --- nat-a --- inet --- rs1        gn (a web server, a name server)
#    +---> v6only ---+ +------------------+
# shellcheck source=tests/system/_lib.sh
source "$(dirname "$0")/_lib.sh"

gn=gn.example.test
marker=NTM-MARKER-0123X
pattern=$(printf %s $marker | od -An -tx1 | tr -d ' \n')
# Of the packets that came to gn, neighbour discovery aside, where they came from.
seen_by_gn() { packets_of gn/eth0 "$1" | sed -nE 's/.* IP6? ([^ ]+) > .*/\1/p' | sed -E "$2" | sort -u; }

lab_options=(--without 'cn,nat-b')
lab_up
lab start
lab start gn nameserver
expect 15 "mn is registered" is_registered mn
head -c 12000000 /dev/urandom >"$run_dir/gn/www/file"
sum=$(sha256sum <"$run_dir/gn/www/file")
captured gn eth0
captured mn eth0
captured mn ntm0

step "the first packets"
check "IPv4: 5 of 5 answered" all_answered mn 5 -4 -p "$pattern" $gn
check "IPv6: 5 of 5 answered" all_answered mn 5 -6 -p "$pattern" $gn

step "by one path, which ends at the relay"
id=$(path_id mn)
for host in mn rs1 dc1; do
    same "paths of $host" "$(path_count $host)" 1
    same "$host shows it by its ID" "$(path_id $host)" "$id"
    same "$host calls it" "$(path_kind $host)" general
done
dc_is_told() { fact dc1 relay '.relays[0].napt[] | select(.of == "ports IPv4" and .used == 256 and .capacity == 16384)' >/dev/null; }
expect 5 "the DC is told of the block of ports that mn has" dc_is_told
same "mn knows gn by an address of the DC's block" "$(dns_answer $gn A | sed 's/\.[^.]*$//')" 198.18.64

step "UDP and TCP"
for family in -4 -6; do
    same "gn's name server, $family" "$(dns_answer $family @$gn ns.example.test A)" 203.0.113.53
    same "and by TCP" "$(dns_answer $family +tcp @$gn ns.example.test A)" 203.0.113.53
    same "a file, $family" "$(at mn curl -s $family "http://$gn/file?$marker" | sha256sum)" "$sum"
done

step "mn moves to the IPv6-only network in the middle of two downloads"
downloads=()
for family in 4 6; do
    at_background mn "$run_dir/mn/curl$family.log" \
        curl -sS -$family --limit-rate 4M --max-time 30 -o "$run_dir/mn/file$family" "http://$gn/file"
    downloads+=($!)
done
is_begun() { [ "$(stat -c %s "$run_dir/mn/file$1")" -gt 2000000 ]; }
expect 10 "the first has begun" is_begun 4
expect 10 "the second has begun" is_begun 6
lab move mn v6only
for family in 4 6; do
    refuse "by IPv$family it has not ended yet" cmp -s "$run_dir/gn/www/file" "$run_dir/mn/file$family"
done
for pid in "${downloads[@]}"; do check "a download ends well" wait "$pid"; done
for family in 4 6; do same "the file by IPv$family" "$(sha256sum <"$run_dir/mn/file$family")" "$sum"; done
same "the path stayed" "$(path_id mn)" "$id"

step "nobody comes in who was not asked for"
before=$(drop_count napt_no_mapping)
strangers_were_dropped() { [ "$(drop_count napt_no_mapping)" -ge $((before + 50)) ]; }
at gn python3 -c '
import socket
stranger = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for port in range(32768, 49152, 256):
    stranger.sendto(b"x", ("198.51.100.20", port))'
expect 5 "packets to ports that mn does not have are dropped and counted" strangers_were_dropped

end_captures
step "what gn saw, and what went between mn and the relay"
same "by IPv4" "$(seen_by_gn 'dst host 203.0.113.80' 's/(([0-9]+\.){3}[0-9]+).*/\1/')" 198.51.100.20
same "by IPv6" "$(seen_by_gn 'dst host 2001:db8::80 and not (icmp6 and ip6[40] >= 133)' \
    's/\.[0-9]+$//')" 2001:db8:1::20
check "the marker is seen on mn's TUN" test "$(found mn/ntm0 $marker)" -ge 12
same "and not on its wire" "$(found mn/eth0 $marker)" 0
same "nor gn's address" "$(packets_of mn/eth0 'host 203.0.113.80 or host 2001:db8::80')" ""
check "where tunnel packets were" test "$(packets_of mn/eth0 'udp port 9770' | wc -l)" -ge 1000
