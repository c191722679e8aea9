# SPDX-License-Identifier: BSD-3-Clause
"""Holds ntm_wire.py against published and documented values, without a network.

The check values of docs/protocol.md section 6, cacophony's vector for Noise IK, both sides of a
handshake against each other, and what must be refused.
"""

import os
import unittest

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

import ntm_wire as wire
from ntm_wire import Header, NoiseIK

SECRET = bytes(range(32))
PATH_ID = 0x0102030405060708


def private(text: str) -> X25519PrivateKey:
    return X25519PrivateKey.from_private_bytes(bytes.fromhex(text))


class Keys(unittest.TestCase):
    """Section 6."""

    def test_data(self) -> None:
        header = Header(wire.DATA, 0, 5, PATH_ID)
        self.assertEqual(wire.path_key(SECRET, None, header, wire.AES_128_GCM).hex(),
                         "3451a3844997af46f3f1f74930539965")
        packet = wire.seal_counted(wire.data_aead(SECRET, header, wire.AES_128_GCM), header, b"")
        self.assertEqual(packet.hex(), "10000000000000050102030405060708"
                                       "079ae9b1732e51e61155f018fa7544e4")

    def test_leg(self) -> None:
        header = Header(wire.LEG, wire.ROLE, 0, PATH_ID)
        salt = bytes(range(0xa0, 0xb0))
        self.assertEqual(wire.path_key(SECRET, salt, header, wire.AES_128_GCM).hex(),
                         "d22dc0585bfc56fc439f0e4e6cc54131")

    def test_what_is_sealed_opens_and_what_is_changed_does_not(self) -> None:
        header = Header(wire.LEG, wire.ROLE, 0, PATH_ID)
        packet = wire.seal_salted(SECRET, header, b"leg", os.urandom(wire.SALT_BYTES))
        self.assertEqual(wire.open_salted(SECRET, Header.unpack(packet), packet), b"leg")
        for at in range(1, len(packet)):
            wrong = packet[:at] + bytes([packet[at] ^ 1]) + packet[at + 1:]
            with self.assertRaises(InvalidTag):
                wire.open_salted(SECRET, Header.unpack(wrong), wrong)
        for suite in wire.KEY_BYTES:
            header = Header(wire.DATA, wire.ROLE, 2**40 - 1, PATH_ID)
            aead = wire.data_aead(SECRET, header, suite)
            packet = wire.seal_counted(aead, header, b"data")
            self.assertEqual(wire.open_counted(aead, Header.unpack(packet), packet), b"data")

    def test_window(self) -> None:
        window = wire.ReplayWindow()
        for counter in (0, 3, 2, 5000, 5000 - 1023):
            self.assertTrue(window.is_new(counter))
            window.take(counter)
            self.assertFalse(window.is_new(counter))
        self.assertFalse(window.is_new(5000 - 1024))
        self.assertTrue(window.is_new(4999))

    def test_cookie(self) -> None:
        self.assertEqual(wire.cookie_ask(bytes(8)).hex(), "14" + "00" * 71)
        answer = bytes.fromhex("1404" + "00" * 14 + "01" * 8 + "02" * 16 + "0000000000000003"
                               "d9d5" "04" + "00" * 5 + "3fffffdf" + "00" * 12)
        self.assertEqual(wire.CookieAnswer.unpack(answer),
                         (b"\1" * 8, b"\2" * 16, 3, (bytes([192, 0, 0, 32]), 9770)))


