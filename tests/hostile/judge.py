# SPDX-License-Identifier: BSD-3-Clause
"""Sends groups of frames and holds what the programs counted against what they must count."""

from __future__ import annotations

import collections
import sys
import time
from typing import Callable, Iterable, NoReturn

import lab
from account import PATIENCE, RelayAccount, disagreement
from frames import ETHERNET, IPV6, PORT, Datagram, ethernet_frames
from oracle import Relay
from program_oracle import Dc, Node, Nodes
from reflection import Reflection, is_ip

DC_COUNTERS = ("bad_header", "not_for_a_dc", "bad_handshake", "unknown_session", "bad_tag", "replayed",
               "malformed", "token_demanded", "handshake_limited", "handshake_repeated", "past_run",
               "cookies_answered", "cookies_limited", "cookies_malformed")
RELAY_COUNTERS = ("requests_of_unknown_path", "requests_with_bad_tag", "requests_too_short", "malformed",
                  "requests_without_proof", "not_for_control")
# Of the node's own kernel and network, whoever attacks.
NODES_OWN = ("not_virtual", "socket")


def fail(why: str) -> NoReturn:
    print(f"FAILED: {why}", flush=True)
    sys.exit(1)


def counted_by_dc() -> dict[str, int]:
    counters = lab.ctl("dc1", "status")["counters"]
    return {name: counters[name] for name in DC_COUNTERS}


def counted_by_relay() -> dict[str, int]:
    """As refused, by the control thread."""
    counters = lab.ctl("rs1", "status")["control"]
    return {name: counters[name] for name in RELAY_COUNTERS}


def counted_by_nodes() -> dict[str, int]:
    sum_of_both: dict[str, int] = collections.Counter()
    for node in ("mn", "cn"):
        for name, count in lab.ctl(node, "status")["drops"].items():
            sum_of_both[name] += count if name not in NODES_OWN else 0
    return sum_of_both


def check_checksum(frame: bytes) -> None:
    if is_ip(frame) and frame[12] == 0x86 and frame[20] == 17 and frame[ETHERNET + IPV6 + 6:][:2] == bytes(2):
        fail("K-5: a UDP packet over IPv6 without a checksum came out")


class Judge:
    def __init__(self, relay: Relay, sender: lab.Sender, legitimate: Iterable[bytes]) -> None:
        self.sender = sender
        self.account = RelayAccount(relay)
        self.legitimate = list(legitimate)
        ends = {lab.far_end(host) for host in ("dc1", "mn", "cn")}
        self.taps = [lab.Tap(each) for each in sorted(ends)]
        self.standing = lab.standing()
        self.sent = 0

    def _reflected(self, what: str) -> Reflection:
        """Of all that has passed the programs' cables since the last time."""
        seen = Reflection(self.legitimate)
        passed = [(self.account.came, self.account.went)] + [tap.take() for tap in self.taps]
        for came, went in passed:
            for frame in came:
                seen.note_in(frame)
            for frame in went:
                check_checksum(frame)
                seen.note_out(frame)
        if lost := sum(tap.lost() for tap in self.taps):
            fail(f"{what}: the captures lost {lost}")
        if complaint := seen.complaint():
            fail(f"{what}: {complaint}")
        return seen

    def _say(self, what: str, fates: dict[str, int], seen: Reflection) -> None:
        found = ", ".join(f"{count} {fate}" for fate, count in sorted(fates.items()))
        print(f"   {what}: {found}; ratio {seen.worst():.2f}, {seen.kernels} of the kernel's", flush=True)

    def _open(self) -> None:
        self.account.open()
        for tap in self.taps:
            tap.take()

    def at_relay(self, what: str, frames: list[bytes]) -> None:
        """The frames one after another at the relay's port: each reason grows by its number."""
        self._open()
        self.sender.send(frames)
        fates, complaint = self.account.close(frames)
        if complaint:
            fail(f"{what}: {complaint}; of {dict(fates)}")
        self.sent += len(frames)
        self._say(what, fates, self._reflected(what))

    def at_program(self, what: str, frames: list[bytes], oracle: Dc | Node | Nodes) -> None:
        """Datagrams that reach the DC or the nodes through their kernels: likewise."""
        counted = counted_by_dc if isinstance(oracle, Dc) else counted_by_nodes
        fates = collections.Counter(oracle.fate_of(Datagram.of(frame)) for frame in frames)
        self.counted(what, frames, fates, counted)

    def counted(self, what: str, frames: list[bytes], fates: dict[str, int],
                counters: Callable[[], dict[str, int]]) -> None:
        self._open()
        before, complaint = counters(), ""
        self.sender.send(frames)

        def is_counted() -> bool:
            nonlocal complaint
            complaint = disagreement(fates, lab.rise(before, counters()))
            return not complaint

        if not lab.wait_until(PATIENCE, is_counted):
            fail(f"{what}: {complaint}; of {dict(fates)}")
        if complaint := self.account.close(())[1]:
            fail(f"{what}: meanwhile at the relay: {complaint}")
        self.sent += len(frames)
        self._say(what, fates, self._reflected(what))

    def nothing_moved(self, what: str) -> None:
        found: list[str] = []

        def is_as_before() -> bool:
            nonlocal found
            found = lab.differences(self.standing, lab.standing())
            return not found

        if not lab.wait_until(3.0, is_as_before):
            fail(f"{what}: " + "; ".join(found))


def base_frames(paths: list[str], is_wanted: Callable[[Datagram], bool]) -> dict[str, bytes]:
    """The last captured frame of each type and family among those wanted."""
    found: dict[str, bytes] = {}
    for path in paths:
        for frame in ethernet_frames(path):
            datagram = Datagram.of(frame)
            if datagram and PORT in datagram.ports and len(datagram.payload) >= 16 and is_wanted(datagram):
                found[f"{datagram.name} v{6 if len(datagram.source) == 16 else 4}"] = frame
    return found


def sleep_until_budgets_are_full() -> None:
    """LEG: 40 at once and 10 a second for a path."""
    time.sleep(4.1)


__all__ = ["Judge", "base_frames", "counted_by_relay", "fail", "sleep_until_budgets_are_full"]
