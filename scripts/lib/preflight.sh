# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2154
# What the machine must be and have. All lacks are found before anything is changed, each with its
# fix. Nothing is used here that a minimal system may lack. build_space is set where more than one
# build is made: MiB.

lacks=0
lack() {
    lacks=$((lacks + 1))
    warn "lacking: $1"
    warn "    fix: $2"
}

# kernel_has OPTION MODULE: built in, or a module that can be loaded. Unknown counts as there.
kernel_has() {
    local config
    for config in /proc/config.gz "/boot/config-$(uname -r)"; do
        [ -r "$config" ] || continue
        zcat -f "$config" | grep "^$1=[ym]" >/dev/null
        return
    done
    ! have modprobe || [ ! -d "/lib/modules/$(uname -r)" ] || modprobe -q -n "$2"
}

free_mib() { df --output=avail -BM "$1" 2>/dev/null | tr -dc '0-9\n' | tail -n 1; }

need_space() {
    [ "$(free_mib "$1")" -ge "$2" ] || lack "$2 MiB of free disk in $1" "make room there"
}

check_machine() {
    local system memory
    system=$(. /etc/os-release 2>/dev/null && echo "${ID:-} ${VERSION_ID:-}")
    [ "$system" = 'debian 12' ] ||
        lack "Debian 12 (this is ${system:-unknown})" "use a Debian 12 machine, real or virtual"
    [ "$(uname -m)" = x86_64 ] || lack "an x86-64 processor" "use another machine"
    grep -qw aes /proc/cpuinfo ||
        lack "AES instructions" "in a virtual machine: pass the host's processor through (cpu=host)"
    [ "$(nproc)" -ge 2 ] || lack "2 processors (there is $(nproc))" "give the machine another one"
    memory=$(awk '$1 == "MemTotal:" { print int($2 / 1024) }' /proc/meminfo)
    # A machine sold as 4 GiB shows less, since the kernel takes its part first.
    [ "$memory" -ge 3600 ] || lack "4 GiB of memory (there are $memory MiB)" "give the machine more"
    need_space "$repo" "${build_space:-2000}"
    need_space /usr 1000
    need_space /run 300
}

probe_nat() {
    if have nft; then
        unshare -n nft 'table ip probe { chain c { type nat hook postrouting priority srcnat; masquerade fully-random; }; }'
    else
        kernel_has CONFIG_NFT_MASQ nft_masq
    fi
}

check_kernel() {
    local elsewhere="use a machine or virtual machine of its own (a container may not be allowed it)"
    if ! unshare -n true 2>/dev/null; then
        lack "network namespaces" "$elsewhere"
        return 0
    fi
    [ -d /proc/sys/net/ipv6 ] ||
        lack "IPv6" "remove ipv6.disable=1 from the kernel's command line, and restart"
    { : <>/dev/net/tun; } 2>/dev/null || lack "TUN devices (/dev/net/tun)" "modprobe tun; else $elsewhere"
    probe_nat >/dev/null 2>&1 || lack "NAT by nftables" "modprobe nft_masq; else $elsewhere"
    kernel_has CONFIG_VETH veth || lack "virtual cables (veth)" "modprobe veth; else use Debian's kernel"
    kernel_has CONFIG_BRIDGE bridge || lack "bridges" "modprobe bridge; else use Debian's kernel"
    kernel_has CONFIG_XDP_SOCKETS '' || lack "AF_XDP" "use Debian's kernel"
    [ -e /etc/resolv.conf ] || lack "/etc/resolv.conf" "touch /etc/resolv.conf"
}

preflight() {
    [ "$(id -u)" = 0 ] || lack "root" "sudo scripts/${0##*/}"
    check_machine
    [ "$(id -u)" != 0 ] || check_kernel
    [ "$lacks" = 0 ] || die "this machine lacks the above: nothing was changed"
}
