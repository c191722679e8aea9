#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Writes the first inputs of the stateful targets: tests/fuzz/stateful_corpus.py FOLDER.

Each is a list of events as the target of that name reads them: the event's number and what it takes.
"""

import sys
from pathlib import Path

# Of coordinator.
RS1_REGISTERS = [5, 0x28]
RS2_REGISTERS = [5, 0x29]
MN_REGISTERS = [0, 0]
MN_REGISTERS_GLOBAL = [0, 4]
CN_REGISTERS = [0, 1]
XN_REGISTERS = [0, 2 + 3 * 4]
MN_ASKS_CN = [2, 4]
MN_ASKS_GN = [0x12, 0]
MN_ASKS_GN_BY_VIP = [0x12, 0x84]
MN_ASKS_FOR_EXIT = [0x32, 0]
GENERAL = RS1_REGISTERS + MN_REGISTERS + MN_ASKS_GN
RELAYED = RS1_REGISTERS + MN_REGISTERS + CN_REGISTERS + MN_ASKS_CN
WAIT_20MS = [10, 0]
WAIT_3S = [10, 3]

# Of tunnel_manager.
NODE_RELAYED = [0, 0, 1]
NODE_DIRECT = [0, 0x40, 0x11, 1]
NODE_GENERAL = [0, 0x40, 0x80, 1]
DATA_BY_RELAY = [6, 0, 0, 1]
RESPONSE_BINDS = [7, 0x14, 0x41]

def walk(decisions: list[int], heals: bool) -> list[int]:
    """The sum of all bytes says whether the world has to heal; the first serves for nothing else."""
    first = next(byte for byte in range(256) if ((byte + sum(decisions)) % 16 == 0) == heals)
    return [first, *decisions]


# Of napt. A packet has the addresses and checksums that the target gives it.
def ip_packet(is_ipv6: bool, protocol: int, upper: list[int]) -> list[int]:
    if is_ipv6:
        return [0x60, 0, 0, 0, 0, len(upper), protocol, 64] + [0] * 16 + [0x20, 1, 0xD, 0xB8, 3] + [0] * 11 + upper
    return [0x45, 0, 0, 20 + len(upper), 0, 1, 0x40, 0, 64, protocol, 0, 0, 198, 18, 0, 5, 203, 0, 113, 9] + upper


def udp(source: int, destination: int, is_ipv6: bool = False) -> list[int]:
    return ip_packet(is_ipv6, 17, [0, source, 0, destination, 0, 10, 0, 0, 1, 2])


def tcp(source: int, destination: int, flags: int, is_ipv6: bool = False) -> list[int]:
    header = [0, source, 0, destination, 0, 0, 0, 1, 0, 0, 0, 2, 0x60, flags, 1, 0, 0, 0, 0, 0]
    return ip_packet(is_ipv6, 6, header + [2, 4, 5, 180])


def echo(is_ipv6: bool, kind: int, identifier: int = 9, number: int = 1) -> list[int]:
    return ip_packet(is_ipv6, 58 if is_ipv6 else 1, [kind, 0, 0, 0, 0, identifier, 0, number])


def error(is_ipv6: bool, quoted: list[int]) -> list[int]:
    return ip_packet(is_ipv6, 58 if is_ipv6 else 1, [3 if is_ipv6 else 11, 0, 0, 0, 0, 0, 0, 0] + quoted)


def event(what: int, which: int, packet: list[int]) -> list[int]:
    return [what, which, len(packet)] + packet


SEND, RECEIVE, BY_EXIT, FROM_OTHERS, AS_IT_IS = 0, 1, 0x20, 0x20, 0x10
SYN, SYN_ACK, ACK, FIN, RST = 2, 0x12, 0x10, 0x11, 4


# Of reassembly: fragments of the packet of a number, which is of IPv6 if that is odd.
def piece(number: int, offset: int, length: int, is_last: bool = False) -> list[int]:
    return [number | is_last << 4, offset // 8, length]


def in_pieces(number: int, each: int, count: int) -> list[list[int]]:
    return [piece(number, at * each, each, at == count - 1) for at in range(count)]


def as_it_comes(packet: list[int]) -> list[int]:
    return [0xE0, len(packet), *packet]


def reassembly_seeds(is_ipv6: bool) -> dict[str, list[int]]:
    three = in_pieces(is_ipv6, 40, 3)
    wait_11s = [0xF0, 11]
    seeds = {
        "in_order": three[0] + three[1] + three[2],
        "backwards": three[2] + three[1] + three[0],
        "twice": three[0] * 2 + three[2] * 2 + three[1] * 2,
        "overlap": three[0] + piece(is_ipv6, 32, 16) + three[1] + three[2] + wait_11s + three[0] + three[1] + three[2],
        "beyond_the_end": three[2] + piece(is_ipv6, 200, 8) + three[0] + three[1],
        "too_late": three[0] + three[1] + wait_11s + three[2],
        "last_of_one_byte": three[0] + piece(is_ipv6, 40, 1, True),
        "odd_middle": three[0] + piece(is_ipv6, 40, 7) + three[1] + three[2],
        "empty": piece(is_ipv6, 0, 0) + piece(is_ipv6, 8, 0, True),
        "in_65": sum(in_pieces(is_ipv6, 8, 65), []),
        "in_64": sum(in_pieces(is_ipv6, 8, 64), []),
        "many": sum((piece(is_ipv6 + 2 * (at % 8), 8 * (at // 8), 8) for at in range(100)), []) + wait_11s,
    }
    return {f"{name}_{6 if is_ipv6 else 4}": events for name, events in seeds.items()}


REASSEMBLY_SEEDS = {
    "whole_at_once": piece(1, 0, 24) + piece(1, 0, 48, True) + piece(1, 24, 24, True),
    "as_it_comes_4": as_it_comes(
        [0x45, 0, 0, 28, 0, 1, 0x20, 0, 64, 17, 0, 0, 203, 0, 113, 9, 198, 51, 100, 20, 0, 1, 0, 2, 0, 8, 0, 0]),
    "as_it_comes_6": as_it_comes(
        [0x60, 0, 0, 0, 0, 16, 44, 64, *[0x20] * 16, *[0x21] * 16, 44, 0, 0, 1, 0, 0, 0, 1, 0, 1, 0, 2, 0, 8, 0, 0]),
    "far": as_it_comes(
        [0x45, 0, 0, 28, 0, 1, 0x1F, 0xFF, 64, 17, 0, 0, 203, 0, 113, 9, 198, 51, 100, 20, 0, 1, 0, 2, 0, 8, 0, 0]),
}


def napt_seeds(is_ipv6: bool) -> dict[str, list[int]]:
    seeds = {
        "udp": event(SEND, 0, udp(5, 53, is_ipv6)) + event(RECEIVE, 0, udp(53, 0, is_ipv6)),
        "stranger": event(SEND | BY_EXIT, 0, udp(5, 53, is_ipv6)) + event(RECEIVE | FROM_OTHERS, 0, udp(7, 0, is_ipv6)),
        "filtered": event(SEND, 0, udp(5, 53, is_ipv6)) + event(RECEIVE | FROM_OTHERS, 0, udp(7, 0, is_ipv6)),
        "two": event(SEND, 0, udp(5, 53, is_ipv6)) + event(SEND, 1, udp(5, 53, is_ipv6)),
        "tcp": event(SEND, 0, tcp(5, 80, SYN, is_ipv6)) + event(RECEIVE, 0, tcp(80, 0, SYN_ACK, is_ipv6))
        + event(SEND, 0, tcp(5, 80, ACK, is_ipv6)) + event(RECEIVE, 0, tcp(80, 0, FIN, is_ipv6))
        + event(SEND, 0, tcp(5, 80, FIN, is_ipv6)),
        "tcp_from_outside": event(SEND | BY_EXIT, 0, tcp(5, 80, SYN, is_ipv6))
        + event(RECEIVE | FROM_OTHERS, 0, tcp(9, 0, SYN, is_ipv6)) + event(SEND | BY_EXIT, 0, tcp(5, 9, RST, is_ipv6))
        + event(SEND | BY_EXIT, 0, tcp(5, 9, SYN_ACK, is_ipv6)) + event(SEND | BY_EXIT, 0, tcp(5, 9, ACK, is_ipv6)),
        "echo": event(SEND, 0, echo(is_ipv6, 128 if is_ipv6 else 8)) + event(RECEIVE, 0, echo(is_ipv6, 129 if is_ipv6 else 0)),
        "error_from_outside": event(SEND, 0, udp(5, 53, is_ipv6))
        + event(RECEIVE | FROM_OTHERS, 0, error(is_ipv6, udp(5, 53, is_ipv6))),
        "error_from_inside": event(SEND, 0, udp(5, 53, is_ipv6)) + event(SEND, 0, error(is_ipv6, udp(53, 5, is_ipv6))),
        "aged": event(SEND, 0, udp(5, 53, is_ipv6)) + [7, 250, 7, 60] + event(RECEIVE, 0, udp(53, 0, is_ipv6))
        + event(SEND, 1, udp(6, 53, is_ipv6)),
        "full": [x for port in range(1, 22) for x in event(SEND, 0, udp(port, 53, is_ipv6))],
        "as_it_is": event(SEND | AS_IT_IS, 0, udp(5, 53, is_ipv6)) + event(RECEIVE | AS_IT_IS, 0, udp(53, 5, is_ipv6)),
    }
    return {f"{name}_{6 if is_ipv6 else 4}": seed for name, seed in seeds.items()}


# Of general_frame, whose packets are events as those of napt are.
BURST_ENDS = [3, 0]
AT_THE_SECOND, BY_EXIT_PATH, OF_NOBODY = 1 << 2, 2 << 2, 3 << 2
CONGESTED, DAMAGED, REPEATED = 0x20, 0x40, 0x80
NO_TAILROOM, NO_HEADROOM, ANOTHER_SENDER, ANOTHER_PORT, GOOD_CHECKSUM = 4, 8, 0x20, 0x40, 0x80


def between(source: list[int], destination: list[int], packet: list[int]) -> list[int]:
    at = 8 if len(source) == 16 else 12
    return packet[:at] + source + destination + packet[at + 2 * len(source):]


# Virtual addresses of the two subscribers, and of the general node.
FIRST, SECOND, GENERAL_NODE = (
    {False: [198, 18, third, last], True: [0xFD, 0, 0, 10, 0, 0x64 if third else 0] + [0] * 9 + [last]}
    for third, last in ((0, 1), (0, 2), (64, 1)))
CHECKSUMS_ALONE = 1


def general_seeds(is_ipv6: bool) -> dict[str, list[int]]:
    out, back = udp(5, 53, is_ipv6), udp(53, 0, is_ipv6)
    ask, reply = echo(is_ipv6, 128 if is_ipv6 else 8), echo(is_ipv6, 129 if is_ipv6 else 0)
    opened = event(SEND, 0, out) + BURST_ENDS
    extension = 0 if is_ipv6 else 47
    both_ways = event(SEND | AT_THE_SECOND, 0, out) + event(SEND, 0, out) + BURST_ENDS
    seeds = {
        "udp": opened + event(RECEIVE, 0, back),
        "two": both_ways + event(RECEIVE, 0, back) + event(RECEIVE, 1, back),
        "tcp": event(SEND, 0, tcp(5, 80, SYN, is_ipv6)) + BURST_ENDS + event(RECEIVE, 0, tcp(80, 0, SYN_ACK, is_ipv6))
        + event(SEND, 0, tcp(5, 80, ACK, is_ipv6)) + event(RECEIVE, 0, tcp(80, 0, RST, is_ipv6)),
        "echo": event(SEND, 0, ask) + BURST_ENDS + event(RECEIVE, 0, reply),
        "echo_of_zeros": event(SEND, 0, echo(is_ipv6, 128 if is_ipv6 else 8, 0, 0)) + BURST_ENDS
        + event(RECEIVE, 0, echo(is_ipv6, 129 if is_ipv6 else 0, 0, 0)),
        "error_from_outside": opened + event(RECEIVE | ANOTHER_SENDER, 0, error(is_ipv6, out)),
        "error_from_inside": opened + event(RECEIVE, 0, back) + event(SEND, 0, error(is_ipv6, back)),
        "error_about_echo": event(SEND, 0, ask) + BURST_ENDS + event(RECEIVE, 0, error(is_ipv6, ask)),
        "error_about_error": opened + event(RECEIVE, 0, error(is_ipv6, error(is_ipv6, out))),
        "strangers": opened + event(RECEIVE | ANOTHER_SENDER, 0, back) + event(RECEIVE | ANOTHER_PORT, 0, back),
        "by_exit_path": event(SEND | BY_EXIT_PATH, 0, out) + event(SEND | AT_THE_SECOND, 0, out) + BURST_ENDS
        + event(RECEIVE | ANOTHER_SENDER, 0, back),
        "of_nobody": event(SEND | OF_NOBODY, 0, out),
        "not_his": event(SEND | AS_IT_IS, 0, out) + event(SEND, 0, ip_packet(is_ipv6, extension, [0] * 8)),
        "of_another": event(SEND | AS_IT_IS, CHECKSUMS_ALONE, between(SECOND[is_ipv6], GENERAL_NODE[is_ipv6], out)),
        "elsewhere": event(SEND | AS_IT_IS, CHECKSUMS_ALONE, between(FIRST[is_ipv6], SECOND[is_ipv6], out)),
        "empty": event(SEND, 0, []),
        "damaged": event(SEND | DAMAGED, 1, out) + event(SEND | DAMAGED, 40, out) + event(SEND | REPEATED, 0, out),
        "congested": event(SEND | CONGESTED, 0, out),
        "no_room": opened + event(RECEIVE | NO_TAILROOM, 0, back) + event(RECEIVE | NO_HEADROOM, 0, back),
        "as_it_is": opened + event(RECEIVE | AS_IT_IS | GOOD_CHECKSUM, 0, back),
        "aged": opened + [3, 250, 3, 60] + event(RECEIVE, 0, back),
        "bursts": [x for port in range(1, 40) for x in event(SEND, 0, udp(port, 53, is_ipv6))]
        + [x for which in range(39) for x in event(RECEIVE, which, back)],
    }
    return {f"{name}_{6 if is_ipv6 else 4}": seed for name, seed in seeds.items()}


SEEDS = {
    "general_frame": general_seeds(False) | general_seeds(True),
    "napt": napt_seeds(False) | napt_seeds(True),
    "reassembly": reassembly_seeds(False) | reassembly_seeds(True) | REASSEMBLY_SEEDS,
    "request_engine": {
        # The first byte seeds the jitter; each event is followed by the byte of a target.
        "answered": [1, 0, 0, 9, 5, 0, 60, 9, 1, 0, 9],
        "unanswered": [2, 0, 0, 9] + [6, 9] * 26,
        "restarted": [3, 0, 6, 9, 0, 5, 9, 2, 1, 9, 2, 2, 9],
        "cached": [4, 3, 0, 1, 9, 4, 0, 2, 65, 66, 9, 3, 0, 1, 9, 5, 117, 48, 9, 3, 0, 1, 9],
        "full": [5] + [x for i in range(12) for x in (3, 0, i, 9)],
    },
    "relay_director": {
        "directed": [1, 0, 2, 1, 0],
        "bound": [1, 0, 2, 1, 0, 4, 2, 0, 4, 0x42, 2],
        "moved": [1, 0, 2, 1, 0, 4, 2, 0, 4, 2, 1, 4, 0x82, 1, 1, 8, 2],
        "released": [1, 0, 2, 1, 0, 3, 2, 1, 1, 0, 2, 1, 0, 1, 0, 2, 2, 0],
        "two_dcs": [1, 0, 2, 1, 0, 0x85, 0, 2, 3, 0],
        "restarted": [1, 0, 2, 1, 0, 9, 7, 8, 1, 1, 0, 2, 2, 0],
        "full": [10, 1, 2, 1, 1, 0, 2, 1, 0, 3, 1, 0],
        "replayed": [1, 0, 2, 1, 0, 4, 2, 0, 4, 2, 1, 7, 1, 3, 7, 3, 1, 11, 1],
    },
    "coordinator": {
        # Each event and its form. MN, CN and XN are 0 to 2, the relays 3 and 4.
        "registered": MN_REGISTERS + CN_REGISTERS + XN_REGISTERS,
        "relayed": RELAYED,
        "direct": MN_REGISTERS_GLOBAL + CN_REGISTERS + MN_ASKS_CN,
        "without_relay": MN_REGISTERS + CN_REGISTERS + MN_ASKS_CN + WAIT_3S,
        "released": RELAYED + [4, 1, 0x40] + [4, 0, 0x40] + MN_ASKS_CN,
        "released_late": RELAYED + [4, 0, 0x00] + [4, 0, 0x80],
        "released_by_relay": RELAYED + [4, 4, 0x40] + [4, 3, 0x40] + MN_ASKS_CN,
        "complaint": RELAYED + RS2_REGISTERS + [3, 0x44, 2, 0],
        "drains": RELAYED + RS2_REGISTERS + [6, 0x40, 0, 0] + WAIT_20MS,
        "relay_silent": RELAYED + RS2_REGISTERS + [6, 0x80, 0, 0] + WAIT_3S,
        "relay_restarts": RELAYED + [13, 3] + RS1_REGISTERS,
        "relay_refuses": RS2_REGISTERS + [8, 3, 9 * 8 + 4, 0] + RELAYED,
        "relay_holds_later": [8, 3, 7 * 8 + 4, 5] + RELAYED,
        "relay_holds_absurd": [8, 3, 7 * 8 + 4, 0xFE] + RELAYED,
        "node_holds_later": [8, 1, 7 * 8 + 4, 5] + RELAYED,
        "node_holds_absurd": [8, 1, 7 * 8 + 4, 0xFE] + RELAYED,
        "node_has_released": [8, 1, 7 * 8 + 7, 0] + RELAYED,
        "node_is_busy": [8, 1, 6 * 8 + 4, 0] + RELAYED + [10, 1] * 6,
        "node_silent": [8, 1, 1] + RELAYED + [10, 4],
        "node_restarts": RELAYED + [13, 0] + MN_REGISTERS,
        "moved": RELAYED + [12, 0, 0] + MN_REGISTERS + [1, 0x0C, 0x12, 0x34],
        "moved_direct": MN_REGISTERS_GLOBAL + CN_REGISTERS + MN_ASKS_CN + [12, 0, 0] + MN_REGISTERS,
        "unreachable": RELAYED + [12, 1, 0x80, 10, 4, 10, 4],
        "dc_restarts": RELAYED + [13, 0x80] + RS1_REGISTERS + WAIT_3S,
        "dc_restarts_and_waits": RELAYED + [13, 0x80, 10, 4],
        "renewed": RELAYED + [10, 4, 0, 0, 0, 1, 10, 4],
        "disk_fails": RELAYED + [15, 0x03, 0, 0, 10, 2, 10, 2] + MN_REGISTERS,
        "disk_fails_for_long": [15, 0x0F] + MN_REGISTERS + [13, 0x80, 15, 0],
        "disk_full": [15, 0x0A] + RELAYED + [14, 2, 0x8E, 2],
        "removed": RELAYED + [14, 0, 0x8E, 0] + MN_REGISTERS,
        "relay_removed": RELAYED + RS2_REGISTERS + [14, 3],
        "strange": RELAYED + [9, 0x41, 1, 9, 0x80, 3, 9, 0xC0, 4, 20, 9, 0, 3, 0x13, 0, 0, 9, 0xC5, 7, 9],
        "full": RELAYED + XN_REGISTERS + [2, 8, 2, 9, 2, 6],
        "turned": [0x80, 0, 2, 0, 3, 9, 0, 5, 1] + RELAYED + [0x82, 4, 1, 0, 2, 0],
        "bytes": [7, 0, 4, 0x6A, 2, 10, 0, 7, 3, 4, 0xC2, 1, 0, 0],
        "odd_answers": [8, 3, 2, 8, 0x9A, 1, 5, 0x12, 3, 10, 1, 65] + RELAYED,
        "general": GENERAL + MN_ASKS_GN + MN_ASKS_GN_BY_VIP + [0x12, 1],
        "general_complaint": GENERAL + RS2_REGISTERS + [0x12, 0x48, 0],
        "general_dc_restarts": GENERAL + [13, 0x80] + RS1_REGISTERS + MN_ASKS_GN_BY_VIP + WAIT_3S,
        "general_leaves_relay": GENERAL + RS2_REGISTERS + [6, 0x80, 0, 0] + WAIT_3S,
        "general_node_restarts": GENERAL + [13, 0] + MN_REGISTERS,
        "general_of_no_use": RS1_REGISTERS + MN_REGISTERS + [0x12, 12, 0x12, 16, 0x12, 20] + WAIT_3S,
        "general_relay_holds_later": [8, 3, 7 * 8 + 4, 5] + GENERAL,
        "general_relay_holds_path": [8, 3, 8 * 8 + 4, 0] + GENERAL,
        "general_relay_restarts": GENERAL + [13, 3] + RS1_REGISTERS,
        "general_released": GENERAL + [4, 0, 0x40] + MN_ASKS_GN_BY_VIP,
        "general_removed": GENERAL + [14, 0, 0x8E, 0] + MN_REGISTERS + MN_ASKS_GN,
        "general_renewed": GENERAL + [10, 4, 0, 0, 10, 4],
        "exit": GENERAL + MN_ASKS_FOR_EXIT * 2 + [0xB2, 0, 1, 0, 2, 0],
        "exit_complaint": GENERAL + MN_ASKS_FOR_EXIT + RS2_REGISTERS + [0x32, 0x40, 1],
        "exit_dc_restarts": GENERAL + MN_ASKS_FOR_EXIT + [13, 0x80] + RS1_REGISTERS + WAIT_3S + MN_ASKS_FOR_EXIT,
        "exit_leaves_relay": GENERAL + MN_ASKS_FOR_EXIT + RS2_REGISTERS + [6, 0x80, 0, 0] + WAIT_3S,
        "exit_node_restarts": GENERAL + MN_ASKS_FOR_EXIT + [13, 0] + MN_REGISTERS + MN_ASKS_FOR_EXIT,
        "exit_of_two": GENERAL + MN_ASKS_FOR_EXIT + CN_REGISTERS + [0x32, 1],
        "exit_relay_holds_path": RS1_REGISTERS + MN_REGISTERS + [8, 3, 8 * 8 + 4, 0] + MN_ASKS_FOR_EXIT,
        "exit_released": GENERAL + MN_ASKS_FOR_EXIT + [4, 0, 0x41] + MN_ASKS_FOR_EXIT,
    },
    "tunnel_manager": {
        # Each event and its form. The places are 0 the relay, 1 the peer, 2 and 3 elsewhere.
        "relayed": NODE_RELAYED + [12, 2],
        "asked": [14, 0, 12, 2, 5, 8, 12, 1],
        "asked_for_existence": [14, 0x80, 14, 0x81, 14, 2, 14, 3, 14, 4, 12, 2],
        "refused": [4, 0x83, 14, 0, 5, 16, 12, 1],
        "unusable_answer": [4, 0, 7, 0x8F, 0, 0, 0, 14, 0, 12, 4],
        "data": NODE_RELAYED + [12, 1] + DATA_BY_RELAY + [6, 0, 0, 2, 6, 4, 0, 1, 6, 0, 0, 0xC0, 3, 1, 2, 3],
        "from_inside": NODE_RELAYED + [5, 8, 12, 1, 5, 16, 5, 9, 5, 0x80, 5, 0xC0, 2, 0x45, 0, 12, 3],
        "direct": NODE_DIRECT + RESPONSE_BINDS + [12, 0, 6, 0, 1, 1, 5, 8, 12, 4],
        "bound_here": NODE_DIRECT + [7, 0, 1, 6, 0, 1, 1, 5, 8, 12, 1],
        "bound_by_token": NODE_DIRECT + [7, 0, 2, 7, 0, 2, 5, 8, 12, 1],
        "direct_silent": [0, 0x40, 1, 1, 5, 8, 12, 4, 5, 8, 12, 4, 5, 8, 12, 4],
        "direct_again": NODE_DIRECT + [0, 0x40, 0x26, 2, 12, 2, 0, 0x48, 0x11, 3, 12, 1],
        "relay_silent": [10, 2] + NODE_RELAYED + [5, 8, 12, 4, 5, 8, 12, 4, 5, 8, 12, 4],
        # Its address turned, so that nobody answers there, and two ways to it.
        "relay_never_answers": list(bytes.fromhex("c001000300071402030c020cdbffff02db02dbffff02020cdb")),
        "relay_dies": NODE_RELAYED + [12, 1, 5, 8, 10, 2, 5, 8, 12, 3, 10, 0, 12, 3],
        "relay_restarts": NODE_RELAYED + [12, 1, 5, 8, 10, 0x10, 5, 8, 12, 3],
        "peer_not_bound": [10, 0x20] + NODE_RELAYED + [12, 3, 10, 0, 12, 2],
        "probed": NODE_RELAYED + [10, 4, 12, 1, 5, 8, 12, 3, 8, 0x10, 0, 8, 0, 0],
        "peer_silent": NODE_RELAYED + [12, 1, 5, 8, 12, 2, 5, 8, 12, 2, 5, 8, 12, 3],
        "moved": NODE_RELAYED + [12, 1, 9, 2, 12, 2, 9, 1, 5, 8, 12, 2],
        "moved_direct": NODE_DIRECT + RESPONSE_BINDS + [9, 2, 12, 1, 9, 1, 5, 8, 12, 2],
        "moved_to_ipv6": NODE_RELAYED + [12, 1, 9, 3, 12, 2, 9, 4, 5, 8, 12, 2],
        "without_address": NODE_RELAYED + [12, 1, 9, 5, 5, 8, 12, 3, 9, 0, 12, 3],
        "dc_silent": [10, 1, 14, 0, 5, 8, 12, 4, 10, 0, 12, 3],
        "dc_busy": [10, 8, 9, 1, 12, 3],
        "replaced": NODE_RELAYED + [12, 1, 0, 8, 2, 12, 1] + DATA_BY_RELAY + [6, 8, 0, 1],
        "becomes_direct": NODE_RELAYED + [12, 1, 0, 0x40, 0x11, 2, 12, 1],
        "general": NODE_GENERAL + [12, 1, 5, 8, 8, 0x10, 0, 12, 1] + DATA_BY_RELAY + [6, 0, 0, 2, 9, 1, 5, 8, 12, 2],
        "general_asked": [4, 0x40, 0x80, 1, 14, 5, 14, 0x85, 14, 4, 12, 2, 14, 5, 5, 8, 12, 4],
        "general_dc_silent": [10, 1, 14, 5, 14, 0, 12, 2, 12, 3, 14, 5, 10, 0, 12, 3, 14, 5, 12, 3],
        "general_relay_restarts": NODE_GENERAL + [12, 1, 5, 8, 10, 0x10, 12, 2, 0, 0x48, 0x80, 2, 12, 2, 5, 8, 12, 1]
        + DATA_BY_RELAY,
        "becomes_general": NODE_RELAYED + [12, 1, 0, 0x40, 0x80, 2, 12, 2, 5, 8, 0, 0, 3, 12, 1],
        "as_responder": [0, 4, 1, 12, 1, 6, 4, 0, 1, 5, 8],
        "stale": [0, 0, 5, 0, 0, 4, 0, 0, 5, 12, 1],
        "released": NODE_RELAYED + [2, 0, 1, 0, 0, 1, 0, 0, 2],
        "released_late": [0, 0, 5, 2, 0, 6, 2, 0, 4, 0, 0, 5],
        "expires": [0, 0x20, 1, 12, 4, 12, 4],
        "three_paths": NODE_RELAYED + [0, 0x11, 1, 0, 0x52, 0x11, 1, 12, 1, 5, 16, 5, 8],
        "granted_otherwise": [0x8F, 0, 1, 0, 3, 9, 1, 12, 3] + NODE_RELAYED + [0x8F, 0, 2, 0, 40, 1, 0, 50, 7, 2, 12, 4],
        "forged": NODE_RELAYED + [12, 1, 11, 0x80, 0, 0, 3, 11, 0xC0, 1, 0, 3, 0, 9, 11, 0x40, 0, 0, 11, 0x41, 1, 0]
        + [11, 0x40, 2, 0, 11, 0x40, 3, 0, 11, 1, 3, 0x13, 1, 2],
        "turned": [0x80, 0, 1, 1, 0, 9, 3] + NODE_DIRECT + [0x87, 0x14, 0x41, 1, 0, 5, 8, 0x88, 0x10, 1, 1, 0, 4, 9],
        "bytes": [3, 0, 4, 0xA2, 1, 1, 0, 3, 0, 3, 0x62, 1, 0],
    },
    "world": {
        "still": walk([], heals=False),
        "still_and_whole": walk([], heals=True),
        **{f"drawn_{a}": walk([(a * i) % 251 for i in range(90)], heals=a % 4 == 1) for a in (37, 41, 59, 97, 131, 149)},
    },
}


def main() -> None:
    folder = Path(sys.argv[1])
    for target, seeds in SEEDS.items():
        (folder / target).mkdir(parents=True, exist_ok=True)
        for name, events in seeds.items():
            (folder / target / name).write_bytes(bytes(events))


if __name__ == "__main__":
    main()
