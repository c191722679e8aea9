# SPDX-License-Identifier: BSD-3-Clause
"""A node of NTM/1 that sends one ping over a relayed path, written from the documents alone.

It proves that docs/protocol.md and common/protocol/ntm.proto suffice to write a client: it opens an
association with the DC, registers, asks for a path to --peer, binds its leg at the relay, sends an
ICMP echo request from its virtual address to the peer's, waits for the reply and releases the path.
Exit status 0 after all of this, 1 and a sentence on the first failure.

It leaves out what a node that lives longer than a minute needs: direct paths, moves, renewing, and
answering a handshake that the DC starts (the DC's request comes on the session that stands, too).
"""

from __future__ import annotations

import argparse
import base64
import ipaddress
import os
import pathlib
import secrets
import socket
import sys
import time
from typing import Any, NamedTuple

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

import ntm_wire as wire
from ntm_association import PATIENCE, Association, Drop, Endpoint, Failure, Repeater, pb, say
from ntm_wire import CookieAnswer, Echo, Header, ReplayWindow

# A Tunnel Response is never longer than this, so a Request is padded to it.
LONGEST_RESPONSE = pb.TunnelResponse(
    nonce=bytes(8), outside=pb.Address(ip=bytes(16), port=65535), bound=True, peer_bound=True,
    token=bytes(16), boot_id=2**64 - 1).ByteSize()


def endpoint_of(address: Any) -> Endpoint:
    return str(ipaddress.ip_address(address.ip)), address.port


class Path:
    """A Route Direction taken, and the state of its leg and of its keys."""

    def __init__(self, route: Any, before: Path | None) -> None:
        self.route = route
        self.bound = self.peer_bound = self.heard = False
        self.nonces: set[bytes] = set()
        self.sent = 0
        self.window = ReplayWindow()
        if before and before.route.path_secret == route.path_secret:
            self.sent, self.window = before.sent, before.window  # a counter is never used twice

    def is_ready(self) -> bool:
        return self.bound and self.peer_bound


class Relay(NamedTuple):
    """What a relay's COOKIE answer told."""

    token: bytes
    boot_id: int
    seen: tuple[bytes, int]
    rtt: float


