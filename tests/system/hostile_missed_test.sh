#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# X-1: frames that the port's queue had no room for are counted as missed, to the last one, by either
# driver.
#
#   atk (sends more than a queue holds) --- rs1 (does not run meanwhile)
# shellcheck source=tests/system/_lib.sh
source "$(dirname "$0")/_lib.sh"
# shellcheck source=tests/system/_hostile.sh
source "$(dirname "$0")/_hostile.sh"

lab_options=(--with atk)
for driver in af_xdp af_packet; do
    step "by $driver"
    export NTM_LAB_DRIVER=$driver
    lab_up
    lab start
    hostile missed_case.py
    expect 5 "the counters balance" is_balanced
done
