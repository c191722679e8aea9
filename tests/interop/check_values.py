# SPDX-License-Identifier: BSD-3-Clause
"""Holds ntm_wire.py against published and documented values, without a network.

The check values of docs/protocol.md section 6, cacophony's vector for Noise IK, and what must be
refused.
"""

import unittest

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

import ntm_suites as suites
import ntm_wire as wire
from ntm_wire import Channel, Header, NoiseInitiator

SECRET = bytes(range(32))
PATH_ID = 0x0102030405060708


def private(text: str) -> X25519PrivateKey:
    return X25519PrivateKey.from_private_bytes(bytes.fromhex(text))


class Suites(unittest.TestCase):
    """The check values of section 6, which tests/unit/common/crypto/data_cipher_test.cpp holds too."""

    EMPTY = {
        suites.NONE: "",
        suites.AES_128_GCM: "079ae9b1732e51e61155f018fa7544e4",
        suites.CHACHA: "143ad9917e1205cb07960ea0ca0ac15f",
        suites.CBC_SHA_256: "7822e5bfc891df93ab44c065531594db20d1fca399ac668f631df52e057b38bd"
                            "9fc57d30a8da29d1e9bf22297f2731be",
        suites.CBC_MD5: "debf462aa4ec48ac8dd34f75366e253563945e8ca0a746b5934525e25d4ee9fd"
                        "aef9ee37fd67a377e5427f180095f45d",
    }

    def test_an_empty_packet_of_each(self) -> None:
        header = Header(wire.DATA, 0, 5, PATH_ID)
        for suite, sealed in self.EMPTY.items():
            key = suites.data_key(suite, SECRET, header)
            self.assertEqual(suites.seal_data(suite, key, header, b"").hex(), sealed, suite)

    def test_what_is_sealed_opens_unless_it_was_changed(self) -> None:
        header = Header(wire.DATA, wire.ROLE, 7, PATH_ID)
        for suite in self.EMPTY:
            key = suites.data_key(suite, SECRET, header)
            for length in (0, 1, 15, 16, 17, 100):
                sealed = suites.seal_data(suite, key, header, bytes(length))
                self.assertEqual(suites.open_data(suite, key, header, sealed), bytes(length), suite)
                if suite == suites.NONE:
                    continue
                for at in range(len(sealed)):
                    wrong = sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1:]
                    with self.assertRaises(InvalidTag):
                        suites.open_data(suite, key, header, wrong)
                with self.assertRaises(InvalidTag):
                    suites.open_data(suite, key, header._replace(counter=8), sealed)

    def test_an_iv_of_ones_own(self) -> None:
        """RFC 3602, case 1: IV and first block."""
        key = bytes.fromhex("06a9214036b8a15b512e03d534120006") + bytes(32)
        iv = bytes.fromhex("3dafba429d9eb430b422da802c9fac41")
        sealed = suites.seal_data(suites.CBC_SHA_256, key, Header(wire.DATA, 0, 5, PATH_ID),
                                  b"Single block msg", iv)
        self.assertEqual(sealed[:16], iv)
        self.assertEqual(sealed[16:32].hex(), "e353779c1079aeb82708942dbe77181a")


class Sealing(unittest.TestCase):
    def assert_changes_are_seen(self, open_packet, packet: bytes) -> None:
        for at in range(len(packet)):
            wrong = packet[:at] + bytes([packet[at] ^ 1]) + packet[at + 1:]
            with self.assertRaises(InvalidTag):
                open_packet(Header.unpack(packet), wrong)

    def test_data(self) -> None:
        header = Header(wire.DATA, 0, 5, PATH_ID)
        key = wire.path_key(SECRET, None, header)
        self.assertEqual(key.hex(), "3451a3844997af46f3f1f74930539965")
        packet = Channel(header, PATH_ID, key, key).seal(b"")
        self.assertEqual(packet.hex(), "10000000000000050102030405060708"
                                       "079ae9b1732e51e61155f018fa7544e4")

    def test_leg(self) -> None:
        header = Header(wire.LEG, wire.ROLE, 0, PATH_ID)
        self.assertEqual(wire.path_key(SECRET, bytes(range(0xa0, 0xb0)), header).hex(),
                         "d22dc0585bfc56fc439f0e4e6cc54131")
        packet = wire.seal_salted(SECRET, header, b"leg")
        self.assertEqual(wire.open_salted(SECRET, header, packet), b"leg")
        self.assert_changes_are_seen(lambda _, wrong: wire.open_salted(SECRET, header, wrong),
                                     packet)

    def test_a_packet_is_taken_once_and_by_the_other_role_only(self) -> None:
        initiator, responder = (Channel.of_path(SECRET, role, PATH_ID) for role in (0, 1))
        packets = [initiator.seal(bytes([at % 256])) for at in range(1100)]
        self.assert_changes_are_seen(responder.open, packets[0])
        with self.assertRaises(InvalidTag):
            initiator.open(Header.unpack(packets[0]), packets[0])
        for at, plaintext in ((3, b"\3"), (2, b"\2"), (3, None), (1099, b"\x4b"), (2, None),
                              (75, None), (76, b"\x4c"), (76, None)):
            opened = responder.open(Header.unpack(packets[at]), packets[at])
            self.assertEqual(opened, plaintext, at)


