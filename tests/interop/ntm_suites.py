# SPDX-License-Identifier: BSD-3-Clause
"""DATA of every cipher suite, written from docs/protocol.md sections 3 and 6 alone, like ntm_wire.py."""

from __future__ import annotations

import hashlib
import hmac

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC, ECB

from ntm_wire import ANSWER, ROLE, Header, hkdf

NONE, AES_128_GCM, CHACHA, CBC_SHA_256, CBC_MD5 = range(5)
KEY_BYTES = {NONE: 32, AES_128_GCM: 16, CHACHA: 32, CBC_SHA_256: 48, CBC_MD5: 32}
BLOCK = AES_KEY_BYTES = TAG_BYTES = 16


def data_key(suite: int, secret: bytes, header: Header) -> bytes:
    info = b"NTM/1" + bytes([header.type, header.flags & (ROLE | ANSWER), suite])
    return hkdf(secret, None, info + header.id.to_bytes(8, "big"), KEY_BYTES[suite])


def _run(cipher: Cipher, block: bytes) -> bytes:
    encryptor = cipher.encryptor()
    return encryptor.update(block) + encryptor.finalize()


def _seal_cbc(suite: int, key: bytes, header: bytes, text: bytes, iv: bytes | None) -> bytes:
    aes = AES(key[:AES_KEY_BYTES])
    iv = iv or _run(Cipher(aes, ECB()), header)
    padding = BLOCK - len(text) % BLOCK
    body = iv + _run(Cipher(aes, CBC(iv)), text + bytes([padding]) * padding)
    digest = hashlib.sha256 if suite == CBC_SHA_256 else hashlib.md5
    return body + hmac.new(key[AES_KEY_BYTES:], header + body, digest).digest()[:TAG_BYTES]


def seal_data(suite: int, key: bytes, header: Header, text: bytes, iv: bytes | None = None) -> bytes:
    """What follows the header; `iv` for suites 3 and 4, made of the header where there is none."""
    if suite == NONE:
        return text
    if suite in (CBC_SHA_256, CBC_MD5):
        return _seal_cbc(suite, key, header.pack(), text, iv)
    aead = AESGCM(key) if suite == AES_128_GCM else ChaCha20Poly1305(key)
    return aead.encrypt(header.nonce(), text, header.pack())
