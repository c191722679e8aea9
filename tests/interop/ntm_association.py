# SPDX-License-Identifier: BSD-3-Clause
"""A node's socket and its association with the DC: handshake, SIGNAL, requests both ways.

What the packets of paths and relays mean, the subclass in ntm_client.py says.
"""

from __future__ import annotations

import collections
import copy
import importlib
import pathlib
import random
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from typing import Any, Callable, NoReturn

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

import ntm_wire as wire
from ntm_wire import CookieAnswer, Header, NoiseIK, ReplayWindow

PROTO = pathlib.Path(__file__).resolve().parents[2] / "common/protocol/ntm.proto"
PATIENCE = 10.0  # seconds that anything is repeated
SESSIONS = 3  # that are accepted at a time

Endpoint = tuple[str, int]


class Failure(Exception):
    """A sentence for the user, on which the program ends."""


class Drop(ValueError):
    """Why a packet is dropped."""


def load_messages() -> Any:
    with tempfile.TemporaryDirectory() as folder:
        command = ["protoc", f"--proto_path={PROTO.parent}", f"--python_out={folder}", PROTO.name]
        try:
            subprocess.run(command, check=True)
        except (OSError, subprocess.CalledProcessError) as error:
            sys.exit(f"failed: {error}")
        sys.path.insert(0, folder)
        try:
            return importlib.import_module("ntm_pb2")
        finally:
            sys.path.remove(folder)


pb = load_messages()


def random_id() -> int:
    return 1 + secrets.randbelow(2**64 - 1)


def say(text: str) -> None:
    print(text, flush=True)


class Repeater:
    """When something is sent again (section 4.0.1)."""

    def __init__(self, send: Callable[[], None], rtt: float | None = None) -> None:
        self._send = send
        self._wait = 0.1 if rtt is None else min(max(2 * rtt, 0.05), 0.25)
        self.tries = 0
        self.due = time.monotonic()

    def tick(self, now: float) -> None:
        if now < self.due:
            return
        self._send()
        self.tries += 1
        self.due = now + self._wait * random.uniform(0.9, 1.1)
        self._wait = min(self._wait * 1.5, 0.5)


class Handshake:
    """One message 1 of ours, and what opens its answer."""

    def __init__(self, static: X25519PrivateKey, dc_key: bytes, boot_id: int,
                 token: bytes = bytes(wire.TOKEN_BYTES)) -> None:
        self.session_id = random_id()
        self.sent_at: list[float] = []
        front = Header(wire.HANDSHAKE, 0, 0, 0).pack() + token
        self.noise = NoiseIK(static, dc_key, b"NTM/1" + front)
        hello = pb.Hello(session_id=self.session_id, boot_id=boot_id, version=1)
        message = self.noise.write_1(hello.SerializeToString())
        self.packet = front + message
        self.cookie_nonce = message[:8]


class Session:
    """The keys and counters that a handshake left."""

    def __init__(self, noise: NoiseIK, own_id: int, hello: Any) -> None:
        self.send_key, self.receive_key = noise.split()
        self.own_id, self.peer_id = own_id, hello.session_id
        self.peer_boot_id = hello.boot_id
        self.sent = 0
        self.window = ReplayWindow()


