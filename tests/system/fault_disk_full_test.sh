#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# F-28: the disk under the DC's store runs full, and later has space again. What is known is served
# meanwhile, nothing is added, data does not care, and the DC recovers by itself within 5 s.
#
#   mn --- nat-a --- inet --- nat-b --- cn
#                     |
#                    dc1, its store on a tmpfs of 8 MiB
# shellcheck source=tests/system/_lib.sh
source "$(dirname "$0")/_lib.sh"
# shellcheck source=tests/system/_faults.sh
source "$(dirname "$0")/_faults.sh"

leave_disk() {
    local status=$?
    set +e
    ! mountpoint -q "$disk" || umount -l "$disk"
    (exit $status)
    leave
}
store_state() { [ "$(fact dc1 status '.store.state')" = "$1" ]; }
fill_disk() { dd if=/dev/zero of="$disk/ballast$1" bs=4k status=none 2>/dev/null || true; }
key() { "$NTM_BUILD/control/ntmctl/ntmctl" key generate "$disk_keys/$1"; }
add_node() { lab ctl dc1 node add "$1" "$(key "$1")"; }

lab_up
trap leave_disk EXIT
disk=$run_dir/dc1/disk disk_keys=$run_dir/dc1/keys
mkdir -p "$disk" "$disk_keys"
mount -t tmpfs -o size=8m none "$disk"
export NTM_LAB_DC_STORE=$disk
lab start
expect 15 "mn is registered" is_registered mn
expect 15 "cn is registered" is_registered cn
start_ping
check "a node is added" add_node before.a.ntm.test
same "the store" "$(fact dc1 status '.store.state')" sound

step "the disk runs full"
since=$EPOCHREALTIME
fill_disk 1
lab kill cn
lab start cn
expect 10 "cn, restarted, is registered: it was known" is_registered cn
expect 15 "the ping goes on" ping_goes_on_since "$EPOCHREALTIME"
expect 5 "the DC says that space is short" store_state short_of_space
refuse "no node is added" add_node refused.a.ntm.test
same "log lines" "$(log_lines dc1 dc 'disk of the store is full')" 1
answers_before=$(answers "$ping_log")
expect 5 "ten more answers" has_answers "$ping_log" $((answers_before + 10))

step "space returns"
rm "$disk"/ballast*
since=$EPOCHREALTIME
expect 5 "the DC is well again" store_state sound
took "since there is space" "$since" 5
check "a node is added" add_node after.a.ntm.test

step "all that was acknowledged is there after a crash"
cn4=$(vip4 cn)
lab kill dc1
lab start dc1
for name in before.a.ntm.test after.a.ntm.test; do
    check "$name" dc_node "$name" .vipv4
done
refuse "what was refused is not" dc_node refused.a.ntm.test .vipv4
expect 30 "cn is registered" dc_knows cn.b.ntm.test
same "cn's address" "$(vip4 cn)" "$cn4"
