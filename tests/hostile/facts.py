# SPDX-License-Identifier: BSD-3-Clause
"""The oracle's relay and the addresses that are nobody's to attack, read from a running lab."""

from __future__ import annotations

import lab
from frames import ETHERNET, Datagram, captured, packed
from oracle import Relay

RELAY = {4: packed("198.51.100.20"), 6: packed("2001:db8:1::20")}
DC = {4: packed("203.0.113.10"), 6: packed("2001:db8::10")}
ROUTER_MAC = bytes.fromhex("02005e000001")
HOSTS = [packed(each) for each in ("203.0.113.101", "203.0.113.102", "2001:db8:6::112", "2001:db8:6::111",
                                   "203.0.113.80", "203.0.113.53")]
STRANGER = {4: packed("198.51.100.66"), 6: packed("2001:db8:1::66")}


def live_legs() -> dict[int, tuple]:
    legs = {}
    for path in lab.ctl("rs1", "path")["paths"]:
        by_role = {leg["role"]: leg for leg in path["legs"]}
        legs[int(path["path_id"], 16)] = tuple(
            lab.endpoint_of(by_role[role]["outer_address"]) if by_role[role]["bound"] else None
            for role in ("initiator", "responder"))
    return legs


def sessions_of_relay(capture: str, relay_addresses: list[bytes]) -> set[int]:
    """The ids that SIGNAL packets to the relay name."""
    found = set()
    for frame in captured(capture):
        datagram = Datagram.of(frame)
        if datagram and datagram.target in relay_addresses and len(datagram.payload) >= 16 and \
                datagram.name == "SIGNAL":
            found.add(int.from_bytes(datagram.payload[8:16], "big"))
    return found


def relay_of_lab(capture: str) -> Relay:
    """`capture` says which sessions there are; none if it is empty."""
    mac = bytes.fromhex(lab.ctl("rs1", "port")["ports"][0]["mac"].replace(":", ""))
    addresses = list(RELAY.values())
    return Relay(mac, addresses, live_legs(),
                 sessions_of_relay(capture, addresses) if capture else set())


def to_mac(frame: bytes, mac: bytes, own: bytes) -> bytes:
    return mac + own + frame[12:]


def legitimate() -> list[bytes]:
    return [*HOSTS, *DC.values(), *RELAY.values()]


__all__ = ["DC", "ETHERNET", "RELAY", "ROUTER_MAC", "STRANGER", "legitimate", "live_legs",
           "relay_of_lab", "to_mac"]
