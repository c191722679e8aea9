#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What the relay carries over of the outer headers, both ways of its one path, and that no error of
any protocol answers what must stay unanswered."""

from __future__ import annotations

import lab
from facts import RELAY, STRANGER, legitimate, live_legs, relay_of_lab
from frames import ETHERNET, IPV6, TYPE_IPV6, UDP, ethernet, ip, ipv4, ipv6, packed, udp, udp_checksum
from judge import Judge, fail
from reflection import ends_of

RATE = 2000
FLOOD = 20_000
CLOSED_PORT = 20_000  # and none of the NAPT's


def tos_of(frame: bytes) -> int:
    return int.from_bytes(frame[14:16], "big") >> 4 & 0xFF if frame[14] >> 4 == 6 else frame[15]


def family_of(address: bytes) -> int:
    return 4 if len(address) == 4 else 6


class Way:
    """From one end of the path to the other, by frames that say to come from it."""

    def __init__(self, mac: bytes, own: bytes, path: int, legs: tuple, role: int) -> None:
        (self.source, self.port), (self.target, _) = legs[role], legs[1 - role]
        self.front = mac, own
        self.data = bytes([0x10, role]) + bytes(6) + path.to_bytes(8, "big") + b"carried " * 5

    def frame(self, has_checksum: bool = True, **words: int) -> bytes:
        to = RELAY[family_of(self.source)]
        segment = udp(self.source, to, (self.port, 9770), self.data, has_checksum)
        return ethernet(*self.front, ip(self.source, to, segment, **words))

    def name(self) -> str:
        return f"IPv{family_of(self.source)} to IPv{family_of(self.target)}"

    def carried(self, tap: lab.Tap) -> list[bytes]:
        frames = tap.take()[1]
        return [each for each in frames if each[-len(self.data):] == self.data]


def through(judge: Judge, way: Way, frames: list[bytes]) -> list[bytes]:
    tap, came = judge.account.tap, []
    tap.take()
    judge.sender.send(frames)

    def are_all_there() -> bool:
        came.extend(way.carried(tap))
        return len(came) == len(frames)

    if not lab.wait_until(3, are_all_there):
        fail(f"{way.name()}: {len(frames)} sent, {len(came)} carried")
    return came


def check_way(judge: Judge, way: Way) -> None:
    came = through(judge, way, [way.frame(tos=tos) for tos in range(256)])
    if [tos_of(frame) for frame in came] != list(range(256)):
        fail(f"{way.name()}: DSCP and ECN were not kept")
    if family_of(way.source) == 4:
        frame = through(judge, way, [way.frame(has_checksum=False)])[0]
        segment = frame[ETHERNET + (20 if family_of(way.target) == 4 else IPV6):]
        if family_of(way.target) == 6:
            source, target, _ = ends_of(frame)
            wanted = udp_checksum(source + target, segment[:6] + bytes(2) + segment[UDP:])
            if int.from_bytes(segment[6:8], "big") != wanted:
                fail("K-6: no right checksum from IPv4 without one to IPv6")
        elif segment[6:8] != bytes(2):
            fail("a checksum was made up from IPv4 to IPv4")
    for frame in came:
        if family_of(way.target) == 6 and frame[ETHERNET + IPV6 + 6:][:2] == bytes(2):
            fail("K-5: IPv6 without a checksum")
    print(f"   ok: {way.name()}: 64 DSCP by 4 ECN kept, checksums right", flush=True)


def silent_triggers(mac: bytes, own: bytes) -> list[bytes]:
    """To which no ICMP error belongs (RFC 1122 3.2.2, RFC 4443 2.4 e)."""
    to4, to6, by4, by6 = RELAY[4], RELAY[6], STRANGER[4], STRANGER[6]
    wide = b"\xff" * 6
    closed4 = udp(by4, to4, (4000, CLOSED_PORT), bytes(20))
    closed6 = udp(by6, to6, (4000, CLOSED_PORT), bytes(20))
    triggers = [ethernet(mac, own, ipv4(by4, to4, bytes([kind, code]) + bytes(6) + ipv4(
        to4, by4, closed4), 1)) for kind, code in ((3, 3), (3, 1), (11, 0), (12, 0), (5, 1), (4, 0), (15, 0))]
    triggers += [ethernet(mac, own, ipv6(by6, to6, bytes([kind, code]) + bytes(6) + closed6, 58))
                 for kind, code in ((1, 4), (2, 0), (3, 0), (4, 1))]
    for source in ("0.0.0.0", "127.0.0.1", "224.0.0.5", "255.255.255.255"):
        triggers.append(ethernet(mac, own, ipv4(packed(source), to4, closed4)))
    for source in ("::", "::1", "ff02::1"):
        triggers.append(ethernet(mac, own, ipv6(packed(source), to6, closed6)))
    for target in ("255.255.255.255", "198.51.100.255", "224.0.0.1"):
        triggers.append(ethernet(wide, own, ipv4(by4, packed(target), closed4)))
    triggers += [ethernet(wide, own, ipv4(by4, to4, closed4)),
                 ethernet(mac, own, ipv4(by4, to4, closed4, fragment=100))]
    return triggers


def errors_in(frames: list[bytes]) -> list[bytes]:
    """ICMP errors among them."""
    return [each for each in frames if (each[12:14] == b"\x08\x00" and each[23] == 1 and each[34] in (3, 4, 5, 11, 12))
            or (int.from_bytes(each[12:14], "big") == TYPE_IPV6 and each[20] == 58 and each[54] < 128)]


def check_silence(judge: Judge, way: Way, mac: bytes, own: bytes) -> None:
    tap, triggers = judge.account.tap, silent_triggers(mac, own)
    tap.take()
    asked = udp(STRANGER[4], RELAY[4], (4000, CLOSED_PORT), bytes(20))
    judge.sender.send([ethernet(mac, own, ipv4(STRANGER[4], RELAY[4], asked))])
    if not lab.wait_until(2, lambda: errors_in(tap.take()[1])):
        fail("a closed port is not said to be so: what follows would show nothing")
    judge.sender.send(triggers)
    expired = lab.drops().get("ttl_expired", 0)
    judge.sender.rate = 10_000
    judge.sender.send([way.frame(ttl=1)] * FLOOD)
    judge.sender.rate = RATE
    if not lab.wait_until(5, lambda: lab.drops().get("ttl_expired", 0) == expired + FLOOD):
        fail(f"of {FLOOD} with TTL 1, {lab.drops().get('ttl_expired', 0) - expired} were counted")
    errors = errors_in(tap.take()[1])
    if errors:
        fail(f"I-10: {len(errors)} ICMP errors to what must stay unanswered, first {errors[0].hex()}")
    print(f"   ok: {len(triggers)} triggers and {FLOOD} expired packets stay unanswered", flush=True)


def main() -> None:
    own = lab.mac_of("atk", "eth0")
    relay = relay_of_lab()
    judge = Judge(relay, lab.Sender("atk", "eth0", RATE), legitimate())
    path, legs = next(iter(live_legs().items()))
    ways = [Way(relay.mac, own, path, legs, role) for role in (0, 1)]
    for way in ways:
        check_way(judge, way)
    check_silence(judge, ways[0], relay.mac, own)
    judge.nothing_moved("the path")


if __name__ == "__main__":
    main()
