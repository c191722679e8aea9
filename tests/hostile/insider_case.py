#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""A node that its DC knows, and that does what is not its own to do: each case is refused, counted
where the table says, and changes nothing for anybody. Runs in the insider's own namespace.

  insider_case.py DC-KEY RELAY-KEY VICTIM-KEY KEY-FILE OWN-NAME PEER VICTIM-PATH VICTIM-NAME
"""

from __future__ import annotations

import base64
import pathlib
import socket
import sys
import time
from typing import Any, Callable

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))
import lab
import ntm_wire as wire
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from facts import DC, RELAY, packed
from judge import fail
from ntm_client import Client, first_message, pb, random_id
from ntm_wire import Header, NoiseInitiator

CN = packed("2001:db8:6::112")
HEADERS = 28  # IPv4 and UDP
PATIENCE = 0.5


class Insider(Client):
    def status_of(self, name: str, body: Any) -> str:
        """What the DC answers to a request, whatever that is."""
        self.last_id += 1
        number = self.last_id

        def seal() -> bytes:
            return self.session.seal(pb.Signal(id=number, **{name: body}).SerializeToString())

        def take(header: Header, packet: bytes) -> Any:
            signal = pb.Signal.FromString(self.session.open(header, packet) or b"")
            return signal.is_answer and signal.id == number and signal

        return pb.Status.Name(self.exchange(name, seal, self.dc, take).status)

    def to_relay(self, packet: bytes) -> None:
        self.socket.sendto(packet, self.relay)

    def inner(self, source: bytes, target: bytes) -> bytes:
        return wire.ipv4(source, target, wire.icmp_echo(False, bytes(32)))


class Impostor(NoiseInitiator):
    """Message 1 that claims to be the holder of a key whose private half it has not."""

    def __init__(self, claimed: bytes, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.claimed = claimed

    def write_1(self, payload: bytes) -> bytes:
        ephemeral = wire.public_bytes(self._ephemeral)
        self._mix_hash(ephemeral)
        self._mix_key(self._ephemeral, self._responder)
        static = self._seal(self.claimed)
        self._mix_key(self._static, self._responder)
        return ephemeral + static + self._seal(payload)


def hello() -> Any:
    return pb.Hello(session_id=random_id(), boot_id=random_id(), version=1)


def message_of(key: X25519PrivateKey, responder: bytes) -> bytes:
    return first_message(key, responder, bytes(16), hello())[1]


def impostor_of(claimed: bytes, responder: bytes, token: bytes) -> bytes:
    front = Header(wire.HANDSHAKE, 0, 0, 0).pack() + token
    noise = Impostor(claimed, X25519PrivateKey.generate(), responder, b"NTM/1" + front)
    return front + noise.write_1(hello().SerializeToString())


def token_of(at: tuple[bytes, int], socket_: socket.socket) -> bytes:
    socket_.settimeout(2)
    to = (socket.inet_ntop(socket.AF_INET6 if len(at[0]) == 16 else socket.AF_INET, at[0]), at[1])
    socket_.sendto(Header(wire.COOKIE, 0, 0, 0).pack() + bytes(56), to)
    while (answer := socket_.recv(2000))[0] != 0x10 | wire.COOKIE:
        pass
    return answer[24:40]


def counters() -> dict[str, int]:
    found = lab.numbers("relay", {**lab.ctl("rs1", "status"), "drop": lab.drops()})
    found |= lab.numbers("dc", lab.ctl("dc1", "status")["counters"])
    found |= lab.numbers("cn", lab.ctl("cn", "status")["drops"])
    return found


class Cases:
    def __init__(self, insider: Insider, victim: int) -> None:
        self.insider, self.victim = insider, victim
        self.standing = lab.standing()
        self.count = 0

    def _nothing_changed(self, what: str) -> None:
        found = lab.differences(self.standing, lab.standing())
        if found:
            fail(f"{what}: " + "; ".join(found))

    def refused(self, what: str, name: str, body: Any, status: str) -> None:
        answer = self.insider.status_of(name, body)
        if answer != f"STATUS_{status}":
            fail(f"{what}: {answer}, not {status}")
        self._nothing_changed(what)
        self.count += 1
        print(f"   ok: {what}: {status}", flush=True)

    def counted(self, what: str, counter: str, act: Callable[[], Any], times: int = 1) -> None:
        before = counters()
        for _ in range(times):
            act()
        if not lab.wait_until(3, lambda: counters()[counter] - before.get(counter, 0) == times):
            fail(f"{what}: {counter} is no {times} more: {lab.rise(before, counters())}")
        self._nothing_changed(what)
        self.count += 1
        print(f"   ok: {what}: {times} more of {counter}", flush=True)


def at_the_dc(cases: Cases, victim_name: str, own_name: str) -> None:
    victim = cases.victim
    direction = pb.RelayDirection(path_id=victim, revision=99)
    cases.refused("registration in another's name", "registration_request", pb.RegistrationRequest(
        fqdn=victim_name, port=9770, suites=[1]), "NOT_PERMITTED")
    cases.refused("Relay Direction", "relay_directions", pb.RelayDirections(
        directions=[direction]), "NOT_PERMITTED")
    cases.refused("Route Direction", "route_direction", pb.RouteDirection(
        path_id=victim, revision=99), "NOT_PERMITTED")
    cases.refused("RS Register", "rs_register", pb.RsRegister(
        name="rs1", capacity_paths=1 << 20), "NOT_PERMITTED")
    cases.refused("RS Status", "rs_status", pb.RsStatus(is_draining=True), "NOT_PERMITTED")
    for revision in (0, 1, 2, 0xFFFFFFFF):
        cases.refused(f"release of another's path, revision {revision}", "path_release",
                      pb.PathRelease(path_id=victim, revision=revision), "UNKNOWN_PATH")
    cases.refused("release of a path that is none", "path_release",
                  pb.PathRelease(path_id=1), "UNKNOWN_PATH")
    cases.refused("asking for nobody", "direction_request", pb.DirectionRequest(), "BAD_REQUEST")
    cases.refused("complaint about another's path", "direction_request", pb.DirectionRequest(
        fqdn=own_name, reason=pb.DIRECTION_FAILED, path_id=victim, revision=0xFFFFFFFF), "OK")
    cases.counted("a Direction counts as what may not be sent", "dc.malformed", lambda: cases.insider.
                  status_of("relay_directions", pb.RelayDirections(directions=[direction])))


def at_the_relay(cases: Cases, relay_key: bytes, dc_key: bytes) -> None:
    insider, victim = cases.insider, cases.victim
    route = insider.route
    request = pb.Leg(request=pb.TunnelRequest(nonce=bytes(8), pad=bytes(53))).SerializeToString()
    for role in (0, 1):
        cases.counted(f"Tunnel Request for another's path, role {role}", "relay.control.requests_with_bad_tag",
                      lambda role=role: insider.to_relay(wire.seal_salted(
                          route.leg_secret, Header(wire.LEG, role, 0, victim), request)), 5)
        cases.counted(f"DATA on another's path, role {role}", "relay.drop.wrong_source",
                      lambda role=role: insider.to_relay(wire.Channel.of_path(
                          route.path_secret, role, victim).seal(insider.inner(insider.vip, insider.vip))), 5)
        cases.counted(f"END on another's path, role {role}", "relay.drop.wrong_source",
                      lambda role=role: insider.to_relay(wire.seal_salted(
                          route.path_secret, Header(wire.END, role, 0, victim), b"")), 5)
    cases.counted("Tunnel Request for the peer's leg of the own path", "relay.control.requests_with_bad_tag",
                  lambda: insider.to_relay(wire.seal_salted(
                      route.leg_secret, Header(wire.LEG, 1 - route.role, 0, route.path_id), request)), 5)
    cases.counted("DATA in the peer's role", "relay.drop.wrong_source", lambda: insider.to_relay(
        Header(wire.DATA, 1 - route.role, 0, route.path_id).pack() + bytes(40)), 5)
    cases.counted("its own key, which is no DC's, opens nothing", "relay.signaling.bad_handshake",
                  lambda: insider.to_relay(message_of(insider.static, relay_key)), 5)
    cases.counted("nor that of a DC nobody knows", "relay.signaling.bad_handshake",
                  lambda: insider.to_relay(message_of(X25519PrivateKey.generate(), relay_key)), 5)
    cases.counted("the DC's public key alone gets a demand", "relay.signaling.token_demanded",
                  lambda: insider.to_relay(impostor_of(dc_key, relay_key, bytes(16))), 5)
    token = token_of((RELAY[4], 9770), insider.socket)
    cases.counted("and with a token nothing", "relay.signaling.bad_handshake",
                  lambda: insider.to_relay(impostor_of(dc_key, relay_key, token)), 5)


def at_the_peer(cases: Cases, victim_key: bytes, dc_key: bytes) -> None:
    insider, victim, route = cases.insider, cases.victim, cases.insider.route
    near = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    to = (socket.inet_ntop(socket.AF_INET6, CN), 9770)
    orders = (("LEG", wire.LEG, 4), ("LEG", wire.LEG, 5), ("END", wire.END, 0), ("END", wire.END, 1))
    for name, kind, flags in orders:
        # LEG is for the role that it names, END from it.
        is_fitting = (flags & 1 == role_of_cn(victim)) == (kind == wire.LEG)
        counter = "cn.bad_tag" if is_fitting else "cn.wrong_role"
        cases.counted(f"{name} of another's path, flags {flags}", counter, lambda kind=kind, flags=flags:
                      near.sendto(wire.seal_salted(route.leg_secret, Header(kind, flags, 0, victim), b""), to), 5)
    cases.counted("a stranger's association", "cn.signal_bad_handshake",
                  lambda: near.sendto(message_of(insider.static, victim_key), to), 5)
    cases.counted("the DC's public key alone", "cn.signal_bad_handshake",
                  lambda: near.sendto(impostor_of(dc_key, victim_key, bytes(16)), to), 5)
    peer = route.peer_vipv4
    cases.counted("another's inner source", "cn.wrong_inner_source", lambda: insider.to_relay(
        insider.data.seal(insider.inner(socket.inet_aton("198.18.0.99"), peer))), 5)
    cases.counted("an inner destination that is not the peer's", "cn.wrong_inner_destination",
                  lambda: insider.to_relay(insider.data.seal(insider.inner(
                      insider.vip, socket.inet_aton("198.18.0.99")))), 5)
    cases.counted("no inner packet", "cn.bad_inner_packet",
                  lambda: insider.to_relay(insider.data.seal(b"\x45" + bytes(3))), 5)
    sealed = insider.data.seal(insider.inner(insider.vip, peer))
    insider.to_relay(sealed)
    cases.counted("the same again", "cn.replayed", lambda: insider.to_relay(sealed), 5)


def ratio_of(what: str, packet: bytes, to: tuple[bytes, int], asker: socket.socket | None = None) -> None:
    """Bytes that come back to where nobody has proven to be, against those that went, as IP has them."""
    asker = asker or socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    asker.sendto(packet, (socket.inet_ntoa(to[0]), to[1]))
    came, end = 0, time.monotonic() + PATIENCE
    while (left := end - time.monotonic()) > 0:
        asker.settimeout(left)
        try:
            came += HEADERS + len(asker.recv(2000))
        except TimeoutError:
            break
    went = HEADERS + len(packet)
    print(f"   ok: {what}: {went} bytes in, {came} out, ratio {came / went:.2f}", flush=True)
    if came > went:
        fail(f"{what}: {came} bytes for {went}")


def ratios(cases: Cases, relay_key: bytes, dc_key: bytes) -> None:
    insider = cases.insider
    relay, dc = (RELAY[4], 9770), (DC[4], 9770)
    cookie = Header(wire.COOKIE, 0, 0, 0).pack() + bytes(56)
    route, nonce = insider.route, bytes(8)
    for where, key, name in ((relay, relay_key, "relay"), (dc, dc_key, "DC")):
        ratio_of(f"COOKIE ask at the {name}", cookie, where)
        ratio_of(f"HANDSHAKE of a stranger at the {name}", message_of(X25519PrivateKey.generate(), key), where)
    ratio_of("HANDSHAKE of a node with a session at the DC", message_of(insider.static, dc_key), dc)
    ratio_of("HANDSHAKE in the DC's name at the relay", impostor_of(dc_key, relay_key, bytes(16)), relay)
    asker = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with_token = first_message(insider.static, dc_key, token_of(dc, asker), hello())[1]
    ratio_of("HANDSHAKE with its token at the DC", with_token, dc, asker)
    for pad in (53, 0):
        request = pb.Leg(request=pb.TunnelRequest(nonce=nonce, pad=bytes(pad))).SerializeToString()
        ratio_of(f"Tunnel Request with {pad} bytes of pad, from elsewhere", wire.seal_salted(
            route.leg_secret, Header(wire.LEG, route.role, 0, route.path_id), request), relay)
    for name, body in (("Keep Alive", {"keep_alive": pb.KeepAlive()}), ("probe with pad", {
            "address_probe": pb.AddressProbe(pad=bytes(100))})):
        insider.last_id += 1
        signal = pb.Signal(id=insider.last_id, **body).SerializeToString()
        ratio_of(f"{name} from an address that is not proven", insider.session.seal(signal), dc)


def role_of_cn(path: int) -> int:
    for each in lab.ctl("cn", "path")["paths"]:
        if int(each["path_id"], 16) == path:
            return int(each["role"] == "responder")
    return fail("cn has not the victim's path")


def main() -> None:
    dc_key, relay_key, victim_key = map(base64.b64decode, sys.argv[1:4])
    key_file, own_name, peer, path, victim_name = sys.argv[4:]
    static = X25519PrivateKey.from_private_bytes(base64.b64decode(pathlib.Path(key_file).read_text()))
    insider = Insider((socket.inet_ntoa(DC[4]), 9770), dc_key, static)
    insider.connect()
    insider.register(own_name)
    insider.direct(peer)
    insider.bind()
    insider.ping()
    cases = Cases(insider, int(path, 16))
    at_the_dc(cases, victim_name, own_name)
    at_the_relay(cases, relay_key, dc_key)
    at_the_peer(cases, victim_key, dc_key)
    ratios(cases, relay_key, dc_key)
    insider.release()
    print(f"   {cases.count} cases", flush=True)


if __name__ == "__main__":
    main()
