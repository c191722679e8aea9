#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# long
# S-1, S-13: a million handshakes from made-up sources at the relay, and at the DC: no byte more comes
# out than went in, memory and log stay as the first half left them, the relay drops nothing else.
#
#   atk (says to be anybody) --- rs1 --- inet --- dc1
#   mn --- nat-a ------------------------+------ v6only --- cn (a stream goes on)
# shellcheck source=tests/system/_lib.sh
source "$(dirname "$0")/_lib.sh"
# shellcheck source=tests/system/_hostile.sh
source "$(dirname "$0")/_hostile.sh"

lab_under_flood
start_stream
step "spoofed handshakes, as many as this machine can send"
flood million
stop_stream
# What two cores do not carry to the relay's port is not the relay's to lose.
check "the stream goes on" stream_was '.received > 0.98 * .sent and .duplicates == 0 and .silence < 1'
check "mn pings cn: 5 of 5 answered" all_answered mn 5 "$peer"
