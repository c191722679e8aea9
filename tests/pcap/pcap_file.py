# SPDX-License-Identifier: BSD-3-Clause
"""Captures in the form of pcap: read whole or not at all, and written.

What ends within a record is Broken, and so are frames captured in part to whoever asks for frames: a
test that reads less than it thinks shows less than it says.
"""

from __future__ import annotations

import pathlib
import struct
from collections.abc import Iterable
from typing import NamedTuple

FILE_HEAD, RECORD_HEAD = "IHHiIII", "IIII"
FILE_HEAD_BYTES, RECORD_HEAD_BYTES = 24, 16
MICROSECONDS, NANOSECONDS = 0xA1B2C3D4, 0xA1B23C4D
VERSION = 2, 4
MOST_BYTES = 65535
ETHERNET, RAW_IP = 1, 101


class Broken(ValueError):
    """No capture, or not all of one."""


class Record(NamedTuple):
    seconds: int
    fraction: int
    captured: bytes
    length: int  # of the frame, of which so much was captured


class Capture(NamedTuple):
    link: int
    records: list[Record]

    @property
    def frames(self) -> list[bytes]:
        for number, record in enumerate(self.records, 1):
            if len(record.captured) != record.length:
                raise Broken(f"packet {number}: {len(record.captured)} of {record.length} bytes captured")
        return [record.captured for record in self.records]


def byte_order(file: bytes) -> str:
    for order in "<>":
        if file[:4] in (struct.pack(order + "I", magic) for magic in (MICROSECONDS, NANOSECONDS)):
            return order
    raise Broken("no pcap")


def parse(file: bytes) -> Capture:
    order = byte_order(file)
    if len(file) < FILE_HEAD_BYTES:
        raise Broken(f"only {len(file)} bytes")
    *_, link = struct.unpack_from(order + FILE_HEAD, file)
    records, at = [], FILE_HEAD_BYTES
    while at < len(file):
        if len(file) - at < RECORD_HEAD_BYTES:
            raise Broken(f"ends behind packet {len(records)}, within a record's head")
        seconds, fraction, captured, length = struct.unpack_from(order + RECORD_HEAD, file, at)
        at += RECORD_HEAD_BYTES
        if captured > len(file) - at:
            raise Broken(f"ends within packet {len(records) + 1}")
        records.append(Record(seconds, fraction, file[at:at + captured], length))
        at += captured
    return Capture(link & 0xFFFF, records)


def made_of(link: int, records: Iterable[Record], order: str = "<") -> bytes:
    """The file, with microseconds."""
    file = struct.pack(order + FILE_HEAD, MICROSECONDS, *VERSION, 0, 0, MOST_BYTES, link)
    for seconds, fraction, captured, length in records:
        file += struct.pack(order + RECORD_HEAD, seconds, fraction, len(captured), length) + captured
    return file


def read_frames(path: str | pathlib.Path) -> tuple[int, list[bytes]]:
    """Link type, and frames as they were on the wire."""
    try:
        capture = parse(pathlib.Path(path).read_bytes())
        return capture.link, capture.frames
    except Broken as broken:
        raise Broken(f"{path}: {broken}") from None


def ethernet_frames(path: str | pathlib.Path) -> list[bytes]:
    link, frames = read_frames(path)
    if link != ETHERNET:
        raise Broken(f"{path}: link type {link} is not Ethernet")
    return frames
