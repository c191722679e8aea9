# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2154
# For the fault tests, after _lib.sh: stopping processes, clocks that lie, figures.

pid_of() { cat "$run_dir/$1/$2.pid"; }
# The program of a host stands still, with all its threads; SIGCONT lets it go on.
freeze() { kill -STOP "$(pid_of "$@")"; }
thaw() { kill -CONT "$(pid_of "$@")"; }
# Seconds of processor time that the program has used.
cpu_seconds() { awk '{ printf "%.2f", ($14 + $15) / 100 }' "/proc/$(pid_of "$@")/stat"; }
log_lines() { grep -ciE "$3" "$run_dir/$1/$2.log" || true; }
has_logged() { [ "$(log_lines "$1" "$2" "$3")" -ge "${4:-1}" ]; }

# When the last such line was written, in seconds since the epoch.
logged_at() { date -d "$(grep -E "$3" "$run_dir/$1/$2.log" | tail -n 1 | sed -E 's/^\[([^]]*)\].*/\1/')" +%s.%6N; }

less() { awk -v a="$1" -v b="$2" 'BEGIN { exit !(a < b) }'; }
# took WHAT SINCE MOST [UNTIL]: says the figure, and that it keeps its limit.
took() {
    local seconds
    seconds=$(awk -v a="$2" -v b="${4:-$EPOCHREALTIME}" 'BEGIN { printf "%.2f", b - a }')
    less "$seconds" "$3" || fail "$1: $seconds s, allowed are $3 s"
    say "   ok: $1: $seconds s (allowed: $3 s)"
}
# The ping has lost nothing but answers that no one waited for: no two further apart than SECONDS.
never_silent_since() {
    answer_times "$ping_log" | awk -v since="$1" -v most="$2" \
        '$1 >= since { if (last && $1 - last > gap) gap = $1 - last; last = $1; n++ }
         END { printf "   longest silence: %.2f s in %d answers\n", gap, n; exit !(n > 0 && gap <= most) }'
}

# Clocks by libfaketime, for NTM_LAB_WRAP.
faketime_library=$(find /usr/lib -name libfaketimeMT.so.1 2>/dev/null | head -n 1)
need_faketime() { [ -n "$faketime_library" ] || skip "needs libfaketime (scripts/packages install test)"; }
# by_clock HOST SECONDS COMMAND...: what it starts on the host believes in a wall clock that is so wrong, and
# jumps while it runs when set_clock says so. Not for rates: libfaketime also bends the timers of a
# program by them, and wrongly.
set_clock() { printf '%+d\n' "$2" >"$run_dir/$1/clock"; }
by_clock() {
    local host=$1
    set_clock "$host" "$2"
    shift 2
    NTM_LAB_WRAP="env LD_PRELOAD=$faketime_library FAKETIME_TIMESTAMP_FILE=$run_dir/$host/clock FAKETIME_NO_CACHE=1 FAKETIME_DONT_FAKE_MONOTONIC=1" "$@"
}

# preloading SHIM NAME=VALUE COMMAND...: what it starts runs under tests/system/SHIM.c.
preloading() {
    local name=$1 setting=$2 shim=$run_dir/$1.so
    shift 2
    # shellcheck disable=SC2046 # options
    [ -e "$shim" ] || cc -O2 -shared -fPIC $(pkg-config --cflags libdpdk) -o "$shim" "$repo/tests/system/$name.c"
    NTM_LAB_WRAP="env LD_PRELOAD=$shim $setting" "$@"
}
with_faults() { preloading _faults "$@"; }
with_held_buffers() { preloading _hold_buffers "$@"; }
