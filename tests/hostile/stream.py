#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""A numbered UDP stream between two virtual addresses, until standard input ends; then what came of
it as JSON: sent, received, duplicates, and the longest silence in seconds.

  stream.py FROM-HOST TO-HOST TO-ADDRESS PACKETS-A-SECOND
"""

import json
import select
import socket
import struct
import sys
import time

from lab import within

PORT = 7000
PATIENCE = 2.0  # for what is under way at the end


def main() -> None:
    by, to, address, rate = sys.argv[1:]
    sender, receiver = (within(host, lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
                        for host in (by, to))
    receiver.bind(("", PORT))
    pause = 1 / int(rate)
    came: set[int] = set()
    sent = duplicates = 0
    silence, heard = 0.0, time.monotonic()
    due, end = time.monotonic(), None
    while end is None or (time.monotonic() < end and len(came) < sent):
        wait = max(0.0, min(due - time.monotonic(), pause))
        ready, _, _ = select.select([receiver] + ([sys.stdin] if end is None else []), [], [], wait)
        now = time.monotonic()
        if sys.stdin in ready:
            end = now + PATIENCE
        if receiver in ready:
            number = struct.unpack("!Q", receiver.recv(1500)[:8])[0]
            duplicates += number in came
            came.add(number)
            silence, heard = max(silence, now - heard), now
        if end is None and now >= due:
            sender.sendto(struct.pack("!Q", sent) + bytes(92), (address, PORT))
            sent += 1
            due = max(due + pause, now - pause)
    print(json.dumps({"sent": sent, "received": len(came), "duplicates": duplicates,
                      "silence": round(silence, 3)}))


if __name__ == "__main__":
    main()
