#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# long
# F-12, F-13, F-23: DC, relay, a node, then all of them stand still (SIGSTOP) and go on; and a relay's
# worker alone hangs. Nobody helps; what stood goes on, without a burst of what was missed.
#
#   mn --- nat-a --- inet --- nat-b --- cn
#                     |
#                  dc1, rs1
# shellcheck source=tests/system/_lib.sh
source "$(dirname "$0")/_lib.sh"
# shellcheck source=tests/system/_faults.sh
source "$(dirname "$0")/_faults.sh"

frozen_seconds=${NTM_FREEZE_SECONDS:-6}
stand_still() { sleep "$frozen_seconds"; } # the fault lasts so long: nothing to wait for
all_programs=("dc1 dc" "rs1 relay" "mn node" "cn node")
# each COMMAND: for every program of ours.
each() {
    local at
    for at in "${all_programs[@]}"; do
        # shellcheck disable=SC2086 # host and program
        "$1" $at
    done
}
cpu_of_all() { each cpu_seconds | awk '{ sum += $1 } END { printf "%.2f", sum }'; }
worker_thread() { grep -l worker /proc/"$(pid_of rs1 relay)"/task/*/comm | head -n 1 | cut -d / -f 5; }
stuck_worker_is() { [ "$(ctl rs1 status | jq -r '.. | .stuck_worker? // empty')" = "$1" ]; }

lab_with_programs
start_ping

step "the DC stands still for $frozen_seconds s: data does not care"
since=$EPOCHREALTIME
freeze dc1 dc
stand_still
thaw dc1 dc
expect 5 "the DC answers" dc_knows mn.a.ntm.test
check "the ping never stopped" never_silent_since "$since" 0.5

step "the relay stands still for $frozen_seconds s"
path=$(path_id mn)
freeze rs1 relay
stand_still
thaw rs1 relay
since=$EPOCHREALTIME
expect 10 "the ping goes on" ping_goes_on_since "$since"
took "since the relay went on" "$since" 3
same "the path" "$(path_id mn)" "$path"
expect 5 "the relay is registered" fact rs1 status '.dcs[0].registered // .dcs[0].is_registered'

step "a node stands still for $frozen_seconds s"
freeze cn node
stand_still
thaw cn node
since=$EPOCHREALTIME
expect 10 "the ping goes on" ping_goes_on_since "$since"
took "since cn went on" "$since" 3
same "the path" "$(path_id mn)" "$path"

step "all of them stand still for $frozen_seconds s"
errors=$(cat "$run_dir"/*/*.log | grep -c '\[error\]' || true)
each freeze
used=$(cpu_of_all)
stand_still
each thaw
since=$EPOCHREALTIME
expect 10 "the ping goes on" ping_goes_on_since "$since"
took "since all went on" "$since" 3
expect 5 "ten more answers" has_answers "$ping_log" $(($(answers "$ping_log") + 10))
caught_up=$(awk -v a="$used" -v b="$(cpu_of_all)" 'BEGIN { printf "%.2f", b - a }')
check "catching up took $caught_up s of processor time (allowed: 1 s)" less "$caught_up" 1
same "log lines of errors" "$(cat "$run_dir"/*/*.log | grep -c '\[error\]' || true)" "$errors"
same "the path" "$(path_id mn)" "$path"

step "one worker of the relay hangs, as it does in a loop without end: awake"
lab kill rs1
NTM_LAB_IDLE_SLEEP=false lab start rs1
expect 5 "the ping goes on" ping_goes_on_since "$EPOCHREALTIME"
thread=$(worker_thread)
"$repo/tests/system/_stop_thread.py" "$thread" &
stopper=$!
expect 10 "it stands still" grep -q '^State:.*tracing stop' "/proc/$thread/status"
since=$EPOCHREALTIME
expect 10 "the relay names it" stuck_worker_is 0
took "since it hung" "$since" 5
check "the log too" has_logged rs1 relay 'worker 0 .* is stuck'
kill "$stopper"
since=$EPOCHREALTIME
expect 5 "the ping goes on" ping_goes_on_since "$since"
took "since it went on" "$since" 1
expect 5 "it is not stuck any more" stuck_worker_is ""
