# SPDX-License-Identifier: BSD-3-Clause
"""What the relay's data plane must make of a frame, said a second time from docs/protocol.md and
the reasons' own sentences, so that each hostile frame has the one reason that must count it."""

from __future__ import annotations

import dataclasses
import struct

from frames import ETHERNET, IPV4, IPV6, NTM, PORT, TYPE_IPV4, TYPE_IPV6, UDP, ones_sum

DATA, LEG, SIGNAL, HANDSHAKE, COOKIE, END = range(6)
SHORTEST_HANDSHAKE = 32 + 32 + 48 + 16  # front, ephemeral and sealed static key, tag
COOKIE_SIZE = 72
MTU = 1500
ROUTING = (43, 51, 60, 135)  # IPv6 extension headers but hop-by-hop and fragment

LEG_ASKED = "punted leg|path_leg_rate|leg_rate"
SIGNALLED = "punted signal|signal_rate"
GREETED = "punted handshake|handshake_rate"
HOST = "punted host|host_rate"
NEIGHBOUR = "punted neighbour|neighbour_rate"
ANY_ERROR = f"{HOST}|inner_icmp_checksum|bad_quote|unknown_quote"  # of ICMP, by what it quotes
COOKIE_ASKED = "cookies answered|cookie_rate"
# Which of them, those that came before and the time say. Of no packet all come.
FRAGMENT = "held|fragment_joined|fragment_malformed|fragment_too_long|fragment_overlap|fragment_timeout|" \
    "fragment_quota|fragment_crowded_out"

Endpoint = tuple[bytes, int]


