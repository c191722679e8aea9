# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2034
# For the system tests: a lab of their own, raised by lab_up and removed on every way out; steps
# that are echoed; expectations that wait for a condition and say what did not come true.
set -euo pipefail

repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
export NTM_LAB=${NTM_LAB:-ntmtest}
export NTM_BUILD=${NTM_BUILD:-$repo/build-test}
# shellcheck source=scripts/lib/common.sh
source "$repo/scripts/lib/common.sh"
# shellcheck source=scripts/lib/facts.sh
source "$repo/scripts/lib/facts.sh"

peer=cn.b.ntm.test

skip() {
    say "$*"
    exit 77
}
[ "$(id -u)" = 0 ] || skip "needs root"

step() { say "-- $*"; }

fail() {
    say "FAILED: $*"
    exit 1
}

# expect SECONDS WHAT COMMAND...: the command succeeds within the time.
expect() {
    local seconds=$1 what=$2
    shift 2
    if wait_until "$seconds" "$@"; then
        say "   ok: $what"
    else
        fail "$what (not within $seconds s: $*)"
    fi
}
# For commands that must succeed, or fail, at once.
check() {
    local what=$1
    shift
    if "$@"; then say "   ok: $what"; else fail "$what ($*)"; fi
}
refuse() {
    local what=$1
    shift
    if "$@"; then fail "$what ($*)"; else say "   ok: $what"; fi
}
same() { [ "$2" = "$3" ] || fail "$1: '$2' is not '$3'"; say "   ok: $1 ($2)"; }

# X-1, at the end of each test whose relay has not been stopped: one that is gone does not answer.
balances_at_rest() {
    [ ! -e "$run_dir/rs1/relay.pid" ] || wait_until 5 is_balanced || {
        say "FAILED: the relay's counters do not balance: $(relay_balance)"
        return 1
    }
}

leave() {
    local status=$? log
    trap '' INT TERM HUP PIPE
    trap - EXIT
    set +e
    [ $status -ne 0 ] || balances_at_rest || status=1
    if [ $status -ne 0 ] && [ $status -ne 77 ]; then
        for log in "$run_dir"/*/*.log; do
            [ -s "$log" ] || continue
            say "== $log"
            tail -n 25 "$log"
        done
    fi
    end_jobs
    lab down
    exit $status
}

# The lab without programs.
lab_options=()
lab_up() {
    trap leave EXIT
    end_by_signals
    lab down
    lab up "${lab_options[@]}"
}

# Everything started, both nodes registered.
lab_with_programs() {
    lab_up
    lab start
    expect 15 "mn is registered" is_registered mn
    expect 15 "cn is registered" is_registered cn
}

# all_answered HOST COUNT [PING-OPTION...] NAME: ping alone is content with one answer.
all_answered() {
    local host=$1 count=$2 output
    shift 2
    output=$(at "$host" ping -q -c "$count" -i 0.2 -W 2 "$@") || return
    [[ $output == *" $count received, "* ]] || {
        say "$output"
        return 1
    }
}
# No two answers of that ping were further apart.
never_silent_for() { awk -v gap="$(largest_gap "$ping_log")" -v most="$1" 'BEGIN { exit gap > most }'; }

# captured HOST INTERFACE: from now on, until end_captures.
captures=()
captured() {
    local log=$run_dir/$1/$2.capture.log
    at_background "$1" "$log" tcpdump --immediate-mode -U -Z root -i "$2" -w "$run_dir/$1/$2.pcap"
    captures+=($!)
    expect 5 "capture on $1 $2" grep -q 'listening on' "$log"
}
end_captures() {
    kill "${captures[@]}"
    wait "${captures[@]}" || true
    captures=()
}
# Of what was captured at HOST/INTERFACE: how often it holds a text, and the packets of a filter, one a line.
found() { { grep -a -o -F "$2" "$run_dir/$1.pcap" || true; } | wc -l; }
packets_of() { tcpdump -n -r "$run_dir/$1.pcap" "$2" 2>/dev/null; }

reaches_peer() { at mn ping -c 1 -W 1 "$peer"; }

start_ping() {
    ping_log=$run_dir/mn/ping.log
    at_background mn "$ping_log" ping -D -i 0.1 "$peer"
    ping_pid=$!
    expect 10 "mn pings $peer" has_answers "$ping_log" 10
}
# Nothing but what the ping, or another whose output is named, has not been answered yet at its end.
lost_nothing() {
    awk -F'icmp_seq=' '/icmp_seq=/ { split($2, of, " "); n = of[1] + 0
        if (n != last + 1 && last) { print "after " last " comes " n; lost = 1 }; last = n }
        END { exit lost || !last }' "${1:-$ping_log}"
}
ping_goes_on_since() { answered_since "$ping_log" "$1"; }

# The answer's code, and its addresses, as mn's programs see them.
dns_status() { at mn dig +tries=1 +time=6 "$@" | sed -nE 's/.*status: ([A-Z]+),.*/\1/p'; }
dns_answer() { at mn dig +short +tries=1 +time=6 "$@"; }
