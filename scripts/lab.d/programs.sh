# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2154
# The programs of the lab's hosts: keys, configuration, start, readiness, end.
# Each has in RUN_DIR/HOST: PROGRAM.pid, PROGRAM.log, and what it is configured with.

build=${NTM_BUILD:-$repo/build}
# The first of a host is what "start HOST" starts.
declare -A programs_of=([dns]='resolver' [dc1]='dc' [rs1]='relay' [gn]='web nameserver iperf3 ftp ssh stun'
    [mn]='node iperf3 web' [cn]='node iperf3 web')
declare -A binary_of=([dc]=dc/ntm-dc [relay]=rs-dataplane/ntm-relay [node]=client/node/ntm-node
    [ctl]=control/ntmctl/ntmctl)
declare -A fqdn_of=([mn]=mn.a.ntm.test [cn]=cn.b.ntm.test)
declare -A port_of=([iperf3]=5201 [ftp]=21 [ssh]=22 [stun]=3478)
start_order=(dns dc1 rs1 gn cn mn)
ready_seconds=15
usual_suites='aes-128-gcm, chacha20-poly1305, aes-128-cbc-hmac-sha-256'

binary() { echo "$build/${binary_of[$1]}"; }

# missing_binary PROGRAM...: the first of these that is not built; fails if all are.
missing_binary() {
    local program
    for program in "$@"; do
        if [ ! -x "$(binary "$program")" ]; then
            binary "$program"
            return 0
        fi
    done
    return 1
}

how_to_build() {
    if [ "$build" = "$repo/build" ]; then
        echo "scripts/demo installs what that takes, builds and shows it"
    else
        echo "ninja -C $build (NTM_BUILD)"
    fi
}

need_binaries() {
    local lacking
    ! lacking=$(missing_binary "$@") || die "$lacking is not built: $(how_to_build)"
}

need_program() {
    local host=$1 program=$2
    [[ " ${programs_of[$host]:-} " == *" $program "* ]] ||
        misuse "host '$host' runs no '$program' (it has: ${programs_of[$host]:-none})"
}

own_program() {
    [ -n "${programs_of[$1]:-}" ] || misuse "host '$1' has no program"
    echo "${programs_of[$1]%% *}"
}

is_running() {
    local pid
    pid=$(cat "$run_dir/$1/$2.pid" 2>/dev/null) || return 1
    # A number may have been given to another process since.
    [ "$(ip netns identify "$pid" 2>/dev/null)" = "$lab-$1" ]
}

has_ended() {
    local pid threads
    ! is_running "$@" || return 1
    # Its last thread closes its files and gives their locks back.
    pid=$(cat "$run_dir/$1/$2.pid" 2>/dev/null) || return 0
    threads=("/proc/$pid/task/"*)
    [ "${#threads[@]}" -le 1 ]
}

# The host's public key; its private one is made when first asked for, and lasts as the lab does.
public_key() {
    local file=$run_dir/$1/key ctl
    ctl=$(binary ctl)
    if [ ! -e "$file" ]; then
        "$ctl" key generate "$file"
    else
        "$ctl" key public "$file"
    fi
}

# render TEMPLATE TARGET NAME=VALUE...: each @NAME@ of the template becomes VALUE.
render() {
    local template=$repo/configs/lab/$1 target=$2 pair
    local -a edits=()
    shift 2
    for pair in "$@"; do
        edits+=(-e "s|@${pair%%=*}@|${pair#*=}|g")
    done
    sed "${edits[@]}" "$template" >"$target"
    if grep -o '@[A-Z_]*@' "$target" >&2; then
        die "$template: the lab has no value for these"
    fi
}

