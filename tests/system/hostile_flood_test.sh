#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# long
# S-1, S-5, S-13, S-14: ten times of what each class may have, at the DC and at the relay: a known
# node that starts anew registers within 2 s, and while the relay is flooded gets a path and an answer
# by it; tokens are demanded; the path of others loses nothing; no byte more comes out than went in.
#
#   atk (floods, from everywhere and from one place) --- rs1
#   gn (starts anew, again and again) --- inet --- dc1
#   mn --- nat-a ---------------------------+------ v6only --- cn (a stream goes on)
# shellcheck source=tests/system/_lib.sh
source "$(dirname "$0")/_lib.sh"
# shellcheck source=tests/system/_hostile.sh
source "$(dirname "$0")/_hostile.sh"

lab_under_flood
start_stream
step "each class"
flood classes
end_stream
check "mn pings cn: 5 of 5 answered" all_answered mn 5 "$peer"
