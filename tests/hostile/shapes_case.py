#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Every shape of every type at the relay, the DC and both nodes, twice.

  shapes_case.py CAPTURE-AT-RELAY CAPTURE-AT-DC
"""

from __future__ import annotations

import random
import sys

import lab
import shapes
from facts import DC, RELAY, ROUTER_MAC, STRANGER, legitimate, relay_of_lab, to_mac
from frames import Datagram, ethernet, ip, udp
from judge import Judge, base_frames, counted_by_relay, fail, sleep_until_budgets_are_full
from memory import Memory
from program_oracle import Dc, Node, heard_in, paths_in

RATE = 10000
NAMES = ("DATA", "END", "LEG ask", "LEG answer", "SIGNAL", "HANDSHAKE ask", "HANDSHAKE answer",
         "COOKIE ask", "COOKIE answer")
LEGS_WITHIN_BUDGET = 40


def complete(found: dict[str, bytes], others: dict[str, bytes], target: dict[int, bytes]) -> dict[str, bytes]:
    """One of each type and family to that target: captured on its way there, or else what was
    captured elsewhere, addressed to it by a stranger."""
    made = {}
    for family in (4, 6):
        for name in NAMES:
            key = f"{name} v{family}"
            if key in found:
                made[key] = found[key]
                continue
            other = others.get(key) or others.get(f"{name} v{10 - family}")
            if other is None:
                fail(f"no {name} was captured")
            segment = udp(STRANGER[family], target[family], (4000, 9770), Datagram.of(other).payload)
            made[key] = ethernet(bytes(6), bytes(6), ip(STRANGER[family], target[family], segment))
    return made


def main() -> None:
    captures = sys.argv[1:]
    own = lab.mac_of("atk", "eth0")
    relay = relay_of_lab(captures[0])
    judge = Judge(relay, lab.Sender("atk", "eth0", RATE), legitimate())
    everything = base_frames(captures, lambda datagram: True)
    at_relay = {name: to_mac(frame, relay.mac, own) for name, frame in complete(base_frames(
        captures[:1], lambda it: it.target in RELAY.values()), everything, RELAY).items()}
    captured_at_dc = base_frames(captures[1:], lambda it: it.target in DC.values())
    at_dc = {name: to_mac(frame, ROUTER_MAC, own)
             for name, frame in complete(captured_at_dc, everything, DC).items()}
    to_nodes = {name: to_mac(frame, ROUTER_MAC, own) for name, frame in base_frames(
        captures, lambda it: it.target not in (*RELAY.values(), *DC.values())).items()}
    dc = Dc(heard_in(Datagram.of(frame).payload for frame in captured_at_dc.values()))
    heard_by_nodes = heard_in(Datagram.of(frame).payload for frame in to_nodes.values())

    memory = Memory()
    for number in (1, 2):
        print(f"-- round {number}", flush=True)
        for name, frame in at_relay.items():
            judge.at_relay(name, [made for shape in shapes.SHAPES for made in shape(frame)])
        judge.nothing_moved("at the relay")
        for name, frame in at_dc.items():
            frames = [made for shape in shapes.INNER_SHAPES for made in shape(frame)]
            judge.at_program(f"{name} at the DC", frames, dc)
        judge.nothing_moved("at the DC")
        for name, frame in to_nodes.items():
            frames = [made for shape in shapes.INNER_SHAPES for made in shape(frame)]
            node = Node(paths_in([Datagram.of(frame).payload]), heard_by_nodes)
            judge.at_program(f"{name} at a node", frames, node)
        judge.nothing_moved("at the nodes")
        memory.note_round()
    legs_within_their_budget(judge, at_relay)
    if complaint := memory.complaint(most_kib=512, most_lines=20):
        fail(complaint)
    print(f"   {judge.sent} frames sent, each with its reason", flush=True)


def legs_within_their_budget(judge: Judge, at_relay: dict[str, bytes]) -> None:
    """So many turned bits as the control thread gets to see are all found there."""
    for family in (4, 6):
        sleep_until_budgets_are_full()
        all_bits = list(shapes.flipped_inside(at_relay[f"LEG ask v{family}"]))
        frames = random.Random(family).sample(all_bits[8 * 16:], LEGS_WITHIN_BUDGET)
        judge.counted(f"LEG ask v{family} within its budget", frames,
                      {"requests_with_bad_tag": LEGS_WITHIN_BUDGET}, counted_by_relay)


if __name__ == "__main__":
    main()