class Association:
    def __init__(self, dc: Endpoint, dc_key: bytes, static: X25519PrivateKey, port: int) -> None:
        self.dc, self.dc_key, self.static = dc, dc_key, static
        self.boot_id = random_id()
        self.family = socket.AF_INET6 if ":" in dc[0] else socket.AF_INET
        self.socket = socket.socket(self.family, socket.SOCK_DGRAM)
        self.socket.bind(("", port))
        self.dropped: collections.Counter[str] = collections.Counter()
        self.handshake: Handshake | None = None
        self.handshake_repeater: Repeater | None = None
        self.sessions: list[Session] = []  # the newest first
        self.rtt: float | None = None  # to the DC
        self.last_id = 0
        self.outstanding = b""  # the request that awaits its answer
        self.answers: dict[int, Any] = {}
        self.served: dict[tuple[int, int], bytes] = {}  # answers kept, by boot id and request id

    def take_path_packet(self, header: Header, packet: bytes) -> None:
        raise NotImplementedError

    def take_relay_cookie(self, cookie: CookieAnswer, source: Endpoint) -> None:
        raise NotImplementedError

    def obey(self, request: Any, answer: Any) -> tuple[int, str]:
        """Does a request of the DC and fills its answer's body; the status and its text."""
        raise NotImplementedError

    # ---- Waiting and receiving ----

    def run(self, done: Callable[[], bool], repeater: Repeater | None = None,
            patience: float = PATIENCE) -> bool:
        """Sends and receives until done() or out of patience; whether it is done."""
        end = time.monotonic() + patience
        while not done():
            now = time.monotonic()
            if now >= end:
                return False
            if repeater:
                repeater.tick(now)  # may start a handshake
            if self.handshake_repeater:
                self.handshake_repeater.tick(now)
            wake = min([end, *(each.due for each in (repeater, self.handshake_repeater) if each)])
            self.socket.settimeout(max(wake - time.monotonic(), 0.001))
            try:
                packet, source = self.socket.recvfrom(65535)
                self.receive(packet, (source[0], source[1]))
            except TimeoutError:
                pass
            except InvalidTag:
                self.dropped["tag did not verify"] += 1
            except ValueError as error:  # Drop, and what protobuf can not read
                self.dropped[str(error)] += 1
        return True

    def receive(self, packet: bytes, source: Endpoint) -> None:
        header = Header.unpack(packet)
        if not header:
            raise Drop("no packet of NTM/1")
        if header.type == wire.SIGNAL:
            self.take_signal(header, packet)
        elif header.type == wire.HANDSHAKE:
            self.take_handshake(header, packet)
        elif header.type == wire.COOKIE:
            self.take_cookie(packet, source)
        else:
            self.take_path_packet(header, packet)

    def send(self, packet: bytes, to: Endpoint) -> None:
        self.socket.sendto(packet, to)

    # ---- The handshake (section 4.0) ----

    def connect(self) -> None:
        self.begin_handshake()
        if not self.run(lambda: bool(self.sessions)):
            raise Failure("the DC does not answer the handshake")

    def begin_handshake(self) -> None:
        if not self.handshake:
            self.handshake = Handshake(self.static, self.dc_key, self.boot_id)
            self.handshake_repeater = Repeater(self.send_handshake, self.rtt)

    def send_handshake(self) -> None:
        assert self.handshake
        self.handshake.sent_at.append(time.monotonic())
        self.send(self.handshake.packet, self.dc)

    def take_handshake(self, header: Header, packet: bytes) -> None:
        handshake = self.handshake
        if not handshake or not header.flags & wire.ANSWER or header.id != handshake.session_id:
            raise Drop("handshake not awaited")
        noise = copy.copy(handshake.noise)  # a wrong message 2 spoils the copy only
        hello = pb.Hello.FromString(noise.read_2(packet[wire.HEADER_BYTES:]))
        if not hello.session_id or hello.version < 1:
            raise Failure(f"the DC's Hello is wrong: {hello}")
        if len(handshake.sent_at) == 1:
            self.rtt = time.monotonic() - handshake.sent_at[0]
        self.sessions = [Session(noise, handshake.session_id, hello), *self.sessions][:SESSIONS]
        self.handshake = self.handshake_repeater = None
        self.send_signal(self.outstanding)  # confirms the session, even when empty

    def take_cookie(self, packet: bytes, source: Endpoint) -> None:
        cookie = CookieAnswer.unpack(packet)
        if not cookie:
            raise Drop("no COOKIE answer")
        if self.handshake and (source, cookie.nonce) == (self.dc, self.handshake.cookie_nonce):
            self.handshake = Handshake(self.static, self.dc_key, self.boot_id, cookie.token)
            self.send_handshake()
        else:
            self.take_relay_cookie(cookie, source)

    # ---- SIGNAL (section 4.0.1) ----

    def send_signal(self, plaintext: bytes) -> None:
        session = self.sessions[0]
        header = Header(wire.SIGNAL, 0, session.sent, session.peer_id)
        session.sent += 1
        self.send(wire.seal_counted(session.send_key, header, plaintext), self.dc)

    def take_signal(self, header: Header, packet: bytes) -> None:
        session = next((each for each in self.sessions if each.own_id == header.id), None)
        if not session or not session.window.is_new(header.counter):
            raise Drop("SIGNAL of no session or repeated")
        plaintext = wire.open_counted(session.receive_key, header, packet)
        session.window.take(header.counter)
        signal = pb.Signal.FromString(plaintext)
        if signal.is_answer:
            self.answers[signal.id] = signal
        elif plaintext:
            self.serve(signal, session.peer_boot_id)

    def ask(self, request: str, answer: str, body: Any) -> Any:
        """The body of the DC's answer to a request; each named by its field in Signal."""
        self.last_id += 1
        identity = self.last_id
        self.outstanding = pb.Signal(id=identity, **{request: body}).SerializeToString()

        def send() -> None:
            if repeater.tries == 2:
                self.begin_handshake()
            self.send_signal(self.outstanding)  # the same request under a new counter

        repeater = Repeater(send, self.rtt)
        if not self.run(lambda: identity in self.answers, repeater):
            raise Failure(f"the DC does not answer the {request}")
        self.outstanding = b""
        signal = self.answers.pop(identity)
        if signal.status != pb.STATUS_OK:
            self.refuse(request, f"{pb.Status.Name(signal.status)} ({signal.text})")
        if signal.WhichOneof("body") != answer:
            self.refuse(request, str(signal.WhichOneof("body")))
        return getattr(signal, answer)

    def refuse(self, request: str, answer: str) -> NoReturn:
        raise Failure(f"the DC answers the {request} with {answer}")

    def serve(self, request: Any, dc_boot_id: int) -> None:
        """Answers a request of the DC; a repeated one gets the answer kept."""
        key = dc_boot_id, request.id
        if key not in self.served:
            answer = pb.Signal(id=request.id, is_answer=True)
            answer.status, answer.text = self.obey(request, answer)
            say(f"answered the DC's {request.WhichOneof('body')}: {pb.Status.Name(answer.status)}")
            self.served[key] = answer.SerializeToString()
        self.send_signal(self.served[key])
