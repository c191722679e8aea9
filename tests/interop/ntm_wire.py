# SPDX-License-Identifier: BSD-3-Clause
"""The bytes of NTM/1 without a socket: Noise IK, the header, the keys and an inner ICMP echo.

Written from docs/protocol.md alone, whose sections the comments name; shares no code with the
programs that it is held against.
"""

from __future__ import annotations

import hashlib
import struct
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

DATA, LEG, SIGNAL, HANDSHAKE, COOKIE, END = range(6)
ROLE, ANSWER = 0x01, 0x04  # flags of the header
AES_128_GCM, CHACHA20_POLY1305 = 1, 2  # suites (section 3)
KEY_BYTES = {AES_128_GCM: 16, CHACHA20_POLY1305: 32}
HEADER_BYTES = SALT_BYTES = TAG_BYTES = TOKEN_BYTES = 16
COOKIE_BYTES = 72
ZERO_NONCE = bytes(12)


def hkdf(secret: bytes, salt: bytes | None, info: bytes, length: int) -> bytes:
    return HKDF(algorithm=SHA256(), length=length, salt=salt, info=info).derive(secret)


# ---- The header and what is sealed behind it (sections 2 and 6) ----


class Header(NamedTuple):
    type: int
    flags: int
    counter: int
    id: int

    def pack(self) -> bytes:
        first = bytes([0x10 | self.type, self.flags])
        return first + self.counter.to_bytes(6, "big") + self.id.to_bytes(8, "big")

    @classmethod
    def unpack(cls, packet: bytes) -> Header | None:
        """The header of a packet, or None where there is none of version 1."""
        if len(packet) < HEADER_BYTES or packet[0] >> 4 != 1:
            return None
        counter, identity = packet[2:8], packet[8:16]
        return cls(packet[0] & 15, packet[1],
                   int.from_bytes(counter, "big"), int.from_bytes(identity, "big"))

    def nonce(self) -> bytes:
        return bytes(6) + self.counter.to_bytes(6, "big")


def path_key(secret: bytes, salt: bytes | None, header: Header, suite: int) -> bytes:
    info = b"NTM/1" + bytes([header.type, header.flags & (ROLE | ANSWER), suite])
    return hkdf(secret, salt, info + header.id.to_bytes(8, "big"), KEY_BYTES[suite])


def seal_counted(aead: AESGCM | ChaCha20Poly1305, header: Header, plaintext: bytes) -> bytes:
    """A DATA or SIGNAL packet."""
    return header.pack() + aead.encrypt(header.nonce(), plaintext, header.pack())


def open_counted(aead: AESGCM | ChaCha20Poly1305, header: Header, packet: bytes) -> bytes:
    return aead.decrypt(header.nonce(), packet[HEADER_BYTES:], packet[:HEADER_BYTES])


def data_aead(secret: bytes, header: Header, suite: int) -> AESGCM | ChaCha20Poly1305:
    key = path_key(secret, None, header, suite)
    return AESGCM(key) if suite == AES_128_GCM else ChaCha20Poly1305(key)


def seal_salted(secret: bytes, header: Header, plaintext: bytes, salt: bytes) -> bytes:
    """A LEG or END packet; the salt is new for every packet."""
    front = header.pack() + salt
    key = path_key(secret, salt, header, AES_128_GCM)
    return front + AESGCM(key).encrypt(ZERO_NONCE, plaintext, front)


def open_salted(secret: bytes, header: Header, packet: bytes) -> bytes:
    front, sealed = packet[:HEADER_BYTES + SALT_BYTES], packet[HEADER_BYTES + SALT_BYTES:]
    key = path_key(secret, front[HEADER_BYTES:], header, AES_128_GCM)
    return AESGCM(key).decrypt(ZERO_NONCE, sealed, front)


class ReplayWindow:
    """The counters of one key that were taken (section 3): a bit each, the highest in bit 0."""

    SIZE = 1024

    def __init__(self) -> None:
        self._highest = -1
        self._taken = 0

    def is_new(self, counter: int) -> bool:
        age = self._highest - counter
        return age < 0 or (age < self.SIZE and not self._taken >> age & 1)

    def take(self, counter: int) -> None:
        """Only after the tag verified."""
        ahead = max(0, counter - self._highest)
        self._taken = (self._taken << min(ahead, self.SIZE)) & ((1 << self.SIZE) - 1)
        self._highest += ahead
        self._taken |= 1 << (self._highest - counter)


# ---- COOKIE (section 4.1) ----


def cookie_ask(nonce: bytes) -> bytes:
    return (Header(COOKIE, 0, 0, 0).pack() + nonce).ljust(COOKIE_BYTES, b"\0")


class CookieAnswer(NamedTuple):
    nonce: bytes
    token: bytes
    boot_id: int
    seen: tuple[bytes, int]  # address (4 or 16 bytes) and port

    @classmethod
    def unpack(cls, packet: bytes) -> CookieAnswer | None:
        size = {4: 4, 6: 16}.get(packet[50]) if len(packet) == COOKIE_BYTES else None
        if size is None or not packet[1] & ANSWER:
            return None
        port = int.from_bytes(packet[48:50], "big") ^ 0xffff
        address = bytes(byte ^ 0xff for byte in packet[56:56 + size])
        return cls(packet[16:24], packet[24:40], int.from_bytes(packet[40:48], "big"),
                   (address, port))


# ---- Noise_IK_25519_AESGCM_SHA256 (section 4.0) ----


