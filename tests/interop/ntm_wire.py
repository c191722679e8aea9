# SPDX-License-Identifier: BSD-3-Clause
"""The bytes of NTM/1 without a socket: header, keys, sealing, Noise IK and an inner ICMP echo.

Written from docs/protocol.md alone, whose sections are named; shares no code with the programs
that it is held against. Speaks suite 1 only.
"""

from __future__ import annotations

import hashlib
import os
import struct
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

DATA, LEG, SIGNAL, HANDSHAKE, COOKIE, END = range(6)
ROLE, PHASE, ANSWER = 0x01, 0x02, 0x04  # flags of the header
AES_128_GCM = 1
HEADER_BYTES = SALT_BYTES = TOKEN_BYTES = 16
ZERO_NONCE = bytes(12)


def hkdf(secret: bytes, salt: bytes | None, info: bytes, length: int) -> bytes:
    return HKDF(algorithm=SHA256(), length=length, salt=salt, info=info).derive(secret)


class Header(NamedTuple):
    """Section 2."""

    type: int
    flags: int
    counter: int
    id: int

    def pack(self) -> bytes:
        first = bytes([0x10 | self.type, self.flags])
        return first + self.counter.to_bytes(6, "big") + self.id.to_bytes(8, "big")

    @classmethod
    def unpack(cls, packet: bytes) -> Header:
        if len(packet) < HEADER_BYTES or packet[0] >> 4 != 1:
            raise ValueError("no packet of NTM/1")
        return cls(packet[0] & 15, packet[1], int.from_bytes(packet[2:8], "big"),
                   int.from_bytes(packet[8:16], "big"))

    def nonce(self) -> bytes:
        return bytes(6) + self.counter.to_bytes(6, "big")


def path_key(secret: bytes, salt: bytes | None, header: Header) -> bytes:
    """Section 6."""
    info = b"NTM/1" + bytes([header.type, header.flags & (ROLE | ANSWER), AES_128_GCM])
    return hkdf(secret, salt, info + header.id.to_bytes(8, "big"), 16)


def seal_salted(secret: bytes, header: Header, plaintext: bytes) -> bytes:
    """A LEG or END packet (section 2)."""
    salt = os.urandom(SALT_BYTES)
    front = header.pack() + salt
    return front + AESGCM(path_key(secret, salt, header)).encrypt(ZERO_NONCE, plaintext, front)


def open_salted(secret: bytes, header: Header, packet: bytes) -> bytes:
    front, sealed = packet[:HEADER_BYTES + SALT_BYTES], packet[HEADER_BYTES + SALT_BYTES:]
    key = path_key(secret, front[HEADER_BYTES:], header)
    return AESGCM(key).decrypt(ZERO_NONCE, sealed, front)


class Channel:
    """SIGNAL of a session or DATA of a path: two keys and their counters (sections 2 and 3)."""

    WINDOW = 1024

    def __init__(self, sends: Header, own_id: int, send_key: bytes, receive_key: bytes) -> None:
        self._next, self._own_id = sends, own_id
        self._send_aead, self._receive_aead = AESGCM(send_key), AESGCM(receive_key)
        self._highest = -1
        self._taken: set[int] = set()

    @classmethod
    def of_path(cls, secret: bytes, role: int, path_id: int, epoch: int = 0) -> Channel:
        phase = PHASE if epoch % 2 else 0
        sends, receives = (Header(DATA, flags | phase, 0, path_id) for flags in (role, role ^ ROLE))
        return cls(sends, path_id, path_key(secret, None, sends), path_key(secret, None, receives))

    def seal(self, plaintext: bytes) -> bytes:
        header = self._next
        self._next = header._replace(counter=header.counter + 1)
        return header.pack() + self._send_aead.encrypt(header.nonce(), plaintext, header.pack())

    def open(self, header: Header, packet: bytes) -> bytes | None:
        """None for what belongs elsewhere or was taken before; InvalidTag for a forgery."""
        if (header.type, header.id) != (self._next.type, self._own_id):
            return None
        if header.counter in self._taken or header.counter <= self._highest - self.WINDOW:
            return None
        front, sealed = packet[:HEADER_BYTES], packet[HEADER_BYTES:]
        plaintext = self._receive_aead.decrypt(header.nonce(), sealed, front)
        self._highest = max(self._highest, header.counter)
        self._taken = {each for each in (*self._taken, header.counter)
                       if each > self._highest - self.WINDOW}
        return plaintext


