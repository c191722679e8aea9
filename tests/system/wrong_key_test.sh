#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# A node whose key the DC does not know is not let in, and a node that thinks the DC has another
# key does not trust it.
#
#   mn (wrong key) --- nat-a --- inet --- dc1
# shellcheck source=tests/system/_lib.sh
source "$(dirname "$0")/_lib.sh"

lab_with_programs
lab stop mn

step "a key that was never provisioned"
mv "$run_dir/mn/key" "$run_dir/mn/right-key"
"$NTM_BUILD/control/ntmctl/ntmctl" key generate "$run_dir/mn/key" >/dev/null
lab start mn
expect 10 "mn says that the DC is silent" dc_complaints mn 1
refuse "mn is not registered" is_registered mn
same "mn reaches nobody" "$(dns_status $peer A)" SERVFAIL

step "its own key again, but another one for the DC"
lab stop mn
mv "$run_dir/mn/right-key" "$run_dir/mn/key"
complained=$(count_complaints mn)
NTM_LAB_DC_KEY=$("$NTM_BUILD/control/ntmctl/ntmctl" key generate "$run_dir/mn/no-dc-key") lab start mn
expect 10 "mn says that the DC is silent" dc_complaints mn $((complained + 1))
refuse "mn is not registered" is_registered mn
same "mn reaches nobody" "$(dns_status $peer A)" SERVFAIL

step "the right ones again"
lab stop mn
lab start mn
expect 15 "mn is registered" is_registered mn
expect 15 "mn reaches cn" reaches_peer
