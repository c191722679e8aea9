#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# long
# F-23: DC, relay, a node, and all of them at once stand still (SIGSTOP) for a minute and go on, each in a
# lab of its own at the same time. What can go on meanwhile does; what stood goes on by itself, without a
# burst of what was missed.
#
#   mn --- nat-a --- inet --- nat-b --- cn
#                     |
#                  dc1, rs1
if [ $# = 0 ]; then
    # shellcheck source=scripts/lib/common.sh
    source "$(dirname "$0")/../../scripts/lib/common.sh"
    trap end_jobs EXIT
    end_by_signals
    status=0 parts=()
    # Each with a group of its own, that it may take its lab down.
    set -m
    for part in dc relay node all; do
        NTM_LAB=${NTM_LAB:-ntmtest}$part "$0" $part > >(sed "s/^/$part: /") 2>&1 &
        parts+=($!)
    done
    set +m
    for part in "${parts[@]}"; do
        outcome=0
        wait "$part" || outcome=$?
        # One that can not be run (77) does not hide one that has failed.
        case $outcome in
            0) ;;
            77) [ $status != 0 ] || status=77 ;;
            *) status=$outcome ;;
        esac
    done
    exit $status
fi
# shellcheck source=tests/system/_lib.sh
source "$(dirname "$0")/_lib.sh"
# shellcheck source=tests/system/_faults.sh
source "$(dirname "$0")/_faults.sh"

frozen_seconds=${NTM_FREEZE_SECONDS:-60}
declare -A programs=([dc]=dc1/dc [relay]=rs1/relay [node]=cn/node [all]='dc1/dc rs1/relay mn/node cn/node')
# each COMMAND: for every program that stands still.
each() {
    local at
    for at in ${programs[$part]}; do
        "$1" "${at%/*}" "${at#*/}"
    done
}
cpu_of_all() { each cpu_seconds | awk '{ sum += $1 } END { printf "%.2f", sum }'; }
error_lines() { cat "$run_dir"/*/*.log | grep -c '\[error\]' || true; }
is_registered_relay() { fact rs1 status '.dcs[0].registered'; }

part=$1
lab_with_programs
start_ping
path=$(path_id mn)
errors=$(error_lines)

step "standing still for $frozen_seconds s"
stood=$EPOCHREALTIME
each freeze
used=$(cpu_of_all)
sleep "$frozen_seconds" # the fault lasts so long: nothing to wait for
each thaw
since=$EPOCHREALTIME

expect 10 "the ping goes on" ping_goes_on_since "$since"
[ "$part" != dc ] || check "it never stopped" never_silent_since "$stood" 1
took "since it went on" "$since" 3
expect 10 "the relay is registered" is_registered_relay
expect 10 "mn is registered" dc_knows mn.a.ntm.test
expect 10 "cn is registered" dc_knows cn.b.ntm.test
took "all is ready" "$since" 5
expect 5 "ten more answers" has_answers "$ping_log" $(($(answers "$ping_log") + 10))
caught_up=$(awk -v a="$used" -v b="$(cpu_of_all)" 'BEGIN { printf "%.2f", b - a }')
check "catching up took $caught_up s of processor time (allowed: 1 s)" less "$caught_up" 1
same "log lines of errors" "$(error_lines)" "$errors"
same "the path" "$(path_id mn)" "$path"
same "paths at the DC" "$(path_count dc1)" 1
expect 5 "the counters balance" is_balanced
