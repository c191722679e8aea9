# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2154
# What is up: each host with its interfaces, addresses and programs.

lab_status() {
    local form=${1:-}
    if [ ! -e "$run_dir/up" ]; then
        [ "$form" != -j ] && say "the lab '$lab' is not up" || echo '{"up":false,"hosts":[]}'
        return 0
    fi
    if [ "$form" = -j ]; then
        status_json
    else
        status_json | jq -r '.hosts[]
            | [ .name,
                ([.interfaces[] | "\(.name)@\(.network): \(.addresses | join(" "))"] | join("; ")),
                ([.programs[] | "\(.name) \(if .running then "(\(.pid))" else "not running" end)"] | join(", "))
              ] | @tsv' | column -t -s "$(printf '\t')" -N HOST,ADDRESSES,PROGRAMS
    fi
}

status_json() {
    local name
    for name in $(namespaces); do
        host_json "${name#"$lab-"}"
    done | jq -s --arg name "$lab" '{up: true, name: $name, hosts: .}'
}

host_json() {
    local host=$1 file iface program running
    {
        for file in "$run_dir/$host"/*.network; do
            [ -e "$file" ] || continue
            iface=${file##*/}
            iface=${iface%.network}
            link "$host" -j address show dev "$iface" |
                jq --arg network "$(<"$file")" '{interface: {name: .[0].ifname, network: $network,
                    addresses: [.[0].addr_info[] | select(.scope == "global") | .local]}}'
        done
        for file in "$run_dir/$host"/*.pid; do
            [ -e "$file" ] || continue
            program=${file##*/}
            program=${program%.pid}
            is_running "$host" "$program" && running=true || running=false
            jq -n --arg name "$program" --argjson pid "$(<"$file")" --argjson running "$running" \
                '{program: {name: $name, pid: $pid, running: $running}}'
        done
    } | jq -s --arg name "$host" '{name: $name,
        interfaces: [.[].interface | select(.)], programs: [.[].program | select(.)]}'
}
