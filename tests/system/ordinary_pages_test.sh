#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The relay without hugepages says so and uses ordinary pages; and the AF_PACKET driver carries
# what AF_XDP does.
#
#   mn --- nat-a --- inet --- nat-b --- cn
#                     |
#                    rs1 (no hugepages, then AF_PACKET)
# shellcheck source=tests/system/_lib.sh
source "$(dirname "$0")/_lib.sh"

NTM_LAB_HUGEPAGES=0 lab_with_programs
check "the relay warns" grep -qiE 'warn.*hugepage' "$run_dir/rs1/relay.log"
check "mn pings cn" at mn ping -q -c 3 -i 0.2 -W 2 "$peer"

step "AF_PACKET"
lab stop rs1
NTM_LAB_DRIVER=af_packet lab start rs1
expect 10 "mn reaches cn" reaches_peer
check "and keeps doing so" at mn ping -q -c 5 -i 0.2 -W 1 "$peer"
