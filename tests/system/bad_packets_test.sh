#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# S-1, S-4, S-13, X-1, M-8: What strangers send to relay, DC and nodes is counted by its reason, never answered by more bytes
# than came, moves no path and delays no ping.
#
#   gn (sends junk) --- inet (captures, sends again, sends as another) --- rs1
#   mn --- nat-a --------+-------- nat-b --- cn (ping goes on)
# shellcheck source=tests/system/_lib.sh
source "$(dirname "$0")/_lib.sh"

attack() {
    local host=$1
    shift
    at "$host" env PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 "$repo/tests/system/_attack.py" "$@"
}

# in_background TARGET WHAT ARGUMENT...: the same from gn, which waits after each thing sent, beside those at
# other targets; nothing_longer says how it ended.
declare -A attacks=()
in_background() {
    attack gn "${@:2}" >"$run_dir/gn/$1.log" 2>&1 &
    attacks[$1]=$!
}
nothing_longer() {
    local status=0
    wait "${attacks[$1]}" || status=$?
    cat "$run_dir/gn/$1.log"
    check "$1 answers with nothing longer than what it was sent" test $status = 0
}

legs() { fact rs1 path '[.paths[].legs[].outer_address] | sort | join(" ")'; }
processes() { cat "$run_dir"/{dc1/dc,rs1/relay,mn/node,cn/node}.pid | tr '\n' ' '; }
is_alive() { ctl "$1" status >/dev/null; }
session() { printf '%016x' "$RANDOM$RANDOM"; }
ff() { printf 'ff%.0s' $(seq "$1"); }

/usr/bin/python3 -c 'import cryptography, google.protobuf' 2>/dev/null || skip "needs scripts/packages install test"

lab_with_programs
start_ping
id=$(path_id mn)
legs_before=$(legs)
processes_before=$(processes)

# counts REASON NAME=HEX: such datagrams, over IPv4 and IPv6, are dropped for that reason and not
# answered.
counts() {
    local reason=$1 address before output
    for address in 198.51.100.20 2001:db8:1::20; do
        before=$(drop_count "$reason")
        output=$(attack gn udp $address 9770 "$2") || fail "$output"
        check "$output" test "${output##*, }" = "0 came back"
        expect 3 "counted as $reason" test_count "$reason" "$before"
    done
}
test_count() { [ "$(drop_count "$1")" -gt "$2" ]; }

step "to the relay's data plane"
counts truncated_ntm "not even a header=00"
counts bad_ntm_version "a version that is not ours=2000000000000000${id}+32"
counts unknown_ntm_type "a type nobody defined=1f00000000000000${id}+32"
counts unknown_path "a path nobody has=1000000000000000$(ff 8)+32"
counts wrong_source "the path of mn and cn=1000000000000000${id}+32"
counts wrong_source "the same, as END=1501000000000000${id}+64"
counts unknown_session "a SIGNAL of no session=1200000000000000$(session)+48"
counts unknown_cookie "a COOKIE answer that nobody asked for=1404000000000000+64"
counts malformed_cookie "a COOKIE ask too short=1400000000000000+15"
counts fragment "a datagram in fragments=1000000000000000${id}+4000"
counts unknown_path "a datagram as big as the link=1000000000000000$(ff 8)+1436"

step "a frame with a VLAN tag"
before=$(drop_count vlan_tagged)
attack inet vlan relays "$(at rs1 cat /sys/class/net/eth0/address)"
expect 3 "counted as vlan_tagged" test_count vlan_tagged "$before"

step "to those who open it: garbage and what was never asked for; nothing longer comes back"
salt=$(ff 16)
garbage=(
    "HANDSHAKE=13000000000000000000000000000000$(ff 150)"
    "HANDSHAKE again and again=13000000000000000000000000000000$(ff 150)*200"
    "HANDSHAKE too short=13000000000000000000000000000000$(ff 8)"
    "HANDSHAKE answer=1304000000000000$(session)$(ff 100)"
    "LEG request=1100000000000000${id}${salt}$(ff 83)"
    "LEG of the other role=1101000000000000${id}${salt}$(ff 83)*50"
    "LEG answer=1104000000000000${id}${salt}$(ff 83)"
    "LEG too short=1100000000000000${id}$(ff 3)"
    "SIGNAL=1200000000000000$(session)$(ff 100)*50"
    "SIGNAL too short=1200000000000000$(session)$(ff 3)"
    "COOKIE answer nobody asked for=14040000000000000000000000000000$(ff 56)"
    "COOKIE asks=14000000000000000000000000000000$(ff 8)+48*50"
    "END=1500000000000000${id}${salt}$(ff 40)"
    "nothing="
    "a datagram of 65000 bytes=1300000000000000+64992"
)
targets=(198.51.100.20 2001:db8:1::20 203.0.113.10 2001:db8::10)
for target in "${targets[@]}"; do in_background "$target" udp "$target" 9770 "${garbage[@]}"; done
for target in "${targets[@]}"; do nothing_longer "$target"; done

public_key() { "$NTM_BUILD/control/ntmctl/ntmctl" key public "$run_dir/$1/key"; }
step "right handshakes, from keys that nobody knows"
in_background rs1 stranger 198.51.100.20 9770 "$(public_key rs1)" 5
in_background dc1 stranger 203.0.113.10 9770 "$(public_key dc1)" 5
for target in rs1 dc1; do nothing_longer $target; done

step "at both nodes, through their NATs, in the DC's and in the relay's name"
forged=()
for each in "${garbage[@]}"; do
    each=${each#*=}
    [ -z "$each" ] || [[ $each == *+64992 ]] || forged+=("$each")
done
for node in mn.a.ntm.test cn.b.ntm.test; do
    outside=$(dc_node $node .outside)
    check "as the DC to $node" attack inet forged 203.0.113.10 9770 "${outside%:*}" "${outside##*:}" "${forged[@]}"
done
for outside in $(fact rs1 path '.paths[].legs[].outer_address'); do
    check "as the relay to $outside" \
        attack inet forged 198.51.100.20 9770 "${outside%:*}" "${outside##*:}" "${forged[@]}"
    check "as the node there to the relay" \
        attack inet forged "${outside%:*}" "${outside##*:}" 198.51.100.20 9770 "${forged[@]}"
done

step "what mn and cn themselves have sent, again, and with a bit turned over"
pcap=$run_dir/inet/replay.pcap
at_background inet "$run_dir/inet/capture.log" \
    tcpdump --immediate-mode -U -Z root -i global -c 60 -w "$pcap" 'ip and udp port 9770'
wait $! || fail "nothing captured"
check "as it was" attack inet replay "$pcap"
check "damaged" attack inet replay "$pcap" flip

step "and all the while"
expect 5 "the ping goes on" has_answers "$ping_log" $(($(answers "$ping_log") + 10))
kill -INT "$ping_pid"
wait "$ping_pid" || true
check "none was lost" grep -q ' 0% packet loss' "$ping_log"
refuse "none came twice" grep -E 'DUP|duplicates' "$ping_log"
check "none was late" never_silent_for 1
same "the path" "$(path_id mn)" "$id"
same "its legs" "$(legs)" "$legs_before"
same "no program was started anew" "$(processes)" "$processes_before"
for host in dc1 rs1 mn cn; do
    check "$host answers its ntmctl" is_alive $host
done
check "mn pings cn: 5 of 5 answered" all_answered mn 5 "$peer"
