#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# F-21, F-22: wall clocks that are wrong by years, or run 5 % fast, at DC, relay and node, each unlike the
# others', and that jump by years under the running programs: nothing dies or lives by them, no packet
# is lost, registration takes no longer.
#
#   mn (5 % fast) --- nat-a --- inet --- nat-b --- cn (+20 years)
#                                |
#                     dc1 (1970), rs1 (+30 days)
# shellcheck source=tests/system/_lib.sh
source "$(dirname "$0")/_lib.sh"
# shellcheck source=tests/system/_faults.sh
source "$(dirname "$0")/_faults.sh"
need_faketime

day=86400
year=$((365 * day))
to_1970=$((60 - $(date +%s)))
declare -A program=([dc1]=dc [rs1]=relay [cn]=node)
path_age() { fact dc1 path '.paths[0].age_seconds'; }
registrations() { log_lines dc1 dc ' registered from'; }
last_line_is_of() { tail -n 1 "$run_dir/$1/${program[$1]}.log" | grep -qF "[$2-"; }
# believes HOST SECONDS: its program's next line of log is of that year.
believes() {
    lab ctl "$1" reload >/dev/null
    last_line_is_of "$1" "$(date -d "@$(($(date +%s) + $2))" +%Y)"
}

lab_up
lab start dns
by_clock dc1 $to_1970 lab start dc1
by_clock rs1 $((30 * day)) lab start rs1
by_clock cn $((20 * year)) lab start cn
since=$EPOCHREALTIME
with_faults NTM_FAULT_RATE=1.05 lab start mn
expect 10 "mn is registered" is_registered mn
took "since the start of mn" "$since" 2
expect 10 "cn is registered" is_registered cn
start_ping
path=$(path_id mn)
known=$(registrations)

since=$EPOCHREALTIME
for seconds in $((30 * day)) $((20 * year)) $to_1970 $((-30 * day)); do
    for host in dc1 rs1 cn; do
        set_clock $host "$seconds"
        check "the clock of $host jumps to $seconds s from now" believes $host "$seconds"
        expect 2 "three more answers" has_answers "$ping_log" $(($(answers "$ping_log") + 3))
    done
done
check "the ping never stopped" never_silent_since "$since" 0.5
check "it has lost nothing" lost_nothing
same "registrations, relay and nodes" "$(registrations)" "$known"
same "the path" "$(path_id mn)" "$path"
check "the path is as old as it is" test "$(path_age)" -lt 60

step "the DC starts again, 20 years back"
lab kill dc1
by_clock dc1 $((-20 * year)) lab start dc1
since=$EPOCHREALTIME
expect 10 "mn is registered" dc_knows mn.a.ntm.test
expect 10 "cn is registered" dc_knows cn.b.ntm.test
took "since the DC was up" "$since" 4
same "the path" "$(path_id mn)" "$path"
same "paths at the DC" "$(path_count dc1)" 1

step "relay and node start again, in 1970"
lab kill rs1
lab kill cn
by_clock rs1 $to_1970 lab start rs1
by_clock cn $to_1970 lab start cn
since=$EPOCHREALTIME
expect 5 "cn is registered" is_registered cn
took "since cn was up" "$since" 2
expect 5 "the ping goes on" ping_goes_on_since "$since"
took "since cn was up" "$since" 3
