#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# long
# F-36: mn's configuration is copied to another host, and runs there too: two nodes with one key. The one
# that started last has name, address and path, and keeps them: nothing flaps, and the DC says what it
# sees. A new start of the other takes them back.
#
#   mn --- nat-a --- inet --- nat-b --- cn
#                     |
#                    gn (the copy)
# shellcheck source=tests/system/_lib.sh
source "$(dirname "$0")/_lib.sh"
# shellcheck source=tests/system/_faults.sh
source "$(dirname "$0")/_faults.sh"

copy=$run_dir/gn/copy
start_copy() {
    mkdir -p "$copy"
    cp "$run_dir/mn/key" "$copy/"
    sed "s|$run_dir/mn|$copy|g" "$run_dir/mn/node.yaml" >"$copy/node.yaml"
    at_background gn "$copy/node.log" "$NTM_BUILD/client/node/ntm-node" --config "$copy/node.yaml"
}
copy_pings() { at gn ping -c 1 -W 1 "$cn4"; }
registrations() { log_lines dc1 dc 'mn.a.ntm.test registered from'; }

lab_with_programs
cn4=$(vip4 cn)
start_ping
path=$(path_id mn)
kill "$ping_pid"

step "the copy starts"
since=$EPOCHREALTIME
start_copy
expect 5 "it reaches cn" copy_pings
took "since its start" "$since" 3
ping_log=$copy/ping.log
at_background gn "$ping_log" ping -D -i 0.1 "$cn4"
ping_pid=$!
expect 10 "it pings cn" has_answers "$ping_log" 10

step "for 40 s mn, which sends and keeps alive, does not take it back"
at_background mn "$run_dir/mn/ping.log" ping -q -i 0.2 -w 40 "$cn4"
refuse "mn reaches cn" wait $!
check "the copy was never silent" never_silent_for 1
same "registrations" "$(registrations)" 2
same "the node's address" "$(outside_address mn.a.ntm.test)" 203.0.113.80
same "the path" "$(fact dc1 path '.paths[0].path_id')" "$path"
same "paths" "$(path_count dc1)" 1
check "the DC tells it, once a minute" test "$(log_lines dc1 dc 'earlier run of mn.a.ntm.test')" = 1

step "mn starts anew"
lab kill mn
lab start mn
since=$EPOCHREALTIME
expect 5 "mn reaches cn" reaches_peer
took "since its start" "$since" 3
same "registrations" "$(registrations)" 3
refuse "the copy reaches cn" copy_pings
