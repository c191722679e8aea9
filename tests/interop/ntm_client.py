# SPDX-License-Identifier: BSD-3-Clause
"""A node of NTM/1 that sends one ping over a relayed path, written from the documents alone.

It shows how small a client is to which docs/protocol.md and common/protocol/ntm.proto suffice: it
opens an association with the DC, registers, asks for a path to --peer, binds its leg at the relay,
pings the peer's virtual address and releases the path. Exit status 0 after all of this.

It leaves out what a node needs that lives longer than a minute: direct paths, IPv6, moves, keep
alives and renewals, and requests of the DC.
"""

from __future__ import annotations

import argparse
import base64
import importlib
import os
import pathlib
import random
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from typing import Any, Callable

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

import ntm_wire as wire
from ntm_wire import Channel, Header, NoiseInitiator

PROTO = pathlib.Path(__file__).resolve().parents[2] / "common/protocol/ntm.proto"
PORT = 9770
PATIENCE = 10.0  # seconds that anything is repeated

Endpoint = tuple[str, int]
Take = Callable[[Header, bytes], Any]  # what a packet says, false unless it was awaited


def load_messages() -> Any:
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["protoc", f"-I{PROTO.parent}", f"--python_out={folder}", PROTO.name],
                       check=True)
        sys.path.insert(0, folder)
        return importlib.import_module("ntm_pb2")


pb = load_messages()


def random_id() -> int:
    return 1 + secrets.randbelow(2**64 - 1)


def first_message(static: X25519PrivateKey, dc_key: bytes, token: bytes,
                  hello: Any) -> tuple[NoiseInitiator, bytes]:
    """HANDSHAKE message 1, and what reads its answer (section 4.0)."""
    front = Header(wire.HANDSHAKE, 0, 0, 0).pack() + token
    noise = NoiseInitiator(static, dc_key, b"NTM/1" + front)
    return noise, front + noise.write_1(hello.SerializeToString())


