# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2154
# Building the lab and taking it away, whatever state it is in.

# Enough for one relay (NTM_LAB_HUGEPAGES: another count): tables for 64 thousand paths, buffers of one port.
hugepages_wanted=${NTM_LAB_HUGEPAGES:-128}
hugepages_file=/proc/sys/vm/nr_hugepages

# One change of the whole at a time.
lock_lab() {
    exec 8>>"/run/lock/$lab.lock"
    flock -n 8 || die "another scripts/lab up or down is at work on '$lab': try again when it is done"
}

lab_up() {
    local without=,
    case ${1:-} in
    --without) without=,${2:-}, ;;
    --without=*) without=,${1#*=}, ;;
    '') ;;
    *) die "up: unknown option '$1'" ;;
    esac
    check_names "$without"
    check_tools
    lock_lab
    if [ -e "$run_dir/up" ]; then
        die "the lab '$lab' is up already: scripts/lab status shows it, scripts/lab down removes it"
    fi
    remove_everything
    trap 'warn "lab: failed, removing what was made"; remove_everything' EXIT
    trap 'exit 130' INT TERM HUP
    mkdir -p "$run_dir"
    build_networks "$without"
    reserve_hugepages
    echo "${NTM_LAB_OWNER:-hand}" >"$run_dir/owner"
    date +%s >"$run_dir/up"
    trap - EXIT INT TERM HUP
}

check_names() {
    local name
    for name in ${1//,/ }; do
        [[ " ${hosts[*]} nat-a nat-b " == *" $name "* ]] || die "--without $name: no such host"
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
    for host in nat-a nat-b; do
        [[ $without == *,$host,* ]] || make_nat "$host"
    done
    for host in "${hosts[@]}"; do
        [[ $without == *,$host,* ]] && continue
        make_namespace "$host"
        make_cable "$host" eth0
        # A node whose NAT is left out stands in the open.
        network=${home_of[$host]}
        [[ $without != *,$network,* ]] || network=global
        plug "$host" eth0 "$network"
    done
    # Nodes ask the resolver of their own node program.
    for host in mn cn; do
        [[ $without == *,$host,* ]] ||
            echo 'nameserver 127.0.0.53' >"/etc/netns/$lab-$host/resolv.conf"
    done
}

reserve_hugepages() {
    local before after
    [ -e "$hugepages_file" ] || return 0
    before=$(<"$hugepages_file")
    echo "$hugepages_wanted" >"$run_dir/hugepages.added"
    echo $((before + hugepages_wanted)) >"$hugepages_file" 2>/dev/null || true
    after=$(<"$hugepages_file")
    echo $((after - before)) >"$run_dir/hugepages.added"
    if [ $((after - before)) -lt "$hugepages_wanted" ]; then
        warn "lab: $((after - before)) of $hugepages_wanted hugepages to be had: the relay may use ordinary pages"
    fi
    mkdir -p "$run_dir/hugepages"
    mount -t hugetlbfs -o pagesize=2M "$lab" "$run_dir/hugepages" 2>/dev/null || true
}

return_hugepages() {
    local added now
    if mountpoint -q "$run_dir/hugepages"; then
        umount "$run_dir/hugepages"
    fi
    [ -e "$run_dir/hugepages.added" ] || return 0
    added=$(<"$run_dir/hugepages.added")
    now=$(<"$hugepages_file")
    echo $((now > added ? now - added : 0)) >"$hugepages_file"
    rm -f "$run_dir/hugepages.added"
}

lab_down() {
    [ $# = 0 ] || die "down: unknown option '$1'"
    lock_lab
    remove_everything
}

namespaces() {
    local path
    for path in /run/netns/"$lab"-*; do
        [ ! -e "$path" ] || echo "${path##*/}"
    done
}

processes() {
    local name
    for name in $(namespaces); do
        ip netns pids "$name" 2>/dev/null || true
    done
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
        rm -rf "/etc/netns/$name"
    done
    rmdir /etc/netns 2>/dev/null || true
    return_hugepages
    rm -rf "$run_dir" "/run/dpdk/$lab-rs1"
}
