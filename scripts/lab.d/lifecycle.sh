# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2154
# Building the lab and taking it away, whatever state it is in.

# Enough for one relay (NTM_LAB_HUGEPAGES: another count): tables for 64 thousand paths, buffers of one port.
hugepages_wanted=${NTM_LAB_HUGEPAGES:-128}
hugepages_file=/proc/sys/vm/nr_hugepages
# Labs may stand side by side: in "base" the count before the first of them, and for each a file
# with what it added.
hugepages_dir=/run/ntm-hugepages

# Without this file in it, a directory of the lab's name is none of the lab's.
marker=made-by-scripts-lab
is_ours() { [ "$(cat "$run_dir/$marker" 2>/dev/null)" = "$lab" ]; }

# One change of the whole at a time.
lock_lab() {
    exec 8>>"/run/lock/$lab.lock"
    flock -w 15 8 || die "another scripts/lab up or down is at work on '$lab': try again when it is done"
}

lab_up() {
    local without=, dynamic=
    case ${1:-} in
    --dynamic) dynamic=yes ;;
    --without) without=,${2:-}, ;;
    --without=*) without=,${1#*=}, ;;
    --with)
        check_word host "${2:-}" "${guests[@]}"
        hosts+=("$2")
        ;;
    '') ;;
    *) misuse "up: unknown option '$1'" ;;
    esac
    check_names "$without"
    check_tools
    [ -z "$dynamic" ] || check_address_tools
    lock_lab
    if is_ours && [ -e "$run_dir/up" ]; then
        die "the lab '$lab' is up already: scripts/lab status shows it, scripts/lab down removes it"
    fi
    remove_everything
    if [ -e "$run_dir" ]; then
        die "$run_dir is no lab's: choose another name (NTM_LAB), or remove it"
    fi
    trap 'warn "lab: failed, removing what was made"; remove_everything' EXIT
    end_by_signals
    mkdir "$run_dir"
    echo "$lab" >"$run_dir/$marker"
    [ -z "$dynamic" ] || : >"$run_dir/dynamic"
    build_networks "$without"
    reserve_hugepages
    echo "${NTM_LAB_OWNER:-hand}" >"$run_dir/owner"
    date +%s >"$run_dir/up"
    trap - EXIT INT TERM HUP PIPE
    ! missing_binary "${!binary_of[@]}" >/dev/null || warn "lab: up; its programs are not built yet: $(how_to_build)"
}

