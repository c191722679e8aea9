# SPDX-License-Identifier: BSD-3-Clause
"""Bytes out against bytes in for each address, as IP has them, headers included."""

from __future__ import annotations

import collections
import socket
from typing import Iterable

from frames import ETHERNET, IPV4, IPV6, NTM, PORT, TYPE_IPV4, TYPE_IPV6, Datagram, text_of

# Of which the kernel's own rate limit is the bound; they are as long as what they quote and 28 or 48 more.
KERNELS = (socket.IPPROTO_ICMP, socket.IPPROTO_ICMPV6)
# Of NTM/1, to which anybody may get an answer; the rest is said to who has proven to be there.
ANSWERED = ("LEG ask", "LEG answer", "HANDSHAKE ask", "HANDSHAKE answer", "COOKIE ask", "COOKIE answer")


def ends_of(frame: bytes) -> tuple[bytes, bytes, int]:
    """Source, destination, protocol."""
    if int.from_bytes(frame[12:14], "big") == TYPE_IPV6:
        return frame[22:38], frame[38:54], frame[20]
    return frame[26:30], frame[30:34], frame[23]


def is_ip(frame: bytes) -> bool:
    kind, length = int.from_bytes(frame[12:14], "big"), len(frame) - ETHERNET
    return kind == TYPE_IPV4 and length >= IPV4 or kind == TYPE_IPV6 and length >= IPV6


def is_multicast_report(frame: bytes) -> bool:
    """A kernel tells its routers of its groups (RFC 3810), in ICMPv6 behind a hop-by-hop header."""
    ip = frame[ETHERNET:]
    return ip[0] >> 4 == 6 and ip[6] == 0 and ip[IPV6:IPV6 + 1] == bytes([socket.IPPROTO_ICMPV6])


def is_answerable(frame: bytes) -> bool:
    datagram = Datagram.of(frame)
    return datagram is not None and PORT in datagram.ports and len(datagram.payload) >= NTM \
        and datagram.payload[0] & 15 < 6 and datagram.name in ANSWERED


class Reflection:
    """Of `known` addresses, which use the network themselves, only what anybody could have asked."""

    def __init__(self, known: Iterable[bytes]) -> None:
        self.known = set(known)
        self.came: dict[bytes, int] = collections.Counter()
        self.went: dict[bytes, int] = collections.Counter()
        self.kernels = 0

    def note_in(self, frame: bytes) -> None:
        if not is_ip(frame):
            return
        source = ends_of(frame)[0]
        if source not in self.known or is_answerable(frame):
            self.came[source] += len(frame) - ETHERNET

    def note_out(self, frame: bytes) -> None:
        if not is_ip(frame):
            return
        _, target, protocol = ends_of(frame)
        if protocol in KERNELS or is_multicast_report(frame):
            self.kernels += target not in self.known
        elif target not in self.known or is_answerable(frame):
            self.went[target] += len(frame) - ETHERNET

    def worst(self) -> float:
        return max((count / max(1, self.came[target]) for target, count in self.went.items()), default=0.0)

    def complaint(self) -> str:
        return ", ".join(f"{text_of(target)} got {count} bytes for {self.came[target]}"
                         for target, count in self.went.items() if count > self.came[target])
