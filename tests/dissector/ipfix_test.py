#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What an RS-N exports as IPFIX, as tshark understands it.

    ipfix_test.py MAKE_IPFIX
"""

import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile

FIELDS = ["nat_event", "srcaddr", "srcaddrv6", "post_natsource_ipv4_address", "post_nat_source_ipv6_address",
          "port_range_start", "port_range_end", "protocol", "srcport", "post_naptsource_transport_port",
          "dstaddr", "dstaddrv6", "dstport", "user_name", "nat_quota_exceeded_event", "max_entries_per_user",
          "max_session_entries", "max_bib_entries", "max_subscribers", "max_fragments_pending_reassembly",
          "nat_pool_id"]
V4 = ("198.18.0.1", "", "198.51.100.20", "")
V6 = ("", "fd00:6e74:6d::1", "", "2001:db8:1::20")
NAME = "mn1.example.test"


def record(event: int, addresses: tuple[str, ...], **others: str) -> dict[str, str]:
    names = ("srcaddr", "srcaddrv6", "post_natsource_ipv4_address", "post_nat_source_ipv6_address")
    return {"nat_event": str(event)} | dict(zip(names, addresses)) | others


SESSION4 = {"protocol": "6", "srcport": "5000", "post_naptsource_transport_port": "32770",
            "dstaddr": "203.0.113.80", "dstport": "443"}
SESSION6 = {"protocol": "17", "srcport": "5001", "post_naptsource_transport_port": "40961",
            "dstaddrv6": "2001:db8:2::80", "dstport": "53"}
EXPECTED = [
    *(record(event, V4, port_range_start="32768", port_range_end="33023", user_name=NAME) for event in (16, 17)),
    *(record(event, V6, port_range_start="40960", port_range_end="41215", user_name=NAME) for event in (16, 17)),
    *(record(event, V4, **SESSION4) for event in (4, 5)),
    *(record(event, V6, **SESSION6) for event in (4, 5)),
    record(13, V4[:2], user_name=NAME, nat_quota_exceeded_event="3", max_entries_per_user="1024"),
    record(13, V6[:2], user_name=NAME, nat_quota_exceeded_event="3", max_entries_per_user="8192"),
    record(12, ("", "", *V4[2:]), protocol="17"),
    record(12, ("", "", *V6[2:]), protocol="6"),
    record(3, (), nat_pool_id="4"),
    record(13, (), nat_quota_exceeded_event="2", max_bib_entries="4096"),
    record(13, (), nat_quota_exceeded_event="1", max_session_entries="65536"),
    record(13, (), nat_quota_exceeded_event="4", max_subscribers="4096"),
    record(13, (), nat_quota_exceeded_event="5", max_fragments_pending_reassembly="2048"),
]
IPFIX_PORT = 4739
RAW_IP = 101


def packet(message: bytes) -> bytes:
    udp = struct.pack("!HHHH", 40000, IPFIX_PORT, 8 + len(message), 0) + message
    return struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, bytes(4), bytes(4)) + udp


def capture(messages: list[bytes]) -> bytes:
    made = struct.pack("=IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, RAW_IP)
    for number, message in enumerate(messages):
        frame = packet(message)
        made += struct.pack("=IIII", number, 0, len(frame), len(frame)) + frame
    return made


def shown(file: pathlib.Path, *arguments: str) -> list[str]:
    command = ["tshark", "-n", "-r", file, "-d", f"udp.port=={IPFIX_PORT},cflow", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()


def main() -> int:
    if not shutil.which("tshark"):
        print("needs tshark: scripts/packages install test")
        return 77
    lines = subprocess.run([sys.argv[1]], check=True, capture_output=True, text=True).stdout.split()
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "ipfix.pcap"
        file.write_bytes(capture([bytes.fromhex(line) for line in lines]))
        complaints = shown(file, "-Y", "_ws.expert || _ws.malformed || !cflow")
        # A row for each message, with a value of each of its records that has the field.
        fields = [part for name in FIELDS for part in ("-e", f"cflow.{name}")]
        rows = [line.split("\t") for line in shown(file, "-T", "fields", "-E", "aggregator=;", *fields)]
    found = {name: [value for row in rows for value in row[i].split(";") if value]
             for i, name in enumerate(FIELDS)}
    expected = {name: [its[name] for its in EXPECTED if its.get(name)] for name in FIELDS}
    for line in complaints:
        print("tshark complains:", line)
    for name in FIELDS:
        if found[name] != expected[name]:
            print(f"{name}: {found[name]} instead of {expected[name]}")
    return 1 if complaints or found != expected else 0


if __name__ == "__main__":
    sys.exit(main())
