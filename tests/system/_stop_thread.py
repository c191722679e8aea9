#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""_stop_thread.py TID: one thread stands still, and its process goes on, until this ends (SIGTERM).

A signal would stop them all; a tracer stops the one that it has seized.
"""
import ctypes
import signal
import sys

PTRACE_SEIZE = 0x4206
PTRACE_INTERRUPT = 0x4207
PTRACE_DETACH = 17


def ptrace(request: int, tid: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.ptrace(request, tid, None, None) != 0:
        raise OSError(ctypes.get_errno(), f"ptrace({request:#x}, {tid})")


def main() -> None:
    tid = int(sys.argv[1])
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
    ptrace(PTRACE_SEIZE, tid)
    ptrace(PTRACE_INTERRUPT, tid)
    signal.sigwait([signal.SIGTERM])
    ptrace(PTRACE_DETACH, tid)


main()