class Noise(unittest.TestCase):
    INITIATOR = private("e61ef9919cde45dd5f82166404bd08e38bceb5dfdfded0a34c8df7ed542214d1")
    RESPONDER = private("4a3acbfdb163dec651dfa3194dece676d437029c62a408b4c5ea9114246e4893")

    def pair(self, prologue: bytes, initiator_ephemeral: X25519PrivateKey | None = None,
             responder_ephemeral: X25519PrivateKey | None = None) -> tuple[NoiseIK, NoiseIK]:
        responder_public = wire.public_bytes(self.RESPONDER)
        return (NoiseIK(self.INITIATOR, responder_public, prologue, initiator_ephemeral),
                NoiseIK(self.RESPONDER, responder_public, prologue, responder_ephemeral))

    def test_cacophony_vector(self) -> None:
        initiator, responder = self.pair(
            bytes.fromhex("4a6f686e2047616c74"),
            private("893e28b9dc6ca8d611ab664754b8ceb7bac5117349a4439a6b0569da977c464a"),
            private("bbdb4cdbd309f1a1f2e1456967fe288cadd6f712d65dc7b7793d5e63da6b375b"))
        message_1 = initiator.write_1(b"Ludwig von Mises")
        self.assertEqual(
            message_1.hex(),
            "ca35def5ae56cec33dc2036731ab14896bc4c75dbb07a61f879f8e3afa4c7944"
            "4e417bc55c7a8166c993356c1be41ef67818a292426f301556c7f26b21d25ddb"
            "097153891a9a956cff47b83e63ad8d701c1342c209cff1ca5ecd43402762ac24"
            "9e3bd3a4c0a145fe07cb5dae28ea13a3")
        self.assertEqual(responder.read_1(message_1), b"Ludwig von Mises")
        self.assertEqual(responder.remote_static, wire.public_bytes(self.INITIATOR))
        message_2 = responder.write_2(b"Murray Rothbard")
        self.assertEqual(
            message_2.hex(),
            "95ebc60d2b1fa672c1f46a8aa265ef51bfe38e7ccb39ec5be34069f144808843"
            "af2ccf9972e22afc67aeafcd25162f7f98c363b7762e3e4cb7d272e39f27a5")
        self.assertEqual(initiator.read_2(message_2), b"Murray Rothbard")
        for side in (initiator, responder):
            self.assertEqual(side.hash.hex(), "669c8640d9e42a3cda2f232f78597cee"
                                              "fb01daa6e3df81181ccce6fc6b5026bf")
            forth, back = side.split()
            self.assertEqual(forth.encrypt(bytes(12), b"F. A. Hayek", b"").hex(),
                             "66acfc92e3197de166809e6d4d5d003dcc819a84bc3522ca53c9d9")
            self.assertEqual(back.encrypt(bytes(12), b"Carl Menger", b"").hex(),
                             "71f89aa6533a6de70b0826864dd75f60806ee40170c16290189eb3")

    def test_both_sides_with_a_signal(self) -> None:
        initiator, responder = self.pair(b"NTM/1" + bytes(32))
        self.assertEqual(responder.read_1(initiator.write_1(b"one")), b"one")
        self.assertEqual(initiator.read_2(responder.write_2(b"two")), b"two")
        header = Header(wire.SIGNAL, 0, 7, PATH_ID)
        packet = wire.seal_counted(initiator.split()[0], header, b"")
        self.assertEqual(wire.open_counted(responder.split()[0], header, packet), b"")
        with self.assertRaises(InvalidTag):
            wire.open_counted(responder.split()[1], header, packet)

    def test_other_prologue_is_refused(self) -> None:
        message_1 = self.pair(b"NTM/1")[0].write_1(b"")
        with self.assertRaises(InvalidTag):
            self.pair(b"NTM/2")[1].read_1(message_1)

    def test_own_and_zero_keys_are_refused(self) -> None:
        with self.assertRaises(ValueError):
            NoiseIK(self.RESPONDER, wire.public_bytes(self.RESPONDER), b"").write_1(b"")
        with self.assertRaises(ValueError):
            NoiseIK(self.INITIATOR, bytes(32), b"").write_1(b"")
        with self.assertRaises(ValueError):
            self.pair(b"")[1].read_1(bytes(96))


class Inner(unittest.TestCase):
    def test_echo(self) -> None:
        echo = wire.Echo(bytes([10, 0, 0, 1]), bytes([10, 0, 0, 2]), False, 0x1234, 1, b"odd")
        packet = echo.pack()
        self.assertEqual(wire.Echo.unpack(packet), echo)
        self.assertEqual(wire.internet_checksum(packet[:20]), 0)
        for at in range(len(packet)):
            wrong = packet[:at] + bytes([packet[at] ^ 1]) + packet[at + 1:]
            self.assertIsNone(wire.Echo.unpack(wrong))
        # RFC 1071 section 3's example
        self.assertEqual(wire.internet_checksum(bytes.fromhex("0001f203f4f5f6f7")), 0x220d)


if __name__ == "__main__":
    unittest.main()
