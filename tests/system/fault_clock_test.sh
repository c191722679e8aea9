#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# F-21, F-22: wall clocks that are wrong by years, or run 5 % fast, at DC, relay and node, each unlike the
# others': registration takes no longer, and nothing dies or lives by them.
#
#   mn (5 % fast) --- nat-a --- inet --- nat-b --- cn (+20 years)
#                                |
#                     dc1 (1970), rs1 (+30 days)
# shellcheck source=tests/system/_lib.sh
source "$(dirname "$0")/_lib.sh"
# shellcheck source=tests/system/_faults.sh
source "$(dirname "$0")/_faults.sh"
need_faketime

path_age() { fact dc1 path '.paths[0].age_seconds'; }

lab_up
lab start dns
by_clock "-$(($(date +%s) - 60))" lab start dc1
by_clock +30d lab start rs1
by_clock +20y lab start cn
since=$EPOCHREALTIME
with_faults NTM_FAULT_RATE=1.05 lab start mn
expect 10 "mn is registered" is_registered mn
took "since the start of mn" "$since" 5
expect 10 "cn is registered" is_registered cn
check "the DC believes that it is 1970" grep -q '1970' "$run_dir/dc1/dc.log"
start_ping
path=$(path_id mn)
check "the path is as old as it is" test "$(path_age)" -lt 60

for step in "+30d" "+20y" "-20y"; do
    step "the DC's clock jumps to $step"
    lab kill dc1
    by_clock "$step" lab start dc1
    since=$EPOCHREALTIME
    expect 10 "mn is registered" dc_knows mn.a.ntm.test
    expect 10 "cn is registered" dc_knows cn.b.ntm.test
    took "since the DC was up" "$since" 4
    same "the path" "$(path_id mn)" "$path"
    same "paths at the DC" "$(path_count dc1)" 1
done

step "the relay's clock jumps to 1970"
lab kill rs1
by_clock "-$(($(date +%s) - 60))" lab start rs1
since=$EPOCHREALTIME
expect 5 "the ping goes on" ping_goes_on_since "$since"
took "since the relay was up" "$since" 3

step "a node's clock jumps to 1970"
lab kill cn
by_clock "-$(($(date +%s) - 60))" lab start cn
since=$EPOCHREALTIME
expect 5 "cn is registered" is_registered cn
took "since cn was up" "$since" 2
expect 5 "the ping goes on" ping_goes_on_since "$since"
