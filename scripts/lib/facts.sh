# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2154
# Facts about a running lab, for the demo and the system tests: the one place that knows what
# ntmctl -j calls things.

lab() { "$repo/scripts/lab" "$@"; }
at() {
    local host=$1
    shift
    # Without the session's lock: what runs in the lab goes with the lab.
    ip netns exec "$lab-$host" "$@" 9>&-
}
# at_background HOST LOG COMMAND...: its process is $!
at_background() {
    local host=$1 log=$2
    shift 2
    ip netns exec "$lab-$host" "$@" >"$log" 2>&1 9>&- &
}
ctl() {
    local host=$1
    shift
    lab ctl "$host" -j "$@"
}
# No signal stops it half way.
remove_lab() { (trap '' INT TERM HUP PIPE && lab down); }
# fact HOST NOUN FILTER: what jq's filter makes of "ntmctl -j NOUN"; fails on null and false.
fact() { ctl "$1" "$2" | jq -re "$3"; }

is_registered() { fact "$1" status '.registered'; }
# Without the prefix length.
vip4() { fact "$1" status '.vipv4 | sub("/.*"; "")'; }
vip6() { fact "$1" status '.vipv6 | sub("/.*"; "")'; }
# Counted beside the list, which may be cut.
path_count() { fact "$1" path '.total'; }
has_path() { [ "$(path_count "$1")" -gt 0 ]; }
has_no_path() { [ "$(path_count "$1")" = 0 ]; }
path_kind() { fact "$1" path '.paths[0].kind'; }
path_is_ready() { fact "$1" path '.paths[0].ready'; }
path_id() { fact "$1" path '.paths[0].path_id'; }
# Of the DC, about a node by its name.
dc_node() { ctl dc1 node | jq -re --arg fqdn "$1" ".nodes[] | select(.fqdn == \$fqdn) | $2"; }
dc_knows() { dc_node "$1" '.is_registered' >/dev/null; }
outside_address() { dc_node "$1" '.outside | sub(":[0-9]+$"; "")'; }
# How often a node's log says that its DC does not answer.
count_complaints() { grep -ciE 'dc .*(unreachable|not answer|silent)' "$run_dir/$1/node.log" || true; }
dc_complaints() { [ "$(count_complaints "$1")" -ge "$2" ]; }
drop_count() { ctl rs1 drop | jq -r --arg name "$1" '[.drops[] | select(.name == $name) | .packets] | add // 0'; }
dropped_in_all() { ctl rs1 drop | jq -r '[.drops[].packets] | add // 0'; }

# received + injected + made = transmitted + punted + dropped + held; says the numbers.
relay_balance() {
    ctl rs1 status | jq -re '.packets
        | "received \(.received) + injected \(.injected) + made \(.made) = "
        + "transmitted \(.transmitted) + punted \(.punted) + dropped \(.dropped) + held \(.held)",
        (.received + .injected + .made == .transmitted + .punted + .dropped + .held)'
}
# Counters of running workers are read one after another: true once a moment of rest was caught.
is_balanced() { relay_balance >/dev/null; }

# Of "ping -D" output: seconds of each answer since the epoch, one a line.
answer_times() { sed -nE 's/^\[([0-9.]+)\].* bytes from .*/\1/p' "$1"; }
answers() { grep -c ' bytes from ' "$1" || true; }
has_answers() { [ "$(answers "$1")" -ge "$2" ]; }
answered_since() { answer_times "$1" | awk -v since="$2" '$1 >= since { found = 1 } END { exit !found }'; }
first_answer_since() { answer_times "$1" | awk -v since="$2" '$1 >= since && !found++'; }
largest_gap() {
    answer_times "$1" | awk 'NR > 1 && $1 - last > gap { gap = $1 - last } { last = $1 } END { printf "%.3f", gap }'
}

# Rows for people: place, path, kind, legs, packets, round trip, loss.
node_path_rows() {
    ctl "$1" path | jq -r --arg at "$1" '.paths[] | [$at, .path_id, .kind,
        "\(.leg.local) -> \(.leg.remote)", .tx_packets + .rx_packets,
        (if .rtt_milliseconds then "\(.rtt_milliseconds * 100 | round / 100) ms" else "-" end),
        (if .loss_permille then "\(.loss_permille / 10) %" else "-" end)] | @tsv'
}
relay_path_rows() {
    ctl "$1" path | jq -r --arg at "$1" '.paths[] | [$at, .path_id, .kind,
        ([.legs[].outer_address // "unbound"] | join(" <-> ")),
        ([.legs[].packets_received] | add), "-", "-"] | @tsv'
}
relay_drop_rows() { ctl "$1" drop | jq -r '.drops[] | select(.packets > 0) | ["dropped", .name, .packets] | @tsv'; }
