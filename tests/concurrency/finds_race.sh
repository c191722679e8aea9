#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# ThreadSanitizer ends the program with a report. Arguments: the program, the race to seed.
set -euo pipefail
status=0
report=$("$1" --seed-race "$2" 2>&1) || status=$?
echo "$report"
if [ $status != 66 ] || ! grep -qE 'WARNING: ThreadSanitizer: (data race|heap-use-after-free)' <<<"$report"; then
    echo "ThreadSanitizer did not report $2 (it ends a program with status 66; this was $status)"
    exit 1
fi
