#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Every shell script of the project passes shellcheck. Argument: the project's root.
set -euo pipefail
cd "$1"
mapfile -t scripts < <(grep -rlE '^#!.*\bbash|^# shellcheck shell=bash' .ci scripts tests --include='*.sh' --include='[a-z]*' |
    grep -vE '\.(py|build|md)$|__pycache__')
[ "${#scripts[@]}" -gt 0 ] || { echo "no scripts found"; exit 1; }
shellcheck -x "${scripts[@]}"
echo "${#scripts[@]} scripts"
