#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Holds every #include against the table of layers: which folder may use which, and which library.

A folder's rule is the longest prefix that fits. What a rule does not list is refused.
"""

import pathlib
import re
import sys

BASE = ["common/base"]
PACKET = [*BASE, "common/packet"]
CRYPTO = [*BASE, "common/crypto"]
PROTOCOL = [*PACKET, "common/crypto", "common/protocol"]
DAEMON = [*PROTOCOL, "common/config", "common/admin", "common/daemon"]

# folder: (folders of the project it may include besides itself, libraries by their include prefix)
LAYERS = {
    "common/base": ([], []),
    "common/packet": (BASE, []),
    "common/crypto": (BASE, ["openssl/"]),
    "common/protocol": (PROTOCOL, ["google/protobuf/"]),
    "common/config": (CRYPTO, ["yaml-cpp/", "CLI/"]),
    "common/admin": ([*BASE, "common/config"], ["asio", "nlohmann/"]),
    "common/daemon": ([*PROTOCOL, "common/config"], ["spdlog/"]),
    "common/dns": (BASE, ["asio", "ldns/"]),
    "common/netlink": (BASE, ["libmnl/"]),
    "rs-dataplane/crypto": (CRYPTO, ["intel-ipsec-mb.h"]),
    "rs-dataplane/tables": (PROTOCOL, ["rte_hash", "rte_rcu_qsbr.h", "rte_errno.h", "rte_lcore.h"]),
    "rs-dataplane/napt": ([*PACKET, "rs-dataplane/tables"], []),
    "rs-dataplane/relay": (
        [*PROTOCOL, "rs-dataplane/tables", "rs-dataplane/napt", "rs-dataplane/crypto"],
        [],
    ),
    "rs-dataplane/dpdk": (
        [*PROTOCOL, "rs-dataplane/tables", "rs-dataplane/napt", "rs-dataplane/crypto", "rs-dataplane/relay"],
        ["rte_"],
    ),
    "rs-dataplane": ([*DAEMON, "rs-dataplane", "control"], ["spdlog/"]),
    "control": (
        [*DAEMON, "common/netlink", "rs-dataplane/tables", "rs-dataplane/relay"],
        ["asio", "nlohmann/", "spdlog/", "libmnl/", "yaml-cpp/"],
    ),
    "control/nat_records": (
        [*BASE, "common/crypto", "common/config", "common/admin", "rs-dataplane/relay", "rs-dataplane/tables"],
        ["asio", "nlohmann/"],
    ),
    "control/ntmctl": ([*DAEMON, "control/nat_records"], ["CLI/", "nlohmann/", "asio", "pcap/"]),
    "dc": ([*DAEMON, "common/dns"], ["asio", "nlohmann/", "spdlog/", "sqlite3.h"]),
    "client/node": ([*DAEMON, "common/dns", "common/netlink"], ["asio", "nlohmann/", "spdlog/", "ldns/", "libmnl/"]),
    "bench/micro": (["common", "rs-dataplane"], ["benchmark/", "rte_", "intel-ipsec-mb.h"]),
    "bench/swarm": (["common", "client", "dc"], ["CLI/"]),
    "tests": (["common", "rs-dataplane", "control", "dc", "client", "bench", "tests"],
              ["gtest/", "gmock/", "rte_", "openssl/", "asio", "nlohmann/", "ldns/", "sqlite3.h",
               "google/protobuf/", "spdlog/", "yaml-cpp/", "valgrind/"]),
}

# Headers of the C and C++ libraries and of the kernel's interface need no entry.
SYSTEM = re.compile(r"^(c?[a-z_0-9]+|[a-z_]+\.h|(sys|net|netinet|netinet6|arpa|linux|netpacket|bits)/[a-z_0-9]+\.h)$")
LIBRARIES = sorted({prefix for _, libraries in LAYERS.values() for prefix in libraries})
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def rule_of(path: str) -> str | None:
    fitting = [folder for folder in LAYERS if path.startswith(folder + "/")]
    return max(fitting, key=len, default=None)


def is_within(path: str, folders: list[str]) -> bool:
    return any(path.startswith(folder + "/") for folder in folders)


def complaint(path: str, kind: str, included: str) -> str | None:
    """Why `path` may not include `included`, or None."""
    rule = rule_of(path)
    if rule is None:
        return "lies in a folder without a rule"
    folders, libraries = LAYERS[rule]
    if kind == '"':
        if "/" not in included:
            return "names a project file without its folder"
        if is_within(included, [rule, *folders]):
            return None
        return f"is not for {rule}, which may use {', '.join(folders) or 'nothing'}"
    if any(included.startswith(library) for library in libraries):
        return None
    is_library = any(included.startswith(library) for library in LIBRARIES)
    if SYSTEM.match(included) and not is_library:
        return None
    return f"is not for {rule}, which may use {', '.join(libraries) or 'the standard library only'}"


def check(root: pathlib.Path) -> int:
    found = 0
    files = 0
    for top in ("common", "rs-dataplane", "control", "dc", "client", "bench", "tests"):
        for file in sorted((root / top).rglob("*.[hc]pp")):
            files += 1
            path = file.relative_to(root).as_posix()
            for number, line in enumerate(file.read_text().splitlines(), 1):
                match = INCLUDE.match(line)
                reason = match and complaint(path, match[1], match[2])
                if reason:
                    found += 1
                    print(f"{path}:{number}: {match[2]} {reason}")
    print(f"{files} files, {found} includes against the layers")
    return 1 if found or not files else 0


def self_test() -> int:
    """The lint can fail: one seeded violation of each kind."""
    wrong = [
        ("common/base/a.cpp", '"', "common/packet/packet.hpp"),
        ("rs-dataplane/relay/a.cpp", "<", "rte_mbuf.h"),
        ("dc/a.cpp", '"', "client/node/config.hpp"),
        ("common/base/a.cpp", "<", "openssl/evp.h"),
        ("dc/a.cpp", '"', "config.hpp"),
    ]
    right = [
        ("common/base/a.cpp", "<", "vector"),
        ("common/base/a.cpp", "<", "arpa/inet.h"),
        ("rs-dataplane/dpdk/a.cpp", "<", "rte_mbuf.h"),
        ("dc/a.cpp", '"', "common/protocol/signaling.hpp"),
    ]
    missed = [case for case in wrong if complaint(*case) is None]
    refused = [case for case in right if complaint(*case) is not None]
    for case in missed + refused:
        print("wrong verdict:", case)
    return 1 if missed or refused else 0


if __name__ == "__main__":
    sys.exit(self_test() or check(pathlib.Path(sys.argv[1])))
