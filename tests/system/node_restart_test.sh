#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# A node is killed and started again: it gets its addresses back, and the ping of its peer goes on.
#
#   mn --- nat-a --- inet --- nat-b --- cn (killed)
# shellcheck source=tests/system/_lib.sh
source "$(dirname "$0")/_lib.sh"

lab_with_programs
cn4=$(vip4 cn)
start_ping

step "the called node"
lab kill cn
killed_at=$EPOCHREALTIME
lab start cn
expect 15 "cn is registered" is_registered cn
same "cn's address" "$(vip4 cn)" "$cn4"
expect 15 "the ping goes on" ping_goes_on_since "$killed_at"

step "the calling node"
mn4=$(vip4 mn)
lab kill mn
lab start mn
expect 15 "mn is registered" is_registered mn
same "mn's address" "$(vip4 mn)" "$mn4"
expect 15 "mn reaches cn" reaches_peer
