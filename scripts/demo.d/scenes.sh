# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2154
# The scenes of the demo. Each stands alone: it makes what it needs, checks what it shows, and ends
# the demo by fail() when that is not so.

peer=cn.b.ntm.test

# For cn's files and the scenes' own output.
stage() { echo "$run_dir/$1"; }

start_once() {
    local host=$1 program=$2
    if ! lab status -j | jq -e --arg host "$host" --arg program "$program" \
        '.hosts[] | select(.name == $host) | .programs[] | select(.name == $program and .running)' >/dev/null; then
        lab start "$host" "$program"
    fi
}

cn_stands_in() {
    [ "$(cat "$(stage cn/eth0.network)")" = "$1" ] || lab move cn "$1"
}

ensure_reachable() {
    wait_until 15 at mn ping -c 1 -W 1 "$peer" || fail "mn does not reach $peer" mn/node.log
}

# start_ping NAME|ADDRESS
start_ping() {
    ping_log=$(stage mn/ping.log)
    at_background mn "$ping_log" ping -D -i 0.1 "$1"
    ping_pid=$!
    wait_until 10 has_answers "$ping_log" 10 || fail "ping from mn to $1 got no answers" mn/ping.log
}

stop_ping() {
    kill -INT "$ping_pid" 2>/dev/null || fail "the ping ended by itself" mn/ping.log
    wait "$ping_pid" || true
}

# A file of the web server on HOST.
make_file() {
    local file
    file=$(stage "$1/www/hundred-megabytes")
    mkdir -p "$(dirname "$file")"
    [ -e "$file" ] || head -c 100000000 /dev/urandom >"$file"
    file_sum=$(sha256sum <"$file")
}

# fetch NAME [CURL-OPTION...]: prints the SHA-256 of what came.
fetch() {
    local from=$1
    shift
    at mn curl --silent --show-error --fail --max-time 90 "$@" "http://$from/hundred-megabytes" | sha256sum
}

milliseconds() { awk -v from="$1" -v to="$2" 'BEGIN { printf "%d", (to - from) * 1000 }'; }

scene_registration() {
    local host
    headline "registration: mn and cn tell dc1 who and where they are, and get virtual addresses"
    for host in mn cn; do
        wait_until 15 is_registered "$host" || fail "$host is not registered" "$host/node.log"
        say "  $host: $(vip4 "$host") $(vip6 "$host")"
    done
}

scene_ping() {
    local received
    headline "ping by name, mn to cn: the first packet makes the path"
    live_log=$(stage mn/ping.log)
    live at mn ping -c 20 -i 0.2 "$peer" || fail "ping of $peer" mn/ping.log
    sed -n '2p;$p' "$live_log" | sed 's/^/  /'
    received=$(answers "$live_log")
    [ "$received" = 20 ] || fail "$received of 20 pings answered" mn/ping.log
    figure "ping mn to cn" "$received of 20 answered, $(sed -n 's/^rtt/rtt/p' "$live_log")"
}

scene_download() {
    local start
    headline "download: 100 MB from a web server on cn, SHA-256 compared"
    ensure_reachable
    make_file cn
    start_once cn web
    start=$EPOCHREALTIME
    live_log=$(stage mn/download.log)
    live fetch "$peer" || fail "download from $peer" mn/download.log
    [ "$(tail -n 1 "$live_log")" = "$file_sum" ] || fail "the file came damaged" mn/download.log
    say "  SHA-256 equal: ${file_sum%% *}"
    figure "download of 100 MB" "$(seconds_since "$start") s"
}

megabits() { jq -re '.end.sum_received.bits_per_second / 1e6 | floor' "$1"; }

scene_throughput() {
    local direction options
    headline "throughput: iperf3 both ways"
    ensure_reachable
    start_once cn iperf3
    for direction in 'mn to cn' 'cn to mn'; do
        options=()
        [ "$direction" = 'mn to cn' ] || options=(--reverse)
        live_log=$(stage mn/iperf3.log)
        live at mn iperf3 --client "$peer" --time 3 --json "${options[@]}" ||
            fail "iperf3 $direction" mn/iperf3.log
        figure "iperf3 $direction" "$(megabits "$live_log") Mbit/s"
        say "  $direction: $(megabits "$live_log") Mbit/s"
    done
}

is_downloading() { at mn ss -Htn state established 'dport = :80' | grep -q .; }

# move_while_downloading HOST NAME NETWORK: HOST moves there, mn fetches from NAME.
move_while_downloading() {
    fetch "$2" --limit-rate 15M &
    local download=$!
    wait_until 10 is_downloading
    lab move "$1" "$3"
    echo "$EPOCHREALTIME" >"$(stage mn/moved-at)"
    wait $download
}

