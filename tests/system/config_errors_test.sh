#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# F-24: A wrong configuration is refused with its place and what would be right, by all three programs.
# shellcheck source=tests/system/_lib.sh
source "$(dirname "$0")/_lib.sh"

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# complains PROGRAM FILE PATTERN: exit 2, and a line that has the place and the pattern.
complains() {
    local output status=0
    output=$("$NTM_BUILD/$1" --config "$2" --check-config 2>&1) || status=$?
    same "${1##*/} ends" "$status" 2
    check "${1##*/} says: $3" grep -qE "$3" <<<"$output"
}

# altered EXAMPLE SED-SCRIPT: a copy of a program's example with one thing wrong.
altered() {
    sed "$2" "$repo/configs/$1" >"$folder/$1"
    cmp -s "$folder/$1" "$repo/configs/$1" && fail "the example $1 has nothing for: $2"
    echo "$folder/$1"
}

for pair in dc=dc/ntm-dc relay=rs-dataplane/ntm-relay node=client/node/ntm-node; do
    name=${pair%%=*} program=${pair#*=}
    step "$program"
    complains "$program" "$(altered "$name.yaml" 's/^log:/logg:/')" ":[0-9]+:[0-9]+: .*did you mean.*log"
    complains "$program" "$(altered "$name.yaml" '/^log:/p')" ":[0-9]+:[0-9]+: .*log"
    complains "$program" "$(altered "$name.yaml" 's/level: [a-z]*/level: loud/')" ":[0-9]+:[0-9]+: .*allowed"
    complains "$program" "$folder/no-such-file.yaml" "no-such-file.yaml"
done
