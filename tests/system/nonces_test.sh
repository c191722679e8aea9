#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# long
# S-10: no (key, nonce) pair occurs twice, whatever is stopped, killed or moved, by any suite, and where a
# path ends at the relay. All packets of the lab are captured, all programs keep a key log, and
# tests/nonces/nonces.py opens every packet.
# S-12: secrets go to a key log that is private, and that its program tells of.
#
#   mn --- nat-a --- inet --- nat-b --- cn       then       mn --- nat-a --- inet --- cn (global)
#          (captures) (captures) (captures)            gn
# shellcheck source=tests/system/_lib.sh
source "$(dirname "$0")/_lib.sh"

suites=(aes-128-gcm chacha20-poly1305 aes-128-cbc-hmac-sha-256 aes-128-cbc-hmac-md5)
printf -v every_suite '%s, ' "${suites[@]}"
export NTM_LAB_KEY_LOGS=1 NTM_LAB_SUITES=${every_suite%, }
gn=gn.example.test
captures=()
all=(dc1 rs1 mn cn)

{ /usr/bin/python3 -c 'import cryptography' && have tshark; } 2>/dev/null || skip "needs scripts/packages install test"

captured() {
    at_background "$1" "$run_dir/$1/capture.log" \
        tcpdump --immediate-mode -U -s 2048 -B 65536 -Z root -i any -w "$run_dir/$1/capture.pcap" 'udp and not port 53'
    captures+=($!)
    expect 5 "capture on $1" grep -q 'listening on' "$run_dir/$1/capture.log"
}
# nonces [--fault WHICH]
nonces() {
    local host
    local -a keys=()
    for host in "${all[@]}"; do keys+=("$host=$run_dir/$host/keys"); done
    /usr/bin/python3 "$repo/tests/nonces/nonces.py" "$run_dir"/{inet,nat-a,nat-b}/capture.pcap \
        --keys "${keys[@]}" --runs dc1=9 rs1=7 mn=10 cn=7 --at-least data=2000 signal=150 leg=40 end=4 \
        handshake=40 cookie=20 sessions=30 paths=16 legs=4 ephemerals=40 keys=100 pairs=2400 \
        paths-to-relays=8 epochs=12 suite-1=2000 suite-2=40 suite-3=40 suite-4=40 "$@"
}
# finds FAULT COMPLAINT: seeded with it, the proof fails, for that reason.
finds() {
    local output
    if output=$(nonces --fault "$1"); then fail "$1 was not found"; fi
    check "$1: $2" grep -q "$2" <<<"$output"
}
# again kill|stop HOST: ended, and started again.
again() {
    lab "$1" "$2"
    lab start "$2"
    case $2 in
    mn | cn) expect 15 "$2 is registered" is_registered "$2" ;;
    esac
}
stream() { at mn iperf3 -c "$peer" -t 1 -b 20M --connect-timeout 3000 >/dev/null; }

lab_up
for router in inet nat-a nat-b; do captured $router; done
lab start
for host in mn cn; do expect 15 "$host is registered" is_registered $host; done

step "key logs are private, and announced"
for host in "${all[@]}"; do
    same "$host's status names it" "$(fact "$host" status .key_log)" "$run_dir/$host/keys"
    same "its mode" "$(stat -c %a "$run_dir/$host/keys")" 600
    check "$host's log warns" grep -qs 'whoever reads' "$run_dir/$host"/{dc,relay,node}.log
done

step "one end is gone: END probes"
start_ping
at_background nat-a "$run_dir/nat-a/probe.log" timeout 20 tcpdump -Z root -i inside -c 1 'ip and udp[8] = 0x15'
probe_pid=$!
expect 5 "waiting for a probe" grep -q 'listening on' "$run_dir/nat-a/probe.log"
lab kill cn
check "mn probes" wait "$probe_pid"
lab start cn
expect 15 "cn is registered" is_registered cn

step "a relayed path, under stops, kills and moves"
lab start cn iperf3
expect 15 "mn reaches cn" reaches_peer
same "kind" "$(path_kind mn)" relayed
for network in v6only nat-b; do
    lab move cn $network
    moved_at=$EPOCHREALTIME
    expect 10 "the ping goes on from $network" ping_goes_on_since "$moved_at"
