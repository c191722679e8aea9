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
    coproc stream { hostile stream.py mn cn "$(fact mn path '.paths[0].peer_vipv4')" 150; }
}
# Where the way to the relay had no room: its cable, or its port.
say_losses() {
    local cable
    cable=$(at inet cat /sys/class/net/rs1-eth0/statistics/tx_dropped)
    say "   lost in the cable to rs1: $cable, missed by its port: $(ctl rs1 status | jq .packets.missed)"
}

stop_stream() {
    eval "exec ${stream[1]}>&-"
    read -r stream_result <&"${stream[0]}"
    say "   stream: $stream_result"
    say_losses
}
stream_was() { jq -e "$1" <<<"$stream_result" >/dev/null; }
end_stream() {
    stop_stream
    check "none of the stream was lost or came twice" \
        stream_was '.sent > 100 and .received == .sent and .duplicates == 0'
    check "nor was it silent for a second" stream_was '.silence < 1'
}

# The lab with mn, cn, their path, a stranger, and two nodes of tests/hostile/flood_case.py, whose keys
# the DC knows: one that is started anew and anew in gn, and one that asks too much.
lab_under_flood() {
    local file tool=$NTM_BUILD/control/ntmctl/ntmctl
    lab_options=(--with atk)
    lab_up
    # No family in common with gn: their path is relayed.
    lab move cn v6only
    capture rs1
    capture dc1
    lab start
    expect 15 "mn is registered" is_registered mn
    expect 15 "cn is registered" is_registered cn
    expect 10 "mn reaches cn" reaches_peer
    expect 5 "the path is ready" path_is_ready mn
    for file in key key.busy; do
        "$tool" key generate "$run_dir/gn/$file" >"$run_dir/gn/$file.public"
    done
    "$tool" -s "$run_dir/dc1/dc.sock" node add known.a.ntm.test "$(<"$run_dir/gn/key.public")" >/dev/null
    "$tool" -s "$run_dir/dc1/dc.sock" node add busy.a.ntm.test "$(<"$run_dir/gn/key.busy.public")" >/dev/null
    dc_key=$("$tool" key public "$run_dir/dc1/key")
    # What a session is called is seen in what passes: a Status goes to the DC every 300 ms.
    expect 10 "sessions are seen" fact dc1 status '.counters.received > 20'
    end_captures
}
flood() {
    at gn env PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 "$repo/tests/hostile/flood_case.py" "$1" "$dc_key" \
        "$run_dir/gn/key" known.a.ntm.test "$peer" "$run_dir/inet/rs1.pcap" "$run_dir/inet/dc1.pcap" ||
        fail "a flood did harm"
}
