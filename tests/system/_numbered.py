#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Numbered UDP datagrams through a link, and what became of them.

usage: _numbered.py receive PORT
       _numbered.py send ADDRESS PORT COUNT MICROSECONDS-APART LENGTH

Each carries its number and when it was sent; when it came the kernel says, by the same clock, so that it counts for
nothing how busy the machine is. The sender ends with some that have the number of none, until the receiver, 300 ms
after the first of these, stops and prints what it has seen as JSON.
"""

import json
import socket
import struct
import sys
import time

HEAD = struct.Struct("!Qq")
STAMP = struct.Struct("@qq")
SO_TIMESTAMPNS = 35
END = 2**64 - 1
NANOSECONDS = 10**9


def busy_until(moment: int) -> None:
    """Sleeps up to shortly before, since sleep is late."""
    while (left := moment - time.monotonic_ns()) > 0:
        if left > 300_000:
            time.sleep((left - 200_000) / NANOSECONDS)


def send(address: str, port: int, count: int, apart: int, length: int) -> None:
    out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    out.connect((address, port))
    fill = bytes(length - HEAD.size)
    start = time.monotonic_ns() + 10_000_000
    for number in range(count):
        busy_until(start + number * apart)
        out.send(HEAD.pack(number, time.time_ns()) + fill)
    try:
        for _ in range(300):
            out.send(HEAD.pack(END, 0))
            time.sleep(0.01)
    except ConnectionRefusedError:
        pass


def receive(port: int) -> None:
    into = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    into.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
    into.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    into.bind(("0.0.0.0", port))
    seen: list[tuple[int, int, int]] = []  # number, nanoseconds on the way, time of arrival
    ends_at = None
    while ends_at is None or time.monotonic_ns() < ends_at:
        into.settimeout(10 if ends_at is None else 0.3)
        try:
            data, beside, _, _ = into.recvmsg(65535, 128)
        except TimeoutError:
            break
        number, sent = HEAD.unpack_from(data)
        if number != END:
            seconds, nanoseconds = STAMP.unpack(beside[0][2])
            came = seconds * NANOSECONDS + nanoseconds
            seen.append((number, came - sent, came))
        elif ends_at is None:
            ends_at = time.monotonic_ns() + 300_000_000
    print(json.dumps(account(seen)))


def account(seen: list[tuple[int, int, int]]) -> dict:
    first: dict[int, int] = {}
    for position, (number, _, _) in enumerate(seen):
        first.setdefault(number, position)
    # It has overtaken if one that was sent before it comes behind it.
    early, least = 0, END
    for number, position in sorted(first.items(), key=lambda item: -item[1]):
        early += number > least
        least = min(least, number)
    ways = sorted(way for _, way, _ in seen)
    part = lambda share: ways[min(int(len(ways) * share), len(ways) - 1)] / 1e6 if ways else None
    between = (seen[-1][2] - seen[0][2]) / NANOSECONDS if len(seen) > 1 else 0
    return {
        "received": len(seen),
        "distinct": len(first),
        "duplicates": len(seen) - len(first),
        "early": early,
        "milliseconds": {"least": part(0), "p1": part(0.01), "median": part(0.5), "p99": part(0.99), "most": part(1)},
        "per_second": (len(seen) - 1) / between if between else None,
    }


if __name__ == "__main__":
    if sys.argv[1] == "send":
        numbers = [int(word) for word in sys.argv[3:]]
        numbers[2] *= 1000
        send(sys.argv[2], *numbers)
    else:
        receive(int(sys.argv[2]))
