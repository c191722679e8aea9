# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2154,SC2034
# For the hostile tests: captures beside the programs, the tools of tests/hostile, and the
# legitimate stream that must not notice.

/usr/bin/python3 -c 'import cryptography, google.protobuf' 2>/dev/null || skip "needs scripts/packages install test"

captures=()
# capture HOST: all that passes its cable, until end_captures, as inet/HOST.pcap.
capture() {
    at_background inet "$run_dir/inet/$1.tcpdump" \
        tcpdump --immediate-mode -U -Z root -s 0 -i "$1-eth0" -w "$run_dir/inet/$1.pcap" 'udp port 9770'
    captures+=($!)
    expect 5 "what passes $1 is captured" grep -q 'listening on' "$run_dir/inet/$1.tcpdump"
}
end_captures() {
    kill -INT "${captures[@]}"
    wait "${captures[@]}" || true
    captures=()
}

# hostile SCRIPT ARGUMENT...: of tests/hostile, which enters the namespaces itself.
hostile() {
    local script=$1
    shift
    PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 "$repo/tests/hostile/$script" "$@" 9>&- || fail "$script $*"
}

# A stream from mn to cn, which says at its end what became of it.
start_stream() {
    coproc stream { hostile stream.py mn cn "$(fact mn path '.paths[0].peer_vipv4')" 50; }
}
stop_stream() {
    eval "exec ${stream[1]}>&-"
    read -r stream_result <&"${stream[0]}"
    say "   stream: $stream_result"
}
stream_was() { jq -e "$1" <<<"$stream_result" >/dev/null; }
end_stream() {
    stop_stream
    check "none of the stream was lost or came twice" \
        stream_was '.sent > 100 and .received == .sent and .duplicates == 0'
    check "nor was it silent for a second" stream_was '.silence < 1'
}
