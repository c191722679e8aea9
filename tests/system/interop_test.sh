#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The client in Python, written from the documents alone, pings cn through the relay in mn's place, and
# exchanges keys with it.
#
#   ntm_client.py (mn's key and name) --- nat-a --- inet --- nat-b --- cn
#                                          |
#                                         rs1
# shellcheck source=tests/system/_lib.sh
source "$(dirname "$0")/_lib.sh"

# Debian's, to which python3-cryptography and python3-protobuf belong.
python=/usr/bin/python3
"$python" -c 'import cryptography, google.protobuf' 2>/dev/null || skip "needs scripts/packages install test"

lab_up
for host in dns dc1 rs1 cn; do
    lab start $host
done
expect 15 "cn is registered" is_registered cn

dc_key=$("$NTM_BUILD/control/ntmctl/ntmctl" key public "$run_dir/dc1/key")
client_log=$run_dir/mn/client.log

# client HOST:PORT: in the background, its process is $!
client() {
    at_background mn "$client_log" env PYTHONDONTWRITEBYTECODE=1 \
        "$python" "$repo/tests/interop/ntm_client.py" --dc "$1" --dc-key "$dc_key" \
        --key "$run_dir/mn/key" --fqdn mn.a.ntm.test --peer "$peer" --hold 3
}
cn_has_measured() { fact cn path '.paths[0].rtt_milliseconds' >/dev/null; }
client_says() { grep -q "$1" "$client_log"; }

step "one ping through the relay"
client 203.0.113.10:9770
expect 20 "an echo reply" client_says "echo reply"
id=$(sed -nE 's/^path ([0-9a-f]{16}) .*/\1/p' "$client_log")
same "the relay's path" "$(fact rs1 path '.paths[].path_id')" "$id"
check "both of its legs carried packets" \
    fact rs1 path '[.paths[].legs[].packets_received] | length == 2 and all(. > 0)'
same "it is cn's" "$(path_id cn)" "$id"
expect 2 "cn's END probe is answered" cn_has_measured
expect 2 "another echo reply, under keys that both ends have made" client_says "keys of epoch 1"
same "cn's keys" "$(fact cn path '.paths[0] | "\(.epoch) \(.exchanged)"')" "1 true"
same "what came and opened under none" "$(fact cn status .drops.bad_tag)" 0
status=0
wait $! || status=$?
sed 's/^/   client: /' "$client_log"
same "the client ends" $status 0

step "and it has given the path back"
expect 5 "rs1 has no path" has_no_path rs1
expect 5 "cn has no path" has_no_path cn
expect 5 "the relay's counters balance" is_balanced

step "another run, from which the DC demands a token: it holds a session with mn's key"
client 203.0.113.10:9770
status=0
wait $! || status=$?
sed 's/^/   client: /' "$client_log"
same "the client ends" $status 0
check "it was asked for a token" client_says "demands a token"
check "and has got an echo reply" client_says "echo reply"
