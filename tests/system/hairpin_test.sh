#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# U-9, T-8: Two nodes meet at the public address of the relay that translates for both: by UDP and TCP, each seen
# there at its own public port. Two workers, so that what one opens the other may seal.
#
#   mn --- nat-a --- inet --- nat-b --- cn
#                     |
#                    rs1
# shellcheck source=tests/system/_lib.sh
source "$(dirname "$0")/_lib.sh"

export NTM_LAB_WORKERS=2
public=public.example.test
lab_with_programs

meeting() { at "$1" python3 "$repo/tests/system/_meeting.py" "${@:2}"; }
# public_port PROTOCOL: of cn's port 5000.
public_port() {
    ctl rs1 nat session --subscriber $peer |
        jq -re "[.sessions[] | select(.protocol == \"$1\" and (.inside | endswith(\":5000\"))).public][0] | sub(\".*:\"; \"\")"
}
handed_over() { ctl rs1 worker | jq '[.workers[].handed_over] | add'; }

step "cn waits at a port"
at_background cn "$run_dir/cn/meeting.log" \
    python3 "$repo/tests/system/_meeting.py" wait $public 5000
expect 10 "it is open" grep -q open "$run_dir/cn/meeting.log"
expect 5 "cn has a public port for UDP" public_port udp
expect 5 "and for TCP" public_port tcp
same "cn's path ends at the relay" "$(path_kind cn)" general

step "mn meets it there"
before=$(handed_over)
seen_by_cn=$(at cn getent ahostsv4 $public | awk 'NR == 1 { print $1 }')
meeting mn meet $public "$(public_port udp)" "$(public_port tcp)" >"$run_dir/mn/met"
same "cn's answer comes from where mn sent to" "$(awk '/udp/ { print $2 }' "$run_dir/mn/met")" True
same "cn sees mn at the public address" "$(awk '/udp/ { print $3 }' "$run_dir/mn/met")" "$seen_by_cn"
mn_port=$(awk '/udp/ { print $4 }' "$run_dir/mn/met")
check "and at a public port" test "$mn_port" -ge 32768 -a "$mn_port" -lt 49152
same "10 MB there and back" "$(awk '/tcp/ { print $2 }' "$run_dir/mn/met")" True
check "one worker handed packets to the other" test "$(handed_over)" -gt "$before"
