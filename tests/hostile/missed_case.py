#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""More frames than the port's queue holds come while the relay does not run: those that a worker gets
and those that the port missed are all that came, to the last one."""

from __future__ import annotations

import os
import signal

import lab
from account import Counted
from facts import RELAY, STRANGER, relay_of_lab
from frames import ethernet, ip, udp
from judge import fail

FRAMES = 5000
RATE = 20_000
PATIENCE = 5.0


class Cable:
    """How many frames have passed it on their way to the relay."""

    def __init__(self) -> None:
        self.tap, self.count = lab.Tap(lab.far_end("rs1")), 0

    def came(self) -> int:
        self.count += len(self.tap.take()[0])
        return self.count


def main() -> None:
    relay, own = relay_of_lab(), lab.mac_of("atk", "eth0")
    segment = udp(STRANGER[4], RELAY[4], (4000, 9770), b"\x10" + bytes(60))
    frame = ethernet(relay.mac, own, ip(STRANGER[4], RELAY[4], segment))
    program, cable, before = lab.pid_of("rs1"), Cable(), Counted.now()
    os.kill(program, signal.SIGSTOP)
    try:
        lab.Sender("atk", "eth0", RATE).send([frame] * FRAMES)
        lab.wait_until(PATIENCE, lambda: cable.came() >= FRAMES)
    finally:
        os.kill(program, signal.SIGCONT)
    received = missed = 0

    def are_all_there() -> bool:
        nonlocal received, missed
        now = Counted.now()
        received, missed = now.received - before.received, now.missed - before.missed
        return received + missed == cable.came()

    is_settled = lab.wait_until(PATIENCE, are_all_there)
    print(f"   {cable.count} came: {received} received, {missed} missed", flush=True)
    if lost := cable.tap.lost():
        fail(f"the capture lost {lost}")
    if not is_settled or not missed:
        fail("what came is not what was received and missed")


if __name__ == "__main__":
    main()