check_names() {
    local name
    for name in ${1//,/ }; do
        check_word host "$name" "${hosts[@]}" "${nats[@]}"
    done
}

check_tools() {
    local tool lacking=()
    for tool in ip nft ethtool sysctl jq; do
        have "$tool" || lacking+=("$tool")
    done
    [ "${#lacking[@]}" = 0 ] || die "not installed: ${lacking[*]} (scripts/packages install runtime)"
}

build_networks() {
    local without=$1 host network
    make_router inet
    for network in global relays v6only; do
        make_network "$network"
    done
    for network in "${networks[@]}"; do
        host=${router_of[$network]}
        [[ $host == inet || $without == *,$host,* ]] || make_nat "$host" "$(uplink "$host" "$without")" "$network"
    done
    ! is_dynamic || hand_out_addresses
    for host in "${hosts[@]}"; do
        [[ $without == *,$host,* ]] && continue
        make_namespace "$host"
        make_cable "$host" eth0
        plug "$host" eth0 "$(uplink "$host" "$without")"
    done
    # Nodes ask the resolver of their own node program.
    for host in "${!fqdn_of[@]}"; do
        [[ $without == *,$host,* ]] ||
            echo 'nameserver 127.0.0.53' >"/etc/netns/$lab-$host/resolv.conf"
    done
}

# What would be behind a NAT that is left out stands in the open.
uplink() {
    local network=${home_of[$1]}
    [[ $2 != *,${router_of[$network]},* ]] || network=global
    echo "$network"
}

lock_hugepages() {
    exec 6>>/run/lock/ntm-hugepages.lock
    flock 6
}

reserve_hugepages() {
    local before after
    [ -e "$hugepages_file" ] || return 0
    lock_hugepages
    mkdir -p "$hugepages_dir"
    before=$(<"$hugepages_file")
    [ -e "$hugepages_dir/base" ] || echo "$before" >"$hugepages_dir/base"
    # Should this end right here, that much may have been added.
    echo "$hugepages_wanted" >"$hugepages_dir/$lab"
    echo $((before + hugepages_wanted)) >"$hugepages_file" 2>/dev/null || true
    after=$(<"$hugepages_file")
    echo $((after > before ? after - before : 0)) >"$hugepages_dir/$lab"
    exec 6>&-
    if [ $((after - before)) -lt "$hugepages_wanted" ]; then
        warn "lab: $((after - before)) of $hugepages_wanted hugepages to be had: the relay may use ordinary pages"
    fi
    mkdir -p "$run_dir/hugepages"
    mount -t hugetlbfs -o pagesize=2M "$lab" "$run_dir/hugepages" 2>/dev/null || true
}

# What this lab added, as far as it is still there on top of the base and of other labs' pages:
# somebody else may have lowered the count meanwhile.
return_hugepages() {
    local added now spare
    if [ "$(findmnt -n -o SOURCE -M "$run_dir/hugepages")" = "$lab" ]; then
        if ! umount "$run_dir/hugepages"; then
            warn "lab: $run_dir/hugepages is in use: it goes when its last user ends"
            umount -l "$run_dir/hugepages" || true
        fi
        rmdir "$run_dir/hugepages" || true
    fi
    [ -e "$hugepages_dir/$lab" ] || return 0
    lock_hugepages
    added=$(<"$hugepages_dir/$lab")
    rm -f "$hugepages_dir/$lab"
    now=$(<"$hugepages_file")
    spare=$((now - $(cat "$hugepages_dir"/* | awk '{ sum += $1 } END { printf "%d", sum }')))
    [ $((added < spare)) = 1 ] || added=$spare
    if [ "$added" -gt 0 ] && ! echo $((now - added)) 2>/dev/null >"$hugepages_file"; then
        warn "lab: $added hugepages could not be given back: $hugepages_file"
    fi
    if [ -z "$(find "$hugepages_dir" -type f ! -name base)" ]; then
        rm -rf "$hugepages_dir"
    fi
    exec 6>&-
}

lab_down() {
    [ $# = 0 ] || misuse "down: unknown option '$1'"
    lock_lab
    remove_everything
}

namespaces() {
    local path
    for path in /run/netns/"$lab"-*; do
        [ ! -e "$path" ] || echo "${path##*/}"
    done
}

# What lives in a namespace, and what "ip netns exec" has put into one that was deleted since: there
# a file of /etc/netns/LAB-HOST (the fourth field of mountinfo) lies on one of /etc.
processes() {
    local name
    {
        for name in $(namespaces); do
            ip netns pids "$name" 2>/dev/null || true
        done
        grep -lsE "^([^ ]+ ){3}[^ ]*/netns/$lab-" /proc/[0-9]*/mountinfo | cut -d / -f 3 || true
    } | sort -u
}

nothing_runs() { [ -z "$(processes)" ]; }

# Programs first, by SIGTERM and then by force, and with the namespaces all that is in them.
remove_everything() {
    local name
    processes | xargs -r kill -TERM 2>/dev/null || true
    if ! wait_until 3 nothing_runs; then
        processes | xargs -r kill -KILL 2>/dev/null || true
        wait_until 3 nothing_runs || warn "lab: these do not end: $(processes | tr '\n' ' ')"
    fi
    for name in $(namespaces); do
        ip netns delete "$name" || true
    done
    rm -rf "/etc/netns/$lab"-*
    rmdir /etc/netns 2>/dev/null || true
    return_hugepages
    rm -rf "/run/dpdk/$lab-rs1"
    remove_run_dir
}

# The marker last: what a kill in the middle leaves is still the lab's.
remove_run_dir() {
    if is_ours; then
        find "$run_dir" -mindepth 1 ! -path "$run_dir/$marker" -delete || true
        rm -rf "$run_dir"
    else
        rmdir "$run_dir" 2>/dev/null || true
    fi
}
