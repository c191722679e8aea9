# SPDX-License-Identifier: BSD-3-Clause
"""Sends groups of frames and holds what the programs counted against what they must count."""

from __future__ import annotations

import collections
import socket
import sys
import time
from typing import Any, Callable, Iterable

import lab
from frames import ETHERNET, IPV4, IPV6, TYPE_IPV6, UDP, Datagram, text_of
from oracle import COUNTED_AS, Relay

DC_OUTCOMES = ("bad_header", "not_for_a_dc", "bad_handshake", "unknown_session", "bad_tag", "replayed",
               "malformed", "token_demanded", "handshake_limited", "handshake_repeated",
               "cookies_answered", "cookies_limited", "cookies_malformed")
# Of which the kernel's own rate limit is the bound; they are as long as what they quote and 28 or 48 more.
KERNELS = {1: "ICMP", 58: "ICMPv6"}
PATIENCE = 5.0


def fail(why: str) -> None:
    print(f"FAILED: {why}", flush=True)
    sys.exit(1)


def ip_bytes(frame: bytes) -> int:
    """What the frame has behind Ethernet, by the IP header."""
    if frame[12:14] == b"\x86\xdd":
        return IPV6 + int.from_bytes(frame[18:20], "big")
    return int.from_bytes(frame[16:18], "big")


def ends_of(frame: bytes) -> tuple[bytes, bytes, int]:
    """Source, destination, protocol."""
    if int.from_bytes(frame[12:14], "big") == TYPE_IPV6:
        return frame[22:38], frame[38:54], frame[20]
    return frame[26:30], frame[30:34], frame[23]


def is_multicast_report(frame: bytes) -> bool:
    """A kernel tells its routers of its groups (RFC 3810), in ICMPv6 behind a hop-by-hop header."""
    ip = frame[ETHERNET:]
    return ip[0] >> 4 == 6 and ip[6] == 0 and ip[IPV6:IPV6 + 1] == bytes([socket.IPPROTO_ICMPV6])


class Reflection:
    """What each address got that it did not ask for: bytes of IP out against bytes in."""

    def __init__(self, legitimate: Iterable[bytes]) -> None:
        self.legitimate = set(legitimate)
        self.came: dict[bytes, int] = collections.Counter()
        self.went: dict[bytes, int] = collections.Counter()
        self.kernels = 0

    def note_sent(self, frame: bytes) -> None:
        if frame[12:14] in (b"\x08\x00", b"\x86\xdd") and len(frame) >= ETHERNET + IPV4:
            self.came[ends_of(frame)[0]] += len(frame) - ETHERNET

    def note_seen(self, frame: bytes) -> None:
        if frame[12:14] not in (b"\x08\x00", b"\x86\xdd"):
            return
        source, target, protocol = ends_of(frame)
        if protocol in KERNELS or is_multicast_report(frame):
            self.kernels += target not in self.legitimate
            return
        if len(source) == 16 and protocol == 17 and frame[ETHERNET + IPV6 + 6:][:2] == b"\0\0":
            fail("K-5: a UDP packet over IPv6 without a checksum came out")
        if target not in self.legitimate:
            self.went[target] += ip_bytes(frame)

    def worst(self) -> float:
        ratios = [count / max(1, self.came[target]) for target, count in self.went.items()]
        return max(ratios, default=0.0)

    def check(self, what: str) -> None:
        for target, count in self.went.items():
            if count > self.came[target]:
                fail(f"{what}: {text_of(target)} got {count} bytes for {self.came[target]}")


