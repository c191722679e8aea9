#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# What scripts/lab can not do it refuses in one line that says what it can, and leaves nothing half
# made: 2 for a wrong command line, 1 for a right one at the wrong time. status shows every address.
set -euo pipefail
# shellcheck source=tests/system/_lib.sh
source "$(dirname "$0")/_lib.sh"

interfaces() { ip -n "$lab-$1" -j link show | jq -r '.[].ifname' | sort | tr '\n' ' '; }

# refused CODE TEXT LAB-ARGUMENTS...
refused() {
    local code=$1 text=$2 said status=0
    shift 2
    said=$(lab "$@" 2>&1) || status=$?
    if [ $status != "$code" ] || [[ $said != *"$text"* ]] || [ "$(wc -l <<<"$said")" != 1 ]; then
        fail "lab $*: exit $status instead of $code with '$text': $said"
    fi
    say "   ok: lab $* ($said)"
}

shown_addresses() {
    lab status -j | jq -r --arg host "$1" '.hosts[] | select(.name == $host)
        | [.interfaces[] | select(.name == "ntm0") | .addresses[]] | join(" ")'
}

lab_with_programs

step "wrong command lines"
before=$(interfaces mn)$(interfaces nat-a)$(interfaces rs1)
refused 2 "one of global relays v6only nat-a nat-b double" attach mn
refused 2 "one of global relays v6only nat-a nat-b double" move mn
refused 2 "no network 'nowhere'" move mn nowhere
refused 2 "'x y' is no interface's name" attach mn global "x y"
refused 2 "is no interface's name" attach mn global fifteenletters
refused 2 "'nat-a' stays where it is" attach nat-a global
refused 2 "'rs1' stays where it is" move rs1 global
refused 2 "no host 'nohost'" start nohost
refused 2 "host 'inet' has no program" kill inet
refused 2 "runs no 'relay'" start gn relay
refused 2 "no ntmctl there" ctl gn status
refused 2 "unknown option" status --foo
refused 2 "which interface of 'mn'" link mn
refused 2 "unknown option '--lose'" link mn eth0 --lose 1%
refused 2 "--delay takes such as 20ms" link mn eth0 --delay 20
refused 2 "stands alone" link mn eth0 --off --delay 20ms

step "right ones at the wrong time"
refused 1 "has another 'ntm0'" attach mn global ntm0
refused 1 "has no interface 'eth7'" detach mn eth7
refused 1 "already" start mn
refused 1 "has no interface 'eth7'" link mn eth7 --delay 20ms
same "interfaces, as before" "$(interfaces mn)$(interfaces nat-a)$(interfaces rs1)" "$before"

step "status"
same "the relay's addresses" "$(shown_addresses rs1)" "198.51.100.20 2001:db8:1::20"
same "mn's virtual addresses" "$(shown_addresses mn)" "$(vip4 mn) $(vip6 mn)"

step "programs that are not built"
NTM_BUILD=/nowhere refused 1 "is not built" ctl rs1 status
NTM_BUILD=/nowhere refused 1 "is not built" start
NTM_BUILD=/nowhere refused 1 "is not built" link mn eth0 --delay 20ms
