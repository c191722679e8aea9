# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2154
# The scene of the ordinary host: mn's programs reach gn, which knows nothing of NTMobile, from behind
# a NAT, through a move and from the IPv6-only network; by its name, and with `exit: true` by its address.

told() { printf '  %-11s %s\n' "$1" "$2"; }

# ask PROGRAM ARGUMENTS...: at mn; what it prints is in "output".
ask() {
    output=$(at mn timeout 30 "$@" 2>&1) || fail "$1 at mn: $(tail -n 1 <<<"$output")" mn/node.log
}

ssh_to() {
    echo ssh -F none -i "$(stage gn/ssh_key)" -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \
        -o LogLevel=ERROR -o BatchMode=yes "root@$1"
}

# is_relays ADDRESS: one of those at which the relay is reached, and from which it translates.
is_relays() {
    at rs1 ip -j address show dev ntm0 scope global | jq -r '.[].addr_info[].local' | grep -qxF "$1"
}

try_ping() {
    ask ping -q -c 5 -i 0.2 "$1"
    [[ $output == *" 5 received, "* ]] || fail "not 5 of 5 pings answered by $1" mn/node.log
    told ping "5 of 5 answered, $(grep ^rtt <<<"$output")"
}

try_curl() {
    local start=$EPOCHREALTIME
    output=$(fetch "$1") || fail "curl from $1" mn/node.log
    [ "$output" = "$file_sum" ] || fail "the file from $1 came damaged" gn/web.log
    told curl "100 MB in $(seconds_since "$start") s, SHA-256 equal"
}

try_dig() {
    local expected=203.0.113.53
    ask dig +tries=1 "@$1" ns.example.test
    grep -q "^ns\.example\.test\..*A[[:space:]]$expected$" <<<"$output" || fail "dig @$1" gn/nameserver.log
    told dig "$1 says that ns.example.test is $expected: $(sed -n 's/^;; Query time: //p' <<<"$output")"
}

try_ssh() {
    local from
    # shellcheck disable=SC2016,SC2046 # for gn's shell; words
    ask $(ssh_to "$1") 'echo "$SSH_CONNECTION"'
    from=${output%% *}
    is_relays "$from" || fail "gn saw mn's ssh come from $from, which is not the relay's" gn/ssh.log
    told ssh "a command at gn, which saw it come from $from, the relay's"
}

try_traceroute() {
    local address hops last
    ask traceroute -n -q 1 -w 1 "$1"
    address=$(sed -nE '1s/.* \((.*)\), .*/\1/p' <<<"$output")
    hops=$(sed 1d <<<"$output" | awk '{ print $2 }')
    last=$(tail -n 1 <<<"$hops")
    [ "$last" = "$address" ] || fail "traceroute to $1 ends at $last, not at $address" mn/node.log
    told traceroute "$(wc -l <<<"$hops") hops, by $(uniq <<<"$hops" | paste -sd ' ')"
}

try_iperf3() {
    ask iperf3 --client "$1" --time 1 --json
    megabits_to=$(megabits <(echo "$output"))
    ask iperf3 --client "$1" --time 1 --json --reverse
    megabits_from=$(megabits <(echo "$output"))
    told iperf3 "$megabits_to Mbit/s to gn, $megabits_from Mbit/s from it"
}

# try_programs HOST PEER WHERE: by mn's only general path, which leads to this peer.
try_programs() {
    local program megabits_to megabits_from peers
    for program in ping curl dig ssh traceroute iperf3; do "try_$program" "$1"; done
    peers=$(fact mn path '[.paths[] | select(.kind == "general") | if .peer == "" then "everywhere" else .peer end] | join(" ")')
    [ "$peers" = "$2" ] || fail "mn's general paths lead to '$peers', not '$2'" mn/node.log
    told 'all by' "one path: general, to $peers"
    figure "iperf3 mn to gn, $3" "$megabits_to Mbit/s, back $megabits_from Mbit/s"
}

