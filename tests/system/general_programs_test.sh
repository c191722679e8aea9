#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# long
# U-1, U-8, T-1, I-1: Ordinary programs reach an ordinary host through the relay, by its name and by its literal address.
# The same lines, run without NTMobile behind an ordinary NAT, fail where they must.
#
#   mn --- nat-a --- inet --- rs1        gn (servers of HTTP, FTP, SSH, DNS, STUN and iperf3)
#    +---> nat-b ----+ +------------------+
# shellcheck source=tests/system/_lib.sh
source "$(dirname "$0")/_lib.sh"
export NTM_LAB_EXIT=true

literal=203.0.113.80
has_exit() { fact mn status .exit; }
make_file() {
    head -c "$2" /dev/urandom >"$run_dir/gn/www/$1"
    sha256sum <"$run_dir/gn/www/$1"
}

# tell WHAT EXPECTED OUTPUT: whether a line of the output is as expected, by an extended regular expression.
failed=()
tell() {
    if grep -qE -- "$2" <<<"$3"; then
        say "   ok: $1"
    else
        say "   no: $1: $(tail -n 3 <<<"$3")"
        failed+=("$1")
    fi
}
# row WHAT EXPECTED COMMAND...: of the command at mn.
row() {
    local what=$1 expected=$2
    shift 2
    tell "$what" "$expected" "$(at mn timeout 30 bash -c "$*" 2>&1 || true)"
}

# programs HOST: a name or an address.
programs() {
    local host=$1 address ssh options
    address=$(at mn getent ahosts "$host" | awk 'NR == 1 { print $1 }')
    ssh="ssh -F none -i $run_dir/gn/ssh_key -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null"
    row 'curl, 100 MB' "$big" "curl -sS http://$host/big | sha256sum"
    row 'lftp' "$small" "lftp -c 'set net:max-retries 1; set ftp:prefer-epsv yes; cat ftp://$host/small' | sha256sum"
    row 'ssh' "$small" "$ssh root@$host cat $run_dir/gn/www/small | sha256sum"
    row 'dig' '^203\.0\.113\.53$' dig +short +tries=1 "@$host" ns.example.test
    row 'dig +tcp' '^203\.0\.113\.53$' dig +short +tries=1 +tcp "@$host" ns.example.test
    row 'traceroute' "^ *[0-9]+  $address " traceroute -n -q 1 -w 1 "$host"
    row 'traceroute -I' "^ *[0-9]+  $address " traceroute -n -q 1 -w 1 -I "$host"
    row 'mtr' " $address +0\.0%" mtr -n -r -c 3 -i 0.2 -G 1 "$host"
    row 'tracepath' " $address .*reached" tracepath -n "$host"
    for options in '' '-R' '-u -b 20M' '-u -b 20M -R'; do
        row "iperf3 $options" '^true$' \
            "iperf3 -c $host -t 1 -J $options | jq '.end.sum_received // .end.sum | .bytes > 1e6'"
    done
}

seen_at() { at mn timeout 3 turnutils_stunclient $literal | sed -nE 's/.*reflexive addr: ([0-9.]+):.*/\1/p' | sort -u || true; }
is_begun() { [ "$(stat -c %s "$run_dir/mn/file")" -gt 2000000 ]; }

# what_a_nat_lacks NETWORK: where mn moves to.
what_a_nat_lacks() {
    local before download
    row 'lftp, PASV' "$small" "lftp -c 'set net:max-retries 1; cat ftp://$literal/small' | sha256sum"
    row 'turnutils_natdiscovery -m' 'Endpoint Independent Mapping' turnutils_natdiscovery -m $literal
    row 'turnutils_natdiscovery -f' 'Endpoint Independent Filtering' turnutils_natdiscovery -f $literal
    before=$(seen_at)
    at_background mn "$run_dir/mn/curl.log" \
        curl -sS --limit-rate 4M --max-time 10 -o "$run_dir/mn/file" "http://$literal/small"
    download=$!
    expect 10 "a download has begun" is_begun
    lab move mn "$1"
    wait $download || true
    tell 'a download across a move' "$small" "$(sha256sum <"$run_dir/mn/file")"
    tell 'the address that gn sees, after a move' "^${before:-none}$" "$(seen_at)"
}

lab_options=(--without cn)
lab_up
lab start
lab start gn nameserver iperf3 ftp ssh stun
expect 15 "mn has its exit path" has_exit
big=$(make_file big 100000000)
small=$(make_file small 12000000)

for host in gn4.example.test gn6.example.test $literal; do
    step "$host"
    programs "$host"
done
step "what an ordinary NAT lacks"
what_a_nat_lacks nat-b
same "lines that fail" "${failed[*]}" ""

step "without NTMobile, behind a NAT that draws ports at random"
lab stop mn
echo "nameserver 203.0.113.53" >"/etc/netns/$lab-mn/resolv.conf"
programs gn4.example.test
same "lines that fail" "${failed[*]}" ""
rm -f "$run_dir/mn/file"
what_a_nat_lacks nat-a
printf -v failures '%s; ' "${failed[@]}"
same "lines that fail" "$failures" "turnutils_natdiscovery -m; turnutils_natdiscovery -f; \
a download across a move; the address that gn sees, after a move; "
