# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2034,SC2154
# What the demo shows while it plays: headlines, a live table of paths, figures at the end.

headlines=0
headline() {
    headlines=$((headlines + 1))
    printf '\n[%5s s] %d. %s\n' "$(seconds_since "$began")" "$headlines" "$*"
}

failure=
culprit=
# fail WHAT [LOG]: ends the scene and the demo.
fail() {
    failure=$1
    culprit=${2:-}
    exit 1
}

figures=()
figure() { figures+=("$1"$'\t'"$2"); }
say_figures() {
    [ "${#figures[@]}" -gt 0 ] || return 0
    printf '%s\n' "${figures[@]}" | column -t -s $'\t' | sed 's/^/  /'
}

# The paths as both nodes and the relay see them.
path_table() {
    local host
    {
        printf 'AT\tPATH\tKIND\tLEGS\tPACKETS\tRTT\tLOSS\n'
        for host in mn cn; do
            node_path_rows "$host" 2>/dev/null || printf '%s\t(no answer)\n' "$host"
        done
        relay_path_rows rs1 2>/dev/null || printf 'rs1\t(no answer)\n'
    } | column -t -s $'\t' | cut -c 1-"${COLUMNS:-110}" | sed 's/^/  /'
}

# The table to stay, with what its figures are, once in a run.
show_paths() {
    path_table
    [ $said_what_counts = no ] || return 0
    said_what_counts=yes
    say "  (PACKETS: at a node, what programs sent and got by the path; at rs1, what it relayed since its"
    say "   start, the nodes' keep-alives and probes too. So rs1 has some more, and after a restart fewer."
    say "   Of a general path it counts what comes from the node.)"
}
said_what_counts=no

# live COMMAND...: runs it, and on a terminal paints the table over and over meanwhile. What the
# command prints goes to the file "live_log".
live() {
    local pid status=0 lines=0 table
    "$@" >"$live_log" 2>&1 &
    pid=$!
    while kill -0 $pid 2>/dev/null; do
        if [ -t 1 ]; then
            table=$(path_table)
            [ "$lines" = 0 ] || printf '\033[%dA\033[J' "$lines"
            say "$table"
            lines=$(wc -l <<<"$table")
            sleep 0.4
        else
            wait $pid || status=$?
        fi
    done
    [ ! -t 1 ] || wait $pid || status=$?
    [ "$lines" = 0 ] || printf '\033[%dA\033[J' "$lines"
    show_paths
    return $status
}

say_how_to_look_around() {
    local lab_command="sudo ${settings}scripts/lab"
    cat <<AROUND

The lab is up. To look around:
  $lab_command status                          hosts, addresses, programs
  $lab_command exec mn -- ping cn.b.ntm.test   a command on a host (inet, dns, dc1, rs1, gn, mn, cn)
  $lab_command ctl rs1 path                    ntmctl at a host. rs1: status, path, worker, drop, port
  $lab_command ctl dc1 node                    ... at dc1: status, node, relay, path
  $lab_command ctl mn status                   ... at mn and cn: status, path
  $lab_command move cn nat-a                   a host elsewhere: global, v6only, nat-a, nat-b, double
  $lab_command kill rs1; $lab_command start rs1
  $lab_command logs dc1
To remove it: $lab_command down (the next scripts/demo, with --scene too, does so by itself)
AROUND
}