# Whom gn's TCP connections are with.
seen_by_gn() { at gn ss -Htn state established | awk '{ sub(/:[0-9]+$/, "", $4); print $4 }' | tr -d '[]' | sort -u; }

# move_while_gn_looks HOST NETWORK
move_while_gn_looks() {
    move_while_downloading mn "$1" "$2" &
    local download=$!
    wait_until 10 is_downloading
    seen_by_gn >"$(stage gn/seen)"
    wait_until 10 test -e "$(stage mn/moved-at)"
    seen_by_gn >>"$(stage gn/seen)"
    wait $download
}

# The time, ten times a second, by an SSH session with HOST that stays.
start_session() {
    session_log=$(stage mn/ssh.log)
    # shellcheck disable=SC2046 # words
    at_background mn "$session_log" $(ssh_to "$1") 'while date +%s.%N; do sleep 0.1; done'
    session_pid=$!
    wait_until 10 test -s "$session_log" || fail "no SSH session with $1" mn/ssh.log
}

has_spoken_since() { awk -v since="$1" '$1 >= since { found = 1 } END { exit !found }' "$session_log"; }

address_of_mn() { at mn ip -brief address show dev eth0 scope global | awk '{ sub(/\/.*/, "", $3); print $3 }'; }

# move_programs HOST NETWORK: mn moves there, while a ping, an SSH session and a download from HOST run.
move_programs() {
    local from moved_at gap seen
    from=$(address_of_mn)
    start_ping "$1"
    start_session "$1"
    rm -f "$(stage mn/moved-at)"
    live_log=$(stage mn/download.log)
    live move_while_gn_looks "$1" "$2" || fail "the download did not survive the move" mn/download.log
    [ "$(tail -n 1 "$live_log")" = "$file_sum" ] || fail "the file came damaged" mn/download.log
    moved_at=$(cat "$(stage mn/moved-at)")
    wait_until 10 answered_since "$ping_log" "$moved_at" || fail "the ping stopped at the move" mn/ping.log
    wait_until 10 has_spoken_since "$moved_at" || fail "the SSH session stopped at the move" mn/ssh.log
    stop_ping
    kill "$session_pid"
    wait "$session_pid" || true
    gap=$(largest_gap "$ping_log")
    seen=$(sort -u "$(stage gn/seen)")
    is_relays "$seen" || fail "gn saw other addresses than one of the relay's: $seen" gn/web.log
    told moved "from $from to $(address_of_mn): the ping went on (longest silence $gap s), so did the SSH session,"
    told '' "the download ended with the right SHA-256, and gn saw $seen before and after"
    figure "mn moves to $2, as gn sees it" "still at $seen, longest silence $gap s"
}

# restart_mn EXIT: its node, with "exit" as told.
restart_mn() {
    lab stop mn
    NTM_LAB_EXIT=$1 lab start mn
    wait_until 15 is_registered mn || fail "mn is not registered" mn/node.log
}

scene_general() {
    local name=gn.example.test address=203.0.113.80 program
    headline "an ordinary host: mn, behind a NAT, reaches gn by its name through the relay, which translates"
    [ "$(cat "$(stage mn/eth0.network)")" = nat-a ] || lab move mn nat-a
    for program in web nameserver ssh iperf3; do start_once gn $program; done
    make_file gn
    wait_until 15 at mn ping -c 1 -W 1 $name || fail "mn does not reach $name" mn/node.log
    try_programs $name $name 'behind a NAT'
    say "  ... and moves to the IPv6-only network, while programs run"
    move_programs $name v6only
    try_programs $name $name 'IPv6 only'
    say "  ... the same with 'exit: true', by the address $address, which the IPv6-only network does not know"
    restart_mn true
    wait_until 15 fact mn status .exit || fail "mn has no exit path" mn/node.log
    try_programs $address everywhere 'exit: true'
    move_programs $address nat-a
    restart_mn false
}
