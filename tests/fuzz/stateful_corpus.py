#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Writes the first inputs of the stateful targets: tests/fuzz/stateful_corpus.py FOLDER.

Each is a list of events as the target of that name reads them: the event's number and what it takes.
"""

import sys
from pathlib import Path

SEEDS = {
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
    "tunnel_manager": {
        "relayed": [1, 0, 1, 0, 5, 0, 12, 1, 6, 0, 12, 1],
        "direct": [1, 3, 1, 0, 12, 2, 6, 0, 12, 3],
        "moved": [5, 0, 12, 2, 9, 4, 12, 1, 6, 0, 9, 2, 12, 2],
        "released": [1, 0, 1, 0, 3, 0, 1, 1, 0, 1, 0, 1, 0, 2, 0],
        "relay_restarts": [5, 0, 12, 2, 11, 6, 0, 12, 3],
        "dc_is_silent": [10, 1, 0, 5, 0, 12, 4, 10, 0, 0, 12, 3],
        "busy": [4, 0x83, 5, 1, 12, 4],
    },
    "coordinator": {
        "asked": [2, 1],
        "relay_refuses": [0x06 + 0x48, 9, 2, 1, 12, 1],
        "moved": [2, 1, 7, 2, 1, 0x10, 10, 0, 0, 2, 12, 1],
        "dc_restarts": [2, 1, 9, 12, 2],
        "removed": [2, 1, 10, 1, 10, 5, 12, 1],
        "released": [2, 1, 4, 0, 7],
        "strangers": [11, 4, 1, 2, 3, 4],
    },
    "world": {
        "still": [1],
        "one_step": [2, 0, 1, 0, 2, 0, 3],
        "some": [3] + [(37 * i) % 251 for i in range(40)],
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
