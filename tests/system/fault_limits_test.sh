#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# long
# F-35: each program with 64 file descriptors, and with all of them in use; others are unaffected, and
# all is well again afterwards.
#
#   mn --- nat-a --- inet --- nat-b --- cn
#                     |
#                  dc1, rs1
# shellcheck source=tests/system/_lib.sh
source "$(dirname "$0")/_lib.sh"
# shellcheck source=tests/system/_faults.sh
source "$(dirname "$0")/_faults.sh"
export NTM_LAB_GN='[]'

descriptors() { find "/proc/$(pid_of "$1" "$2")/fd" -mindepth 1 | wc -l; }
answers_ctl() { ctl "$1" status >/dev/null; }
all_descriptors_of() {
    local before=$1 host=$2 program=$3
    shift 3
    [ "$(descriptors "$host" "$program")" -le "$before" ]
}
# Idle connections to the admin socket, more than the program can have.
crowd() {
    python3 - "$1" <<'PYTHON' &
import signal, socket, sys
held = []
for _ in range(200):
    try:
        one = socket.socket(socket.AF_UNIX)
        one.settimeout(0.2)
        one.connect(sys.argv[1])
        held.append(one)
    except OSError:
        break
print(len(held), "connections", flush=True)
signal.pause()
PYTHON
    crowd_pid=$!
}

lab_up
lab start dns
export NTM_LAB_WRAP='prlimit --nofile=64:64'
for host in dc1 rs1 cn mn; do lab start $host; done
unset NTM_LAB_WRAP
expect 15 "mn is registered" is_registered mn
expect 15 "cn is registered" is_registered cn
start_ping

for at in "dc1 dc" "rs1 relay" "mn node"; do
    read -r host program <<<"$at"
    step "all descriptors of $program on $host are in use"
    before=$(descriptors "$host" "$program")
    say "   $before in use at rest"
    since=$EPOCHREALTIME
    used=$(cpu_seconds "$host" "$program")
    crowd "$run_dir/$host/$program.sock"
    expect 5 "ten more answers" has_answers "$ping_log" $(($(answers "$ping_log") + 20))
    check "the ping does not care" never_silent_since "$since" 1
    check "no more than half of a core is used" less "$(cpu_seconds "$host" "$program")" "$(awk -v a="$used" -v b="$since" -v c="$EPOCHREALTIME" 'BEGIN { print a + (c - b) / 2 }')"
    kill "$crowd_pid"
    wait "$crowd_pid" 2>/dev/null || true
    expect 5 "the descriptors are given back" all_descriptors_of "$before" "$host" "$program"
    check "$program answers" answers_ctl "$host"
done
expect 5 "the counters balance" is_balanced
step "names still work"
same "a name of the Internet" "$(dns_answer gn.example.test A)" 203.0.113.80
expect 5 "mn reaches cn" reaches_peer