def public_bytes(key: X25519PrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def agree(private: X25519PrivateKey, public: bytes) -> bytes:
    """ValueError for a key of low order."""
    return private.exchange(X25519PublicKey.from_public_bytes(public))


def epoch_info(path_id: int, epoch: int, keys: list[bytes]) -> bytes:
    """`keys`: the ephemeral ones of asker and answerer, then their static ones (section 6)."""
    return b"NTM/1 epoch" + path_id.to_bytes(8, "big") + epoch.to_bytes(4, "big") + b"".join(keys)


def answer_epoch(before: bytes, path_id: int, epoch: int, asker: bytes, asker_static: bytes,
                 ephemeral: X25519PrivateKey, static: X25519PrivateKey) -> bytes:
    """The epoch's secret, as its answerer has it."""
    agreed = agree(ephemeral, asker) + agree(ephemeral, asker_static) + agree(static, asker)
    keys = [asker, public_bytes(ephemeral), asker_static, public_bytes(static)]
    return hkdf(agreed, before, epoch_info(path_id, epoch, keys), 32)


def ask_epoch(before: bytes, path_id: int, epoch: int, answerer: bytes, answerer_static: bytes,
              ephemeral: X25519PrivateKey, static: X25519PrivateKey) -> bytes:
    """The same, as its asker has it."""
    agreed = (agree(ephemeral, answerer) + agree(static, answerer)
              + agree(ephemeral, answerer_static))
    keys = [public_bytes(ephemeral), answerer, public_bytes(static), answerer_static]
    return hkdf(agreed, before, epoch_info(path_id, epoch, keys), 32)


class NoiseInitiator:
    """Noise_IK_25519_AESGCM_SHA256, the side that sends message 1 (section 4.0)."""

    NAME = b"Noise_IK_25519_AESGCM_SHA256"

    def __init__(self, static: X25519PrivateKey, responder: bytes, prologue: bytes,
                 ephemeral: X25519PrivateKey | None = None) -> None:
        if responder == public_bytes(static):
            raise ValueError("the other side's static key is one's own")
        self._static, self._responder = static, responder
        self._ephemeral = ephemeral or X25519PrivateKey.generate()
        self._chain = self._hash = self.NAME.ljust(32, b"\0")
        self._key = b""
        self._mix_hash(prologue)
        self._mix_hash(responder)

    def write_1(self, payload: bytes) -> bytes:
        ephemeral = public_bytes(self._ephemeral)
        self._mix_hash(ephemeral)
        self._mix_key(self._ephemeral, self._responder)  # es
        static = self._seal(public_bytes(self._static))
        self._mix_key(self._static, self._responder)  # ss
        return ephemeral + static + self._seal(payload)

    def read_2(self, message: bytes) -> bytes:
        ephemeral, sealed = message[:32], message[32:]
        self._mix_hash(ephemeral)
        self._mix_key(self._ephemeral, ephemeral)  # ee
        self._mix_key(self._static, ephemeral)  # se
        return AESGCM(self._key).decrypt(ZERO_NONCE, sealed, self._hash)

    def split(self) -> tuple[bytes, bytes]:
        """The transport keys: initiator to responder, responder to initiator."""
        keys = hkdf(b"", self._chain, b"", 64)
        return keys[:32], keys[32:]

    def _mix_hash(self, data: bytes) -> None:
        self._hash = hashlib.sha256(self._hash + data).digest()

    def _mix_key(self, own: X25519PrivateKey, other: bytes) -> None:
        shared = own.exchange(X25519PublicKey.from_public_bytes(other))  # all-zero: ValueError
        keys = hkdf(shared, self._chain, b"", 64)
        self._chain, self._key = keys[:32], keys[32:]

    def _seal(self, plaintext: bytes) -> bytes:
        """In IK each key seals once, so that n is always 0."""
        sealed = AESGCM(self._key).encrypt(ZERO_NONCE, plaintext, self._hash)
        self._mix_hash(sealed)
        return sealed


def internet_checksum(data: bytes) -> int:
    """RFC 1071; a one's complement sum of 16 bits is a sum modulo 2^16 - 1."""
    return -int.from_bytes(data + bytes(len(data) % 2), "big") % 0xffff


def icmp_echo(is_reply: bool, payload: bytes) -> bytes:
    """RFC 792, with identifier 0 and sequence number 1."""
    front, rest = bytes([0 if is_reply else 8, 0]), struct.pack("!HH", 0, 1) + payload
    return front + internet_checksum(front + rest).to_bytes(2, "big") + rest


def ipv4(source: bytes, destination: bytes, icmp: bytes) -> bytes:
    front = struct.pack("!BBHHHBB", 0x45, 0, 20 + len(icmp), 0, 0, 64, 1)
    addresses = source + destination
    return front + internet_checksum(front + addresses).to_bytes(2, "big") + addresses + icmp
