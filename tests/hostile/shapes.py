# SPDX-License-Identifier: BSD-3-Clause
"""The table of shapes: from one good frame of each type, or from nothing, all that is not quite one.

Each shape is a generator of frames. With `udp_at` of the good frame, what stands behind the UDP
header is judged by NTM's code, so there the checksum is made right again.

What still says the same after a bit was turned over, and so does what it did before:
  Ethernet source; DSCP, ECN, identification, DF and the bit beside it, TTL above 1, flow label:
      nothing is decided by them (docs/protocol.md section 7);
  UDP checksum of what is relayed: carried on, and the receiving kernel's to judge;
  flag bits but role and answer: ignored when received, though DATA's tag covers them (section 2);
  COOKIE: nonce and the zeros behind it are the asker's own (section 4.1).
Nothing of these reaches further than the good frame once more, which is a replay.
"""

from __future__ import annotations

import random
import struct
from typing import Iterator

import frames as f

Frames = Iterator[bytes]
LARGEST = 1514


def truncated(frame: bytes) -> Frames:
    """Every length, under honest outer lengths."""
    for length in range(len(f.Datagram.of(frame).payload)):
        yield f.with_honest_udp(frame, length)


def cut_off(frame: bytes) -> Frames:
    """Every length that a frame can be sent with, under the outer lengths of the whole."""
    for length in range(f.ETHERNET, len(frame)):
        yield frame[:length]


