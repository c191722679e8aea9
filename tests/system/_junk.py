#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Sends one UDP datagram, given in hex, and prints in hex what comes back within half a second."""

import socket
import sys

address, port, datagram = sys.argv[1:4]
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
    sender.settimeout(0.5)
    sender.sendto(bytes.fromhex(datagram), (address, int(port)))
    try:
        print(sender.recv(2048).hex())
    except TimeoutError:
        pass