scene_move() {
    local moved_at gap
    headline "move: cn goes from nat-b to the IPv6-only network, while a ping and a download run"
    cn_stands_in nat-b
    ensure_reachable
    make_file cn
    start_once cn web
    start_ping "$peer"
    live_log=$(stage mn/download.log)
    live move_while_downloading cn "$peer" v6only || fail "the download did not survive the move" mn/download.log
    [ "$(tail -n 1 "$live_log")" = "$file_sum" ] || fail "the file came damaged" mn/download.log
    moved_at=$(cat "$(stage mn/moved-at)")
    wait_until 10 answered_since "$ping_log" "$moved_at" || fail "the ping stopped at the move" mn/ping.log
    stop_ping
    gap=$(largest_gap "$ping_log")
    say "  cn is now at: $(at cn ip -brief address show dev eth0 scope global | awk '{ print $3 }')"
    say "  the same ping went on (longest silence $gap s), the same download ended with the right SHA-256"
    figure "move nat-b to IPv6 only" "longest silence $gap s"
}

scene_restart() {
    local up_at after_up in_all
    headline "relay killed (SIGKILL) and started again, while a ping runs"
    ensure_reachable
    start_ping "$peer"
    lab kill rs1
    lab start rs1 || fail "the relay does not come up again" rs1/relay.log
    up_at=$EPOCHREALTIME
    wait_until 10 answered_since "$ping_log" "$up_at" ||
        fail "the ping did not go on after the relay's restart" rs1/relay.log
    after_up=$(milliseconds "$up_at" "$(first_answer_since "$ping_log" "$up_at")")
    stop_ping
    show_paths
    in_all=$(milliseconds 0 "$(largest_gap "$ping_log")")
    say "  an answer $after_up ms after the relay was seen to be up; silence in all $in_all ms"
    figure "relay killed and restarted" "silence $in_all ms; up, an answer after $after_up ms"
    [ "$after_up" -le 1000 ] || fail "the ping took $after_up ms after the relay was up (limit 1000)" rs1/relay.log
    [ "$in_all" -le 3000 ] || fail "the ping was silent for $in_all ms (limit 3000)" rs1/relay.log
}

# capture HOST INTERFACE NAME: until stop_captures, into a file of the host's folder.
captures=()
capture() {
    local log
    log=$(stage "$1/$3.log")
    at_background "$1" "$log" tcpdump --immediate-mode -U -Z root -i "$2" -w "$(stage "$1/$3.pcap")"
    captures+=($!)
    wait_until 5 grep -q 'listening on' "$log" || fail "tcpdump on $1 does not start" "$1/$3.log"
}

stop_captures() {
    kill "${captures[@]}"
    wait "${captures[@]}" || true
    captures=()
}

occurrences() { { grep -a -o -F "$2" "$1" || true; } | wc -l; }

scene_privacy() {
    local marker middle inside tunnel
    headline "privacy: a capture in the middle, searched for a marker the nodes sent inside"
    ensure_reachable
    start_once cn web
    # 16 bytes are what ping repeats.
    marker=MARK$(od -An -N6 -tx1 /dev/urandom | tr -d ' \n')
    capture inet any middle
    capture mn ntm0 inside
    at mn ping -c 5 -i 0.2 -p "$(printf '%s' "$marker" | od -An -tx1 | tr -d ' \n')" "$peer" >/dev/null ||
        fail "ping with the marker" mn/node.log
    at mn curl -s -o /dev/null --max-time 10 "http://$peer/?$marker" || fail "request with the marker" mn/node.log
    stop_captures
    inside=$(occurrences "$(stage mn/inside.pcap)" "$marker")
    middle=$(occurrences "$(stage inet/middle.pcap)" "$marker")
    tunnel=$(tcpdump -r "$(stage inet/middle.pcap)" 'udp port 9770' 2>/dev/null | wc -l)
    say "  on mn's TUN: found $inside times; in the middle: $middle times in $tunnel tunnel packets"
    [ "$inside" -ge 5 ] || fail "the search does not find the marker where it must be" mn/inside.log
    [ "$tunnel" -ge 10 ] || fail "the capture in the middle saw no tunnel" inet/middle.log
    [ "$middle" = 0 ] || fail "the marker is readable in the middle" inet/middle.log
    figure "marker in the middle" "$middle of $tunnel packets (on mn's TUN: $inside times)"
}

scene_balance() {
    headline "the relay's counters: what came in is what went out"
    ensure_reachable
    wait_until 5 is_balanced || fail "the relay's counters do not balance: $(relay_balance | head -n 1)" rs1/relay.log
    relay_balance | head -n 1 | sed 's/^/  /'
    relay_drop_rows rs1 | column -t -s $'\t' | sed 's/^/  /'
    show_paths
}