def public_bytes(key: X25519PrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


class NoiseIK:
    """One side of one handshake, which ValueError and InvalidTag end without a result."""

    NAME = b"Noise_IK_25519_AESGCM_SHA256"

    def __init__(self, static: X25519PrivateKey, responder_public: bytes, prologue: bytes,
                 ephemeral: X25519PrivateKey | None = None) -> None:
        self._static = static
        self._ephemeral = ephemeral or X25519PrivateKey.generate()
        self.remote_static = responder_public  # the responder learns the initiator's in message 1
        self._remote_ephemeral = b""
        self._chain = self.hash = self.NAME.ljust(32, b"\0")
        self._key = b""
        self._mix_hash(prologue)
        self._mix_hash(responder_public)

    def write_1(self, payload: bytes) -> bytes:
        self._check_remote()
        ephemeral = self._send_ephemeral()
        self._mix_key(self._ephemeral, self.remote_static)  # es
        static = self._seal(public_bytes(self._static))
        self._mix_key(self._static, self.remote_static)  # ss
        return ephemeral + static + self._seal(payload)

    def read_1(self, message: bytes) -> bytes:
        self._take_ephemeral(message[:32])
        self._mix_key(self._static, self._remote_ephemeral)  # es
        self.remote_static = self._open(message[32:80])
        self._check_remote()
        self._mix_key(self._static, self.remote_static)  # ss
        return self._open(message[80:])

    def write_2(self, payload: bytes) -> bytes:
        ephemeral = self._send_ephemeral()
        self._mix_key(self._ephemeral, self._remote_ephemeral)  # ee
        self._mix_key(self._ephemeral, self.remote_static)  # se
        return ephemeral + self._seal(payload)

    def read_2(self, message: bytes) -> bytes:
        self._take_ephemeral(message[:32])
        self._mix_key(self._ephemeral, self._remote_ephemeral)  # ee
        self._mix_key(self._static, self._remote_ephemeral)  # se
        return self._open(message[32:])

    def split(self) -> tuple[AESGCM, AESGCM]:
        """The transport keys: initiator to responder, responder to initiator."""
        keys = hkdf(b"", self._chain, b"", 64)
        return AESGCM(keys[:32]), AESGCM(keys[32:])

    def _check_remote(self) -> None:
        if self.remote_static == public_bytes(self._static):
            raise ValueError("the other side's static key is one's own")

    def _send_ephemeral(self) -> bytes:
        self._mix_hash(public_bytes(self._ephemeral))
        return public_bytes(self._ephemeral)

    def _take_ephemeral(self, ephemeral: bytes) -> None:
        self._remote_ephemeral = ephemeral
        self._mix_hash(ephemeral)

    def _mix_hash(self, data: bytes) -> None:
        self.hash = hashlib.sha256(self.hash + data).digest()

    def _mix_key(self, own: X25519PrivateKey, other: bytes) -> None:
        shared = own.exchange(X25519PublicKey.from_public_bytes(other))  # not all-zero
        keys = hkdf(shared, self._chain, b"", 64)
        self._chain, self._key = keys[:32], keys[32:]

    def _seal(self, plaintext: bytes) -> bytes:
        """In IK each key seals once, so that n is always 0."""
        sealed = AESGCM(self._key).encrypt(ZERO_NONCE, plaintext, self.hash)
        self._mix_hash(sealed)
        return sealed

    def _open(self, sealed: bytes) -> bytes:
        plaintext = AESGCM(self._key).decrypt(ZERO_NONCE, sealed, self.hash)
        self._mix_hash(sealed)
        return plaintext


# ---- The inner packet ----


def internet_checksum(data: bytes) -> int:
    """RFC 1071; 0 over data that holds its right checksum."""
    total = sum(struct.unpack(f"!{(len(data) + 1) // 2}H", data + bytes(len(data) % 2)))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


class Echo(NamedTuple):
    """An IPv4 ICMP echo message."""

    source: bytes
    destination: bytes
    is_reply: bool
    identifier: int
    sequence: int
    payload: bytes

    def pack(self) -> bytes:
        kind = 0 if self.is_reply else 8
        fields = struct.pack("!HH", self.identifier, self.sequence) + self.payload
        checksum = internet_checksum(bytes([kind, 0, 0, 0]) + fields)
        icmp = struct.pack("!BBH", kind, 0, checksum) + fields
        front = struct.pack("!BBHHHBB", 0x45, 0, 20 + len(icmp), 0, 0, 64, 1)
        addresses = self.source + self.destination
        return front + struct.pack("!H", internet_checksum(front + addresses)) + addresses + icmp

    @classmethod
    def unpack(cls, packet: bytes) -> Echo | None:
        """None for everything that is not a whole and right echo message."""
        size = (packet[0] & 15) * 4 if packet else 0
        if size < 20 or len(packet) < size + 8 or packet[0] >> 4 != 4 or packet[9] != 1:
            return None
        if int.from_bytes(packet[2:4], "big") != len(packet) or packet[6] & 0x3f or packet[7]:
            return None
        icmp = packet[size:]
        if internet_checksum(packet[:size]) or internet_checksum(icmp):
            return None
        if icmp[0] not in (0, 8) or icmp[1]:
            return None
        identifier, sequence = struct.unpack("!HH", icmp[4:8])
        return cls(packet[12:16], packet[16:20], icmp[0] == 0, identifier, sequence, icmp[8:])
