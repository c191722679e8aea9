#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# F-24, F-25: configurations are reloaded under a running ping. Each broken file of tests/config/broken is
# refused by the running program in the words that a start would use, and changes nothing; good files
# change what can change at once, by ntmctl and by SIGHUP, and name what waits for a restart.
#
#   mn --- nat-a --- inet --- nat-b --- cn
#                     |
#                 rs1, dc1
# shellcheck source=tests/system/_lib.sh
source "$(dirname "$0")/_lib.sh"

ntmctl=$NTM_BUILD/control/ntmctl/ntmctl
declare -A host_of=([relay]=rs1 [dc]=dc1 [node]=mn)
declare -A binary=([relay]=rs-dataplane/ntm-relay [dc]=dc/ntm-dc [node]=client/node/ntm-node)

file_of() { echo "$run_dir/${host_of[$1]}/$1.yaml"; }
reload() { ctl "${host_of[$1]}" reload; }
in_force() { ctl "${host_of[$1]}" config; }
memory_of() { awk '/^VmRSS/ { print $2 }' "/proc/$(<"$run_dir/${host_of[$1]}/$1.pid")/status"; }
keys_of() { jq -r "[.$1[].key] | join(\" \")"; }

# rewrite PROGRAM SED-SCRIPT: from the file that the program was started with.
rewrite() {
    sed "$2" "$run_dir/$1.start" >"$(file_of "$1")"
    ! cmp -s "$run_dir/$1.start" "$(file_of "$1")" || fail "nothing in the $1's file for: $2"
}
restore() { cp "$run_dir/$1.start" "$(file_of "$1")"; }

# changes PROGRAM SED-SCRIPT CHANGED WAITING: these keys, each separated by spaces.
changes() {
    local answer
    rewrite "$1" "$2"
    answer=$(reload "$1") || fail "the $1 refused: $answer"
    same "the $1 takes over" "$(keys_of changed <<<"$answer")" "$3"
    same "the $1 leaves for a restart" "$(keys_of needs_restart <<<"$answer")" "$4"
}

# refuses PROGRAM FILE: like a start, and with nothing changed.
refuses() {
    local expected said status=0 config
    config=$(file_of "$1")
    cp "$2" "$config"
    expected=$("$NTM_BUILD/${binary[$1]}" --config "$config" --check-config 2>&1) && return 1
    said=$(reload "$1") || status=$?
    if [ "$status" != 1 ] || [ "$(jq -r .error.message <<<"$said")" != "$expected" ]; then
        say "${2##*/}: exit code $status, '$said' is not '$expected'"
        return 1
    fi
    [ "$(in_force "$1")" = "$before" ]
}
refuses_all() {
    local broken count=0
    before=$(in_force "$1")
    for broken in "$repo"/tests/config/broken/*."$1".yaml; do
        refuses "$1" "$broken" || fail "the $1 refuses ${broken##*/} and stays as it is"
        count=$((count + 1))
    done
    restore "$1"
    check "the $1 refuses $count broken files, and stays as it is" [ "$count" -ge 20 ]
}

# clashes PROGRAM SED-SCRIPT WORDS: a file that a start would take, but not with what stays until then.
clashes() {
    local said before
    before=$(in_force "$1")
    rewrite "$1" "$2"
    check "a start would take the $1's file" "$NTM_BUILD/${binary[$1]}" --config "$(file_of "$1")" --check-config
    said=$(reload "$1") && fail "the $1 took it: $said"
    check "the $1 does not: $3" grep -q "with what stays until a restart: .*$3" <<<"$said"
    check "and stays as it is" [ "$(in_force "$1")" = "$before" ]
    restore "$1"
}

lab_with_programs
for program in relay dc node; do cp "$(file_of $program)" "$run_dir/$program.start"; done
expect 15 "mn reaches cn" reaches_peer
start_ping

step "what is in force is shown, with defaults and without secrets"
same "a default" "$(in_force relay | jq .config.limits.handshakes_per_second)" 1000
for program in relay dc node; do
    refuse "no private key of the $program" grep -qF "$(<"$run_dir/${host_of[$program]}/key")" <(in_force $program)
    check "the $program in words" "$ntmctl" -s "$run_dir/${host_of[$program]}/$program.sock" config
done

