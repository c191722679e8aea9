#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The preflight names each lack with its fix, all of them at once, and ends before anything is
# changed. A machine that lacks something is played by functions in the place of the commands.
set -euo pipefail

repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)

failed=0
# preflight_on MACHINE...: what it says on a machine with these lacks; fails if it lets it pass.
preflight_on() (
    # shellcheck source=scripts/lib/common.sh
    source "$repo/scripts/lib/common.sh"
    # shellcheck source=scripts/lib/preflight.sh
    source "$repo/scripts/lib/preflight.sh"
    # A machine that has all.
    id() { echo 0; }
    processor=x86_64
    uname() { if [ "$1" = -m ]; then echo "$processor"; else command uname "$@"; fi; }
    nproc() { echo 2; }
    df() { printf 'Avail\n9000M\n'; }
    awk() { echo 4096; }
    grep() { [ "$*" = '-qw aes /proc/cpuinfo' ] || command grep "$@"; }
    unshare() { return 0; }
    kernel_has() { return 0; }
    have() { [ "$1" = nft ]; }
    local machine
    for machine in "$@"; do
        case $machine in
        no_root) id() { echo 1000; } ;;
        arm) processor=aarch64 ;;
        one_processor) nproc() { echo 1; } ;;
        full_disk) df() { printf 'Avail\n10M\n'; } ;;
        little_memory) awk() { echo 2000; } ;;
        no_aes) grep() { [ "$*" != '-qw aes /proc/cpuinfo' ] || return 1; } ;;
        no_namespaces) unshare() { return 1; } ;;
        no_nat) unshare() { [ "$2" = true ]; } ;;
        no_veth) kernel_has() { [ "$1" != CONFIG_VETH ]; } ;;
        esac
    done
    preflight 2>&1
)

# lacks MACHINE WHAT FIX: on such a machine it says so, with the fix, and stops.
lacks() {
    local machine=$1 what=$2 fix=$3 said status=0
    said=$(preflight_on "$machine") || status=$?
    if [ $status != 1 ] || [[ $said != *"lacking: $what"*"fix: $fix"*"nothing was changed"* ]]; then
        printf 'FAILED on a machine with %s: exit %s, it said\n%s\n' "$machine" $status "$said"
        failed=1
    fi
}

if [ ! -d /proc/sys/net/ipv6 ] || [ ! -e /dev/net/tun ]; then
    echo "this machine itself lacks IPv6 or TUN"
    exit 77
fi
lacks no_root root "sudo scripts/"
lacks arm "an x86-64 processor" "use another machine"
lacks one_processor "2 processors (there is 1)" "give the machine another one"
lacks full_disk "2000 MiB of free disk" "make room there"
lacks little_memory "4 GiB of memory (there are 2000 MiB)" "give the machine more"
lacks no_aes "AES instructions" "in a virtual machine"
lacks no_namespaces "network namespaces" "use a machine"
lacks no_nat "NAT by nftables" "modprobe nft_masq"
lacks no_veth "virtual cables (veth)" "modprobe veth"

# All at once, and a machine that has all passes.
both=$(preflight_on one_processor no_veth || true)
if [[ $both != *"2 processors"*"virtual cables"* ]]; then
    printf 'FAILED: not all lacks at once:\n%s\n' "$both"
    failed=1
fi
if ! fine=$(preflight_on); then
    printf 'FAILED: a machine that has all does not pass:\n%s\n' "$fine"
    failed=1
fi
exit $failed
