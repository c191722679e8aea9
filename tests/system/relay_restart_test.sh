#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# F-11: The relay is killed and started again; nobody helps.
#
#   mn --- nat-a --- inet --- nat-b --- cn
#                     |
#                  rs1 (killed)
# shellcheck source=tests/system/_lib.sh
source "$(dirname "$0")/_lib.sh"

lab_with_programs
start_ping

for round in 1 2; do
    step "SIGKILL and a new start, round $round"
    lab kill rs1
    lab start rs1
    up_at=$EPOCHREALTIME
    expect 10 "the ping goes on" ping_goes_on_since "$up_at"
    answered_at=$(first_answer_since "$ping_log" "$up_at")
    check "within 1 s of the relay being up" awk -v a="$answered_at" -v u="$up_at" 'BEGIN { exit a - u > 1 }'
    check "never silent for more than 3 s" never_silent_for 3
    expect 5 "it has its path again" has_path rs1
    expect 5 "ten more answers" has_answers "$ping_log" $(($(answers "$ping_log") + 10))
done