step "broken files"
for program in relay dc node; do refuses_all $program; done

step "the relay"
sleeps() { fact rs1 worker '.workers[0].sleeps'; }
sleeps_no_more() { local first; first=$(sleeps) && reaches_peer && [ "$(sleeps)" = "$first" ]; }
changes relay 's/idle_sleep: true/idle_sleep: false/; s/capacity: 65536/capacity: 1000/; s/^listen_port: 9770/listen_port: 9771/' \
    "workers.idle_sleep" "listen_port paths.capacity"
expect 5 "its worker polls always" sleeps_no_more
same "the running port" "$(in_force relay | jq .config.listen_port)" 9770
other=$("$ntmctl" key generate "$run_dir/other.key")
changes relay "s|^ports:|  - { name: dc2, key: $other, addresses: [\"203.0.113.99:9770\"] }\nports:|" \
    "dcs[dc2] workers.idle_sleep" ""
same "DCs" "$(fact rs1 status '[.dcs[].name] | join(" ")')" "dc1 dc2"
changes relay 's/"203.0.113.10:9770", //' "dcs[dc1].addresses dcs[dc2]" ""
expect 10 "dc1 is reached at the address that is left" fact rs1 status '.dcs[0].registered'
restore relay
check "back again" reload relay

step "the DC"
add_under_c() { ctl dc1 node add x.c.ntm.test "$other"; }
refuse "no node under a zone that is not there" add_under_c
changes dc 's/b.ntm.test\]/b.ntm.test, c.ntm.test]/; s/^listen: { port: 9770 }/listen: { port: 9771 }/' "zones" "listen.port"
check "a node under the new zone" add_under_c
restore dc
check "back again" reload dc

step "the node"
changes node 's/, b.ntm.test\]/]/; s/name: ntm0/name: ntm1/' "zones" "tun.name"
same "a name that is not the DC's any more" "$(dns_status cn.b.ntm.test)" NXDOMAIN
changes node 's/203.0.113.53:53/203.0.113.54:53/' "zones resolver.upstream" ""
restore node
check "back again" reload node
same "the name is there again" "$(dns_status cn.b.ntm.test)" NOERROR

step "good files that clash with what stays until a restart"
own=$("$ntmctl" key public "$run_dir/rs1/key")
clashes relay "s|^key_file: .*|key_file: $run_dir/other.key|; s|^  - { name: dc1, key: [^,]*|  - { name: dc1, key: $own|" \
    "relay's own public key"
clashes node 's/^fqdn: .*/fqdn: mn.c.ntm.test/; s/a.ntm.test, b.ntm.test/c.ntm.test/' "under none of the node's zones"

step "SIGHUP"
rewrite relay 's/level: debug/level: info/'
kill -HUP "$(<"$run_dir/rs1/relay.pid")"
level_is() { [ "$(in_force relay | jq -r .config.log.level)" = "$1" ]; }
expect 5 "the relay takes it over" level_is info
echo 'name: [' >"$(file_of relay)"
kill -HUP "$(<"$run_dir/rs1/relay.pid")"
expect 5 "and says why not" grep -q 'reload refused.*relay.yaml:[0-9]*:[0-9]*: not YAML' "$run_dir/rs1/relay.log"
check "and changes nothing" level_is info

step "100 reloads in a row, under load"
at_background mn "$run_dir/mn/load.log" ping -D -i 0.005 "$peer"
load_pid=$!
dropped=$(dropped_in_all)
for program in relay dc node; do
    for ((turn = 0; turn < 120; turn++)); do
        # Before the count begins, what is made once has been made.
        [ $turn != 20 ] || first=$(memory_of $program)
        if ((turn % 2)); then restore $program; else rewrite $program 's/level: debug/level: info/'; fi
        reload $program >/dev/null || fail "reload $turn of the $program"
    done
    grown=$(($(memory_of $program) - first))
    check "the $program has not grown ($grown KiB)" [ $grown -le 1024 ]
done

kill "$load_pid"
check "the load has lost nothing" lost_nothing "$run_dir/mn/load.log"
same "packets dropped" "$(dropped_in_all)" "$dropped"

step "nobody noticed"
expect 10 "the ping goes on" ping_goes_on_since "$EPOCHREALTIME"
check "no packet was lost" lost_nothing
