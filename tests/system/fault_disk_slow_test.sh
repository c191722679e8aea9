#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# long
# F-30, F-28: the disk under the DC's store needs seconds for each fsync, then refuses them (EIO). The
# DC is slow, then silent; data does not care; nothing is acknowledged that is not stored.
#
#   mn --- nat-a --- inet --- nat-b --- cn
#                     |
#                    dc1 (tests/system/_faults.c between it and the disk)
# shellcheck source=tests/system/_lib.sh
source "$(dirname "$0")/_lib.sh"
# shellcheck source=tests/system/_faults.sh
source "$(dirname "$0")/_faults.sh"

disk=$run_dir/dc1/disk-fault
disk_does() { echo "$1 $2" >"$disk.new" && mv "$disk.new" "$disk"; }
key() { "$NTM_BUILD/control/ntmctl/ntmctl" key generate "$run_dir/dc1/$1.key"; }
add_node() { lab ctl dc1 node add "$1" "$(key "$1")"; }
store_state() { [ "$(fact dc1 status '.store.state')" = "$1" ]; }

lab_up
disk_does 0 0
for host in dns rs1; do lab start $host; done
with_faults "NTM_FAULT_DISK=$disk" lab start dc1
for host in cn mn; do lab start $host; done
expect 15 "mn is registered" is_registered mn
expect 15 "mn reaches cn" reaches_peer
start_ping

step "each fsync takes 2 s"
disk_does 2000 0
since=$EPOCHREALTIME
check "a node is added, slowly" add_node slow.a.ntm.test
took "the order" "$since" 10
refuse "no answer before the disk had it" less "$(awk -v a="$since" -v b="$EPOCHREALTIME" 'BEGIN { print b - a }')" 1.5
expect 5 "ten more answers" has_answers "$ping_log" $(($(answers "$ping_log") + 10))
check "the ping does not care" never_silent_since "$since" 0.5

step "each fsync fails"
disk_does 0 5
since=$EPOCHREALTIME
refuse "no node is added" add_node refused.a.ntm.test
check "the DC lives" store_state failing
check "failures are counted" fact dc1 status '.store.failed_commits > 0'
same "log lines" "$(log_lines dc1 dc 'nothing is answered')" 1
expect 5 "ten more answers" has_answers "$ping_log" $(($(answers "$ping_log") + 10))
check "the ping does not care" never_silent_since "$since" 0.5

step "the disk is well again"
disk_does 0 0
since=$EPOCHREALTIME
expect 5 "the DC is well again" store_state sound
took "since the disk is" "$since" 5
check "a node is added" add_node after.a.ntm.test
lab kill dc1
lab start dc1
for name in slow.a.ntm.test after.a.ntm.test; do
    check "$name is there after a crash" dc_node "$name" .vipv4
done
expect 20 "mn is registered" dc_knows mn.a.ntm.test
