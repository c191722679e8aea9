# SPDX-License-Identifier: BSD-3-Clause
"""DATA of every cipher suite, written from docs/protocol.md sections 3 and 6 alone, like ntm_wire.py."""

from __future__ import annotations

import hashlib
import hmac

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC, ECB

from ntm_wire import ANSWER, ROLE, Header, hkdf

NONE, AES_128_GCM, CHACHA, CBC_SHA_256, CBC_MD5 = range(5)
WITH_IV = (CBC_SHA_256, CBC_MD5)
KEY_BYTES = {NONE: 32, AES_128_GCM: 16, CHACHA: 32, CBC_SHA_256: 48, CBC_MD5: 32}
BLOCK = AES_KEY_BYTES = TAG_BYTES = 16


def data_key(suite: int, secret: bytes, header: Header) -> bytes:
    info = b"NTM/1" + bytes([header.type, header.flags & (ROLE | ANSWER), suite])
    return hkdf(secret, None, info + header.id.to_bytes(8, "big"), KEY_BYTES[suite])


def _run(context: CipherContext, blocks: bytes) -> bytes:
    return context.update(blocks) + context.finalize()


def own_iv(key: bytes, header: Header) -> bytes:
    """The project's own of suites 3 and 4, which never comes twice under a key as no header does."""
    return _run(Cipher(AES(key[:AES_KEY_BYTES]), ECB()).encryptor(), header.pack())


def _tag(suite: int, key: bytes, text: bytes) -> bytes:
    digest = hashlib.sha256 if suite == CBC_SHA_256 else hashlib.md5
    return hmac.new(key[AES_KEY_BYTES:], text, digest).digest()[:TAG_BYTES]


def _seal_cbc(suite: int, key: bytes, header: Header, text: bytes, iv: bytes | None) -> bytes:
    iv = iv or own_iv(key, header)
    padding = BLOCK - len(text) % BLOCK
    cipher = Cipher(AES(key[:AES_KEY_BYTES]), CBC(iv))
    body = iv + _run(cipher.encryptor(), text + bytes([padding]) * padding)
    return body + _tag(suite, key, header.pack() + body)


def _open_cbc(suite: int, key: bytes, header: Header, sealed: bytes) -> bytes:
    body, tag = sealed[:-TAG_BYTES], sealed[-TAG_BYTES:]
    if not hmac.compare_digest(tag, _tag(suite, key, header.pack() + body)):
        raise InvalidTag
    cipher = Cipher(AES(key[:AES_KEY_BYTES]), CBC(body[:BLOCK]))
    padded = _run(cipher.decryptor(), body[BLOCK:])
    text = padded[:-padded[-1]]
    if padded[len(text):] != bytes([padded[-1]]) * padded[-1] or not 1 <= padded[-1] <= BLOCK:
        raise ValueError("a padding that is none")
    return text


def _aead(suite: int, key: bytes) -> AESGCM | ChaCha20Poly1305:
    return AESGCM(key) if suite == AES_128_GCM else ChaCha20Poly1305(key)


def seal_data(suite: int, key: bytes, header: Header, text: bytes, iv: bytes | None = None) -> bytes:
    """What follows the header; `iv` for suites 3 and 4, made of the header where there is none."""
    if suite == NONE:
        return text
    if suite in WITH_IV:
        return _seal_cbc(suite, key, header, text, iv)
    return _aead(suite, key).encrypt(header.nonce(), text, header.pack())


def open_data(suite: int, key: bytes, header: Header, sealed: bytes) -> bytes:
    """InvalidTag for what the key's owner has not sealed."""
    if suite == NONE:
        return sealed
    if suite in WITH_IV:
        return _open_cbc(suite, key, header, sealed)
    return _aead(suite, key).decrypt(header.nonce(), sealed, header.pack())
