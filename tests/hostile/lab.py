# SPDX-License-Identifier: BSD-3-Clause
"""The lab from the outside: sockets in its namespaces, what its programs say, and what they hold."""

from __future__ import annotations

import ctypes
import json
import os
import pathlib
import socket
import struct
import subprocess
import time
from typing import Any, Callable

from frames import packed

NAME = os.environ.get("NTM_LAB", "ntmtest")
RUN = pathlib.Path("/run") / NAME
BUILD = pathlib.Path(os.environ["NTM_BUILD"])
PROGRAMS = {"dc1": "dc", "rs1": "relay", "mn": "node", "cn": "node"}
CLONE_NEWNET = 0x40000000
ETH_P_ALL = 3
LARGEST_FRAME = 1 << 17
SO_RCVBUFFORCE = 33  # of Linux; Python has no name for it
SOL_PACKET, PACKET_STATISTICS = 263, 6
libc = ctypes.CDLL(None, use_errno=True)


def within(host: str, make: Callable[[], Any]) -> Any:
    """What make() makes in the host's network namespace: a socket stays in that of its birth."""
    with open("/proc/self/ns/net") as home, open(f"/run/netns/{NAME}-{host}") as there:
        if libc.setns(there.fileno(), CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), f"entering {host}")
        try:
            return make()
        finally:
            libc.setns(home.fileno(), CLONE_NEWNET)


def raw_socket(host: str, interface: str) -> socket.socket:
    def make() -> socket.socket:
        made = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        made.bind((interface, ETH_P_ALL))
        made.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 64 << 20)
        return made

    return within(host, make)


def mac_of(host: str, interface: str) -> bytes:
    made = raw_socket(host, interface)
    with made:
        return made.getsockname()[4]


def at(host: str, *command: str) -> str:
    done = subprocess.run(["ip", "netns", "exec", f"{NAME}-{host}", *command], check=True,
                          stdout=subprocess.PIPE, text=True)
    return done.stdout


def ctl(host: str, *words: str) -> Any:
    socket_file = RUN / host / f"{PROGRAMS[host]}.sock"
    command = [BUILD / "control/ntmctl/ntmctl", "-s", socket_file, "-j", *words]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def ask(host: str, noun: str) -> Any:
    """The same of a program that is asked without ntmctl, so that little time passes."""
    with socket.socket(socket.AF_UNIX) as made:
        made.connect(str(RUN / host / f"{PROGRAMS[host]}.sock"))
        made.sendall(json.dumps({"noun": noun, "verb": "show", "args": {}}).encode() + b"\n")
        return json.loads(made.makefile().readline())["data"]


def wait_until(seconds: float, is_true: Callable[[], bool]) -> bool:
    end = time.monotonic() + seconds
    while not is_true():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def pid_of(host: str) -> int:
    return int((RUN / host / f"{PROGRAMS[host]}.pid").read_text())


