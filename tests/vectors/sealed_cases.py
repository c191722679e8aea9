#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""S-2, S-3: the vectors end_by_suite_N, in which DATA of a path that ends at the relay is opened and sealed.

    sealed_cases.py CASES [--write]

Holds them against tests/interop/ntm_suites.py, which shares nothing with the programs: what comes in is sealed by
it, and what goes out is, byte for byte, what it seals. `--write` writes their config and in; `vectors_test --regen`
then writes out and counters.
"""

from __future__ import annotations

import argparse
import ipaddress
import pathlib
import struct
import sys
import unittest
from typing import Iterator, NamedTuple

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "interop"))
sys.dont_write_bytecode = True

import ntm_suites as suites  # noqa: E402
from ntm_wire import DATA, HEADER_BYTES, ROLE, Header, internet_checksum  # noqa: E402

SUITES = (suites.AES_128_GCM, suites.CHACHA, suites.CBC_SHA_256, suites.CBC_MD5)
PATH_ID = 0x0102030405060708
SECRET = bytes(range(32))
# Payloads of inner packets: around a whole number of blocks, and the longest that fits a frame.
LENGTHS = (0, 1, 3, 4, 5, 20, 1200)
DONT_FRAGMENT = 0x4000
ETHERNET, OUTER_HEADERS = 14, 14 + 20 + 8
NODE_PORT, GN_PORT = 5000, 443


class Side(NamedTuple):
    """Who speaks with whom in one family, as tests/unit/rs-dataplane/relay/rs_n_cast.hpp has it."""

    vip: str
    vip_of_gn: str
    public: str
    gn: str
    public_port: int  # the relay's choice


SIDES = (Side("198.18.0.1", "198.18.64.1", "198.51.100.20", "203.0.113.80", 20064),
         Side("fd00:a::1", "fd00:a:64::1", "2001:db8:1::20", "2001:db8:b::80", 20360))


def udp_packet(source: str, source_port: int, target: str, port: int, payload: bytes, hops: int) -> bytes:
    addresses = b"".join(ipaddress.ip_address(text).packed for text in (source, target))
    length = 8 + len(payload)
    udp = struct.pack("!HHHH", source_port, port, length, 0) + payload
    checksum = internet_checksum(addresses + struct.pack("!IHBB", length, 0, 0, 17) + udp) or 0xFFFF
    udp = udp[:6] + checksum.to_bytes(2, "big") + payload
    if len(addresses) == 32:
        return struct.pack("!IHBB", 0x60000000, length, 17, hops) + addresses + udp
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + length, 0, DONT_FRAGMENT, hops, 17, 0) + addresses
    return head[:10] + internet_checksum(head).to_bytes(2, "big") + head[12:] + udp


def pattern(length: int) -> bytes:
    return bytes(at % 256 for at in range(length))


def sealed(suite: int, header: Header, text: bytes) -> bytes:
    return suites.seal_data(suite, suites.data_key(suite, SECRET, header), header, text)


class Exchange(NamedTuple):
    side: Side
    length: int
    header: Header  # of the node's packet

    def from_node(self) -> bytes:
        side = self.side
        return udp_packet(side.vip, NODE_PORT, side.vip_of_gn, GN_PORT, pattern(self.length), 64)

    def to_gn(self) -> bytes:
        side = self.side
        return udp_packet(side.public, side.public_port, side.gn, GN_PORT, pattern(self.length), 63)

    def to_node(self) -> bytes:
        side = self.side
        return udp_packet(side.vip_of_gn, GN_PORT, side.vip, NODE_PORT, pattern(self.length), 63)


def exchanges() -> Iterator[Exchange]:
    counter = 5
    for side in SIDES:
        for length in LENGTHS:
            yield Exchange(side, length, Header(DATA, 0, counter, PATH_ID))
            counter += 1


def config_text(suite: int) -> str:
    return (f"end {PATH_ID:016x} suite {suite} secret {SECRET.hex()} "
            "initiator 192.0.2.10:4000 198.51.100.20:9770 0\n")


def line_from_node(header: Header, body: bytes) -> str:
    return (f"port 0 ip 192.0.2.10 198.51.100.20 udp 4000 9770 ntm data {header.id:016x} {header.flags} "
            f"counter {header.counter} bytes {body.hex()}")


def in_text(suite: int) -> str:
    lines = [f"# DATA by suite {suite} of a path that ends here: from the node, an answer to each, changed, and again."]
    for each in exchanges():
        lines.append(line_from_node(each.header, sealed(suite, each.header, each.from_node())))
        lines.append(f"port 1 to_mac 020000000003 from_mac 020000000004 ip {each.side.gn} {each.side.public} "
                     f"fragment {DONT_FRAGMENT:#x} udp {GN_PORT} {each.side.public_port} payload {each.length}")
    first = next(exchanges())
    body = sealed(suite, first.header._replace(counter=1000), first.from_node())
    lines.append(line_from_node(first.header._replace(counter=1000), body[:-1] + bytes([body[-1] ^ 1])))
    lines.append(line_from_node(first.header, sealed(suite, first.header, first.from_node())))
    return "\n".join(lines) + "\n"


class SealedCases(unittest.TestCase):
    cases = pathlib.Path()

    def test_what_comes_in_is_sealed_as_here(self) -> None:
        for suite, folder in folders(self.cases):
            self.assertEqual((folder / "config").read_text(), config_text(suite))
            self.assertEqual((folder / "in").read_text(), in_text(suite))

    def test_what_goes_out_is_sealed_as_here(self) -> None:
        for suite, folder in folders(self.cases):
            lines = (folder / "out").read_text().splitlines()
            frames = [bytes.fromhex(line.split()[-1]) for line in lines]
            self.assertEqual(len(frames), 2 * len(list(exchanges())), suite)
            for number, each in enumerate(exchanges()):
                there, back = frames[2 * number:2 * number + 2]
                self.assertEqual(there[ETHERNET:].hex(), each.to_gn().hex(), (suite, each))
                datagram = back[OUTER_HEADERS:]
                header = Header(DATA, ROLE, number, PATH_ID)
                self.assertEqual(datagram[:HEADER_BYTES], header.pack(), (suite, each))
                self.assertEqual(datagram[HEADER_BYTES:].hex(), sealed(suite, header, each.to_node()).hex(), (suite, each))


def folders(cases: pathlib.Path) -> list[tuple[int, pathlib.Path]]:
    return [(suite, cases / f"end_by_suite_{suite}") for suite in SUITES]


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("cases", type=pathlib.Path)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    if options.write:
        for suite, folder in folders(options.cases):
            folder.mkdir(exist_ok=True)
            (folder / "config").write_text(config_text(suite))
            (folder / "in").write_text(in_text(suite))
        return 0
    SealedCases.cases = options.cases
    return 0 if unittest.main(argv=[sys.argv[0]], exit=False).result.wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main())
