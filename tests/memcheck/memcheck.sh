#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# S-12: runs a program of unit tests under valgrind's memcheck: nothing hangs on a byte that nobody has
# set, and so none of those leaves either. For what is sealed has a tag that hangs on each byte of it,
# and who opens it branches on the tag.
#
#   memcheck.sh PROGRAM [ARGUMENT...]
exec valgrind --quiet --error-exitcode=9 --exit-on-first-error=yes "$@"
