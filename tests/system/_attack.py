#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What a stranger can send. Prints a line for each thing sent; exit 1 if more bytes come back for
one than were sent.

  udp ADDRESS PORT NAME=HEX...           datagrams; NAME=HEX*N: N datagrams; NAME=HEX+N: N zero bytes more
  stranger ADDRESS PORT KEY N            N right HANDSHAKEs for that public key, each from a key nobody knows
  forged SOURCE PORT TARGET PORT HEX...  the same over IPv4 with a source that is not ours
  replay PCAP [flip]                     the captured IPv4 datagrams again, one bit turned over if flip
  too_big SENDER PORT RECEIVER PORT MTU  ICMP's "too big" to SENDER about its UDP to RECEIVER
  vlan INTERFACE MAC                     an Ethernet frame with a VLAN tag
"""

from __future__ import annotations

import base64
import pathlib
import socket
import struct
import sys
import time

for folder in ("hostile", "pcap"):
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / folder))
import frames
from pcap_file import ethernet_frames

PATIENCE = 0.3


def expand(text: str) -> tuple[bytes, int]:
    text, _, repeats = text.partition("*")
    text, _, zeros = text.partition("+")
    return bytes.fromhex(text) + bytes(int(zeros or 0)), int(repeats or 1)


def collect(sender: socket.socket) -> int:
    received, end = 0, time.monotonic() + PATIENCE
    while (left := end - time.monotonic()) > 0:
        sender.settimeout(left)
        try:
            received += len(sender.recv(65535))
        except TimeoutError:
            break
        except ConnectionRefusedError:  # an ICMP error that answers it
            continue
    return received


def udp(address: str, port: str, *questions: str) -> bool:
    is_honest = True
    for question in questions:
        name, _, text = question.partition("=")
        datagram, repeats = expand(text)
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with socket.socket(family, socket.SOCK_DGRAM) as sender:
            for _ in range(repeats):
                sender.sendto(datagram, (address, int(port)))
            received = collect(sender)
        sent = repeats * len(datagram)
        print(f"{name}: {sent} bytes sent, {received} came back", flush=True)
        is_honest = is_honest and received <= sent
    return is_honest


def stranger(address: str, port: str, key: str, count: str) -> bool:
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
    from ntm_client import first_message, pb, random_id

    questions = []
    for at in range(int(count)):
        hello = pb.Hello(session_id=random_id(), boot_id=random_id(), version=1)
        _, packet = first_message(X25519PrivateKey.generate(), base64.b64decode(key), bytes(16), hello)
        questions.append(f"HANDSHAKE {at} of a stranger={packet.hex()}")
    return udp(address, port, *questions)


def send_raw(source: bytes, target: bytes, ports: tuple[int, int], datagram: bytes) -> None:
    packet = frames.ipv4(source, target, frames.udp(source, target, ports, datagram))
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as sender:
        sender.sendto(packet, (socket.inet_ntoa(target), 0))


def forged(source: str, source_port: str, target: str, target_port: str, *texts: str) -> bool:
    for text in texts:
        datagram, repeats = expand(text)
        for _ in range(repeats):
            send_raw(socket.inet_aton(source), socket.inet_aton(target),
                     (int(source_port), int(target_port)), datagram)
    print(f"{len(texts)} forged datagrams sent")
    return True


def replay(path: str, how: str = "") -> bool:
    sent = 0
    for sent, datagram in enumerate(map(frames.Datagram.of, ethernet_frames(path)), 1):
        if datagram is None or len(datagram.source) != 4:
            raise ValueError(f"{path}: packet {sent} is no UDP over IPv4")
        payload = bytearray(datagram.payload)
        if how == "flip":  # behind the header, anywhere, another bit each time
            payload[16 + sent % (len(payload) - 16)] ^= 1 << sent % 8
        send_raw(datagram.source, datagram.target, datagram.ports, bytes(payload))
    print(f"{sent} captured datagrams sent again {how}")
    return sent > 0


def quoted(sender: bytes, receiver: bytes, ports: tuple[int, int]) -> bytes:
    """The head of a datagram of 1400 bytes that is said to have been too big."""
    headers = frames.UDP + (frames.IPV6 if len(sender) == 16 else frames.IPV4)
    packet = frames.ip(sender, receiver, frames.udp(sender, receiver, ports, bytes(1400 - headers)))
    return packet[:headers]


def too_big(sender: str, sender_port: str, receiver: str, receiver_port: str, mtu: str) -> bool:
    family = socket.AF_INET6 if ":" in sender else socket.AF_INET
    protocol = socket.IPPROTO_ICMPV6 if ":" in sender else socket.IPPROTO_ICMP
    kind = struct.pack("!BB", *((2, 0) if ":" in sender else (3, 4)))
    ends = [socket.inet_pton(family, each) for each in (sender, receiver)]
    rest = struct.pack("!I", int(mtu)) + quoted(*ends, (int(sender_port), int(receiver_port)))
    # ICMPv6's the kernel makes itself.
    checksum = 0xFFFF - frames.ones_sum(kind + bytes(2) + rest)
    with socket.socket(family, socket.SOCK_RAW, protocol) as raw:
        raw.sendto(kind + struct.pack("!H", checksum) + rest, (sender, 0))
    print(f"{sender} is told that {receiver} is only reached with {mtu} bytes")
    return True


def vlan(interface: str, mac: str) -> bool:
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as sender:
        sender.bind((interface, 0))
        own = sender.getsockname()[4]
        tag = struct.pack("!HH", 0x8100, 7) + b"\x08\x00"
        sender.send(bytes.fromhex(mac.replace(":", "")) + own + tag + b"\x45".ljust(60, b"\0"))
    print("a frame with a VLAN tag sent")
    return True


if __name__ == "__main__":
    actions = {each.__name__: each for each in (udp, stranger, forged, replay, too_big, vlan)}
    sys.exit(0 if actions[sys.argv[1]](*sys.argv[2:]) else 1)