class Epochs(unittest.TestCase):
    """The check value of section 6, which tests/unit/common/protocol/epoch_secret_test.cpp holds too."""

    def test_the_secret_of_epoch_1(self) -> None:
        asker, answerer, asker_static, answerer_static = (
            X25519PrivateKey.from_private_bytes(bytes([fill]) * 32) for fill in (1, 2, 3, 4))
        secret = wire.answer_epoch(SECRET, PATH_ID, 1, wire.public_bytes(asker),
                                   wire.public_bytes(asker_static), answerer, answerer_static)
        self.assertEqual(secret.hex(),
                         "d018805380b8b31c5679ba6be604a47cbe565388ff079f02c74c3b565fde24d8")
        self.assertEqual(secret, wire.ask_epoch(SECRET, PATH_ID, 1, wire.public_bytes(answerer),
                                                wire.public_bytes(answerer_static), asker,
                                                asker_static))
        with self.assertRaises(ValueError):
            wire.answer_epoch(SECRET, PATH_ID, 1, bytes(32), wire.public_bytes(asker_static),
                              answerer, answerer_static)


class Noise(unittest.TestCase):
    STATIC = private("e61ef9919cde45dd5f82166404bd08e38bceb5dfdfded0a34c8df7ed542214d1")
    RESPONDER = private("4a3acbfdb163dec651dfa3194dece676d437029c62a408b4c5ea9114246e4893")
    MESSAGE_2 = bytes.fromhex("95ebc60d2b1fa672c1f46a8aa265ef51bfe38e7ccb39ec5be34069f144808843"
                              "af2ccf9972e22afc67aeafcd25162f7f98c363b7762e3e4cb7d272e39f27a5")

    def initiator(self) -> NoiseInitiator:
        return NoiseInitiator(
            self.STATIC, wire.public_bytes(self.RESPONDER), b"John Galt",
            private("893e28b9dc6ca8d611ab664754b8ceb7bac5117349a4439a6b0569da977c464a"))

    def test_cacophony_vector(self) -> None:
        noise = self.initiator()
        self.assertEqual(noise.write_1(b"Ludwig von Mises").hex(),
                         "ca35def5ae56cec33dc2036731ab14896bc4c75dbb07a61f879f8e3afa4c7944"
                         "4e417bc55c7a8166c993356c1be41ef67818a292426f301556c7f26b21d25ddb"
                         "097153891a9a956cff47b83e63ad8d701c1342c209cff1ca5ecd43402762ac24"
                         "9e3bd3a4c0a145fe07cb5dae28ea13a3")
        self.assertEqual(noise.read_2(self.MESSAGE_2), b"Murray Rothbard")
        forth, back = (AESGCM(key) for key in noise.split())
        self.assertEqual(forth.encrypt(wire.ZERO_NONCE, b"F. A. Hayek", b"").hex(),
                         "66acfc92e3197de166809e6d4d5d003dcc819a84bc3522ca53c9d9")
        self.assertEqual(back.encrypt(wire.ZERO_NONCE, b"Carl Menger", b"").hex(),
                         "71f89aa6533a6de70b0826864dd75f60806ee40170c16290189eb3")

    def test_refused(self) -> None:
        noise = self.initiator()
        noise.write_1(b"another payload, so another hash")
        with self.assertRaises(InvalidTag):
            noise.read_2(self.MESSAGE_2)
        with self.assertRaises(ValueError):
            NoiseInitiator(self.STATIC, wire.public_bytes(self.STATIC), b"")
        with self.assertRaises(ValueError):
            NoiseInitiator(self.STATIC, bytes(32), b"").write_1(b"")


class Inner(unittest.TestCase):
    def test_checksum_of_rfc_1071(self) -> None:
        self.assertEqual(wire.internet_checksum(bytes.fromhex("0001f203f4f5f6f7")), 0x220d)
        self.assertEqual(wire.internet_checksum(bytes.fromhex("0001f203f4f5f6f7220d")), 0)


if __name__ == "__main__":
    unittest.main()
