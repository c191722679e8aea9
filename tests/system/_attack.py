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


def ones_sum(data: bytes) -> int:
    total = sum(struct.unpack(f"!{(len(data) + 1) // 2}H", data + bytes(len(data) % 2)))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def send_raw(source: bytes, target: bytes, ports: tuple[int, int], datagram: bytes) -> None:
    """The kernel fills in the rest of the IPv4 header and its checksum."""
    length = 8 + len(datagram)
    pseudo = source + target + struct.pack("!HH", 17, length)
    head = struct.pack("!HHH", *ports, length)
    checksum = ~ones_sum(pseudo + head + bytes(2) + datagram) & 0xFFFF or 0xFFFF
    segment = head + struct.pack("!H", checksum) + datagram
    ip = struct.pack("!BBHHHBBH", 0x45, 0, 20 + length, 0, 0x4000, 64, 17, 0) + source + target
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as sender:
        sender.sendto(ip + segment, (socket.inet_ntoa(target), 0))


def forged(source: str, source_port: str, target: str, target_port: str, *texts: str) -> bool:
    for text in texts:
        datagram, repeats = expand(text)
        for _ in range(repeats):
            send_raw(socket.inet_aton(source), socket.inet_aton(target),
                     (int(source_port), int(target_port)), datagram)
    print(f"{len(texts)} forged datagrams sent")
    return True


def captured(path: str) -> list[bytes]:
    """The IPv4 packets of a capture of Ethernet frames."""
    packets = []
    with open(path, "rb") as file:
        order = "<" if file.read(24)[:4] == b"\xd4\xc3\xb2\xa1" else ">"
        while len(head := file.read(16)) == 16:
            frame = file.read(struct.unpack(order + "IIII", head)[2])
            if frame[12:14] == b"\x08\x00" and frame[14] == 0x45:
                packets.append(frame[14:14 + int.from_bytes(frame[16:18], "big")])
    return packets


def replay(path: str, how: str = "") -> bool:
    packets = captured(path)
    for at, packet in enumerate(packets):
        datagram = bytearray(packet[28:])
        if how == "flip":  # behind the header, anywhere, another bit each time
            datagram[16 + at % (len(datagram) - 16)] ^= 1 << at % 8
        ports = struct.unpack("!HH", packet[20:24])
        send_raw(packet[12:16], packet[16:20], ports, bytes(datagram))
    print(f"{len(packets)} captured datagrams sent again {how}")
    return bool(packets)


def quoted(sender: bytes, receiver: bytes, ports: tuple[int, int]) -> bytes:
    """The head of a datagram of 1400 bytes that is said to have been too big."""
    if len(sender) == 16:
        ip = struct.pack("!IHBB", 6 << 28, 1360, 17, 64) + sender + receiver
    else:
        ip = struct.pack("!BBHHHBBH", 0x45, 0, 1400, 0, 0x4000, 64, 17, 0) + sender + receiver
        ip = ip[:10] + struct.pack("!H", ~ones_sum(ip) & 0xFFFF) + ip[12:]
    return ip + struct.pack("!HHHH", *ports, 1400 - len(ip), 0x1234)


def too_big(sender: str, sender_port: str, receiver: str, receiver_port: str, mtu: str) -> bool:
    family = socket.AF_INET6 if ":" in sender else socket.AF_INET
    protocol = socket.IPPROTO_ICMPV6 if ":" in sender else socket.IPPROTO_ICMP
    kind = struct.pack("!BB", *((2, 0) if ":" in sender else (3, 4)))
    ends = [socket.inet_pton(family, each) for each in (sender, receiver)]
    rest = struct.pack("!I", int(mtu)) + quoted(*ends, (int(sender_port), int(receiver_port)))
    # ICMPv6's the kernel makes itself.
    checksum = ~ones_sum(kind + bytes(2) + rest) & 0xFFFF
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
