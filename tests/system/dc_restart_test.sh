#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# F-10: The DC is killed and started again: paths carry on meanwhile, addresses stay, nobody helps.
#
#   mn --- nat-a --- inet --- nat-b --- cn
#                     |
#                  dc1 (killed)
# shellcheck source=tests/system/_lib.sh
source "$(dirname "$0")/_lib.sh"

lab_with_programs
mn4=$(vip4 mn) cn6=$(vip6 cn)
start_ping

step "without a DC"
lab kill dc1
expect 5 "twenty more answers" has_answers "$ping_log" $(($(answers "$ping_log") + 20))

step "and with it again"
lab start dc1
expect 30 "mn is registered" dc_knows mn.a.ntm.test
expect 30 "cn is registered" dc_knows cn.b.ntm.test
same "mn's address" "$(vip4 mn)" "$mn4"
same "cn's address" "$(vip6 cn)" "$cn6"
check "no answer was late" never_silent_for 1

step "a path made after the restart"
lab stop mn
lab start mn
expect 15 "mn reaches cn" reaches_peer
same "mn's address" "$(vip4 mn)" "$mn4"
