# SPDX-License-Identifier: BSD-3-Clause
"""The oracles' programs and the addresses that are nobody's to attack, read from a running lab."""

from __future__ import annotations

from typing import Iterable

import lab
from frames import ETHERNET, NTM, PORT, Datagram, ethernet_frames, packed
from oracle import Relay

RELAY = {4: packed("198.51.100.20"), 6: packed("2001:db8:1::20")}
DC = {4: packed("203.0.113.10"), 6: packed("2001:db8::10")}
ROUTER_MAC = bytes.fromhex("02005e000001")
HOSTS = [packed(each) for each in ("203.0.113.101", "203.0.113.102", "2001:db8:6::112", "2001:db8:6::111",
                                   "203.0.113.80", "203.0.113.53")]
STRANGER = {4: packed("198.51.100.66"), 6: packed("2001:db8:1::66")}
PUBLIC_PORTS = range(32768, 49152)  # of the lab's relays
STATUS_WITHIN = 2.0  # a relay and its DC exchange one every 300 ms


def live_legs() -> dict[int, tuple]:
    legs = {}
    for path in lab.ctl("rs1", "path")["paths"]:
        by_role = {leg["role"]: leg for leg in path["legs"]}
        legs[int(path["path_id"], 16)] = tuple(
            lab.endpoint_of(by_role[role]["outer_address"]) if by_role[role]["bound"] else None
            for role in ("initiator", "responder"))
    return legs


def sessions_in(frames: Iterable[bytes], targets: Iterable[bytes]) -> dict[tuple, int]:
    """The ids that SIGNAL packets to one of these name, the last of each sender to each receiver."""
    found = {}
    for frame in frames:
        datagram = Datagram.of(frame)
        if datagram and PORT in datagram.ports and datagram.target in targets and \
                len(datagram.payload) >= NTM and datagram.payload[0] == 0x12:
            ends = datagram.source, datagram.target, datagram.ports
            found[ends] = int.from_bytes(datagram.payload[8:16], "big")
    return found


def sessions_now() -> set[int]:
    """Those of the relay, as its cable shows them."""
    tap, found = lab.Tap(lab.far_end("rs1")), {}
    if not lab.wait_until(STATUS_WITHIN, lambda: found.update(sessions_in(tap.take()[0], RELAY.values())) or found):
        raise AssertionError("no DC says anything to the relay")
    return set(found.values())


def relay_of_lab(capture: str = "") -> Relay:
    """`capture` says which sessions there are besides those that are heard of now."""
    mac = bytes.fromhex(lab.ctl("rs1", "port")["ports"][0]["mac"].replace(":", ""))
    addresses = list(RELAY.values())
    sessions = sessions_now()
    if capture:
        sessions |= set(sessions_in(ethernet_frames(capture), addresses).values())
    return Relay(mac, addresses, live_legs(), sessions, PUBLIC_PORTS)


def to_mac(frame: bytes, mac: bytes, own: bytes) -> bytes:
    return mac + own + frame[12:]


def legitimate() -> list[bytes]:
    return [*HOSTS, *DC.values(), *RELAY.values()]


__all__ = ["DC", "ETHERNET", "RELAY", "ROUTER_MAC", "STRANGER", "legitimate", "live_legs", "relay_of_lab",
           "sessions_in", "to_mac"]
