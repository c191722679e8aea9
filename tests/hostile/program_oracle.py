# SPDX-License-Identifier: BSD-3-Clause
"""Under which of their counters the DC and a node must count a datagram that is not to be obeyed, said
a second time from docs/protocol.md and docs/counters.md."""

from __future__ import annotations

import dataclasses
from typing import Iterable, NamedTuple

from frames import NTM, Datagram
from oracle import COOKIE, COOKIE_SIZE, DATA, END, HANDSHAKE, LEG, SHORTEST_HANDSHAKE, SIGNAL, Endpoint

TAG = 16
LONGEST_SIGNAL = 1200
NEVER_REACHED = 1 << 24
Heard = dict[int, int]  # by the id of a session that stands: a counter that has come
# Its source has a session, its run is over, or nobody knows the key in it.
GREETED = "bad_handshake|token_demanded|handshake_limited|handshake_repeated|past_run"


def is_ntm(payload: bytes) -> bool:
    return len(payload) >= NTM and payload[0] >> 4 == 1 and payload[0] & 15 <= END


def is_answer(payload: bytes) -> bool:
    return bool(payload[1] & 4)


def id_of(payload: bytes) -> int:
    return int.from_bytes(payload[8:16], "big")


def is_cookie(payload: bytes) -> bool:
    return len(payload) == COOKIE_SIZE and id_of(payload) == 0


def numbered_fate(payload: bytes, heard: int) -> str:
    """Of what is sealed under a counter: the window is asked before the tag. Nothing is said of who
    sends on, and so of the counters between `heard` and a number that nobody gets to."""
    counter = int.from_bytes(payload[2:8], "big")
    if counter <= heard:
        return "replayed"
    return "bad_tag" if counter >= NEVER_REACHED else "replayed|bad_tag"


def signalling_fate(payload: bytes, sessions: Heard) -> str:
    """Of SIGNAL and HANDSHAKE, where these sessions stand."""
    if len(payload) > LONGEST_SIGNAL:
        return "malformed"
    if payload[0] & 15 == HANDSHAKE and not is_answer(payload):
        is_one = len(payload) >= SHORTEST_HANDSHAKE and id_of(payload) == 0
        return GREETED if is_one else "bad_handshake"
    if id_of(payload) not in sessions:
        return "unknown_session"
    if payload[0] & 15 == HANDSHAKE:
        return "replayed"
    return "malformed" if len(payload) < NTM + TAG else numbered_fate(payload, sessions[id_of(payload)])


@dataclasses.dataclass
class Dc:
    sessions: Heard

    def fate_of(self, datagram: Datagram) -> str:
        payload = datagram.payload
        if not is_ntm(payload):
            return "bad_header"
        kind = payload[0] & 15
        if kind in (SIGNAL, HANDSHAKE):
            return signalling_fate(payload, self.sessions)
        if kind in (DATA, LEG, END) or is_answer(payload):
            return "not_for_a_dc"
        return "cookies_answered|cookies_limited" if is_cookie(payload) else "cookies_malformed"


class Path(NamedTuple):
    role: int  # the node's
    heard: int  # a counter of DATA that has come


@dataclasses.dataclass
class Node:
    """Of relayed paths."""

    paths: dict[int, Path]
    sessions: Heard

    def fate_of(self, datagram: Datagram) -> str:
        payload = datagram.payload
        if not is_ntm(payload):
            return "malformed_datagram"
        kind = payload[0] & 15
        if kind in (SIGNAL, HANDSHAKE):
            fate = signalling_fate(payload, self.sessions)
            return "|".join(f"signal_{name}" for name in fate.split("|"))
        if kind == COOKIE:
            return self._cookie(payload)
        if id_of(payload) not in self.paths:
            return "unknown_path"
        return self._of_path(kind, payload)

    @staticmethod
    def _cookie(payload: bytes) -> str:
        if not is_cookie(payload):
            return "malformed_datagram"
        if not is_answer(payload):
            return "cookie_ask"
        return "unknown_cookie" if payload[50] in (4, 6) else "malformed_datagram"

    def _of_path(self, kind: int, payload: bytes) -> str:
        is_own = payload[1] & 1 == self.paths[id_of(payload)].role
        if kind == LEG:
            return "bad_tag" if is_own and is_answer(payload) else "wrong_role"
        if is_own:
            return "wrong_role"
        if kind == END:
            return "bad_tag"
        if len(payload) < NTM + TAG:
            return "malformed_datagram"
        return numbered_fate(payload, self.paths[id_of(payload)].heard)


def end_of(datagram: Datagram) -> Endpoint:
    return datagram.target, datagram.ports[1]


@dataclasses.dataclass
class Nodes:
    """By where each is reached."""

    at: dict[Endpoint, Node]

    def fate_of(self, datagram: Datagram) -> str:
        return self.at[end_of(datagram)].fate_of(datagram)


def heard_in(payloads: Iterable[bytes]) -> Heard:
    """By the ids of SIGNAL packets among them."""
    found: Heard = {}
    for payload in payloads:
        if payload[0] == 0x12:
            found[id_of(payload)] = max(found.get(id_of(payload), 0), int.from_bytes(payload[2:8], "big"))
    return found


def paths_in(payloads: Iterable[bytes]) -> dict[int, Path]:
    """By the path ids of what was sent to nodes of those roles: LEG names that of whose leg it is, DATA
    and END that of the sender."""
    found: dict[int, Path] = {}
    for payload in payloads:
        kind, role = payload[0] & 15, payload[1] & 1
        if kind in (DATA, LEG, END):
            counter = int.from_bytes(payload[2:8], "big")
            heard = max(counter, found[id_of(payload)].heard if id_of(payload) in found else 0)
            found[id_of(payload)] = Path(role if kind == LEG else 1 - role, heard)
    return found
