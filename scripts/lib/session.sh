# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2154
# One session of the demo or the tests in a lab at a time. A session, and all that it starts except
# in the lab, has the lock as descriptor 9: so one that was killed holds it until the last of its
# processes has ended, and the next one finds these by it.

session_file=/run/lock/$lab.session

# has_session PROCESS: its descriptor 9 is the one that holds the lock.
has_session() { [ "/proc/$1/fd/9" -ef "$session_file" ] && grep -qs '^lock:' "/proc/$1/fdinfo/9"; }

# end_session SIGNAL: for all who have it.
end_session() {
    local process
    for process in /proc/[0-9]*; do
        process=${process#/proc/}
        ! has_session "$process" || kill "-$1" "$process" 2>/dev/null || true
    done
}

# hold_session WHO: until this process ends, however it ends, no other session of this lab starts.
hold_session() {
    local holder process
    exec 9>>"$session_file"
    # Who has just got the lock needs a moment to write down who it is.
    if ! flock -w 1 9; then
        holder=$(<"$session_file")
        process=${holder##* }
        if has_session "${process%)}"; then
            die "$holder is at work in this lab: wait for it, or end it first"
        fi
        say "  ending what ${holder:-a session} left when it was killed"
        end_session TERM
        if ! flock -w 20 9; then
            end_session KILL
            flock -w 5 9 || die "what ${holder:-a session} left does not end: lslocks shows who has $session_file"
        fi
    fi
    printf '%s (process %d)\n' "$1" $$ >"$session_file"
}
