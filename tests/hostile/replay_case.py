#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Whole captures once more: in order, shuffled, from the addresses they came from and from others,
at the relay, at the DC and at the nodes.

  replay_case.py nothing|rs1|dc1 CAPTURE-AT-RELAY CAPTURE-AT-DC      what has started anew since
"""

from __future__ import annotations

import random
import sys
from typing import Callable

import lab
from facts import DC, RELAY, ROUTER_MAC, STRANGER, legitimate, live_legs, relay_of_lab, to_mac
from frames import PORT, Datagram, ethernet_frames, with_source
from judge import Judge, fail
from memory import Memory
from program_oracle import Dc, Heard, Node, Nodes, end_of, heard_in, paths_in

RATE = 3000
EXACT_AT_NODES = ("DATA", "SIGNAL", "HANDSHAKE answer", "COOKIE answer")


def family_of(frame: bytes) -> int:
    return 6 if frame[12:14] == b"\x86\xdd" else 4


def from_elsewhere(frames: list[bytes], mac: bytes, own: bytes) -> list[bytes]:
    return [to_mac(with_source(frame, STRANGER[family_of(frame)], 4000 + number % 50), mac, own)
            for number, frame in enumerate(frames)]


def orders_of(frames: list[bytes]) -> list[tuple[str, list[bytes]]]:
    made = [("in order", frames), ("backwards", frames[::-1])]
    for seed in (1, 2):
        made.append((f"shuffled {seed}", random.Random(seed).sample(frames, len(frames))))
    return made


class Capture:
    def __init__(self, paths: list[str]) -> None:
        self.frames = []
        for path in paths:
            for frame in ethernet_frames(path):
                datagram = Datagram.of(frame)
                if datagram and PORT in datagram.ports and len(datagram.payload) >= 16:
                    self.frames.append((frame, datagram))

    def to(self, targets: list[tuple[bytes, int]], names: tuple[str, ...] = ()) -> list[bytes]:
        return [frame for frame, datagram in self.frames
                if (datagram.target, datagram.ports[1]) in targets
                and (not names or datagram.name in names)]


def heard(frames: list[bytes], is_of: Callable[[Datagram], bool] = lambda datagram: True) -> Heard:
    return heard_in(each.payload for each in map(Datagram.of, frames) if is_of(each))


def has_token(frame: bytes) -> bool:
    """Message 1 with one that its source was given: for 120 s it is opened and answered as it was the
    first time, and leaves an unconfirmed session for 5 s (docs/protocol.md section 4.0)."""
    datagram = Datagram.of(frame)
    return datagram.name == "HANDSHAKE ask" and any(datagram.payload[16:32])


def at_dc(judge: Judge, all_frames: list[bytes], oracle: Dc, own: bytes) -> None:
    frames = [frame for frame in all_frames if not has_token(frame)]
    for order, ordered in orders_of(frames):
        judge.at_program(f"at the DC {order}", [to_mac(each, ROUTER_MAC, own) for each in ordered], oracle)
        judge.at_program(f"at the DC {order} from elsewhere", from_elsewhere(ordered, ROUTER_MAC, own), oracle)
    with_token = [to_mac(frame, ROUTER_MAC, own) for frame in all_frames if has_token(frame)]
    judge.sender.send(with_token)
    print(f"   handshakes with tokens at the DC: {len(with_token)} sent", flush=True)


def at_nodes(judge: Judge, capture: Capture, has_new_dc: bool, own: bytes) -> None:
    """Those that still reach a node; what a LEG or an END hints at may be asked again, not more."""
    nodes = {each["outside"] for each in lab.ctl("dc1", "node")["nodes"]}
    ends = [lab.endpoint_of(each) for each in nodes if each]
    ends += [leg for legs in live_legs().values() for leg in legs if leg]
    exact = capture.to(ends, EXACT_AT_NODES)
    sessions = {} if has_new_dc else heard(exact)
    datagrams = list(map(Datagram.of, exact))
    oracle = Nodes({end: Node(paths_in(each.payload for each in datagrams if end_of(each) == end), sessions)
                    for end in set(map(end_of, datagrams))})
    for order, frames in orders_of(exact):
        judge.at_program(f"at the nodes {order}", [to_mac(each, ROUTER_MAC, own) for each in frames], oracle)
    hints = [to_mac(each, ROUTER_MAC, own) for each in capture.to(ends, ("LEG answer", "END"))]
    judge.sender.send(hints)
    print(f"   hints at the nodes: {len(hints)} sent", flush=True)


def main() -> None:
    anew = sys.argv[1]
    own = lab.mac_of("atk", "eth0")
    capture = Capture(sys.argv[2:])
    relay = relay_of_lab(sys.argv[2] if anew == "nothing" else "")
    judge = Judge(relay, lab.Sender("atk", "eth0", RATE), legitimate())
    to_relay = capture.to([(each, PORT) for each in RELAY.values()])
    to_dc = capture.to([(each, PORT) for each in DC.values()])
    if min(len(to_relay), len(to_dc)) < 20:
        fail(f"only {len(to_relay)} captured at the relay, {len(to_dc)} at the DC")
    # Of a peer that has started anew no session stands; nor any of one that has itself.
    dc = Dc({} if anew == "dc1" else heard(
        to_dc, lambda datagram: anew != "rs1" or datagram.source not in RELAY.values()))
    memory = Memory()
    # One round more where the first one has left the memory that the second is held against.
    for number in (1, 2) if anew == "nothing" else (1,):
        print(f"-- round {number}", flush=True)
        for order, frames in orders_of(to_relay):
            judge.at_relay(f"at the relay {order}", [to_mac(each, relay.mac, own) for each in frames])
            judge.at_relay(f"at the relay {order} from elsewhere", from_elsewhere(frames, relay.mac, own))
        judge.nothing_moved("replays at the relay")
        at_dc(judge, to_dc, dc, own)
        judge.nothing_moved("replays at the DC")
        at_nodes(judge, capture, anew == "dc1", own)
        judge.nothing_moved("replays at the nodes")
        memory.note_round()
    if anew == "nothing" and (complaint := memory.complaint(most_kib=512, most_lines=20)):
        fail(complaint)
    print(f"   {judge.sent} frames sent", flush=True)


if __name__ == "__main__":
    main()
