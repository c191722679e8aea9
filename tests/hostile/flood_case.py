#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Floods of ten times what each class may have, at the DC and at the relay: meanwhile a known node
that starts anew registers within its time, and where it is the relay that is flooded, gets a path and
an answer by it too; no more passes than a class may have; and the path of others loses nothing. Runs in the
namespace of that node.

  flood_case.py classes|million DC-KEY KEY-FILE OWN-NAME PEER CAPTURE-AT-RELAY CAPTURE-AT-DC
"""

from __future__ import annotations

import base64
import json
import pathlib
import socket
import subprocess
import sys
import time
from typing import NamedTuple

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))
import lab
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from account import PATIENCE, Counted
from facts import DC, RELAY, ROUTER_MAC, STRANGER, live_legs, sessions_in
from frames import ethernet, ethernet_frames, ip, udp
from judge import fail
from memory import Memory
from ntm_client import Client, pb
from ntm_wire import Header
from oracle import COOKIE_ASKED, GREETED, LEG_ASKED, SIGNALLED

SECONDS = 3  # of asking too often
MOST_SECONDS = 6  # of a flood that waits for the node
REGISTERED_WITHIN = 2.0
SPOOFED = 1_000_000
DIRECTIONS = 20  # a second, of one node
LINK_BYTES = 14
NODE_BYTES = 8192  # what the node that starts anew gets meanwhile
GREETED_ANSWERS = "signaling: bad_handshake|signaling: token_demanded"
OTHERS = 3000  # frames of the stream, the node and the DC meanwhile


class Budget(NamedTuple):
    """So many may pass, by these of the counters that outcomes() gives, and some do."""

    counters: str
    per_second: int
    at_once: int

    def breach(self, counted: dict[str, int], seconds: float) -> str:
        passed = sum(counted.get(name, 0) for name in self.counters.split("|"))
        # The last of them are taken a little later than they are sent.
        most = self.at_once + self.per_second * (seconds + 0.5)
        if self.at_once / 2 <= passed <= most:
            return ""
        return f"{passed} passed as {self.counters}, not {self.at_once / 2:.0f} to {most:.0f}"


class Flood(NamedTuple):
    name: str
    at: str  # "dc1" or "rs1"
    payloads: list[bytes]
    sources: str  # "random" or "fixed"
    limit: int  # a second, of this class and such sources
    times: int = 10
    demands_tokens: bool = False
    counted_as: str = ""  # by the relay's workers
    budget: Budget | None = None


def padded(front: bytes, length: int) -> bytes:
    return (front + bytes(range(1, 256)) * 8)[:length]


def handshake(token: bytes = bytes(16)) -> bytes:
    return padded(b"\x13" + bytes(15) + token, 148)


def with_id(kind: int, name: int, length: int, flags: int = 0) -> bytes:
    return padded(bytes([0x10 | kind, flags]) + b"\x00\xff\xff\xff\xff\xf0" + name.to_bytes(8, "big"), length)


def signal_ids(capture: str, targets: list[bytes]) -> list[int]:
    return list(sessions_in(ethernet_frames(capture), targets).values())


class Sending:
    """The fast sender in the stranger's namespace."""

    def __init__(self, flood: Flood, macs: dict[str, bytes], count: int, rate: int) -> None:
        own, target = STRANGER[4], (RELAY if flood.at == "rs1" else DC)[4]
        lines = []
        for number, payload in enumerate(flood.payloads):
            segment = udp(own, target, (5000 + number, 9770), payload)
            lines.append(ethernet(macs[flood.at], macs["own"], ip(own, target, segment)).hex())
        self.process = subprocess.Popen(
            ["ip", "netns", "exec", f"{lab.NAME}-atk", lab.BUILD / "tests/hostile/hostile-flood", "eth0",
             str(count), str(rate), flood.sources], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.process.stdin.write("\n".join(lines))
        self.process.stdin.close()

    def is_over(self) -> bool:
        return self.process.poll() is not None

    def end(self) -> dict[str, float]:
        self.process.terminate()
        return self.result()

    def result(self) -> dict[str, float]:
        return json.loads(self.process.stdout.read())


class Inflow:
    """Frames that the cable has brought to the relay's port, whosever: each is received or missed."""

    def __init__(self) -> None:
        self.cable = lab.Link("inet", lab.far_end("rs1"))
        if not lab.wait_until(PATIENCE, self._read):
            fail("the relay is never at rest")
        self.came_before, self.before = self.came, self.now

    def _read(self) -> bool:
        """False if something passed meanwhile."""
        self.came = self.cable.sent()
        self.now = Counted.now()
        return self.came == self.cable.sent() and not self.now.imbalance

    def check(self, what: str, names: set[str], sent: int) -> None:
        """The flood is counted under these names, and there is not more of it."""
        came = received = missed = 0

        def is_settled() -> bool:
            nonlocal came, received, missed
            is_quiet = self._read()
            came = self.came - self.came_before
            received, missed = self.now.received - self.before.received, self.now.missed - self.before.missed
            return is_quiet and came == received + missed

        if not lab.wait_until(PATIENCE, is_settled):
            fail(f"{what}: {came} came, {received} received and {missed} missed")
        ends = lab.rise(self.before.ends, self.now.ends)
        found = sum(count for name, count in ends.items() if name in names)
        print(f"   {what}: {found} of {received} received are the flood's, {missed} missed", flush=True)
        if not received - OTHERS <= found <= sent + OTHERS:
            fail(f"{what}: {sent} sent, {received} received, but {ends}")


class Outflow:
    """IP bytes that a host sends, as the far end of its cable counts them, without what it sends at
    rest."""

    def __init__(self, host: str) -> None:
        self.host, self.at_rest = host, 0.0
        before = self._bytes()
        time.sleep(1)
        self.at_rest = float(self._bytes() - before)

    def _bytes(self) -> int:
        link = json.loads(lab.at("inet", "ip", "-j", "-s", "link", "show", "dev", f"{self.host}-eth0"))[0]
        by = link["stats64"]["rx"]
        return by["bytes"] - LINK_BYTES * by["packets"]

    def begin(self) -> None:
        self.began, self.before = time.monotonic(), self._bytes()

    def end(self) -> float:
        return max(0.0, self._bytes() - self.before - 1.2 * self.at_rest * (time.monotonic() - self.began))


def sent_bytes(flood: Flood, sent: int) -> float:
    return sent * sum(28 + len(each) for each in flood.payloads) / len(flood.payloads)


def outcomes(host: str) -> dict[str, int]:
    if host == "dc1":
        return {name: count for name, count in lab.ctl("dc1", "status")["counters"].items() if name != "received"}
    status = lab.ctl("rs1", "status")
    worker = lab.ctl("rs1", "worker")["workers"]
    return {**lab.drops(), **{f"control: {name}": count for name, count in status["control"].items()},
            **{f"signaling: {name}": count for name, count in status["signaling"].items() if name != "received"},
            "cookies_answered": sum(each["cookies_answered"] for each in worker)}


def demands_tokens(host: str, before: dict[str, int]) -> bool:
    name = {"dc1": "token_demanded", "rs1": "signaling: token_demanded"}[host]
    return lab.rise(before, outcomes(host)).get(name, 0) >= 10


class Node:
    """Of this namespace, known to the DC; each run is a new one."""

    def __init__(self, dc_key: bytes, key_file: str, name: str, peer: str) -> None:
        self.dc_key, self.name, self.peer = dc_key, name, peer
        self.key = X25519PrivateKey.from_private_bytes(base64.b64decode(pathlib.Path(key_file).read_text()))

    def registers_within(self, and_reaches_peer: bool = False) -> float:
        began = time.monotonic()
        client = Client((socket.inet_ntoa(DC[4]), 9770), self.dc_key, self.key)
        client.connect()
        client.register(self.name)
        if and_reaches_peer:
            client.direct(self.peer)
            client.bind()
            client.ping()
        took = time.monotonic() - began
        if and_reaches_peer:
            client.release()
        client.socket.close()
        return took


def run(flood: Flood, node: Node, macs: dict[str, bytes], out: Outflow) -> None:
    rate, is_at_relay = flood.limit * flood.times, flood.at == "rs1"
    before, inflow = outcomes(flood.at), Inflow()
    out.begin()
    sending = Sending(flood, macs, rate * MOST_SECONDS, rate)
    took = []
    time.sleep(1)  # until the budgets are used up, and the node's own two Registrations a second are not
    if flood.demands_tokens and not lab.wait_until(PATIENCE, lambda: demands_tokens(flood.at, before)):
        fail(f"{flood.name}: no token was demanded under load")
    for _ in range(2):
        took.append(node.registers_within(is_at_relay))
    was_during = not sending.is_over()
    result = sending.end()
    came, went = sent_bytes(flood, result["sent"]), out.end()
    counted = {name: n for name, n in lab.rise(before, outcomes(flood.at)).items() if n >= 10}
    print(f"   {flood.name} at {flood.at}: limit {flood.limit}/s, sent {result['per_second']:.0f}/s for "
          f"{result['seconds']:.1f} s; registered within {max(took):.3f} s; bytes out/in {went / came:.2f}; "
          f"{counted}", flush=True)
    if max(took) > REGISTERED_WITHIN or not was_during:
        fail(f"{flood.name}: registered in {took}, during the flood: {was_during}")
    if went > came + NODE_BYTES:
        fail(f"{flood.name}: {came} bytes in, {went} out")
    if sum(counted.values()) < result["sent"] / 20:
        fail(f"{flood.name}: {result['sent']} sent, only {counted} counted")
    if flood.budget and (breach := flood.budget.breach(counted, result["seconds"])):
        fail(f"{flood.name}: {breach}")
    if is_at_relay:
        inflow.check(flood.name, {*flood.counted_as.split("|"), "punt_ring_full"}, result["sent"])


def ask_too_often(dc_key: bytes, key_file: str, name: str, node: Node) -> None:
    """Direction Requests of a node that the DC knows, ten times of what one may make."""
    key = X25519PrivateKey.from_private_bytes(base64.b64decode(pathlib.Path(key_file).read_text()))
    busy = lab.within("atk", lambda: Client((socket.inet_ntoa(DC[4]), 9770), dc_key, key))
    busy.connect()
    busy.register(name)
    statuses: dict[str, int] = {}
    began, sent, took = time.monotonic(), 0, []
    busy.socket.setblocking(False)
    while (passed := time.monotonic() - began) < SECONDS:
        if sent < passed * 10 * DIRECTIONS:
            busy.last_id += 1
            sent += 1
            body = pb.Signal(id=busy.last_id, direction_request=pb.DirectionRequest(fqdn="nobody.a.ntm.test"))
            busy.socket.sendto(busy.session.seal(body.SerializeToString()), busy.dc)
        try:
            packet = busy.socket.recv(2000)
            answer = pb.Signal.FromString(busy.session.open(Header.unpack(packet), packet) or b"")
            status = pb.Status.Name(answer.status)
            statuses[status] = statuses.get(status, 0) + answer.is_answer
        except BlockingIOError:
            time.sleep(0.001)
        if len(took) < 2 and passed > 1:
            took.append(node.registers_within())
    print(f"   Direction Requests of one node: limit {DIRECTIONS}/s, sent {sent / SECONDS:.0f}/s; registered "
          f"within {max(took):.3f} s; {statuses}", flush=True)
    if max(took) > REGISTERED_WITHIN or statuses.get("STATUS_UNKNOWN_NAME", 0) > DIRECTIONS * (SECONDS + 1.5):
        fail(f"{statuses}, registered in {took}")
    if statuses.get("STATUS_BUSY", 0) < sent / 2:
        fail(f"{sent} asked, {statuses}")


def dc_token() -> bytes:
    """For the stranger's address, port 5000."""
    def make() -> socket.socket:
        asker = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        asker.bind(("", 5000))
        return asker

    with lab.within("atk", make) as asker:
        asker.settimeout(2)
        asker.sendto(b"\x14" + bytes(71), (socket.inet_ntoa(DC[4]), 9770))
        return asker.recv(2000)[24:40]


def floods(captures: list[str]) -> list[Flood]:
    path = next(iter(live_legs()))
    of_relay = signal_ids(captures[0], list(RELAY.values()))[-1:]
    of_dc = signal_ids(captures[1], list(DC.values()))
    cookie = b"\x14" + bytes(71)
    return [
        Flood("HANDSHAKE, made-up sources", "dc1", [handshake()], "random", 500, demands_tokens=True,
              budget=Budget("bad_handshake", 500, 500)),
        Flood("HANDSHAKE, one source", "dc1", [handshake()], "fixed", 500, budget=Budget("bad_handshake", 500, 500)),
        Flood("HANDSHAKE, one source with its token", "dc1", [handshake(dc_token())], "fixed", 1100,
              budget=Budget("bad_handshake", 1100, 1200)),
        Flood("COOKIE, made-up sources", "dc1", [cookie], "random", 1000),
        Flood("COOKIE, one source", "dc1", [cookie], "fixed", 10, 100, budget=Budget("cookies_answered", 10, 10)),
        Flood("SIGNAL of live sessions, forged", "dc1", [with_id(2, each, 200) for each in of_dc], "random", 2000),
        Flood("junk", "dc1", [bytes(100)], "random", 2000),
        Flood("HANDSHAKE, made-up sources", "rs1", [handshake()], "random", 1000, demands_tokens=True,
              counted_as=GREETED, budget=Budget(GREETED_ANSWERS, 1000, 200)),
        Flood("HANDSHAKE, one source", "rs1", [handshake()], "fixed", 1000, counted_as=GREETED,
              budget=Budget(GREETED_ANSWERS, 100, 50)),
        Flood("COOKIE, one source", "rs1", [cookie], "fixed", 5000, counted_as=COOKIE_ASKED,
              budget=Budget("cookies_answered", 5000, 2000)),
        Flood("COOKIE, made-up sources", "rs1", [cookie], "random", 5000, counted_as=COOKIE_ASKED),
        Flood("SIGNAL of a live session, forged", "rs1", [with_id(2, each, 200) for each in of_relay], "fixed",
              4000, counted_as=SIGNALLED, budget=Budget("signaling: bad_tag", 10_000, 1000)),
        Flood("LEG of a live path, forged", "rs1", [with_id(1, path, 132)], "random", 2000, counted_as=LEG_ASKED,
              budget=Budget("control: requests_with_bad_tag", 10, 40)),
        Flood("LEG of no path", "rs1", [with_id(1, 1, 132)], "random", 4000, counted_as="unknown_path"),
        Flood("DATA of a live path from elsewhere", "rs1", [with_id(0, path, 132)], "random", 4000,
              counted_as="wrong_source"),
    ]


def spoofed_million(macs: dict[str, bytes], outflow: dict[str, Outflow]) -> None:
    """At each: the second half needs no memory that the first has not left."""
    flood = Flood("spoofed handshakes", "rs1", [handshake()], "random", 100_000)
    for at, rate in (("rs1", 100_000), ("dc1", 50_000)):
        memory = Memory()
        for _ in (1, 2):
            counted, drops = outcomes(at), lab.drops()
            outflow[at].begin()
            sending = Sending(flood._replace(at=at), macs, SPOOFED // 2, rate)
            result = sending.result()
            rise = {name: n for name, n in lab.rise(counted, outcomes(at)).items() if n >= 10}
            came, went = sent_bytes(flood, result["sent"]), outflow[at].end()
            memory.note_round()
            unseen = set(lab.rise(drops, lab.drops())) - {"handshake_rate", "punt_ring_full"}
            if unseen:
                fail(f"the relay lost others' packets: {unseen}")
            print(f"   {result['sent']} spoofed handshakes at {at}, {result['per_second']:.0f}/s: {rise}, "
                  f"bytes out/in {went / came:.3f}", flush=True)
            if went > came:
                fail(f"{at}: {came} bytes in, {went} out")
        if complaint := memory.complaint(most_kib=1024, most_lines=20):
            fail(complaint)


def print_capacity(node: Node) -> None:
    print(f"   at rest: registered within {node.registers_within():.3f} s", flush=True)
    key, other = X25519PrivateKey.generate(), X25519PrivateKey.generate().public_key()
    began, many = time.monotonic(), 2000
    for _ in range(many):
        key.exchange(other)
    print(f"   one core makes {many / (time.monotonic() - began):.0f} X25519 a second here", flush=True)


def main() -> None:
    node = Node(base64.b64decode(sys.argv[2]), sys.argv[3], sys.argv[4], sys.argv[5])
    relay_mac = bytes.fromhex(lab.ctl("rs1", "port")["ports"][0]["mac"].replace(":", ""))
    macs = {"rs1": relay_mac, "dc1": ROUTER_MAC, "own": lab.mac_of("atk", "eth0")}
    standing = lab.standing()
    outflow = {host: Outflow(host) for host in ("dc1", "rs1")}
    if sys.argv[1] == "million":
        spoofed_million(macs, outflow)
    else:
        print_capacity(node)
        for flood in floods(sys.argv[6:]):
            run(flood, node, macs, outflow[flood.at])
        ask_too_often(node.dc_key, sys.argv[3] + ".busy", "busy.a.ntm.test", node)
    # These count the node that started anew, and its paths.
    del standing["DC's nodes"], standing["DC"], standing["relay"]
    found: list[str] = []

    def is_as_before() -> bool:
        found[:] = lab.differences(standing, lab.standing())
        return not found

    if not lab.wait_until(PATIENCE, is_as_before):
        fail("; ".join(found))


if __name__ == "__main__":
    main()
