#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# What strangers send to the relay is counted by its reason, never answered, and moves no path.
#
#   gn (sends junk) --- inet --- rs1
#   mn --- nat-a -------+------- nat-b --- cn (ping goes on)
# shellcheck source=tests/system/_lib.sh
source "$(dirname "$0")/_lib.sh"

lab_with_programs
start_ping
id=$(path_id mn)

# junk HEX: gn sends it from one port to the relay, and prints what comes back within half a second.
junk() { at gn python3 "$repo/tests/system/_junk.py" 198.51.100.20 9770 "$1"; }

# counts REASON HEX: one such packet is dropped for that reason, and nothing comes back.
counts() {
    local reason=$1 before
    before=$(drop_count "$reason")
    same "no answer" "$(junk "$2")" ""
    expect 3 "counted as $reason" test_count "$reason" "$before"
}
test_count() { [ "$(drop_count "$1")" -gt "$2" ]; }

zeros() { printf '00%.0s' $(seq "$1"); }
header=0000000000000000

step "not even a header"
counts truncated 10
step "a version that is not ours"
counts bad_version "20${header:2}${id}$(zeros 32)"
step "a type nobody defined"
counts unknown_type "1f${header:2}${id}$(zeros 32)"
step "a path nobody has"
counts unknown_path "10${header:2}ffffffffffffffff$(zeros 32)"
step "the path of mn and cn, from an address that is neither's"
counts wrong_source "10${header:2}${id}$(zeros 32)"

step "and all the while"
expect 5 "the ping goes on" has_answers "$ping_log" $(($(answers "$ping_log") + 10))
check "without a gap" awk -v gap="$(largest_gap "$ping_log")" 'BEGIN { exit gap > 1 }'
expect 5 "the relay's counters balance" is_balanced
