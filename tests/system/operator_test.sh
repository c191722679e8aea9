#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# What an operator sees and does at the relay: every noun of ntmctl, in words and as JSON, its exit
# codes; the relay's own addresses, which the kernel answers for on the TAP; a gateway whose MAC
# address changes, and a route that goes away and comes back, under a running path.
#
#   mn --- nat-a --- inet --- nat-b --- cn
#                     |
#                    rs1
# shellcheck source=tests/system/_lib.sh
source "$(dirname "$0")/_lib.sh"

# exit_code COMMAND...: its exit code, as a word to compare.
exit_code() {
    local code=0
    "$@" >/dev/null 2>&1 || code=$?
    echo $code
}
ntmctl() { "$NTM_BUILD/control/ntmctl/ntmctl" "$@"; }
socket=$run_dir/rs1/relay.sock
is_json() { "$@" | jq -e . >/dev/null; }
has_dropped() { [ "$(drop_count "$1")" -gt "$2" ]; }

lab_with_programs
expect 15 "mn reaches cn" reaches_peer
start_ping

step "each noun, in words and as JSON"
for noun in status path worker drop port drain; do
    check "$noun" ntmctl -s "$socket" $noun
    check "$noun -j is JSON" is_json ntmctl -s "$socket" -j $noun
done
same "workers" "$(ctl rs1 worker | jq '.workers | length')" 1
check "its port has sent and received" \
    jq -e '.ports[0] | .received > 0 and .transmitted > 0' <(ctl rs1 port)
check "a drop reason is explained" jq -e '.drops[0].meaning | length > 20' <(ctl rs1 --all drop)

step "the relay drains, as its DC knows"
state_at_dc() { ctl dc1 relay | jq -r '.relays[0].state'; }
is_state() { [ "$(state_at_dc)" = "$1" ]; }
check "it begins" jq -e .is_draining <(ctl rs1 drain start)
expect 5 "the DC has heard" is_state draining
expect 5 "there is no other relay: the ping goes on" ping_goes_on_since "$EPOCHREALTIME"
check "it ends" jq -e '.is_draining | not' <(ctl rs1 drain stop)
expect 5 "the DC has heard" is_state alive

step "exit codes: 0 done, 1 failed, 2 usage, 3 nobody there"
same "no such path" "$(exit_code ntmctl -s "$socket" path 0123456789abcdef)" 1
check "said as JSON too" jq -e '.error | length > 0' <(ntmctl -s "$socket" -j path 0123456789abcdef 2>&1)
same "no such noun" "$(exit_code ntmctl -s "$socket" pathes)" 2
same "no daemon" "$(exit_code ntmctl -s "$run_dir/nobody.sock" status)" 3

step "another user is told what it takes"
as_nobody() { setpriv --reuid=65534 --regid=65534 --clear-groups "$NTM_BUILD/$1" "${@:2}" 2>&1; }
tells() { grep -q "$1" < <(as_nobody "${@:2}"); }
check "ntmctl" tells 'owner and group may ask it: sudo' control/ntmctl/ntmctl -s "$socket" status
check "of a key" tells 'only its owner may' control/ntmctl/ntmctl key public "$run_dir/rs1/key"

step "the kernel's side: the TAP answers for the relay's addresses"
check "ping by IPv4" at gn ping -q -c 3 -i 0.2 -W 2 198.51.100.20
check "ping by IPv6" at gn ping -q -c 3 -i 0.2 -W 2 2001:db8:1::20

step "the gateway's MAC address changes"
at inet ip link set dev relays address 02:00:5e:00:00:99
expect 10 "the ping goes on" ping_goes_on_since "$EPOCHREALTIME"

step "the default route goes, and comes back"
at rs1 ip route del default
expect 10 "packets have no route" has_dropped no_route 0
at rs1 ip route add default via 198.51.100.1 dev ntm0
expect 10 "the ping goes on" ping_goes_on_since "$EPOCHREALTIME"
