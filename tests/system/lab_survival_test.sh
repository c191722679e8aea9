#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Whatever has become of the lab, "down" removes all of it, and "up" makes it anew.
set -euo pipefail
# It is broken on purpose here: not in a lab that anybody else may use.
export NTM_LAB=${NTM_LAB:-ntmtest}life
# shellcheck source=tests/system/_lib.sh
source "$(dirname "$0")/_lib.sh"

hugepages() { cat /proc/sys/vm/nr_hugepages; }
no_other_lab_has_hugepages() { [ ! -e /run/ntm-hugepages ]; }

left() {
    compgen -G "/run/netns/$lab-*" || true
    compgen -G "/etc/netns/$lab-*" || true
    compgen -G "/run/$lab" || true
    compgen -G "/run/ntm-hugepages/$lab" || true
    grep "/run/$lab/" /proc/mounts || true
    pgrep -af "/run/$lab/" || true
}

goes() {
    local before=$hugepages_before
    check "down" lab down
    same "what is left" "$(left)" ""
    if [ -n "$before" ] && no_other_lab_has_hugepages; then
        same "hugepages, as before" "$(hugepages)" "$before"
    fi
}

pids() { lab status -j | jq '.hosts[].programs[].pid'; }
some_namespace_is_made() { compgen -G "/run/netns/$lab-*"; }

lab down
hugepages_before=
! no_other_lab_has_hugepages || hugepages_before=$(hugepages)

step "up and down, each twice"
lab_up
check "it has left a note of its hugepages" test -s "/run/ntm-hugepages/$lab"
refuse "up again" lab up
check "what was up still is" all_answered mn 1 10.0.1.1
goes
goes

step "all programs killed"
lab_up
lab start
pids | xargs kill -KILL
goes

step "link emulators, one of them killed"
lab_up
lab link mn eth0 --delay 1ms
lab link nat-a outside --delay 1ms
pkill -KILL -f "/run/$lab/mn/eth0.link.sock"
goes

step "a namespace deleted under its program"
lab_up
lab start gn
ip netns delete "$lab-gn"
check "the program lives on" test -n "$(pgrep -f "/run/$lab/gn")"
goes

step "the run directory deleted, all but a mount point that is in use"
lab_up
rm -rf "$run_dir" 2>/dev/null || true
goes

step "up killed in the middle"
"$repo/scripts/lab" up &
up=$!
expect 5 "it is at work" some_namespace_is_made
kill -KILL $up
refuse "it is killed" wait $up
lab up
check "up again: its networks are there" all_answered mn 1 10.0.1.1
goes
