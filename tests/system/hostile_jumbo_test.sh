#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# long
# S-1, S-16, X-1: frames of up to 64 KiB, on a link that carries them, are cut or refused, counted,
# and harm nothing. By AF_PACKET, since an AF_XDP port takes no link of that size.
#
#   atk --- (a link for 65535 bytes) --- rs1
#   mn --- nat-a ------- inet ------- nat-b --- cn (a stream goes on)
# shellcheck source=tests/system/_lib.sh
source "$(dirname "$0")/_lib.sh"
# shellcheck source=tests/system/_hostile.sh
source "$(dirname "$0")/_hostile.sh"

export NTM_LAB_DRIVER=af_packet
lab_options=(--with atk)
lab_up
for each in 'atk eth0' 'inet atk-eth0' 'inet rs1-eth0' 'rs1 eth0'; do
    read -r host interface <<<"$each"
    at "$host" ip link set "$interface" mtu 65535
done
at inet ip link set relays mtu 65535
lab start
expect 15 "mn is registered" is_registered mn
expect 15 "cn is registered" is_registered cn
expect 10 "mn reaches cn" reaches_peer

start_stream
hostile jumbo_case.py
# So that the stream is one.
expect 5 "mn pings cn: 15 of 15 answered" all_answered mn 15 "$peer"
end_stream
