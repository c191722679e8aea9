# SPDX-License-Identifier: BSD-3-Clause
"""Counters held against what must be counted, to the last one.

A fate is the name of a counter, or of several with | between them, one of which counts.
"""

from __future__ import annotations

import collections
from typing import Iterable, NamedTuple

import lab
from oracle import FRAGMENT, Relay

PATIENCE = 5.0
SAMPLES = 100
Fates = collections.Counter  # of str


def disagreement(fates: Fates, rise: dict[str, int]) -> str:
    """Empty if each fate is found among its counters, and nothing else was counted."""
    parts: list[tuple[set[str], int]] = []
    # Fragments go when their time is over, whatever comes.
    for fate, number in {FRAGMENT: 0, **fates}.items():
        names = set(fate.split("|"))
        for other in [each for each in parts if each[0] & names]:
            parts.remove(other)
            names, number = names | other[0], number + other[1]
        parts.append((names, number))
    foreseen = set().union(*(names for names, _ in parts))
    complaints = [f"{rise[name]} {name} for nothing" for name in rise if name not in foreseen]
    for names, number in parts:
        counted = sum(rise.get(name, 0) for name in names)
        if counted != number:
            complaints.append(f"{counted} {' or '.join(sorted(names))} for {number}")
    return ", ".join(complaints)


class Counted(NamedTuple):
    """By the relay: what frames ended as, and how many there were."""

    ends: dict[str, int]
    received: int
    transmitted: int
    missed: int
    imbalance: int

    @classmethod
    def now(cls) -> Counted:
        dropped, workers = lab.ask("rs1", "drop"), lab.ask("rs1", "worker")["workers"]
        port = lab.ask("rs1", "port")["ports"][0]
        ends = {each["name"]: each["packets"] for each in dropped["drops"]}
        for each in workers:
            for name, count in each["punted_by_class"].items():
                ends[f"punted {name}"] = ends.get(f"punted {name}", 0) + count
        flow = dropped["packets"]
        ends["held"] = flow["held"]
        ends["cookies answered"] = sum(each["cookies_answered"] for each in workers)
        ends["relayed"] = flow["transmitted"] - flow["injected"] - ends["cookies answered"]
        # What came between the reading of both counts as imbalance.
        later = sum(each["packets"]["received"] for each in workers) - flow["received"]
        return cls(ends, flow["received"], flow["transmitted"], port["missed"], flow["imbalance"] + later)


class RelayAccount:
    """Every frame that goes to the relay, whosever it is, against the relay's counters: each under the
    reason that its oracle says, none lost on the way, and as many going out as it says to have sent."""

    def __init__(self, relay: Relay) -> None:
        self.relay = relay
        self.tap = lab.Tap(lab.far_end("rs1"))
        self.came: list[bytes] = []
        self.went: list[bytes] = []
        if not lab.wait_until(PATIENCE, self._begin):
            raise AssertionError("the relay is never at rest")

    def _collect(self) -> bool:
        came, went = self.tap.take()
        self.came += came
        self.went += went
        return bool(came or went)

    def _begin(self) -> bool:
        """What has passed the cable is counted a little later, if at all, and never sooner: nothing was
        under way when the count was as close as ever."""
        samples = []
        for _ in range(SAMPLES):
            counted = Counted.now()
            self._collect()
            came, went = len(self.came), len(self.went)
            samples.append((counted.received - came, counted.transmitted - went, counted, came, went))
        closest = max(each[0] for each in samples), max(each[1] for each in samples)
        at_rest = [each for each in samples if each[:2] == closest and not each[2].imbalance]
        if at_rest:
            _, _, self.before, came, went = at_rest[-1]
            self.came, self.went = self.came[came:], self.went[went:]
        return bool(at_rest)

    def _unsettled(self, now: Counted) -> str:
        """Empty if all that has passed since the last open() is counted, and nothing else."""
        if self._collect():
            return "it goes on and on"
        numbers = {"imbalance": (now.imbalance, 0), "missed": (now.missed - self.before.missed, 0),
                   "received": (now.received - self.before.received, len(self.came)),
                   "transmitted": (now.transmitted - self.before.transmitted, len(self.went))}
        return ", ".join(f"{name} is {found}, not {wanted}" for name, (found, wanted) in numbers.items()
                         if found != wanted)

    def open(self) -> None:
        """A new account from now on."""
        complaint = ""

        def is_settled() -> bool:
            nonlocal complaint
            self._collect()
            now = Counted.now()
            complaint = self._unsettled(now)
            if not complaint:
                self.before, self.came, self.went = now, [], []
            return not complaint

        if not lab.wait_until(PATIENCE, is_settled):
            raise AssertionError(f"between two cases: {complaint}")

    def close(self, sent: Iterable[bytes]) -> tuple[Fates, str]:
        """What became of all that came since open(), those sent among it; and a complaint if that is
        not what was counted."""
        wanted, fates, judged = collections.Counter(sent), collections.Counter(), 0
        complaint = ""

        def is_settled() -> bool:
            nonlocal complaint, judged
            self._collect()
            for frame in self.came[judged:]:
                fates.update(self.relay.fates_of(frame))
                wanted[frame] -= 1
            judged = len(self.came)
            missing = sum((+wanted).values())
            now = Counted.now()
            complaint = (f"{missing} did not pass the cable" if missing else self._unsettled(now)
                         or disagreement(fates, lab.rise(self.before.ends, now.ends)))
            return not complaint

        lab.wait_until(PATIENCE, is_settled)
        if lost := self.tap.lost():
            complaint = f"the capture lost {lost}"
        return fates, complaint