def flipped(frame: bytes) -> Frames:
    """Every bit; those of the IPv4 header once as they are and once under a right checksum."""
    udp_at = f.Datagram.of(frame).udp_at
    for bit in range(8 * len(frame)):
        turned = bytearray(frame)
        turned[bit // 8] ^= 1 << bit % 8
        if bit // 8 >= udp_at + f.UDP:
            yield f.with_honest_checksum(bytes(turned), udp_at)
            continue
        if bit // 8 == 6 and bit % 8 == 0:
            continue  # a source for many: bridges take no such frame
        yield bytes(turned)
        is_in_ipv4 = udp_at == f.ETHERNET + f.IPV4 and f.ETHERNET <= bit // 8 < udp_at
        if is_in_ipv4 and not 24 <= bit // 8 < 26:
            head = turned[f.ETHERNET:udp_at]
            head[10:12] = bytes(2)
            head[10:12] = struct.pack("!H", 0xFFFF - f.ones_sum(bytes(head)))
            yield bytes(turned[:f.ETHERNET] + head + turned[udp_at:])


def flipped_inside(frame: bytes) -> Frames:
    """Every bit of the UDP payload."""
    udp_at = f.Datagram.of(frame).udp_at
    for bit in range(8 * (udp_at + f.UDP), 8 * len(frame)):
        turned = bytearray(frame)
        turned[bit // 8] ^= 1 << bit % 8
        yield f.with_honest_checksum(bytes(turned), udp_at)


def with_garbage(frame: bytes) -> Frames:
    """Every number of bytes behind the datagram's end that a frame has room for."""
    source = random.Random(1)
    for more in range(1, LARGEST - len(frame) + 1, 1 + len(frame) // 128):
        yield f.with_honest_udp(frame, None, source.randbytes(more))


def with_trailer(frame: bytes) -> Frames:
    """Bytes behind the IP packet's end, as padding on a wire is: nothing reads them."""
    for more in (1, 18, 46, 200):
        yield frame + bytes([0xAA]) * more


def tagged(frame: bytes) -> Frames:
    for tags in (1, 2, 3):
        for kind in (b"\x81\x00", b"\x88\xa8"):
            yield frame[:12] + (kind + b"\x00\x07") * tags + frame[12:]


def lying_lengths(frame: bytes) -> Frames:
    """Every length in the IP and the UDP header that is not the true one."""
    udp_at = f.Datagram.of(frame).udp_at
    is_ipv4 = udp_at == f.ETHERNET + f.IPV4
    length_at = f.ETHERNET + (2 if is_ipv4 else 4)
    for at in (length_at, udp_at + 4):
        true = struct.unpack_from("!H", frame, at)[0]
        for lie in (*range(0, true + 64), 1500, 9000, 0x7FFF, 0x8000, 0xFFFE, 0xFFFF):
            if lie == true:
                continue
            lying = frame[:at] + struct.pack("!H", lie) + frame[at + 2:]
            if is_ipv4 and at == length_at:
                head = lying[14:24] + bytes(2) + lying[26:34]
                lying = lying[:24] + struct.pack("!H", 0xFFFF - f.ones_sum(head)) + lying[26:]
            yield lying


def fragments(frame: bytes) -> Frames:
    """First, middle, last and overlapping ones, by many identifications."""
    was = f.Datagram.of(frame)
    segment = frame[was.udp_at:]
    for number in range(40):
        for offset, more in ((0, 1), (1, 1), (3, 0), (8189, 0), (8191, 1)):
            if len(was.source) == 4:
                yield frame[:14] + f.ipv4(was.source, was.target, segment,
                                          fragment=offset | more << 13)
                continue
            head = struct.pack("!BBHI", 17, 0, offset << 3 | more, number)
            yield frame[:14] + f.ipv6(was.source, was.target, head + segment, 44)


def extension_chains(frame: bytes) -> Frames:
    """UDP behind one to eight IPv6 extension headers of each kind; IPv4 options of each length."""
    was = f.Datagram.of(frame)
    segment = frame[was.udp_at:]
    if len(was.source) == 4:
        for words in range(1, 11):
            yield frame[:14] + f.ipv4(was.source, was.target, segment, options=b"\x01" * 4 * words)
        return
    for kind in (0, 43, 51, 60, 135, 44):
        for count in range(1, 9):
            chain = bytes([kind, 0]) + bytes(6)
            last = bytes([17, 0]) + bytes(6)
            yield frame[:14] + f.ipv6(was.source, was.target, chain * (count - 1) + last + segment, kind)


def last_hops(frame: bytes) -> Frames:
    was = f.Datagram.of(frame)
    for hops in (0, 1):
        yield frame[:14] + f.ip(was.source, was.target, frame[was.udp_at:], ttl=hops)


def sources_that_are_none(frame: bytes) -> Frames:
    """From the relay itself, from groups, from loopback, from nobody, and from port 0."""
    was = f.Datagram.of(frame)
    if len(was.source) == 4:
        odd = ["0.0.0.0", "127.0.0.1", "224.0.0.1", "239.1.2.3", "255.255.255.255"]
    else:
        odd = ["::", "::1", "ff02::1", "ff0e::1:2"]
    for source in (*map(f.packed, odd), was.target):
        yield f.with_source(frame, source, 4000)
    yield f.with_source(frame, was.source, 0)


def targets_that_are_none(frame: bytes) -> Frames:
    """To groups and to others, in frames for the relay and for all."""
    was = f.Datagram.of(frame)
    odd = ["224.0.0.1", "255.255.255.255", "203.0.113.10", "127.0.0.1", "0.0.0.0"] \
        if len(was.source) == 4 else ["ff02::1", "2001:db8::10", "::1", "::"]
    for target in map(f.packed, odd):
        segment = f.udp(was.source, target, was.ports, was.payload)
        packet = f.ip(was.source, target, segment)
        yield frame[:14] + packet
        yield b"\xff" * 6 + frame[6:14] + packet
    yield b"\xff" * 6 + frame[6:]
    yield b"\x33\x33\x00\x00\x00\x01" + frame[6:]


def no_checksum(frame: bytes) -> Frames:
    was = f.Datagram.of(frame)
    if len(was.source) == 16:
        yield frame[:14] + f.ipv6(was.source, was.target,
                                  f.udp(was.source, was.target, was.ports, was.payload, False))


SHAPES = (truncated, cut_off, flipped, with_garbage, with_trailer, tagged, lying_lengths, fragments,
          extension_chains, last_hops, sources_that_are_none, targets_that_are_none, no_checksum)
# For those whose kernel judges the outer headers.
INNER_SHAPES = (truncated, flipped_inside, with_garbage)