def resident_kib(host: str) -> int:
    lines = pathlib.Path(f"/proc/{pid_of(host)}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))


def buffers_in_use() -> int:
    """By the relay while as little as possible is under way: what was sent is given back when the next
    is, so that there are more at times."""
    readings = (ask("rs1", "status") for _ in range(100))
    return min(each["buffers"] - each["buffers_free"] for each in readings)


def log_lines(host: str) -> int:
    return (RUN / host / f"{PROGRAMS[host]}.log").read_bytes().count(b"\n")


def drops() -> dict[str, int]:
    return {each["name"]: each["packets"] for each in ctl("rs1", "drop")["drops"]}


def punts() -> dict[str, int]:
    workers = ctl("rs1", "worker")["workers"]
    return {name: sum(each["punted_by_class"][name] for each in workers)
            for name in workers[0]["punted_by_class"]}


def balance_of_relay() -> str:
    """Empty at balance."""
    counted = ctl("rs1", "status")["packets"]
    came = counted["received"] + counted["injected"] + counted["made"]
    went = counted["transmitted"] + counted["punted"] + counted["dropped"] + counted["held"]
    return "" if came == went else f"{came} came, {went} went: {counted}"


def endpoint_of(text: str) -> tuple[bytes, int]:
    address, _, port = text.rpartition(":")
    return packed(address.strip("[]")), int(port)


def standing() -> dict[str, Any]:
    """What no stranger may change: paths, legs, sessions, nodes, programs."""
    legs = {each["path_id"]: (each["revision"], each["open"],
                              [(leg["role"], leg["bound"], leg["outer_address"], leg["relay_address"])
                               for leg in each["legs"]]) for each in ctl("rs1", "path")["paths"]}
    nodes = {each["fqdn"]: (each["is_registered"], each["outside"], each["addresses"], each["paths"],
                            each["boot_id"]) for each in ctl("dc1", "node")["nodes"]}
    kept: dict[str, Any] = {"relay's legs": legs, "DC's nodes": nodes}
    relay, dc = ctl("rs1", "status"), ctl("dc1", "status")
    kept["relay"] = [relay["boot_id"], relay["paths"], relay["control"]["legs_moved"],
                     relay["control"]["legs_bound"], relay["control"]["directions_taken"],
                     [(each["registered"], each["boot_id"]) for each in relay["dcs"]]]
    kept["DC"] = [dc["boot_id"], dc["term"], dc["paths"], dc["nodes"], dc["releases_pending"]]
    kept["DC's paths"] = [(each["path_id"], each["revision"], each["state"])
                          for each in ctl("dc1", "path")["paths"]]
    for node in ("mn", "cn"):
        if not (RUN / node / "node.sock").exists():
            continue
        kept[f"{node}'s paths"] = [(each["path_id"], each["revision"], each["ready"], each["kind"])
                                   for each in ctl(node, "path")["paths"]]
        kept[f"{node} itself"] = [ctl(node, "status")[name]
                                  for name in ("registered", "boot_id", "outside", "dc_connected")]
    return kept


def differences(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    return [f"{what}: {before[what]} became {after.get(what)}" for what in before
            if before[what] != after.get(what)]


def numbers(prefix: str, value: Any) -> dict[str, int]:
    """All counters of an answer, by their place in it."""
    if isinstance(value, dict):
        found: dict[str, int] = {}
        for name, each in value.items():
            found.update(numbers(f"{prefix}.{name}" if prefix else name, each))
        return found
    return {prefix: value} if isinstance(value, int) and not isinstance(value, bool) else {}


def rise(before: dict[str, int], after: dict[str, int]) -> dict[str, int]:
    return {name: count - before.get(name, 0) for name, count in after.items()
            if count != before.get(name, 0)}


class Sender:
    """A host's interface, at most so many frames a second."""

    def __init__(self, host: str, interface: str, rate: int) -> None:
        self.socket, self.rate = raw_socket(host, interface), rate

    def send(self, frames: list[bytes]) -> int:
        began, gone = time.monotonic(), 0
        for frame in frames:
            try:
                self.socket.send(frame)
            except OSError as error:
                raise OSError(f"a frame of {len(frame)} bytes: {error}") from error
            gone += 1
            if gone % 16 == 0:
                ahead = gone / self.rate - (time.monotonic() - began)
                if ahead > 0:
                    time.sleep(ahead)
        return gone


def far_end(host: str, interface: str = "eth0") -> str:
    """The interface of inet at which all of the host's packets pass: of its own cable, or of that of
    the NAT in front of it."""
    at = (RUN / host / f"{interface}.far").read_text().strip()
    return f"{host}-{interface}" if at == "inet" else f"{at}-outside"


class Link:
    """What a host's interface has sent, read in a moment."""

    def __init__(self, host: str, interface: str) -> None:
        self.interface = interface
        self.file = within(host, lambda: open("/proc/thread-self/net/dev"))

    def sent(self) -> int:
        """Packets."""
        self.file.seek(0)
        lines = (line.partition(":") for line in self.file)
        return next(int(rest.split()[9]) for name, _, rest in lines if name.strip() == self.interface)


class Tap:
    """All that passes a cable, seen at its far end in inet."""

    PACKET_OUTGOING = 4

    def __init__(self, interface: str) -> None:
        self.interface = interface
        self.socket = raw_socket("inet", interface)
        self.socket.setblocking(False)

    def take(self) -> tuple[list[bytes], list[bytes]]:
        """Frames that went to the host and that came from it since the last time."""
        to, by = [], []
        while True:
            try:
                frame, where = self.socket.recvfrom(LARGEST_FRAME)
            except BlockingIOError:
                return to, by
            (to if where[2] == self.PACKET_OUTGOING else by).append(frame)

    def lost(self) -> int:
        """Frames that this capture had no room for since the last time."""
        return struct.unpack("II", self.socket.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))[1]
