#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Where one end is in the open, no relay is needed.
#
#   mn --- nat-a --- inet --- cn (global)
# shellcheck source=tests/system/_lib.sh
source "$(dirname "$0")/_lib.sh"

lab_up
lab move cn global
lab start
expect 15 "mn is registered" is_registered mn
expect 15 "cn is registered" is_registered cn

check "mn pings cn: 3 of 3 answered" all_answered mn 3 "$peer"
same "kind" "$(path_kind mn)" direct
same "paths of rs1" "$(path_count rs1)" 0
check "cn pings mn: 3 of 3 answered" all_answered cn 3 mn.a.ntm.test