class Client(Association):
    def __init__(self, dc: Endpoint, dc_key: bytes, static: X25519PrivateKey, port: int) -> None:
        super().__init__(dc, dc_key, static, port)
        self.ip_bytes = 16 if self.family == socket.AF_INET6 else 4
        self.own_vip = b""
        self.paths: dict[int, Path] = {}
        self.tombstones: dict[int, int] = {}  # path id: revision
        self.relays: dict[Endpoint, Relay] = {}
        self.asked: dict[bytes, tuple[Endpoint, float]] = {}  # COOKIE asks by nonce
        self.replies: list[Echo] = []

    # ---- The steps, in their order ----

    def register(self, fqdn: str) -> Any:
        with socket.socket(self.family, socket.SOCK_DGRAM) as probe:
            probe.connect(self.dc)
            real = ipaddress.ip_address(probe.getsockname()[0])
        response = self.ask("registration_request", "registration_response", pb.RegistrationRequest(
            fqdn=fqdn, port=self.socket.getsockname()[1],
            addresses=[pb.NodeAddress(ip=real.packed, prefix_length=real.max_prefixlen)],
            suites=[pb.SUITE_AES_128_GCM, pb.SUITE_CHACHA20_POLY1305]))
        if len(response.vipv4) != 4:
            raise Failure("the DC gave no virtual IPv4 address")
        self.own_vip = response.vipv4
        return response

    def time_relays(self, candidates: Any) -> None:
        """COOKIE to each candidate; the DC gets the times with a Keep Alive."""
        names = {endpoint_of(address): candidate.name for candidate in candidates
                 for address in candidate.addresses if len(address.ip) == self.ip_bytes}
        self.ask_relays(list(names), 1.0)
        answered = [(name, self.relays[each].rtt) for each, name in names.items()
                    if each in self.relays]
        self.ask("keep_alive", "keep_alive_ack", pb.KeepAlive(
            rtts=[pb.RelayRtt(name=name, rtt_microseconds=round(rtt * 1e6))
                  for name, rtt in answered]))
        say(f"COOKIE answers from {len(answered)} of {len(names)} relay candidates: "
            + ", ".join(f"{name} {rtt * 1e3:.1f} ms" for name, rtt in answered))

    def direct(self, peer: str) -> int:
        """Asks for a path; its id."""
        request = pb.DirectionRequest(fqdn=peer, reason=pb.DIRECTION_NEW)
        route = self.ask("direction_request", "direction_response", request).route
        status, text = self.take_route(route)
        if status != pb.STATUS_OK:
            raise Failure(f"the Route Direction does not fit: {pb.Status.Name(status)} ({text})")
        if route.kind != pb.ROUTE_RELAYED:
            raise Failure("the DC chose a direct path; this client speaks relayed ones only")
        if len(route.peer_vipv4) != 4:
            raise Failure("the peer has no virtual IPv4 address")
        return route.path_id

    def bind(self, path_id: int) -> None:
        relay = self.relay_of(self.path(path_id))
        if not self.ask_relays([relay], PATIENCE):
            raise Failure(f"the relay {relay} does not answer COOKIE")
        repeater = Repeater(lambda: self.send_tunnel_request(path_id), self.relays[relay].rtt)
        if not self.run(lambda: self.path(path_id).is_ready(), repeater):
            path = self.path(path_id)
            raise Failure(f"the path is not ready: bound {path.bound}, "
                          f"peer_bound {path.peer_bound}")

    def ping(self, path_id: int) -> Echo:
        identifier, payload = secrets.randbelow(2**16), b"NTM/1 interop " + os.urandom(16)

        def send() -> None:
            path = self.path(path_id)
            if path.is_ready():
                self.send_inner(path, Echo(self.own_vip, path.route.peer_vipv4, False, identifier,
                                           repeater.tries + 1, payload).pack())
            else:  # the DC has directed the path anew
                self.send_tunnel_request(path_id)

        def is_replied() -> bool:
            while self.replies:
                reply = self.replies[0]
                if (reply.identifier, reply.payload) == (identifier, payload):
                    return True
                self.replies.pop(0)
            return False

        repeater = Repeater(send, 0.25)
        if not self.run(is_replied, repeater, 1.0):
            probes = Repeater(lambda: self.send_probe(self.path(path_id)), 0.15)
            if not self.run(lambda: self.path(path_id).heard, probes, 1.0):
                raise Failure("the path is down: neither DATA nor END probes come back")
            if not self.run(is_replied, repeater):
                raise Failure("the peer answers on the path, but not the echo request")
        return self.replies[0]

    def hold(self, seconds: float) -> None:
        """Keeps the path, and answers on it what comes."""
        self.run(lambda: False, patience=seconds)

    def release(self, path_id: int) -> None:
        release = pb.PathRelease(path_id=path_id, revision=self.path(path_id).route.revision,
                                 reason=pb.RELEASE_SHUTDOWN)
        self.ask("path_release", "path_release_ack", release)
        self.paths.pop(path_id, None)

    # ---- Requests of the DC (section 4.0.1) ----

    def obey(self, request: Any, answer: Any) -> tuple[int, str]:
        if request.HasField("address_probe"):
            return pb.STATUS_OK, ""
        if request.HasField("route_direction"):
            route = request.route_direction
            answer.route_response.path_id = route.path_id
            answer.route_response.revision = route.revision
            return self.take_route(route)
        if request.HasField("path_release"):
            answer.path_release_ack.SetInParent()
            return self.take_release(request.path_release)
        return pb.STATUS_BAD_REQUEST, "not for a node"

    def take_route(self, route: Any) -> tuple[int, str]:
        before = self.paths.get(route.path_id)
        if route.node_boot_id != self.boot_id:
            return pb.STATUS_STALE, "for another run of this node"
        if route.revision <= self.tombstones.get(route.path_id, -1):
            return pb.STATUS_STALE, "released"
        if before and route.revision <= before.route.revision:
            is_repeat = route.revision == before.route.revision
            return (pb.STATUS_OK, "") if is_repeat else (pb.STATUS_STALE, "lower revision")
        if len(route.path_secret) != 32 or route.suite not in wire.KEY_BYTES:
            return pb.STATUS_BAD_REQUEST, "path_secret or suite"
        if route.kind == pb.ROUTE_RELAYED and (len(route.leg_secret) != 32 or not route.relay):
            return pb.STATUS_BAD_REQUEST, "leg_secret or relay"
        self.paths[route.path_id] = Path(route, before)
        return pb.STATUS_OK, ""

    def take_release(self, release: Any) -> tuple[int, str]:
        path = self.paths.get(release.path_id)
        if not path:
            return pb.STATUS_UNKNOWN_PATH, "no such path"
        if release.revision < path.route.revision:
            return pb.STATUS_STALE, "lower revision"
        del self.paths[release.path_id]
        self.tombstones[release.path_id] = release.revision
        return pb.STATUS_OK, ""

    def path(self, path_id: int) -> Path:
        if path_id not in self.paths:
            raise Failure("the DC has released the path")
        return self.paths[path_id]

    # ---- COOKIE (section 4.1) ----

    def ask_relays(self, endpoints: list[Endpoint], patience: float) -> bool:
        """Fetches a token from each that has given none; whether all answered."""

        def missing() -> list[Endpoint]:
            return [each for each in endpoints if each not in self.relays]

        def send() -> None:
            for endpoint in missing():
                nonce = os.urandom(8)
                self.asked[nonce] = endpoint, time.monotonic()
                self.send(wire.cookie_ask(nonce), endpoint)

        return self.run(lambda: not missing(), Repeater(send), patience)

    def take_relay_cookie(self, cookie: CookieAnswer, source: Endpoint) -> None:
        endpoint, asked_at = self.asked.get(cookie.nonce, (None, 0.0))
        if endpoint != source:
            raise Drop("COOKIE not awaited")
        rtt = time.monotonic() - asked_at
        self.relays[source] = Relay(cookie.token, cookie.boot_id, cookie.seen, rtt)

    # ---- LEG, DATA and END (sections 2, 5 and 6) ----

    def relay_of(self, path: Path) -> Endpoint:
        for address in path.route.relay:
            if len(address.ip) == self.ip_bytes:
                return endpoint_of(address)
        raise Failure("the Route Direction names no relay address of the family used with the DC")

    def send_tunnel_request(self, path_id: int) -> None:
        path = self.path(path_id)
        relay = self.relays.get(self.relay_of(path))
        if not relay:
            raise Failure("the DC has directed the path over another relay")
        request = pb.TunnelRequest(nonce=os.urandom(8), token=relay.token)
        request.pad = bytes(LONGEST_RESPONSE - request.ByteSize())
        path.nonces.add(request.nonce)
        self.send_salted(wire.LEG, path, path.route.leg_secret, pb.Leg(request=request))

    def send_inner(self, path: Path, inner: bytes) -> None:
        header = Header(wire.DATA, path.route.role, path.sent, path.route.path_id)
        path.sent += 1
        aead = wire.data_aead(path.route.path_secret, header, path.route.suite)
        self.send(wire.seal_counted(aead, header, inner), self.relay_of(path))

    def send_probe(self, path: Path) -> None:
        probe = pb.EndProbe(nonce=os.urandom(8))
        path.nonces.add(probe.nonce)
        self.send_salted(wire.END, path, path.route.path_secret, pb.End(probe=probe))

    def send_salted(self, kind: int, path: Path, secret: bytes, message: Any) -> None:
        header = Header(kind, path.route.role, 0, path.route.path_id)
        salt = os.urandom(wire.SALT_BYTES)
        packet = wire.seal_salted(secret, header, message.SerializeToString(), salt)
        self.send(packet, self.relay_of(path))

    def take_path_packet(self, header: Header, packet: bytes) -> None:
        path = self.paths.get(header.id)
        if not path:
            raise Drop("unknown path")
        is_own_role = header.flags & wire.ROLE == path.route.role
        if header.type == wire.LEG and is_own_role and header.flags & wire.ANSWER:
            self.take_response(path, header, packet)
        elif header.type == wire.DATA and not is_own_role:
            self.take_data(path, header, packet)
        elif header.type == wire.END and not is_own_role:
            self.take_end(path, header, packet)
        else:
            raise Drop("unknown type, or wrong role or answer flag")

    def take_response(self, path: Path, header: Header, packet: bytes) -> None:
        leg = pb.Leg.FromString(wire.open_salted(path.route.leg_secret, header, packet))
        response = leg.response
        if response.nonce not in path.nonces:
            raise Drop("Tunnel Response to no Request")
        endpoint = self.relay_of(path)
        relay = self.relays[endpoint]
        if response.boot_id != relay.boot_id:
            raise Failure("the relay's boot id differs between COOKIE and Tunnel Response")
        outside = response.outside.ip, response.outside.port
        if outside != relay.seen:
            raise Failure(f"COOKIE saw this node at {relay.seen}, Tunnel Request at {outside}")
        path.bound |= response.bound
        path.peer_bound |= response.peer_bound
        if not path.bound and response.token not in (b"", relay.token):
            self.relays[endpoint] = relay._replace(token=response.token)
            self.send_tunnel_request(header.id)

    def take_data(self, path: Path, header: Header, packet: bytes) -> None:
        if not path.window.is_new(header.counter):
            raise Drop("DATA repeated")
        aead = wire.data_aead(path.route.path_secret, header, path.route.suite)
        inner = wire.open_counted(aead, header, packet)
        path.window.take(header.counter)
        path.heard = True
        echo = Echo.unpack(inner)
        if not echo or (echo.source, echo.destination) != (path.route.peer_vipv4, self.own_vip):
            raise Drop("inner packet that is no echo from the peer")
        if echo.is_reply:
            self.replies.append(echo)

    def take_end(self, path: Path, header: Header, packet: bytes) -> None:
        end = pb.End.FromString(wire.open_salted(path.route.path_secret, header, packet))
        if end.HasField("probe"):
            answer = pb.End(probe_answer=pb.EndProbeAnswer(nonce=end.probe.nonce))
            self.send_salted(wire.END, path, path.route.path_secret, answer)
        elif end.probe_answer.nonce in path.nonces:
            path.heard = True