@dataclasses.dataclass
class Relay:
    """The relay as a stranger's frame meets it: `legs` of a path by role, None while unbound; no port
    of `public_ports` is anybody's, and its own addresses are the public ones."""

    mac: bytes
    addresses: list[bytes]
    legs: dict[int, tuple[Endpoint | None, Endpoint | None]]
    sessions: set[int]
    public_ports: range = range(0)
    kept_bytes: int | None = None  # of each frame, by the port; all

    def fate_of(self, frame: bytes) -> str:
        """The counter that must count the frame, or those of which one must, as in
        "punted leg|leg_rate": where there is a budget that may be used up."""
        frame = frame[:self.kept_bytes]
        kind = struct.unpack_from("!H", frame, 12)[0]
        if not frame[0] & 1 and frame[:6] != self.mac:
            return "not_our_mac"
        if kind == TYPE_IPV4:
            return self._ipv4(frame)
        if kind == TYPE_IPV6:
            return self._ipv6(frame)
        if kind == 0x0806:
            return NEIGHBOUR
        return "vlan_tagged" if kind in (0x8100, 0x88A8) else "unknown_ethertype"

    def fates_of(self, frame: bytes) -> list[str]:
        """The frame's, and that of the packet which the relay makes of it if all of one is in this
        fragment: UDP is not the kernel's then, since it might hide an NTM datagram."""
        fate = self.fate_of(frame)
        payload = frame[ETHERNET + IPV6:]
        is_whole_udp = fate == FRAGMENT and frame[12:14] == b"\x86\xdd" and len(payload) > 8 and \
            payload[0] == 17 and not struct.unpack_from("!H", payload, 2)[0] & 0xFFF9
        return [fate, "fragment"] if is_whole_udp else [fate]

    def _ipv4(self, frame: bytes) -> str:
        packet = frame[ETHERNET:]
        if len(packet) < IPV4:
            return "truncated_ipv4"
        head = (packet[0] & 15) * 4
        length = struct.unpack_from("!H", packet, 2)[0]
        if packet[0] >> 4 != 4 or head < IPV4:
            return "bad_ipv4_header"
        if not head <= length <= len(packet):
            return "truncated_ipv4"
        if ones_sum(packet[:head]) != 0:
            return "bad_ipv4_checksum"
        is_fragment = struct.unpack_from("!H", packet, 6)[0] & 0x3FFF != 0
        source, target, payload = packet[12:16], packet[16:20], packet[head:length]
        is_group = 224 <= target[0] < 240 or target == b"\xff" * 4
        if target not in self.addresses and not is_group:
            return "not_our_address"
        if target in self.addresses and is_fragment:
            return "not_our_mac" if frame[0] & 1 else "inner_ipv4_options" if head > IPV4 else FRAGMENT
        if target in self.addresses:
            general = self._general(frame, 4, packet[9], payload)
            if general:
                return "inner_ipv4_options" if head > IPV4 and general != "not_our_mac" else general
        is_plain = target in self.addresses and head == IPV4
        if packet[9] != 17:
            return HOST
        if is_fragment:
            return "fragment"
        if not is_plain:
            return self._not_plain(payload, "not_our_address" if is_group else "ipv4_options")
        return self._udp(frame, source, target, payload, packet[8])

    def _ipv6(self, frame: bytes) -> str:
        packet = frame[ETHERNET:]
        if len(packet) < IPV6:
            return "truncated_ipv6"
        if packet[0] >> 4 != 6:
            return "bad_ipv6_header"
        length = struct.unpack_from("!H", packet, 4)[0]
        if IPV6 + length > len(packet):
            return "truncated_ipv6"
        source, target, payload = packet[8:24], packet[24:40], packet[IPV6:IPV6 + length]
        is_kernels = target[0] == 0xFF or (target[0] == 0xFE and target[1] & 0xC0 == 0x80)
        if target not in self.addresses and not is_kernels:
            return "not_our_address"
        if target in self.addresses and packet[6] == 44:
            return "not_our_mac" if frame[0] & 1 else FRAGMENT
        if target in self.addresses:
            general = self._general(frame, 6, packet[6], payload)
            if general:
                return general
        if packet[6] != 17:
            return self._odd_ipv6(packet[6], packet[7], payload)
        if is_kernels:
            return self._not_plain(payload, "not_our_address")
        return self._udp(frame, source, target, payload, packet[7])

    def _general(self, frame: bytes, family: int, protocol: int, upper: bytes) -> str:
        """Empty unless it is to a public port; an ICMP error might be."""
        is_icmp = protocol == (1 if family == 4 else 58) and len(upper) >= 8
        if is_icmp and upper[0] in ((3, 11, 12) if family == 4 else (1, 2, 3, 4)):
            return ANY_ERROR
        is_reply = is_icmp and upper[0] == (0 if family == 4 else 129)
        port_at = 4 if is_reply else 2
        if not (protocol in (6, 17) or is_reply) or len(upper) < port_at + 2 or \
                struct.unpack_from("!H", upper, port_at)[0] not in self.public_ports:
            return ""
        if frame[0] & 1:
            return "not_our_mac"
        return HOST if is_reply else self._to_nobody(family, protocol, upper)

    def _to_nobody(self, family: int, protocol: int, upper: bytes) -> str:
        if protocol == 6:
            header = upper[12] >> 4 << 2 if len(upper) >= 20 else 0
            if not 20 <= header <= len(upper):
                return "inner_tcp"
        elif not self._is_udp(upper) or (family == 6 and upper[6:8] == b"\0\0"):
            return "inner_udp"
        return "napt_no_mapping" if upper[:2] != b"\0\0" else "inner_port_zero"

    @staticmethod
    def _odd_ipv6(following: int, hops: int, payload: bytes) -> str:
        if following == 44:
            if len(payload) < 8 or payload[0] == 17:
                return "fragment"
            return HOST if payload[0] in (58, 6) else "ipv6_extension"
        if following == 0:
            return HOST if len(payload) >= 8 and payload[0] == 58 else "ipv6_extension"
        if following in ROUTING:
            return "ipv6_extension"
        is_discovery = following == 58 and hops == 255 and payload[:1] and 133 <= payload[0] <= 137
        return NEIGHBOUR if is_discovery else HOST

    @staticmethod
    def _is_udp(payload: bytes) -> bool:
        return len(payload) >= UDP and struct.unpack_from("!H", payload, 4)[0] == len(payload)

    def _not_plain(self, payload: bytes, reason: str) -> str:
        if not self._is_udp(payload):
            return "bad_udp_length"
        return reason if struct.unpack_from("!H", payload, 2)[0] == PORT else HOST

    def _udp(self, frame: bytes, source: bytes, target: bytes, payload: bytes, hops: int) -> str:
        if not self._is_udp(payload):
            return "bad_udp_length"
        if len(source) == 16 and payload[6:8] == b"\0\0":
            return "zero_udp_checksum"
        sender, receiver = struct.unpack_from("!HH", payload)
        if receiver != PORT:
            return HOST
        datagram = payload[UDP:]
        if len(datagram) < NTM:
            return "truncated_ntm"
        if datagram[0] >> 4 != 1:
            return "bad_ntm_version"
        if datagram[0] & 15 > END:
            return "unknown_ntm_type"
        if frame[0] & 1:
            return "not_our_mac"
        if datagram[0] & 15 in (DATA, END):
            return self._tunnel(datagram, (source, sender), hops)
        if sender == 0 or not self._can_send(source):
            return "bad_source"
        return self._control(datagram)

    def _can_send(self, source: bytes) -> bool:
        is_loopback = source[0] == 127 if len(source) == 4 else source == bytes(15) + b"\x01"
        is_group = (source[0] & 0xF0 == 0xE0 or source == b"\xff" * 4) if len(source) == 4 \
            else source[0] == 0xFF
        return any(source) and not is_loopback and not is_group and source not in self.addresses

    def _tunnel(self, datagram: bytes, source: Endpoint, hops: int) -> str:
        path = int.from_bytes(datagram[8:16], "big")
        if path not in self.legs:
            return "unknown_path"
        legs = self.legs[path]
        if None in legs:
            return "leg_not_bound"
        role = datagram[1] & 1
        if legs[role] != source:
            return "wrong_source"
        if hops <= 1:
            return "ttl_expired"
        onward = (IPV4 if len(legs[1 - role][0]) == 4 else IPV6) + UDP + len(datagram)
        return "relayed" if onward <= MTU else "too_big"

    def _control(self, datagram: bytes) -> str:
        kind, is_answer = datagram[0] & 15, datagram[1] & 4
        name = int.from_bytes(datagram[8:16], "big")
        if kind == LEG:
            return LEG_ASKED if name in self.legs else "unknown_path"
        if kind == SIGNAL or (kind == HANDSHAKE and is_answer):
            return SIGNALLED if name in self.sessions else "unknown_session"
        if kind == HANDSHAKE:
            is_one = len(datagram) >= SHORTEST_HANDSHAKE and name == 0
            return GREETED if is_one else "malformed_handshake"
        if len(datagram) != COOKIE_SIZE or name != 0:
            return "malformed_cookie"
        return "unknown_cookie" if is_answer else COOKIE_ASKED