class Client:
    def __init__(self, dc: Endpoint, dc_key: bytes, static: X25519PrivateKey) -> None:
        self.dc, self.dc_key, self.static = dc, dc_key, static
        self.boot_id = random_id()
        self.last_id = 0  # of requests
        self.route: Any = None
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("", PORT))

    def exchange(self, what: str, seal: Callable[[], bytes], to: Endpoint, take: Take) -> Any:
        """Sends what seal() makes until take() has the answer (section 4.0.1's times)."""
        wait, end = 0.1, time.monotonic() + PATIENCE
        while (now := time.monotonic()) < end:
            self.socket.sendto(seal(), to)
            if answer := self.receive(now + wait * random.uniform(0.9, 1.1), take):
                return answer
            wait = min(1.5 * wait, 0.5)
        sys.exit(f"no answer to the {what}")

    def receive(self, until: float, take: Take) -> Any:
        """What take() says to the first packet that it takes; None when the time is over."""
        while (left := until - time.monotonic()) > 0:
            self.socket.settimeout(left)
            try:
                packet = self.socket.recv(65535)
                header = Header.unpack(packet)
                if self.answer_probe(header, packet):
                    continue
                if answer := take(header, packet):
                    return answer
            except TimeoutError:
                break
            except (InvalidTag, ValueError):
                continue  # dropped
        return None

    def connect(self, token: bytes = bytes(wire.TOKEN_BYTES)) -> None:
        """The handshake, and again with a token if the DC demands one (section 4.0)."""
        hello = pb.Hello(session_id=random_id(), boot_id=self.boot_id, version=1)
        noise, message = first_message(self.static, self.dc_key, token, hello)

        def take(header: Header, packet: bytes) -> Any:
            """The token that is demanded, or else the DC's Hello."""
            if header.type == wire.COOKIE and packet[16:24] == message[32:40]:
                return packet[24:40]
            if header.type == wire.HANDSHAKE and header.id == hello.session_id:
                return pb.Hello.FromString(noise.read_2(packet[wire.HEADER_BYTES:]))
            return None

        answer = self.exchange("handshake", lambda: message, self.dc, take)
        if isinstance(answer, bytes):
            if any(token):
                sys.exit("the DC refuses the token that it gave")
            print("the DC demands a token")
            self.connect(answer)
        else:
            sends = Header(wire.SIGNAL, 0, 0, answer.session_id)
            self.session = Channel(sends, hello.session_id, *noise.split())

    def ask(self, name: str, body: Any) -> Any:
        """The DC's answer to a request, which is named by its field in Signal (section 4.0.1)."""
        self.last_id += 1
        request = pb.Signal(id=self.last_id, **{name: body})

        def take(header: Header, packet: bytes) -> Any:
            signal = pb.Signal.FromString(self.session.open(header, packet) or b"")
            return signal.is_answer and signal.id == request.id and signal

        def seal() -> bytes:
            return self.session.seal(request.SerializeToString())

        answer = self.exchange(name, seal, self.dc, take)
        if answer.status != pb.STATUS_OK:
            status = pb.Status.Name(answer.status)
            sys.exit(f"the DC answers the {name} with {status}: {answer.text}")
        return answer

    def register(self, fqdn: str) -> None:
        """Registers; as the first SIGNAL packet this confirms the session, too (section 4.0)."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect(self.dc)
            own = socket.inet_aton(probe.getsockname()[0])
        request = pb.RegistrationRequest(
            fqdn=fqdn, port=PORT, addresses=[pb.NodeAddress(ip=own, prefix_length=32)],
            suites=[pb.SUITE_AES_128_GCM])
        self.vip = self.ask("registration_request", request).registration_response.vipv4

    def direct(self, peer: str) -> None:
        """Takes a path to the peer (sections 4.2 and 6)."""
        request = pb.DirectionRequest(fqdn=peer)
        route = self.ask("direction_request", request).direction_response.route
        relays = [(socket.inet_ntoa(each.ip), each.port) for each in route.relay
                  if len(each.ip) == 4]
        if route.kind != pb.ROUTE_RELAYED or not relays or route.suite != pb.SUITE_AES_128_GCM:
            sys.exit("no path with suite 1 over a relay with an IPv4 address")
        if route.node_boot_id != self.boot_id:
            sys.exit("the path is for another run of this node")
        self.route, self.relay = route, relays[0]
        self.data = Channel.of_path(route.path_secret, route.role, route.path_id)

    def bind(self) -> None:
        """Tunnel Requests until both legs are bound (section 5)."""
        secret, path_id = self.route.leg_secret, self.route.path_id
        # The pad makes a Request without a token the 67 bytes that suffice for any Response.
        request = pb.TunnelRequest(nonce=os.urandom(8), pad=bytes(53))

        def seal() -> bytes:
            header = Header(wire.LEG, self.route.role, 0, path_id)
            return wire.seal_salted(secret, header, pb.Leg(request=request).SerializeToString())

        def take(header: Header, packet: bytes) -> bool:
            if (header.type, header.id) != (wire.LEG, path_id):
                return False
            response = pb.Leg.FromString(wire.open_salted(secret, header, packet)).response
            if response.nonce != request.nonce:
                return False
            request.token = response.token
            return response.bound and response.peer_bound

        self.exchange("Tunnel Request", seal, self.relay, take)

    def ping(self) -> None:
        """One ICMP echo as DATA (sections 2 and 7)."""
        peer, payload = self.route.peer_vipv4, os.urandom(32)
        request = wire.ipv4(self.vip, peer, wire.icmp_echo(False, payload))
        reply = wire.icmp_echo(True, payload)

        def take(header: Header, packet: bytes) -> bool:
            inner = self.data.open(header, packet) or b""
            return inner[12:20] == peer + self.vip and inner[20:] == reply

        self.exchange("ping", lambda: self.data.seal(request), self.relay, take)

    def exchange_keys(self) -> None:
        """Asks for epoch 1, of which DATA is from here on (section 6)."""
        path_id, before = self.route.path_id, self.route.path_secret
        ephemeral = X25519PrivateKey.generate()
        request = pb.End(key_request=pb.KeyRequest(epoch=1, key=wire.public_bytes(ephemeral)))

        def seal() -> bytes:
            header = Header(wire.END, self.route.role, 0, path_id)
            return wire.seal_salted(before, header, request.SerializeToString())

        def take(header: Header, packet: bytes) -> Any:
            if (header.type, header.id) != (wire.END, path_id):
                return None
            end = pb.End.FromString(wire.open_salted(before, header, packet))
            return end.key_response.epoch == 1 and end.key_response.key

        answerer = self.exchange("key request", seal, self.relay, take)
        secret = wire.ask_epoch(before, path_id, 1, answerer, self.route.peer_static_key,
                                ephemeral, self.static)
        self.data = Channel.of_path(secret, self.route.role, path_id, epoch=1)

    def answer_probe(self, header: Header, packet: bytes) -> bool:
        """A peer that hears nothing asks whether the path lives (section 5)."""
        if not self.route or (header.type, header.id) != (wire.END, self.route.path_id):
            return False
        secret = self.route.path_secret
        end = pb.End.FromString(wire.open_salted(secret, header, packet))
        if end.HasField("probe"):
            answer = pb.End(probe_answer=pb.EndProbeAnswer(nonce=end.probe.nonce))
            own = Header(wire.END, self.route.role, 0, self.route.path_id)
            self.socket.sendto(wire.seal_salted(secret, own, answer.SerializeToString()),
                               self.relay)
        return end.HasField("probe")

    def hold(self, seconds: float) -> None:
        self.receive(time.monotonic() + seconds, lambda header, packet: None)

    def release(self) -> None:
        self.ask("path_release", pb.PathRelease(
            path_id=self.route.path_id, revision=self.route.revision,
            reason=pb.RELEASE_SHUTDOWN))


def main() -> None:
    parser = argparse.ArgumentParser(description="one ping over a relayed NTM/1 path")
    parser.add_argument("--dc", required=True, metavar="ADDRESS:PORT")
    parser.add_argument("--dc-key", required=True, metavar="BASE64", help="its public key")
    parser.add_argument("--key", required=True, type=pathlib.Path, metavar="FILE",
                        help="this node's private key in base64")
    parser.add_argument("--fqdn", required=True, metavar="NAME", help="of this node")
    parser.add_argument("--peer", required=True, metavar="NAME", help="its FQDN")
    parser.add_argument("--hold", type=float, default=0.0, metavar="SECONDS",
                        help="how long to keep the path after the ping")
    arguments = parser.parse_args()
    sys.stdout.reconfigure(line_buffering=True)

    host, _, port = arguments.dc.partition(":")
    static = X25519PrivateKey.from_private_bytes(base64.b64decode(arguments.key.read_text()))
    client = Client((host, int(port)), base64.b64decode(arguments.dc_key), static)
    client.connect()
    client.register(arguments.fqdn)
    print(f"registered as {arguments.fqdn}: virtual address {socket.inet_ntoa(client.vip)}")
    client.direct(arguments.peer)
    print(f"path {client.route.path_id:016x} to {client.route.peer_fqdn} over {client.relay[0]}")
    client.bind()
    client.ping()
    print(f"echo reply from {socket.inet_ntoa(client.route.peer_vipv4)}")
    client.exchange_keys()
    client.ping()
    print("echo reply under keys of epoch 1")
    client.hold(arguments.hold)
    client.release()
    print("path released")


if __name__ == "__main__":
    main()
