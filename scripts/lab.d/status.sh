# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2154
# What is up: each host with its interfaces, link emulators, addresses and programs.

lab_status() {
    local form=${1:-}
    [[ $form == '' || $form == -j ]] || misuse "status: unknown option '$form'"
    if [ ! -e "$run_dir/up" ]; then
        [ "$form" != -j ] && say "the lab '$lab' is not up" || echo '{"up":false,"hosts":[]}'
        return 0
    fi
    if [ "$form" = -j ]; then
        status_json
    else
        status_json | jq -r '.hosts[]
            | [ .name,
                ([.interfaces[] | .name + (if .network then "@" + .network else "" end)
                    + (if .link == null then "" elif .link.is_running then " (link)" else " (dead link)" end) + ": "
                    + (.addresses | if . == [] then "-" else join(" ") end)] | join("; ")),
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

# interface_json HOST IFACE NETWORK: where it is plugged in, or nothing.
interface_json() {
    link "$1" -j address show dev "$2" | jq --arg network "$3" --argjson link "$(link_json "$1" "$2")" '{interface: {
        name: .[0].ifname, network: (if $network == "" then null else $network end), link: $link,
        addresses: [.[0].addr_info[] | select(.scope == "global") | .local]}}'
}

host_json() {
    local host=$1 file program running
    {
        for file in "$run_dir/$host"/*.network; do
            [ ! -e "$file" ] || interface_json "$host" "$(basename "$file" .network)" "$(<"$file")"
        done
        # The relay's TAP, which has its addresses, or a node's TUN, which has the virtual ones.
        ! link "$host" link show dev ntm0 >/dev/null 2>&1 || interface_json "$host" ntm0 ''
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
