#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# long
# F-14, C-8, S-10: the relay is killed under ten thousand TCP flows of a node to an ordinary host, and started
# again by who watches it. With a state file all flows go on, at the same public ports, and nothing is silent
# for longer than 300 ms beyond what the process takes to start; without what was kept they end.
#
#   mn --- nat-a --- inet --- rs1        gn
#                     +------------------+
# shellcheck source=tests/system/_lib.sh
source "$(dirname "$0")/_lib.sh"
# shellcheck source=tests/system/_faults.sh
source "$(dirname "$0")/_faults.sh"

{ /usr/bin/python3 -c 'import cryptography' && have tcpdump; } 2>/dev/null || skip "needs scripts/packages install test"

peer=gn.example.test
flows=${NTM_FLOWS:-10000}
export NTM_LAB_KEY_LOGS=1
export NTM_LAB_STATE_FILE=/dev/shm/$NTM_LAB-state NTM_LAB_SUBSCRIBER_PORTS=12000 NTM_LAB_SUBSCRIBER_SESSIONS=12000
many_flows=$repo/tests/system/_many_flows.py
said=$run_dir/mn/flows.log
orders=$run_dir/mn/flows.orders

state() { ctl rs1 status | jq -re ".state.$1"; }
has_said() { grep -q "$1" "$said"; }
is_answered() { [ "$(grep -c alive "$said")" -ge $rounds ]; }
# all_alive WHAT: each flow is asked for something, and answers.
rounds=0
all_alive() {
    rounds=$((rounds + 1))
    echo "round $rounds" >&7
    expect 40 "each flow is asked" is_answered
    say "   $(tail -n 1 "$said")"
    check "$1: all $flows answer" grep -q "^alive $flows of" <(tail -n 1 "$said")
}

lab_options=(--without 'cn,nat-b')
rm -f "$NTM_LAB_STATE_FILE"
lab_up
lab start
expect 15 "mn is registered" is_registered mn
at_background gn "$run_dir/gn/flows.log" python3 "$many_flows" serve 7777
expect 5 "gn serves" grep -q serves "$run_dir/gn/flows.log"
captured nat-a inside
start_ping
boot=$(fact rs1 status .boot_id)
same "processes under this boot id" "$(state processes)" 1

step "$flows flows are opened"
mkfifo "$orders"
exec 7<>"$orders"
at_background mn "$said" python3 "$many_flows" open "$(dns_answer $peer A)" 7777 "$flows" 900 "$orders"
expect 60 "all are open" has_said "open $flows"
all_alive "before"

for round in 2 3; do
    step "the relay is killed and started again"
    killed=$EPOCHREALTIME
    lab kill rs1
    lab start rs1
    up=$EPOCHREALTIME
    expect 5 "the ping goes on" ping_goes_on_since "$up"
    same "its boot id" "$(fact rs1 status .boot_id)" "$boot"
    same "processes under it" "$(state processes)" "$round"
    same "paths given up" "$(state given_up_paths)" 0
    same "sessions given up" "$(state given_up_sessions)" 0
    check "$(state adopted_sessions) sessions are adopted" test "$(state adopted_sessions)" -ge "$flows"
    took "the relay's start" "$killed" 10 "$up"
    check "the ping was silent for $(largest_gap "$ping_log") s" never_silent_for \
        "$(awk -v a="$killed" -v b="$up" 'BEGIN { print b - a + 0.3 }')"
    all_alive "after restart $round"
done

step "what does not check is given up"
lab kill rs1
for at in 4112 4160; do # in the two places for the run's record
    printf 'wrong' | dd of="$NTM_LAB_STATE_FILE" bs=1 seek=$at conv=notrunc status=none
done
lab start rs1
refuse "the boot id is another" test "$(fact rs1 status .boot_id)" = "$boot"
same "processes under it" "$(state processes)" 1
expect 10 "the ping goes on all the same" ping_goes_on_since "$EPOCHREALTIME"

step "no key and nonce were used twice"
end_captures
/usr/bin/python3 "$repo/tests/nonces/nonces.py" "$run_dir/nat-a/inside.pcap" \
    --keys "mn=$run_dir/mn/keys" "rs1=$run_dir/rs1/keys" "dc1=$run_dir/dc1/keys" --going-on rs1 --runs rs1=4 --at-least data=$((flows * 6)) ||
    fail "see above"
rm -f "$NTM_LAB_STATE_FILE"
