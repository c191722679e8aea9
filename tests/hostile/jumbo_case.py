#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Frames of 1515 bytes to 64 KiB, of every type, as a link of that size brings them."""

from __future__ import annotations

import lab
from facts import RELAY, STRANGER, legitimate, live_legs, relay_of_lab
from frames import ethernet, ip, udp
from judge import Judge, fail
from memory import Memory

RATE = 2000
RING_KEEPS = 1982  # of each frame, the ring of DPDK's AF_PACKET port: 2048 with 66 of the kernel's in front
# IP's length field ends at 65535.
SIZES = (1515, 1516, 2000, 2047, 2048, 2049, 4096, 8999, 9000, 9014, 16_384, 32_768, 65_000, 65_535, 65_549)


def frames_to(mac: bytes, own: bytes, path: int) -> list[bytes]:
    made = []
    for family in (4, 6):
        front = 14 + (20 if family == 4 else 40) + 8
        for size in SIZES:
            for kind in range(6):
                payload = bytes([0x10 | kind]) + bytes(7) + path.to_bytes(8, "big") + bytes(size - front - 16)
                if len(payload) + front - 14 > 65_535:
                    continue
                source, target = STRANGER[family], RELAY[family]
                segment = udp(source, target, (4000, 9770), payload)
                made.append(ethernet(mac, own, ip(source, target, segment)))
    return made


def main() -> None:
    own = lab.mac_of("atk", "eth0")
    relay = relay_of_lab()
    relay.kept_bytes = RING_KEEPS
    judge = Judge(relay, lab.Sender("atk", "eth0", RATE), legitimate())
    frames = frames_to(relay.mac, own, next(iter(live_legs())))
    memory = Memory()
    for number in (1, 2):
        judge.at_relay(f"large frames, round {number}", frames)
        judge.nothing_moved("large frames")
        memory.note_round()
    if complaint := memory.complaint(most_kib=512, most_lines=20):
        fail(complaint)


if __name__ == "__main__":
    main()
