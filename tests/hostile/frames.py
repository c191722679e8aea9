# SPDX-License-Identifier: BSD-3-Clause
"""Frames as bytes: built, taken apart, and their lengths and checksums made honest again."""

from __future__ import annotations

import pathlib
import socket
import struct
import sys
from typing import NamedTuple

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "pcap"))
from pcap_file import ethernet_frames

ETHERNET, IPV4, IPV6, UDP, NTM = 14, 20, 40, 8, 16
TYPE_IPV4, TYPE_IPV6 = 0x0800, 0x86DD
PORT = 9770
TYPES = ("DATA", "LEG", "SIGNAL", "HANDSHAKE", "COOKIE", "END")


def ones_sum(data: bytes) -> int:
    """RFC 1071: a one's complement sum of 16 bits is one modulo 2^16 - 1."""
    return int.from_bytes(data + bytes(len(data) % 2), "big") % 0xFFFF


def udp_checksum(addresses: bytes, segment: bytes) -> int:
    """Of a segment whose checksum field is zero."""
    pseudo = addresses + struct.pack("!IHH", len(segment), 0, 17)
    return (0xFFFF - ones_sum(pseudo + segment)) or 0xFFFF


def packed(address: str) -> bytes:
    return socket.inet_pton(socket.AF_INET6 if ":" in address else socket.AF_INET, address)


def text_of(address: bytes) -> str:
    return socket.inet_ntop(socket.AF_INET6 if len(address) == 16 else socket.AF_INET, address)


def udp(source: bytes, target: bytes, ports: tuple[int, int], payload: bytes,
        has_checksum: bool = True) -> bytes:
    head = struct.pack("!HHH", *ports, UDP + len(payload))
    whole = head + bytes(2) + payload
    checksum = udp_checksum(source + target, whole) if has_checksum else 0
    return head + struct.pack("!H", checksum) + payload


def ipv4(source: bytes, target: bytes, payload: bytes, protocol: int = 17, *, ttl: int = 64,
         tos: int = 0, fragment: int = 0x4000, options: bytes = b"", length: int | None = None) -> bytes:
    words = 5 + len(options) // 4
    total = 4 * words + len(payload) if length is None else length
    head = struct.pack("!BBHHHBBH", 0x40 | words, tos, total, 0, fragment, ttl, protocol, 0)
    head += source + target + options
    return head[:10] + struct.pack("!H", 0xFFFF - ones_sum(head)) + head[12:] + payload


def ipv6(source: bytes, target: bytes, payload: bytes, following: int = 17, *, ttl: int = 64,
         tos: int = 0, label: int = 0, length: int | None = None) -> bytes:
    total = len(payload) if length is None else length
    first = 6 << 28 | tos << 20 | label
    return struct.pack("!IHBB", first, total, following, ttl) + source + target + payload


def ip(source: bytes, target: bytes, payload: bytes, protocol: int = 17, **words) -> bytes:
    return (ipv4 if len(source) == 4 else ipv6)(source, target, payload, protocol, **words)


def ethernet(to: bytes, by: bytes, packet: bytes, kind: int | None = None) -> bytes:
    if kind is None:
        kind = TYPE_IPV6 if packet[0] >> 4 == 6 else TYPE_IPV4
    return to + by + struct.pack("!H", kind) + packet


class Datagram(NamedTuple):
    """What a UDP frame says. `udp_at`: where its UDP header begins."""

    source: bytes
    target: bytes
    ports: tuple[int, int]
    payload: bytes
    udp_at: int

    @classmethod
    def of(cls, frame: bytes) -> Datagram | None:
        kind = frame[12:14]
        if kind == b"\x08\x00" and len(frame) >= ETHERNET + IPV4 + UDP and frame[14] == 0x45 and frame[23] == 17:
            source, target, at = frame[26:30], frame[30:34], ETHERNET + IPV4
        elif kind == b"\x86\xdd" and len(frame) >= ETHERNET + IPV6 + UDP and frame[20] == 17:
            source, target, at = frame[22:38], frame[38:54], ETHERNET + IPV6
        else:
            return None
        sender, receiver, length = struct.unpack_from("!HHH", frame, at)
        return cls(source, target, (sender, receiver), frame[at + UDP:at + length], at)

    @property
    def name(self) -> str:
        """Such as "LEG ask": the type, and for those that are answered which of both."""
        kind, flags = self.payload[0] & 15, self.payload[1]
        name = TYPES[kind]
        return name if name in ("DATA", "SIGNAL", "END") else f"{name} {'answer' if flags & 4 else 'ask'}"


def with_honest_udp(frame: bytes, cut: int | None = None, more: bytes = b"") -> bytes:
    """The frame with `cut` bytes of UDP payload (all), and `more` behind them, under lengths and
    checksums that say so."""
    was = Datagram.of(frame)
    payload = was.payload[:cut] + more
    segment = udp(was.source, was.target, was.ports, payload)
    if len(was.source) == 4:
        packet = ipv4(was.source, was.target, segment, tos=frame[15], ttl=frame[22])
    else:
        packet = frame[14:18] + struct.pack("!H", len(segment)) + frame[20:54] + segment
    return frame[:ETHERNET] + packet


def with_honest_checksum(frame: bytes, udp_at: int) -> bytes:
    """The UDP checksum alone, over the bytes as they stand."""
    addresses = frame[26:34] if udp_at == ETHERNET + IPV4 else frame[22:54]
    segment = frame[udp_at:udp_at + 6] + bytes(2) + frame[udp_at + UDP:]
    checksum = udp_checksum(addresses, segment)
    return frame[:udp_at + 6] + struct.pack("!H", checksum) + frame[udp_at + UDP:]


def with_source(frame: bytes, source: bytes, port: int) -> bytes:
    """The same datagram from elsewhere."""
    was = Datagram.of(frame)
    segment = udp(source, was.target, (port, was.ports[1]), was.payload)
    return frame[:ETHERNET] + ip(source, was.target, segment)
