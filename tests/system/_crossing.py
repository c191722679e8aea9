#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Numbered datagrams to echo servers and back, while their sender moves.

usage: _crossing.py echo PORT            sends each datagram back, with the sender's endpoint behind it
       _crossing.py send MICROSECONDS-APART NOW LOG NAME=ADDRESS:PORT...
                                         to each of them at this pace, until SIGTERM. NOW is a file that
                                         says, for each NAME, when the newest answered one was sent; LOG
                                         gets in the end all that was sent, with what came of it
       _crossing.py forget               in the namespace of a NAT: all its mappings are gone
       _crossing.py lost LOG FROM TO     how many sent between the two times have no answer
       _crossing.py seen LOG NAME        the endpoints as which the sender was seen there, one a line
       _crossing.py table LOG MARKS      from the marks "TIME FROM TO": for each NAME the longest time
                                         without an answer after each move, until the next
"""

import json
import os
import select
import signal
import socket
import struct
import sys
import time
from pathlib import Path

HEAD = struct.Struct("!Qd")
RECEIVE_BUFFER = 1 << 22


def echo(port: int) -> None:
    at = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    at.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
    at.bind(("", port))
    while True:
        data, sender = at.recvfrom(2000)
        at.sendto(data[: HEAD.size] + f"{sender[0]}:{sender[1]}".encode(), sender)


class Flow:
    def __init__(self, text: str) -> None:
        self.name, _, target = text.partition("=")
        address, _, port = target.rpartition(":")
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        self.socket.bind(("", 0))
        self.socket.setblocking(False)
        self.target = (address, int(port))
        self.sent: list[float] = []
        self.came: dict[int, float] = {}
        self.seen_as: list[str] = []
        self.newest = 0.0
        self.refused = 0

    # An unconnected socket takes its source address anew each time, and hears of no ICMP error.
    def send(self, fill: bytes) -> None:
        now = time.time()
        try:
            self.socket.sendto(HEAD.pack(len(self.sent), now) + fill, self.target)
        except OSError:
            self.refused += 1
        self.sent.append(now)

    def receive(self) -> None:
        while True:
            try:
                data = self.socket.recv(2000)
            except BlockingIOError:
                return
            number, sent = HEAD.unpack_from(data)
            self.came.setdefault(number, time.time())
            self.newest = max(self.newest, sent)
            seen_as = data[HEAD.size :].decode()
            if seen_as not in self.seen_as:
                self.seen_as.append(seen_as)

    def account(self) -> dict:
        return {
            "name": self.name,
            "seen_as": self.seen_as,
            "sent": [[sent, self.came.get(number)] for number, sent in enumerate(self.sent)],
        }


def send(apart: float, now_file: str, log: str, flows: list[Flow]) -> None:
    is_over = []
    signal.signal(signal.SIGTERM, lambda *_: is_over.append(True))
    fill = bytes(64)
    due = time.monotonic()
    tell = due
    while not is_over:
        left = due - time.monotonic()
        if left > 0:
            for ready in select.select([flow.socket for flow in flows], [], [], left)[0]:
                next(flow for flow in flows if flow.socket is ready).receive()
            continue
        for flow in flows:
            flow.send(fill)
        # Never a burst after a pause.
        due = max(due + apart, time.monotonic() - apart)
        if time.monotonic() >= tell:
            tell = time.monotonic() + 0.02
            Path(now_file + ".new").write_text(json.dumps({flow.name: flow.newest for flow in flows}))
            os.replace(now_file + ".new", now_file)
    ends = time.monotonic() + 1
    while (left := ends - time.monotonic()) > 0:
        select.select([flow.socket for flow in flows], [], [], left)
        for flow in flows:
            flow.receive()
    Path(log).write_text(json.dumps([flow.account() for flow in flows]))


# What conntrack -F does: ctnetlink's "delete" that names no entry deletes all.
def forget() -> None:
    netfilter, delete = 12, (1 << 8) | 2
    request, acknowledge = 1, 4
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, netfilter) as kernel:
        body = struct.pack("=BBH", socket.AF_UNSPEC, 0, 0)
        kernel.send(struct.pack("=IHHII", 16 + len(body), delete, request | acknowledge, 1, 0) + body)
        error = struct.unpack_from("=i", kernel.recv(4096), 16)[0]
    if error:
        raise OSError(-error, os.strerror(-error))


def longest_silence(sent: list, after: float, until: float) -> float:
    came = sorted(at for _, at in sent if at is not None and after - 1 <= at < until)
    gaps = [(later - earlier) for earlier, later in zip(came, came[1:]) if later >= after]
    return max(gaps, default=until - after)


def table(log: str, marks_file: str) -> None:
    flows = json.loads(Path(log).read_text())
    marks = [line.split() for line in Path(marks_file).read_text().splitlines()]
    print(f"{'move':22}" + "".join(f"{'to ' + flow['name']:>14}" for flow in flows))
    ends = [float(mark[0]) for mark in marks[1:]] + [float("inf")]
    for (at, start, to), until in zip(marks, ends):
        silences = [longest_silence(flow["sent"], float(at), until) for flow in flows]
        print(f"{start + ' -> ' + to:22}" + "".join(f"{silence * 1000:11.0f} ms" for silence in silences))


def main(action: str, words: list[str]) -> None:
    if action == "echo":
        echo(int(words[0]))
    elif action == "send":
        send(int(words[0]) / 1e6, words[1], words[2], [Flow(word) for word in words[3:]])
    elif action == "forget":
        forget()
    elif action == "lost":
        flows = json.loads(Path(words[0]).read_text())
        start, end = float(words[1]), float(words[2])
        print(sum(came is None and start <= at < end for flow in flows for at, came in flow["sent"]))
    elif action == "seen":
        flows = json.loads(Path(words[0]).read_text())
        print("\n".join(next(flow["seen_as"] for flow in flows if flow["name"] == words[1])))
    else:
        table(words[0], words[1])


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
