#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# long
# A node is removed at the DC while it has a path: the path ends at relay and peer, the node sees that
# it is not registered any more, and comes back when it is added again.
#
#   mn --- nat-a --- inet --- nat-b --- cn (removed)
# shellcheck source=tests/system/_lib.sh
source "$(dirname "$0")/_lib.sh"
# shellcheck source=tests/system/_faults.sh
source "$(dirname "$0")/_faults.sh"

is_not_registered() { ! is_registered "$1"; }

lab_with_programs
start_ping
cn4=$(vip4 cn)
cn_key=$(dc_node cn.b.ntm.test .key)

step "cn is removed"
lab ctl dc1 node remove cn.b.ntm.test
since=$EPOCHREALTIME
expect 5 "the relay has no path" has_no_path rs1
expect 5 "mn has no path" has_no_path mn
took "since the order" "$since" 2
same "the name" "$(dns_status cn.b.ntm.test A)" NXDOMAIN
expect 30 "cn says that it is not registered" is_not_registered cn
took "since the order" "$since" 30
refuse "its address answers" at mn ping -q -c 2 -i 0.2 -W 1 "$cn4"

step "cn is added again"
lab ctl dc1 node add cn.b.ntm.test "$cn_key"
since=$EPOCHREALTIME
expect 20 "cn is registered" is_registered cn
took "since the order" "$since" 20
expect 15 "mn reaches cn" reaches_peer
