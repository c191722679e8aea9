#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Holds pcap_file.py against files written byte by byte here, and against all ways to cut one."""

import pathlib
import struct
import tempfile
import unittest

import pcap_file
from pcap_file import ETHERNET, RAW_IP, Broken, Record, parse

RECORDS = [Record(1, 2, b"first", 5), Record(3, 4, b"", 0), Record(5, 6, bytes(range(60)), 60)]
FRAMES = [b"first", b"", bytes(range(60))]
ENDS = [24, 24 + 16 + 5, 24 + 16 + 5 + 16, 24 + 16 + 5 + 16 + 16 + 60]  # of the head, of each record


def file_of(order: str = "<", magic: bytes = b"\xd4\xc3\xb2\xa1", link: int = ETHERNET) -> bytes:
    file = magic + struct.pack(order + "HHIIII", 2, 4, 0, 0, 65535, link)
    for seconds, fraction, captured, length in RECORDS:
        file += struct.pack(order + "IIII", seconds, fraction, len(captured), length) + captured
    return file


class Reading(unittest.TestCase):
    def test_both_byte_orders_micro_and_nanoseconds(self) -> None:
        for order, magic in (("<", "d4c3b2a1"), ("<", "4d3cb2a1"), (">", "a1b2c3d4"), (">", "a1b23c4d")):
            with self.subTest(magic=magic):
                capture = parse(file_of(order, bytes.fromhex(magic)))
                self.assertEqual((capture.link, capture.records), (ETHERNET, RECORDS))

    def test_frames_are_the_records_bytes(self) -> None:
        self.assertEqual(parse(file_of()).frames, FRAMES)

    def test_link_type_without_what_stands_beside_it(self) -> None:
        self.assertEqual(parse(file_of(link=0x14000000 | RAW_IP)).link, RAW_IP)

    def test_one_cut_anywhere_but_between_records_is_refused(self) -> None:
        whole = file_of()
        self.assertEqual(len(whole), ENDS[-1])
        for length in range(len(whole)):
            with self.subTest(length=length):
                if length in ENDS:
                    self.assertEqual(parse(whole[:length]).records, RECORDS[:ENDS.index(length)])
                else:
                    self.assertRaises(Broken, parse, whole[:length])

    def test_one_captured_in_part_is_a_record_but_no_frame(self) -> None:
        head = file_of()[:24]
        for captured, length in ((5, 6), (6, 5)):
            capture = parse(head + struct.pack("<IIII", 0, 0, captured, length) + bytes(captured))
            self.assertEqual(capture.records, [Record(0, 0, bytes(captured), length)])
            with self.assertRaisesRegex(Broken, f"packet 1: {captured} of {length}"):
                capture.frames

    def test_a_length_beyond_the_end_is_refused(self) -> None:
        with self.assertRaisesRegex(Broken, "within packet 1"):
            parse(file_of()[:24] + struct.pack("<IIII", 0, 0, 0xFFFFFFFF, 0xFFFFFFFF) + bytes(100))

    def test_other_files_are_refused(self) -> None:
        for magic in ("0a0d0d0a", "00000000", "a1b2cd34"):
            self.assertRaises(Broken, parse, file_of(magic=bytes.fromhex(magic)))

    def test_the_path_is_named(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "some.pcap")
            path.write_bytes(file_of(link=RAW_IP))
            self.assertEqual(pcap_file.read_frames(path), (RAW_IP, FRAMES))
            with self.assertRaisesRegex(Broken, "some.pcap: link type 101"):
                pcap_file.ethernet_frames(path)
            path.write_bytes(file_of()[:-1])
            with self.assertRaisesRegex(Broken, "some.pcap: ends within packet 3"):
                pcap_file.read_frames(path)
            path.write_bytes(file_of())
            self.assertEqual(pcap_file.ethernet_frames(path), FRAMES)


class Writing(unittest.TestCase):
    def test_in_both_byte_orders(self) -> None:
        self.assertEqual(pcap_file.made_of(ETHERNET, RECORDS), file_of())
        self.assertEqual(pcap_file.made_of(RAW_IP, RECORDS, ">"), file_of(">", b"\xa1\xb2\xc3\xd4", RAW_IP))


if __name__ == "__main__":
    unittest.main()
