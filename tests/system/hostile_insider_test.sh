#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# long
# S-4, S-14: a node that the DC knows may not touch what is another's: not a path, not a leg, not a
# name; nor give Directions to anybody. All of it is refused, counted, and moves nothing.
#
#   gn (insider: a key and a name of its own) --- inet --- rs1, dc1
#   mn --- nat-a ----------------------------------+------ v6only --- cn (a numbered stream goes on)
# shellcheck source=tests/system/_lib.sh
source "$(dirname "$0")/_lib.sh"
# shellcheck source=tests/system/_hostile.sh
source "$(dirname "$0")/_hostile.sh"

lab_up
lab move cn v6only
lab start
expect 15 "mn is registered" is_registered mn
expect 15 "cn is registered" is_registered cn
expect 10 "mn reaches cn" reaches_peer
expect 5 "the path is ready" path_is_ready mn

ctl_tool=$NTM_BUILD/control/ntmctl/ntmctl
insider=insider.a.ntm.test
key=$("$ctl_tool" key generate "$run_dir/gn/key")
"$ctl_tool" -s "$run_dir/dc1/dc.sock" node add $insider "$key" >/dev/null
keys=()
for host in dc1 rs1 cn; do
    keys+=("$("$ctl_tool" key public "$run_dir/$host/key")")
done

start_stream
step "what an insider tries"
at gn env PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 "$repo/tests/hostile/insider_case.py" "${keys[@]}" \
    "$run_dir/gn/key" $insider "$peer" "$(path_id mn)" mn.a.ntm.test || fail "an insider got through"
step "and all the while"
end_stream
expect 5 "the relay has the victims' path alone" test "$(path_count rs1)" = 1
check "mn pings cn: 5 of 5 answered" all_answered mn 5 "$peer"
