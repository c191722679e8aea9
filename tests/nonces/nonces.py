#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""S-10: shows from captures and key logs that no (key, nonce) pair was used twice.

    nonces.py --keys mn=RUN/mn/keys --runs mn=3 ... --at-least data=100 ... CAPTURE...

Opens every DATA, SIGNAL, LEG and END packet by the key logs (docs/key-log.md), DATA of every suite but none,
with code of its own: written from docs/protocol.md, shares nothing with the programs. The same bytes seen at
several places, or sent again, are one packet. --fault alters what was captured, so that a test can see this fail.
"""

from __future__ import annotations

import argparse
import pathlib
import struct
import sys
from collections import Counter, defaultdict
from typing import NamedTuple

for folder in ("interop", "pcap"):
    sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / folder))
sys.dont_write_bytecode = True

from cryptography.exceptions import InvalidTag  # noqa: E402
from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: E402
import ntm_suites as suites  # noqa: E402
from ntm_wire import (ANSWER, COOKIE, DATA, END, HANDSHAKE, HEADER_BYTES, LEG, ROLE,  # noqa: E402
                      SALT_BYTES, SIGNAL, TOKEN_BYTES, ZERO_NONCE, Header, hkdf)
from pcap_file import read_frames  # noqa: E402

PORT = 9770
NAMES = {DATA: "data", LEG: "leg", SIGNAL: "signal", HANDSHAKE: "handshake", COOKIE: "cookie", END: "end"}
SALTED = (LEG, END)
FAULTS = {"data-counter": DATA, "foreign-iv": DATA, "signal-counter": SIGNAL, "leg-salt": LEG, "end-salt": END,
          "ephemeral": HANDSHAKE, "unknown-key": DATA}


class Secret(NamedTuple):
    kind: str  # NTM_SIGNAL, NTM_PATH, NTM_LEG, NTM_EPOCH
    id: int
    qualifier: int  # a path's or epoch's suite, a leg's role
    value: bytes


class Run(NamedTuple):
    host: str
    program: str
    boot_id: str
    number: int  # in the order read: a program that forgets may draw the same boot id


class KeyLogs:
    """What the programs wrote: which secrets there are, and which runs had them."""

    def __init__(self) -> None:
        self.runs: list[Run] = []
        self.owners: dict[Secret, set[Run]] = defaultdict(set)

    def read(self, host: str, file: str) -> None:
        run = None
        for line in pathlib.Path(file).read_text().splitlines():
            words = line.split()
            if words[0] == "NTM_RUN":
                run = Run(host, words[2], words[1], len(self.runs))
                self.runs.append(run)
            elif words[0] in ("NTM_SIGNAL", "NTM_PATH", "NTM_LEG", "NTM_EPOCH"):
                qualifier = 0 if words[0] == "NTM_SIGNAL" else int(words[3])
                assert run is not None, f"{file}: a secret before any run"
                secret = Secret(words[0], int(words[1], 16), qualifier, bytes.fromhex(words[-1]))
                self.owners[secret].add(run)
            else:
                raise ValueError(f"{file}: {words[0]}?")

    def is_of_relay(self, secret: Secret) -> bool:
        """The secret of a path that ends at one."""
        return secret.kind == "NTM_PATH" and any(run.program == "ntm-relay" for run in self.owners[secret])

    def repeat_relay_secret(self) -> None:
        """A fault: another run of a relay has the secret of a path that ended at the one before."""
        secret = next(filter(self.is_of_relay, self.owners))
        before = next(run for run in self.owners[secret] if run.program == "ntm-relay")
        self.owners[secret].add(before._replace(boot_id="another", number=-1))


def udp_of(link: int, frame: bytes) -> tuple[int, int, bytes] | None:
    """Ports and payload of a UDP datagram in an Ethernet or Linux cooked frame."""
    head, kind_at = {1: (14, 12), 113: (16, 14), 276: (20, 0)}[link]
    kind = int.from_bytes(frame[kind_at:kind_at + 2], "big")
    packet = frame[head:]
    if kind == 0x0800 and packet[9] == 17:
        assert not int.from_bytes(packet[6:8], "big") & 0x3FFF, "a fragment"
        packet = packet[(packet[0] & 15) * 4:]
    elif kind == 0x86DD and packet[6] == 17:
        packet = packet[40:]
    else:
        return None
    source, destination, length = struct.unpack_from("!HHH", packet)
    return source, destination, packet[8:length]


def ntm_packets(files: list[str]) -> set[bytes]:
    packets = set()
    for file in files:
        link, frames = read_frames(file)
        for frame in frames:
            datagram = udp_of(link, frame)
            if datagram and PORT in datagram[:2]:
                packets.add(datagram[2])
    return packets


class Opened(NamedTuple):
    secret: Secret
    suite: int
    key: bytes
    nonce: bytes


def front_bytes(header: Header) -> int:
    """Of what stands before what is sealed."""
    return HEADER_BYTES + (SALT_BYTES if header.type in SALTED else 0)


def key_for(secret: Secret, header: Header, salt: bytes | None) -> tuple[int, bytes] | None:
    """Suite and key of such a packet under this secret (sections 4.0 and 6)."""
    if header.type == SIGNAL:
        return (suites.AES_128_GCM, secret.value) if secret.kind == "NTM_SIGNAL" else None
    is_of_leg = secret.kind == "NTM_LEG" and header.type == LEG and secret.qualifier == header.flags & ROLE
    is_of_epoch = secret.kind == "NTM_EPOCH" and header.type == DATA
    if secret.kind != "NTM_PATH" and not is_of_leg and not is_of_epoch:
        return None
    if header.type == DATA:
        suite = secret.qualifier
        return None if suite == suites.NONE else (suite, suites.data_key(suite, secret.value, header))
    suite = suites.AES_128_GCM
    info = b"NTM/1" + bytes([header.type, header.flags & (ROLE | ANSWER), suite]) + header.id.to_bytes(8, "big")
    return suite, hkdf(secret.value, salt, info, suites.KEY_BYTES[suite])


def open_sealed(suite: int, key: bytes, nonce: bytes, header: Header, packet: bytes) -> None:
    if header.type == DATA:
        suites.open_data(suite, key, header, packet[HEADER_BYTES:])
    else:
        front = front_bytes(header)
        AESGCM(key).decrypt(nonce, packet[front:], packet[:front])


def seal_another(opened: Opened, header: Header, packet: bytes, iv: bytes | None = None) -> bytes:
    """A packet with another text, under the same key and nonce."""
    front, text = packet[:front_bytes(header)], b"another packet"
    if header.type == DATA:
        return front + suites.seal_data(opened.suite, opened.key, header, text, iv)
    return front + AESGCM(opened.key).encrypt(opened.nonce, text, front)


class Checker:
    def __init__(self, logs: KeyLogs) -> None:
        self.problems: list[str] = []
        self.types: Counter[str] = Counter()
        self.pairs: dict[tuple[bytes, bytes], bytes] = {}
        self.used: set[Secret] = set()
        self.keys: set[bytes] = set()
        self._salts: dict[tuple[bytes, bytes], bytes] = {}
        self._ephemerals: dict[bytes, bytes] = {}
        self._logs = logs
        self._by_id: dict[int, list[Secret]] = defaultdict(list)
        for secret in logs.owners:
            self._by_id[secret.id].append(secret)

    def problem(self, text: str, packet: bytes) -> None:
        self.problems.append(f"{text}: {packet[:HEADER_BYTES].hex()} {packet[HEADER_BYTES:HEADER_BYTES + 16].hex()}...")

    def open(self, header: Header, packet: bytes) -> Opened | None:
        salt = packet[HEADER_BYTES:front_bytes(header)] or None
        nonce = ZERO_NONCE if header.type in SALTED else header.nonce()
        for secret in self._by_id[header.id]:
            suited = key_for(secret, header, salt)
            if suited is None:
                continue
            try:
                open_sealed(*suited, nonce, header, packet)
            except InvalidTag:
                continue
            return Opened(secret, *suited, nonce)
        return None

    def check(self, packet: bytes) -> None:
        try:
            header = Header.unpack(packet)
            self.types[NAMES[header.type]] += 1
        except (ValueError, KeyError):
            return self.problem("no packet of NTM/1", packet)
        if header.type == HANDSHAKE:
            self.check_handshake(header, packet)
        elif header.type != COOKIE:
            self.check_sealed(header, packet)
        return None

    def check_handshake(self, header: Header, packet: bytes) -> None:
        at = HEADER_BYTES + (0 if header.flags & ANSWER else TOKEN_BYTES)
        if self._ephemerals.setdefault(packet[at:at + 32], packet) != packet:
            self.problem("an ephemeral key in two messages", packet)

    def check_sealed(self, header: Header, packet: bytes) -> None:
        opened = self.open(header, packet)
        if opened is None:
            return self.problem(f"no key opens this {NAMES[header.type]}", packet)
        self.used.add(opened.secret)
        self.keys.add(opened.key)
        if self.pairs.setdefault((opened.key, opened.nonce), packet) != packet:
            self.problem(f"(key, nonce) twice, in {NAMES[header.type]}", packet)
        if header.type == DATA:
            self.check_data(header, packet, opened)
        if header.type in SALTED:
            salt = packet[HEADER_BYTES:HEADER_BYTES + SALT_BYTES]
            if self._salts.setdefault((opened.secret.value, salt), packet) != packet:
                self.problem("a salt twice under one secret", packet)
        return None

    def check_data(self, header: Header, packet: bytes, opened: Opened) -> None:
        self.types[f"suite-{opened.suite}"] += 1
        if opened.suite in suites.WITH_IV:
            iv = packet[HEADER_BYTES:HEADER_BYTES + suites.BLOCK]
            if iv != suites.own_iv(opened.key, header):
                self.problem("an IV that is not the header's", packet)

    def check_owners(self, going_on: list[str]) -> None:
        """A key serves one run of each end, so that no counter starts anew under it (section 6).

        A host that is going on has several processes under one boot id, which share what they keep."""
        def run_of(run: Run) -> tuple[str, str | int]:
            return run.host, run.boot_id if run.host in going_on else run.number

        for secret, runs in self._logs.owners.items():
            if secret.kind == "NTM_LEG":
                continue  # no counters: a relay that starts anew is given the same again
            # A DC that starts anew has the path secrets of its store, and seals nothing with them.
            # Of a relay only those are logged whose paths end there.
            ends = {run_of(run) for run in runs if secret.kind == "NTM_SIGNAL" or run.program != "ntm-dc"}
            hosts = Counter(host for host, _ in ends)
            if len(hosts) > 2 or max(hosts.values(), default=0) > 1:
                self.problems.append(f"{secret.kind} {secret.id:016x} in more than one run of an end: {sorted(runs)}")
        boots = Counter(run.boot_id for run in self._logs.runs if run.host not in going_on)
        self.problems += [f"boot id {boot} twice" for boot, times in boots.items() if times > 1]

    @property
    def ephemerals(self) -> int:
        return len(self._ephemerals)

    @property
    def paths_to_relays(self) -> int:
        return sum(self._logs.is_of_relay(secret) for secret in self.used)


def seed_fault(kind: str, packets: set[bytes], checker: Checker) -> bytes:
    """A packet that breaks the rule of this name, made from one that keeps it."""
    for packet in sorted(packets):
        header = Header.unpack(packet)
        if header.type != FAULTS[kind] or (header.type == HANDSHAKE and header.flags & ANSWER):
            continue
        if kind in ("ephemeral", "unknown-key"):
            return packet[:-1] + bytes([packet[-1] ^ 1])
        opened = checker.open(header, packet)
        assert opened is not None
        if kind != "foreign-iv":
            return seal_another(opened, header, packet)
        if opened.suite in suites.WITH_IV:
            return seal_another(opened, header, packet, iv=bytes(suites.BLOCK))
    raise SystemExit(f"nothing to make the fault {kind} from")


def pairs_of(texts: list[str]) -> list[tuple[str, str]]:
    return [tuple(text.split("=", 1)) for text in texts]  # type: ignore[misc]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--keys", nargs="+", required=True, metavar="HOST=FILE")
    parser.add_argument("--runs", nargs="+", default=[], metavar="HOST=COUNT", help="exactly so many")
    parser.add_argument("--going-on", nargs="+", default=[], metavar="HOST", help="keeps its boot id over restarts")
    parser.add_argument("--at-least", nargs="+", default=[], metavar="WHAT=COUNT")
    parser.add_argument("--fault", choices=[*FAULTS, "relay-run"])
    parser.add_argument("captures", nargs="+")
    return parser.parse_args()


def main() -> int:
    options = arguments()
    logs = KeyLogs()
    for host, file in pairs_of(options.keys):
        logs.read(host, file)
    packets = ntm_packets(options.captures)
    checker = Checker(logs)
    if options.fault == "relay-run":
        logs.repeat_relay_secret()
    elif options.fault:
        packets.add(seed_fault(options.fault, packets, checker))
    for packet in sorted(packets):
        checker.check(packet)
    checker.check_owners(options.going_on)
    secrets = Counter(secret.kind for secret in checker.used)
    counted = {**checker.types, "packets": len(packets), "pairs": len(checker.pairs), "keys": len(checker.keys),
               "sessions": secrets["NTM_SIGNAL"], "paths": secrets["NTM_PATH"],
               "paths-to-relays": checker.paths_to_relays, "legs": secrets["NTM_LEG"], "epochs": secrets["NTM_EPOCH"], "ephemerals": checker.ephemerals}
    print(", ".join(f"{count} {what}" for what, count in counted.items()))
    runs = Counter(run.host for run in logs.runs)
    print("runs: " + ", ".join(f"{host} {count}" for host, count in runs.items()))
    for host, count in pairs_of(options.runs):
        if runs[host] != int(count):
            checker.problems.append(f"{host} ran {runs[host]} times, not {count}")
    for what, count in pairs_of(options.at_least):
        if counted.get(what, 0) < int(count):
            checker.problems.append(f"only {counted.get(what, 0)} {what}, not {count}")
    for text in checker.problems[:20]:
        print(text)
    return 1 if checker.problems else 0


if __name__ == "__main__":
    sys.exit(main())
