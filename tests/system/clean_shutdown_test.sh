#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# A node that is told to end gives its paths back: relay, DC and peer forget them at once.
#
#   mn (stopped) --- nat-a --- inet --- nat-b --- cn
# shellcheck source=tests/system/_lib.sh
source "$(dirname "$0")/_lib.sh"

lab_with_programs
expect 15 "mn reaches cn" reaches_peer
same "paths of rs1" "$(path_count rs1)" 1

step "mn ends"
lab stop mn
expect 5 "rs1 has no path" has_no_path rs1
expect 5 "cn has no path" has_no_path cn
expect 5 "dc1 has no path" has_no_path dc1
refuse "mn's TUN is gone" at mn ip link show dev ntm0

step "the others end too, without complaint"
for host in cn rs1 dc1; do
    lab stop $host
done
refuse "rs1's TAP is gone" at rs1 ip link show dev ntm0
refuse "no program says error" grep -E '\[(error|critical)\]' "$run_dir"/{mn,cn}/node.log \
    "$run_dir/rs1/relay.log" "$run_dir/dc1/dc.log"
