# SPDX-License-Identifier: BSD-3-Clause
"""What the programs hold, from one round of a case to the next: resident memory, the relay's packet
buffers, and log lines."""

from __future__ import annotations

import lab


class Memory:
    PROGRAMS = ("dc1", "rs1", "mn", "cn")

    def __init__(self) -> None:
        self.rounds: list[dict[str, int]] = []
        self.buffers = lab.buffers_in_use()
        self.lines = {host: lab.log_lines(host) for host in self.PROGRAMS}

    def note_round(self) -> None:
        self.rounds.append({host: lab.resident_kib(host) for host in self.PROGRAMS})

    def complaint(self, most_kib: int, most_lines: int) -> str:
        """Empty if the second round needed no more than the first left, and no packet buffer is gone."""
        first, last = self.rounds[-2:]
        complaints = []
        for host in self.PROGRAMS:
            grown = last[host] - first[host]
            lines = lab.log_lines(host) - self.lines[host]
            print(f"   {host}: {first[host]} KiB after the first round, {grown:+} after the second, "
                  f"{lines} log lines in all", flush=True)
            if grown > most_kib:
                complaints.append(f"{host} grew by {grown} KiB")
            if lines > most_lines:
                complaints.append(f"{host} logged {lines} lines")
        buffers = lab.buffers_in_use()
        print(f"   rs1: {buffers} packet buffers in use, {self.buffers} before", flush=True)
        if buffers > self.buffers:
            complaints.append(f"rs1 uses {buffers} packet buffers, not {self.buffers}")
        return ", ".join(complaints)