configure() {
    local host=$1 program=$2 dir=$run_dir/$1 key
    case $program in
    dc)
        render dc.yaml.in "$dir/dc.yaml" "DIR=$dir" "STORE=${NTM_LAB_DC_STORE:-$dir}" \
            "SUITES=${NTM_LAB_SUITES:-$usual_suites}"
        ;;
    relay)
        render relay.yaml.in "$dir/relay.yaml" "DIR=$dir" "NAME=$host" "LAB=$lab" \
            "DRIVER=${NTM_LAB_DRIVER:-af_xdp}" "HUGEPAGES=${NTM_LAB_HUGEPAGE_USE:-auto}" \
            "WORKERS=${NTM_LAB_WORKERS:-1}" "IDLE_SLEEP=${NTM_LAB_IDLE_SLEEP:-true}" "DC_KEY=$(public_key dc1)" \
            "SUBSCRIBER_PORTS=${NTM_LAB_SUBSCRIBER_PORTS:-1024}" "IPFIX=${NTM_LAB_IPFIX:+, ipfix: $NTM_LAB_IPFIX}" \
            "SUITES=${NTM_LAB_SUITES:-$usual_suites}" \
            "SUBSCRIBER_SESSIONS=${NTM_LAB_SUBSCRIBER_SESSIONS:-8192}" \
            "STATE=${NTM_LAB_STATE_FILE:+state_file: $NTM_LAB_STATE_FILE}"
        ;;
    node)
        render node.yaml.in "$dir/node.yaml" "DIR=$dir" "FQDN=${fqdn_of[$host]}" \
            "FAST=${NTM_LAB_FAST:-$(is_dynamic && echo true || echo false)}" \
            "GN=${NTM_LAB_GN:-[example.test]}" "EXIT=${NTM_LAB_EXIT:-false}" "KEYS=${NTM_LAB_KEYS:-exchange: true}" \
            "DC_KEY=${NTM_LAB_DC_KEY:-$(public_key dc1)}" "SUITES=${NTM_LAB_SUITES:-$usual_suites}"
        ;;
    resolver)
        cp "$repo"/configs/lab/*.zone "$dir/"
        render unbound.conf.in "$dir/unbound.conf" "DIR=$dir"
        ;;
    nameserver)
        cp "$repo/configs/lab/example.test.zone" "$dir/"
        render nsd.conf.in "$dir/nsd.conf" "DIR=$dir"
        ;;
    web)
        mkdir -p "$dir/www" "$dir/web-tmp"
        render nginx.conf.in "$dir/nginx.conf" "DIR=$dir"
        [ -e "$dir/www/index.html" ] || echo "this is $host" >"$dir/www/index.html"
        ;;
    ftp)
        mkdir -p "$dir/www" "$dir/empty"
        render vsftpd.conf.in "$dir/vsftpd.conf" "DIR=$dir"
        ;;
    ssh)
        mkdir -p /run/sshd
        for key in ssh_host_key ssh_key; do
            [ -e "$dir/$key" ] || ssh-keygen -q -t ed25519 -N '' -f "$dir/$key"
        done
        render sshd.conf.in "$dir/sshd.conf" "DIR=$dir"
        ;;
    stun)
        # RFC 5780: one that tells a NAT's behaviour has two addresses.
        link "$host" address replace "${prefix4[global]}.81/24" dev eth0
        ;;
    esac
    case $program in
    dc | relay | node) public_key "$host" >/dev/null ;;
    esac
}

# AppArmor lets a packaged daemon read its own places only; the lab's files are elsewhere.
unconfined() {
    if have aa-exec && [ "$(cat /sys/module/apparmor/parameters/enabled 2>/dev/null)" = Y ]; then
        echo 'aa-exec -p unconfined --'
    fi
}

command_line() {
    local host=$1 program=$2 dir=$run_dir/$1
    case $program in
    dc | relay | node)
        echo "${NTM_LAB_WRAP:-} $(binary "$program") --config $dir/$program.yaml ${NTM_LAB_KEY_LOGS:+--key-log $dir/keys}"
        ;;
    resolver) echo "$(unconfined) unbound -d -c $dir/unbound.conf" ;;
    nameserver) echo "$(unconfined) nsd -d -c $dir/nsd.conf" ;;
    web) echo "$(unconfined) nginx -p $dir -c $dir/nginx.conf -e stderr" ;;
    iperf3) echo "iperf3 --server" ;;
    ftp) echo "$(unconfined) vsftpd $dir/vsftpd.conf" ;;
    ssh) echo "$(unconfined) /usr/sbin/sshd -D -e -f $dir/sshd.conf" ;;
    stun)
        echo "$(unconfined) turnserver -n --stun-only --no-tls --no-dtls --no-cli --log-file stdout" \
            "-L ${prefix4[global]}.${number_of[$host]} -L ${prefix4[global]}.81" \
            "--pidfile $dir/turnserver.pid --db $dir/turnserver.db"
        ;;
    esac
}

is_ready() {
    local host=$1 program=$2
    is_running "$host" "$program" || return 1
    case $program in
    dc | relay | node) "$build/${binary_of[ctl]}" -s "$run_dir/$host/$program.sock" status ;;
    resolver | nameserver) inside "$host" dig +tries=1 +time=1 @127.0.0.1 gn.example.test | grep -q NOERROR ;;
    web) inside "$host" curl -s -o /dev/null http://127.0.0.1/ ;;
    *) inside "$host" ss -Hltun "sport = :${port_of[$program]}" | grep -q . ;;
    esac
}

ready_or_dead() { has_ended "$@" || is_ready "$@"; }

start_program() {
    local host=$1 program=$2 line pid
    local log=$run_dir/$host/$program.log
    if is_running "$host" "$program"; then
        die "'$program' runs on '$host' already: scripts/lab stop $host, or kill"
    fi
    configure "$host" "$program"
    line=$(command_line "$host" "$program")
    ulimit -l unlimited 2>/dev/null || true
    # shellcheck disable=SC2086 # a line of words
    setsid ip netns exec "$lab-$host" $line </dev/null >>"$log" 2>&1 8>&- 9>&- &
    pid=$!
    echo "$pid" >"$run_dir/$host/$program.pid"
    # Until the process has entered its namespace there is nothing to ask.
    wait_until 2 is_running "$host" "$program" || true
    wait_until "$ready_seconds" ready_or_dead "$host" "$program" || true
    if ! is_ready "$host" "$program" >/dev/null 2>&1; then
        warn "lab: '$program' on '$host' did not come up; its log ends:"
        tail -n 20 "$log" >&2
        die "the whole log: $log"
    fi
    if [ "$program" = dc ]; then
        provision
    fi
}

# Who may speak to the DC: every node and relay of the lab, unless the DC's store has them already.
provision() {
    local ctl known host
    ctl="$(binary ctl) -s $run_dir/dc1/dc.sock"
    known=$($ctl -j node show)$($ctl -j relay show)
    for host in "${hosts[@]}"; do
        [[ $host == rs1 || -n ${fqdn_of[$host]:-} ]] || continue
        host_exists "$host" || continue
        case $known in
        *"$(public_key "$host")"*) ;;
        *)
            if [ "$host" = rs1 ]; then
                $ctl relay add "$host" "$(public_key "$host")" >/dev/null
            else
                $ctl node add "${fqdn_of[$host]}" "$(public_key "$host")" >/dev/null
            fi
            ;;
        esac
    done
}

lab_start() {
    local host=${1:-} program
    if [ -z "$host" ]; then
        [ -e "$run_dir/up" ] || die "the lab '$lab' is not up: scripts/lab up"
        need_binaries "${!binary_of[@]}"
        for host in "${start_order[@]}"; do
            program=$(own_program "$host")
            host_exists "$host" || continue
            is_running "$host" "$program" || start_program "$host" "$program"
        done
        return 0
    fi
    need_host "$host"
    shift
    program=$(own_program "$host")
    [ $# -gt 0 ] || set -- "$program"
    for program in "$@"; do
        need_program "$host" "$program"
        [ -z "${binary_of[$program]:-}" ] || need_binaries "$program" ctl
        start_program "$host" "$program"
    done
}

end_programs() {
    local signal=$1 seconds=$2 host=${3:-} program pid
    need_host "$host"
    shift 3
    program=$(own_program "$host")
    [ $# -gt 0 ] || set -- "$program"
    for program in "$@"; do
        need_program "$host" "$program"
        is_running "$host" "$program" || die "'$program' does not run on '$host'"
        pid=$(<"$run_dir/$host/$program.pid")
        kill "-$signal" "$pid"
        wait_until "$seconds" has_ended "$host" "$program" ||
            die "'$program' on '$host' (process $pid) still runs $seconds s after SIG$signal"
        rm -f "$run_dir/$host/$program.pid"
    done
}

lab_stop() { end_programs TERM 10 "$@"; }
lab_kill() { end_programs KILL 5 "$@"; }

lab_logs() {
    local host=${1:-} program=${2:-}
    need_host "$host"
    [ -n "$program" ] || program=$(own_program "$host")
    need_program "$host" "$program"
    cat "$run_dir/$host/$program.log"
}

lab_ctl() {
    local host=${1:-} program
    need_host "$host"
    shift
    program=$(own_program "$host")
    [ -n "${binary_of[$program]:-}" ] || misuse "'$program' of '$host' is not ours: no ntmctl there"
    need_binaries ctl
    exec "$(binary ctl)" -s "$run_dir/$host/$program.sock" "$@"
}