def key_bytes(text: str) -> bytes:
    key = base64.b64decode(text.strip(), validate=True)
    if len(key) != 32:
        raise Failure("a key is the base64 of 32 bytes")
    return key


def resolve(dc: str) -> Endpoint:
    host, _, port = dc.rpartition(":")
    address = socket.getaddrinfo(host.strip("[]"), int(port), type=socket.SOCK_DGRAM)[0][4]
    return str(address[0]), int(address[1])


def use(client: Client, fqdn: str, peer: str, seconds: float) -> None:
    client.connect()
    say(f"session with the DC {client.dc}")
    registration = client.register(fqdn)
    say(f"registered as {fqdn}: virtual address {ipaddress.ip_address(client.own_vip)}, "
        f"seen from {endpoint_of(registration.outside)}")
    client.time_relays(registration.relays)
    path_id = client.direct(peer)
    route = client.path(path_id).route
    say(f"path {path_id:016x} revision {route.revision} to {route.peer_fqdn}, role {route.role}, "
        f"{pb.Suite.Name(route.suite)}, relay {client.relay_of(client.path(path_id))}")
    client.bind(path_id)
    say("both legs bound")
    reply = client.ping(path_id)
    say(f"echo reply {reply.sequence} from {ipaddress.ip_address(reply.source)}")
    client.hold(seconds)
    client.release(path_id)
    say("path released")


