#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""_bad_dns.py ADDRESS: a name server that does what the first label of each name says.

good, timeout, servfail, nxdomain, truncated, huge, ttl0, loop, wrongid, wrongname, stranger, garbage,
twice, refused, empty, late: what F-39 lists, and some more. TCP answers as UDP does, untruncated.
"""
import asyncio
import socket
import struct
import sys

ADDRESS = sys.argv[1]
ANSWER = bytes([203, 0, 113, 80])


def question_of(query: bytes) -> bytes:
    end = query.index(0, 12) + 5
    return query[12:end]


def label_of(query: bytes) -> str:
    return query[13 : 13 + query[12]].decode("ascii", "replace").lower()


def record(kind: int, ttl: int, data: bytes) -> bytes:
    return struct.pack("!HHHIH", 0xC00C, kind, 1, ttl, len(data)) + data


def answer(query: bytes, records: list[bytes], code: int = 0, flags: int = 0x8180, ident: int = 0) -> bytes:
    number = struct.unpack("!H", query[:2])[0] ^ ident
    head = struct.pack("!HHHHHH", number, flags | code, 1, len(records), 0, 0)
    return head + question_of(query) + b"".join(records)


def answers(query: bytes, by_tcp: bool) -> list[bytes]:
    label = label_of(query)
    good = answer(query, [record(1, 300, ANSWER)])
    many = [record(1, 300, bytes([10, 0, n // 256, n % 256])) for n in range(200)]
    loop = record(5, 300, b"\xc0\x0c")  # of itself
    match label:
        case "timeout" | "stranger":
            return []
        case "servfail" | "nxdomain" | "refused":
            return [answer(query, [], {"servfail": 2, "nxdomain": 3, "refused": 5}[label])]
        case "truncated":
            return [good if by_tcp else answer(query, [], flags=0x8380)]
        case "huge":
            return [answer(query, many)]
        case "ttl0":
            return [answer(query, [record(1, 0, ANSWER)])]
        case "loop":
            return [answer(query, [loop])]
        case "wrongid":
            return [answer(query, [record(1, 300, ANSWER)], ident=0x5555)]
        case "wrongname":
            return [good.replace(b"wrongname", b"rightname")]
        case "garbage":
            return [query[:2] + b"\x81\x80" + b"\xff" * 40]
        case "empty":
            return [answer(query, [])]
        case "twice":
            return [good, good]
        case _:
            return [good]


class Udp(asyncio.DatagramProtocol):
    """Answers from the port that was asked, and as a stranger from another."""

    def connection_made(self, transport):
        self.transport = transport
        self.stranger = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

    def datagram_received(self, data, addr):
        for reply in answers(data, False):
            self.transport.sendto(reply, addr)
        if label_of(data) == "stranger":
            forged = answer(data, [record(1, 300, bytes([6, 6, 6, 6]))])
            self.stranger.sendto(forged, addr)


async def serve_tcp(reader, writer):
    size = struct.unpack("!H", await reader.readexactly(2))[0]
    for reply in answers(await reader.readexactly(size), True):
        writer.write(struct.pack("!H", len(reply)) + reply)
    await writer.drain()
    writer.close()


async def main():
    loop = asyncio.get_running_loop()
    await loop.create_datagram_endpoint(Udp, local_addr=(ADDRESS, 53))
    server = await asyncio.start_server(serve_tcp, ADDRESS, 53)
    async with server:
        await server.serve_forever()


asyncio.run(main())
