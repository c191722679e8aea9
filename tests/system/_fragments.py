#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Datagrams longer than the way, for general_node_fragments_test.

usage: _fragments.py answer PORT              answers datagrams with themselves, whatever DF would say
       _fragments.py ask HOST PORT FAMILY SIZE  such a datagram, and exits 0 if its answer is the same
"""

from __future__ import annotations

import os
import socket
import sys

IP_MTU_DISCOVER, IP_PMTUDISC_DONT = 10, 0


def answer(port: int) -> None:
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as made:
        made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        made.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT)
        made.bind(("::", port))
        print("ready", flush=True)
        while True:
            datagram, sender = made.recvfrom(65535)
            made.sendto(datagram, sender)


def ask(host: str, port: int, family: int, size: int) -> int:
    sent = os.urandom(size)
    kind = socket.AF_INET if family == 4 else socket.AF_INET6
    address = socket.getaddrinfo(host, port, kind, socket.SOCK_DGRAM)[0][4]
    with socket.socket(kind, socket.SOCK_DGRAM) as made:
        made.settimeout(1)
        # An answer by IPv6 that does not fit shows its sender how long one may be.
        for _ in range(3):
            made.sendto(sent, address)
            try:
                return 0 if made.recv(65535) == sent else 1
            except TimeoutError:
                continue
    return 1


def main() -> int:
    match sys.argv[1:]:
        case ["answer", port]:
            answer(int(port))
        case ["ask", host, port, family, size]:
            return ask(host, int(port), int(family), int(size))
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