done
for host in rs1 dc1 cn mn; do
    for way in kill stop; do
        step "$way $host"
        again $way $host
        began_at=$EPOCHREALTIME
        expect 15 "the ping goes on" ping_goes_on_since "$began_at"
    done
done
expect 20 "a stream passes" stream

step "a direct path, under stops, kills and moves"
kill "$ping_pid"
wait "$ping_pid" || true
lab stop mn
lab stop cn
lab move cn global
for host in cn mn; do
    lab start $host
    expect 15 "$host is registered" is_registered $host
done
start_ping
same "kind" "$(path_kind mn)" direct
expect 20 "a stream passes" stream
for host in dc1 cn mn; do
    for way in kill stop; do
        step "$way $host"
        again $way $host
        began_at=$EPOCHREALTIME
        expect 15 "the ping goes on" ping_goes_on_since "$began_at"
    done
done
for network in nat-b nat-a; do
    lab move mn $network
    moved_at=$EPOCHREALTIME
    expect 10 "the ping goes on from $network" ping_goes_on_since "$moved_at"
done

kill "$ping_pid"
wait "$ping_pid" || true

answer_again() { at mn ping -c 1 -W 1 "$peer" && at mn ping -c 1 -W 1 $gn; }
suites_of_mn() { fact mn path '[.paths[] | "\(.kind) \(.suite)"] | sort | join(", ")'; }
networks=(v6only nat-a v6only nat-a)
for i in "${!suites[@]}"; do
    suite=${suites[i]}
    step "$suite: a direct path, and one that ends at the relay, under a move and kills"
    lab stop mn
    NTM_LAB_SUITES=$suite lab start mn
    expect 15 "mn is registered" is_registered mn
    for name in "$peer" $gn; do check "$name answers" all_answered mn 10 "$name"; done
    same "mn's paths" "$(suites_of_mn)" "direct $suite, general $suite"
    lab move mn "${networks[i]}"
    expect 10 "both answer at ${networks[i]}" answer_again
    for host in rs1 dc1; do
        again kill $host
        expect 15 "both answer after $host was killed" answer_again
    done
done

step "what was captured"
kill "${captures[@]}"
wait "${captures[@]}" || true
for router in inet nat-a nat-b; do
    check "nothing missed on $router" grep -q '^0 packets dropped by kernel' "$run_dir/$router/capture.log"
done
nonces || fail "see above"

step "ntmctl and the dissector see the same"
opened=$run_dir/opened.pcap
counts=$("$NTM_BUILD/control/ntmctl/ntmctl" -j capture open "$run_dir/inet/capture.pcap" -o "$opened" \
    -k "$run_dir"/{dc1,rs1,mn,cn}/keys) || fail "$counts"
say "   $(jq -c . <<<"$counts")"
none_closed() { jq -e '[.opened[] > 0, .not_opened.no_key == 0, .not_opened.bad_tag == 0] | all' <<<"$counts" >/dev/null; }
check "all was opened" none_closed
# shown FILTER: packets that it fits.
shown() { tshark -n -X lua_script:"$repo/tools/wireshark/ntm.lua" -r "$opened" -Y "$1" 2>/dev/null | wc -l; }
check "Route Directions are seen" test "$(shown 'ntm.route_direction.path_secret')" -ge 8
check "bindings too" test "$(shown 'ntm.tunnel_response.bound == 1')" -ge 8
check "and pings" test "$(shown 'ntm.opened && icmp || ntm.opened && icmpv6')" -ge 100
same "nothing malformed" "$(shown 'ntm && _ws.malformed || ntm.short || ntm.bad_message || ntm.bad_version')" 0

step "the same, with a fault"
finds data-counter '(key, nonce) twice, in data'
finds foreign-iv "an IV that is not the header's"
finds relay-run 'in more than one run of an end'
finds signal-counter '(key, nonce) twice, in signal'
finds leg-salt 'a salt twice under one secret'
finds end-salt 'a salt twice under one secret'
finds ephemeral 'an ephemeral key in two messages'
finds unknown-key 'no key opens this data'