def main() -> int:
    parser = argparse.ArgumentParser(description="one ping over a relayed NTM/1 path")
    parser.add_argument("--dc", required=True, metavar="HOST:PORT")
    parser.add_argument("--dc-key", required=True, metavar="BASE64", help="its public key")
    parser.add_argument("--key", required=True, type=pathlib.Path, metavar="FILE",
                        help="this node's private key in base64")
    parser.add_argument("--fqdn", required=True, metavar="NAME", help="of this node")
    parser.add_argument("--peer", required=True, metavar="NAME", help="its FQDN")
    parser.add_argument("--port", type=int, default=9770, help="own UDP port")
    parser.add_argument("--hold", type=float, default=0.0, metavar="SECONDS",
                        help="how long to keep the path after the ping")
    arguments = parser.parse_args()
    client = None
    try:
        static = X25519PrivateKey.from_private_bytes(key_bytes(arguments.key.read_text()))
        client = Client(resolve(arguments.dc), key_bytes(arguments.dc_key), static, arguments.port)
        use(client, arguments.fqdn, arguments.peer, arguments.hold)
        return 0
    except (Failure, OSError, ValueError, OverflowError) as error:
        say(f"failed: {error}")
        if client and client.dropped:
            say("dropped: " + ", ".join(f"{why}: {n}" for why, n in client.dropped.items()))
        return 1


if __name__ == "__main__":
    sys.exit(main())
