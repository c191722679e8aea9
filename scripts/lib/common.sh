# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2034
# What all scripts share: saying things, ending with a reason, waiting for a condition,
# acting as the user who called sudo, and ending in order.

repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

# One worktree may be tested beside another, or beside a lab raised by hand: every namespace,
# run directory and lock carries this name.
lab=${NTM_LAB:-ntmlab}
if ! [[ $lab =~ ^ntm[a-z0-9]+$ ]]; then
    echo "NTM_LAB=$lab: a lab's name is ntm and then small letters and digits" >&2
    exit 2
fi
run_dir=/run/$lab

# What the environment says about this run, for the commands that follow it up or repeat it.
settings=
for name in "${!NTM_@}"; do
    settings+="$name=$(printf %q "${!name}") "
done
unset name

say() { printf '%s\n' "$*"; }
warn() { printf '%s\n' "$*" >&2; }
die() {
    warn "${0##*/}: $*"
    exit 1
}

# A wrong command line, as against what is right and fails.
misuse() {
    warn "${0##*/}: $*"
    exit 2
}

have() { command -v "$1" >/dev/null 2>&1; }

need_root() {
    [ "$(id -u)" = 0 ] || die "needs root (network namespaces): run sudo $1"
}

# wait_until SECONDS COMMAND...: tries the command until it succeeds.
wait_until() {
    local deadline=$((${EPOCHREALTIME/./} + $1 * 1000000))
    shift
    until "$@" >/dev/null 2>&1; do
        [ "${EPOCHREALTIME/./}" -lt "$deadline" ] || return 1
        sleep 0.05
    done
}

# Seconds with one digit since the EPOCHREALTIME given.
seconds_since() {
    local tenths=$(((${EPOCHREALTIME/./} - ${1/./}) / 100000))
    printf '%d.%d' $((tenths / 10)) $((tenths % 10))
}

# Runs a command as the user who called sudo, so that what it makes belongs to them.
as_invoker() {
    if [ "$(id -u)" = 0 ] && [ -n "${SUDO_USER:-}" ] && [ "$SUDO_USER" != root ]; then
        runuser -u "$SUDO_USER" -- "$@"
    else
        "$@"
    fi
}

# A signal, or the end of who reads the output, ends the script by way of its EXIT trap, which no
# second signal cuts short.
end_by_signals() { trap 'trap "" INT TERM HUP PIPE; exit 130' INT TERM HUP PIPE; }

group_has_ended() { ! kill -0 -- "-$1" 2>/dev/null; }

# Ends what this shell still runs beside itself, each with its whole group where it has one.
end_jobs() {
    local pid
    for pid in $(jobs -p); do
        kill -TERM -- "-$pid" 2>/dev/null || kill -TERM "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
        # Its leader may end before the others.
        wait_until 5 group_has_ended "$pid" || kill -KILL -- "-$pid" 2>/dev/null || true
    done
}
