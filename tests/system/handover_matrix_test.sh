#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# F-31: mn goes from each network to each other one, while numbered datagrams run to cn and to gn and back,
# and downloads from both; then by a second interface, which loses nothing; then its NAT forgets it.
#
#   mn ---> global, nat-a, nat-b, v6only, double      cn (nat-b)      gn, an ordinary host, by rs1
# shellcheck source=tests/system/_lib.sh
source "$(dirname "$0")/_lib.sh"

gn=gn.example.test
crossing=$repo/tests/system/_crossing.py
now=$run_dir/mn/crossing.now log=$run_dir/mn/crossing.json marks=$run_dir/mn/marks
lab_with_programs
lab start cn web
for host in cn gn; do
    at_background "$host" "$run_dir/$host/echo.log" python3 "$crossing" echo 5001
    head -c 12000000 /dev/urandom >"$run_dir/$host/www/file"
done
cn_address=$(at mn dig +short $peer A)
gn_address=$(at mn dig +short $gn A)

step "1000 datagrams a second to each of cn and gn, and downloads from both"
at_background mn "$run_dir/mn/crossing.log" python3 "$crossing" send 1000 "$now" "$log" \
    "cn=$cn_address:5001" "gn=$gn_address:5001"
sender=$!
# Answers to what was sent after that time have come from both.
both_go_on_since() { jq -e --argjson since "$1" '.cn > $since and .gn > $since' "$now" >/dev/null; }
expect 10 "both answer" both_go_on_since 0
downloads=()
for name in $peer $gn; do
    at_background mn "$run_dir/mn/curl-$name.log" \
        curl -sS --limit-rate 2M --max-time 100 -o "$run_dir/mn/file-$name" "http://$name/file"
    downloads+=($!)
done

step "each network to each other one"
at=nat-a
# An Euler circuit: each of the twenty moves once.
for network in nat-b nat-a v6only nat-a double nat-a global nat-b v6only nat-b double nat-b global \
    v6only double v6only global double global nat-a; do
    echo "$EPOCHREALTIME $at $network" >>"$marks"
    lab move mn $network
    expect 3 "$at -> $network" both_go_on_since "$EPOCHREALTIME"
    at=$network
done
for pid in "${downloads[@]}"; do check "a download ends well" wait "$pid"; done
same "cn's file" "$(sha256sum <"$run_dir/mn/file-$peer")" "$(sha256sum <"$run_dir/cn/www/file")"
same "gn's file" "$(sha256sum <"$run_dir/mn/file-$gn")" "$(sha256sum <"$run_dir/gn/www/file")"

step "a second interface is added, and the first one taken away"
# ways_are BEGINNING: all paths' legs go out from an address that begins so.
ways_are() { fact mn path ".paths | length == 2 and all(.leg.local | startswith(\"$1\"))" >/dev/null; }
declare -A beginning_of=([v6only]=2001:db8:6: [nat-b]=10.0.2. [double]=10.0.3. [nat-a]=10.0.1.)
old=eth0 new=eth1
made_at=$EPOCHREALTIME
for network in v6only nat-b double nat-a; do
    lab attach mn $network "$new"
    expect 5 "all goes by $network" ways_are "${beginning_of[$network]}"
    expect 3 "and comes" both_go_on_since "$EPOCHREALTIME"
    lab detach mn "$old"
    expect 3 "and goes on" both_go_on_since "$EPOCHREALTIME"
    read -r old new <<<"$new $old"
done
broken_at=$EPOCHREALTIME

step "mn's NAT forgets all it knew"
lab move mn nat-b "$old"
expect 3 "mn is behind nat-b" both_go_on_since "$EPOCHREALTIME"
echo "$EPOCHREALTIME nat-b forgotten" >>"$marks"
at nat-b python3 "$crossing" forget
expect 3 "both go on" both_go_on_since "$EPOCHREALTIME"
kill "$sender"
wait "$sender"

step "what came of it"
python3 "$crossing" table "$log" "$marks"
first_move=$(head -n 1 "$marks" | cut -d ' ' -f 1)
check "lost where only one was" test "$(python3 "$crossing" lost "$log" "$first_move" "$made_at")" -gt 0
same "lost where both networks were up" "$(python3 "$crossing" lost "$log" "$made_at" "$broken_at")" 0
same "endpoints as which gn saw mn" "$(python3 "$crossing" seen "$log" gn | wc -l)" 1
