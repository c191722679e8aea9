#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# C-12: A collector of IPFIX, whose messages tshark reads, is told who has which public ports, and who wants more
# than he may have. Nobody waits for it while it can not be reached; what it misses, it can count.
#
#   mn --- nat-a --- inet --- rs1        gn (collector)
#                     +-------------------+
# shellcheck source=tests/system/_lib.sh
source "$(dirname "$0")/_lib.sh"

have tshark || skip "needs scripts/packages install test"
most_ports=8
export NTM_LAB_SUBSCRIBER_PORTS=$most_ports
export NTM_LAB_IPFIX='{ collector: "203.0.113.80:4739", template_seconds: 1 }'

# fields CAPTURE NAME...: of its IPFIX messages that have records, one a line.
fields() {
    local file=$run_dir/$1.pcap name
    local -a wanted=()
    shift
    for name in "$@"; do wanted+=(-e "cflow.$name"); done
    tshark -n -r "$file" -d udp.port==4739,cflow -Y cflow.nat_event -T fields -E separator=' ' "${wanted[@]}" 2>/dev/null
}
block4=(nat_event srcaddr post_natsource_ipv4_address port_range_start port_range_end user_name)
block6=(nat_event srcaddrv6 post_nat_source_ipv6_address user_name)
# By the sequence numbers of messages and how many records each has.
missed() {
    fields "$1" sequence nat_event |
        awk 'NR > 1 { missed += $1 - next_one } { next_one = $1 + split($2, records, ",") } END { print missed + 0 }'
}
has_messages() { [ "$(packets_of "$1" 'udp dst port 4739' | wc -l)" -ge "$2" ]; }
ipfix() { fact rs1 status ".nat_records.ipfix.$1"; }
is() { [ "$(ipfix "$1")" = "$2" ]; }
# say_to_gn PORTS: from so many ports at once.
say_to_gn() {
    at mn python3 -c '
import socket, sys
gn = socket.gethostbyname("gn.example.test")
for port in range(7100, 7100 + int(sys.argv[1])):
    asking = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    asking.bind(("", port))
    asking.sendto(b"!", (gn, 7007))' "$1"
}

lab_options=(--without 'cn,nat-b')
lab_up
at_background gn "$run_dir/gn/collector.log" python3 -c '
import signal, socket
collector = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
collector.bind(("", 4739))
signal.pause()'
captured gn eth0
lab start
expect 15 "mn is registered" is_registered mn
mn_vip4=$(vip4 mn)
mn_vip6=$(vip6 mn)

step "mn gets a block of ports"
say_to_gn 1
expect 5 "the relay sends a record" is sent 1
step "mn wants more ports than it may have"
say_to_gn 20
expect 5 "and another one" is sent 2

step "the collector can not be reached"
at rs1 ip route add unreachable 203.0.113.80
lab stop mn
expect 10 "the relay has lost the record that the block was given back" is lost 1
lab start mn
expect 10 "mn reaches gn all the same" at mn ping -6 -c 1 -W 1 gn.example.test
expect 5 "and the record of its new block is lost" is lost 2

step "it can be reached again, by somebody who has heard nothing before"
at rs1 ip route del unreachable 203.0.113.80
captured inet global
expect 5 "templates come again" has_messages inet/global 1
sent=$(ipfix sent)
lab stop mn
expect 10 "the relay sends that the block was given back" is sent $((sent + 1))
end_captures

step "what the collector has"
same "events" "$(fields gn/eth0 nat_event | paste -s -d ' ')" "16 13 17"
read -r _ vip address first last name < <(fields gn/eth0 "${block4[@]}")
same "who" "$vip $name" "$mn_vip4 mn.a.ntm.test"
same "address" "$address" 198.51.100.20
mapfile -t ports < <(packets_of gn/eth0 'udp dst port 7007' | sed -nE 's/.* IP 198\.51\.100\.20\.([0-9]+) >.*/\1/p' | sort -nu)
same "ports that gn has seen" ${#ports[@]} $most_ports
check "are of the block $first to $last" [ "${ports[0]}" -ge "$first" ] && [ "${ports[-1]}" -le "$last" ]
same "who wants more, and how many he has" \
    "$(fields gn/eth0 nat_event nat_quota_exceeded_event max_entries_per_user srcaddr user_name | sed -n 2p)" \
    "13 3 $most_ports $mn_vip4 mn.a.ntm.test"
same "records that it knows to have missed" "$(missed gn/eth0)" "$(ipfix lost)"
same "and who came late has understood" "$(fields inet/global "${block6[@]}")" "17 $mn_vip6 2001:db8:1::20 mn.a.ntm.test"
