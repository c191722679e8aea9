# SPDX-License-Identifier: BSD-3-Clause
"""Two programs that meet at a public address, as whoever has learnt a port there would.

usage: _meeting.py wait NAME PORT            opens PORT by UDP and TCP towards NAME, and serves there
       _meeting.py meet NAME UDP-PORT TCP-PORT   sends to both ports of NAME, and prints what came back

UDP: the answer to a datagram is who sent it. TCP: all that comes until the end goes back.
"""

import contextlib
import hashlib
import os
import socket
import sys
import threading

NOBODYS_PORT = 49000  # of the public range; what goes there opens the way back
SIZE = 10_000_000


def bound(kind: socket.SocketKind, port: int) -> socket.socket:
    made = socket.socket(socket.AF_INET, kind)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    made.bind(("", port))
    return made


def serve_tcp(listener: socket.socket) -> None:
    while True:
        peer, _ = listener.accept()
        with peer:
            data = b"".join(iter(lambda: peer.recv(65536), b""))
            peer.sendall(data)


def wait(name: str, port: int) -> None:
    target = (socket.gethostbyname(name), NOBODYS_PORT)
    opener = bound(socket.SOCK_STREAM, port)
    opener.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        opener.connect(target)
    listener = bound(socket.SOCK_STREAM, port)
    listener.listen()
    threading.Thread(target=serve_tcp, args=(listener,), daemon=True).start()
    datagrams = bound(socket.SOCK_DGRAM, port)
    datagrams.sendto(b"x", target)
    print("open", flush=True)
    while True:
        _, sender = datagrams.recvfrom(2000)
        datagrams.sendto(f"{sender[0]} {sender[1]}".encode(), sender)


def meet(name: str, udp_port: int, tcp_port: int) -> None:
    address = socket.gethostbyname(name)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
        datagrams.settimeout(5)
        datagrams.sendto(b"who am I", (address, udp_port))
        seen_as, source = datagrams.recvfrom(2000)
        print("udp", source[1] == udp_port, *seen_as.decode().split())
    data = os.urandom(SIZE)
    with socket.create_connection((address, tcp_port), timeout=10) as stream:
        threading.Thread(target=lambda: (stream.sendall(data), stream.shutdown(socket.SHUT_WR))).start()
        back = hashlib.sha256()
        for part in iter(lambda: stream.recv(65536), b""):
            back.update(part)
    print("tcp", back.digest() == hashlib.sha256(data).digest())


if sys.argv[1] == "wait":
    wait(sys.argv[2], int(sys.argv[3]))
else:
    meet(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