class Judge:
    def __init__(self, relay: Relay, sender: lab.Sender, legitimate: Iterable[bytes]) -> None:
        self.relay, self.sender = relay, sender
        self.legitimate = list(legitimate)
        self.taps = [lab.Tap("rs1"), lab.Tap("dc1")]
        self.standing = lab.standing()
        self.sent = 0

    def _reflected(self, frames: list[bytes]) -> Reflection:
        seen = Reflection(self.legitimate)
        for frame in frames:
            seen.note_sent(frame)
        for tap in self.taps:
            for frame in tap.take()[1]:
                seen.note_seen(frame)
        return seen

    def at_relay(self, what: str, frames: list[bytes]) -> None:
        """The frames one after another at the relay's port: each reason grows by its number."""
        fates = collections.Counter(map(self.relay.fate_of, frames))
        for tap in self.taps:
            tap.take()
        drops, punts = lab.drops(), lab.punts()
        received = lab.ctl("rs1", "status")["packets"]["received"]
        self.sender.send(frames)
        lab.wait_until(PATIENCE, lambda: lab.ctl("rs1", "status")["packets"]["received"]
                       >= received + len(frames))
        self._check_drops(what, fates, drops, punts)
        seen = self._reflected(frames)
        seen.check(what)
        self.sent += len(frames)
        print(f"   {what}: {len(frames)} sent: " + ", ".join(
            f"{count} {fate}" for fate, count in sorted(fates.items()))
            + f"; ratio {seen.worst():.2f}, {seen.kernels} of the kernel's", flush=True)

    def _check_drops(self, what: str, fates: collections.Counter[str], drops: dict[str, int],
                     punts: dict[str, int]) -> None:
        limits = {limit for fate in fates for limit in COUNTED_AS.get(fate, ())}
        rise: dict[str, int] = {}

        def is_counted() -> bool:
            nonlocal rise
            rise = lab.rise(drops, lab.drops())
            wanted = {fate: n for fate, n in fates.items() if " " not in fate and fate not in
                      ("relayed", "cookie")}
            found = {name: n for name, n in rise.items() if name not in limits}
            return found == wanted and not lab.balance_of_relay()

        if not lab.wait_until(PATIENCE, is_counted):
            fail(f"{what}: the relay counted {rise} for {dict(fates)} {lab.balance_of_relay()}")
        punted = lab.rise(punts, lab.punts())
        for fate, names in COUNTED_AS.items():
            if fates[fate] == 0 or not fate.startswith("to "):
                continue
            name = fate[len("to "):]
            counted = punted.get(name, 0) + sum(rise.get(limit, 0) for limit in names)
            is_ours_alone = name in ("leg", "handshake")
            if counted < fates[fate] or (is_ours_alone and counted > fates[fate]):
                fail(f"{what}: {fates[fate]} {fate}, counted {counted}: {punted} {rise}")

    def at_program(self, what: str, frames: list[bytes], counted: Callable[[], int]) -> None:
        """Datagrams that reach a program through its kernel: each is counted once, under some
        reason."""
        for tap in self.taps:
            tap.take()
        before = counted()
        self.sender.send(frames)
        if not lab.wait_until(PATIENCE, lambda: counted() - before == len(frames)):
            fail(f"{what}: {len(frames)} sent, {counted() - before} counted")
        seen = self._reflected(frames)
        seen.check(what)
        self.sent += len(frames)
        print(f"   {what}: {len(frames)} sent and counted; ratio {seen.worst():.2f}", flush=True)

    def nothing_moved(self, what: str) -> None:
        found: list[str] = []

        def is_as_before() -> bool:
            nonlocal found
            found = lab.differences(self.standing, lab.standing())
            return not found

        if not lab.wait_until(3.0, is_as_before):
            fail(f"{what}: " + "; ".join(found))


def counted_by_dc() -> int:
    counters = lab.ctl("dc1", "status")["counters"]
    return sum(counters[name] for name in DC_OUTCOMES if name in counters)


def counted_by_node(node: str) -> int:
    drops = lab.ctl(node, "status")["drops"]
    return sum(drops.values()) - drops["not_virtual"] - drops["socket"]


class Memory:
    """Resident memory and log lines of the programs from one round of a case to the next."""

    PROGRAMS = ("dc1", "rs1", "mn", "cn")

    def __init__(self) -> None:
        self.rounds: list[dict[str, int]] = []
        self.lines = {host: lab.log_lines(host) for host in self.PROGRAMS}

    def note_round(self) -> None:
        self.rounds.append({host: lab.resident_kib(host) for host in self.PROGRAMS})

    def check(self, most_kib: int, most_lines: int) -> None:
        """The second round needed no more than the first left."""
        first, last = self.rounds[-2:]
        for host in self.PROGRAMS:
            grown = last[host] - first[host]
            lines = lab.log_lines(host) - self.lines[host]
            print(f"   {host}: {first[host]} KiB after the first round, {grown:+} after the second, "
                  f"{lines} log lines in all", flush=True)
            if grown > most_kib:
                fail(f"{host} grew by {grown} KiB")
            if lines > most_lines:
                fail(f"{host} logged {lines} lines")


def base_frames(paths: list[str], is_wanted: Callable[[Datagram], bool]) -> dict[str, bytes]:
    """The last captured frame of each type and family among those wanted."""
    from frames import PORT, captured
    found: dict[str, bytes] = {}
    for path in paths:
        for frame in captured(path):
            datagram = Datagram.of(frame)
            if datagram and PORT in datagram.ports and len(datagram.payload) >= 16 and is_wanted(datagram):
                found[f"{datagram.name} v{6 if len(datagram.source) == 16 else 4}"] = frame
    return found


def sleep_until_budgets_are_full() -> None:
    """LEG: 40 at once and 10 a second for a path."""
    time.sleep(4.1)


__all__ = ["Judge", "Memory", "Reflection", "base_frames", "counted_by_dc", "counted_by_node", "fail",
           "sleep_until_budgets_are_full", "UDP"]
