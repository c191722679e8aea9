#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""F-33: ntm-relay --plan tells the truth. Without root and without EAL it names queues, workers, NUMA
nodes and memory; the memory is what a relay of that size then takes: EAL's heap by DPDK's own count,
the tables by the kernel's count of the process, at two sizes."""

import json
import os
import pathlib
import resource
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from _relay import PREFIX, Relay, ask_dpdk, write_config  # noqa: E402

NOBODY = 65534
SMALL = 1_000
LARGE = {
    "a million paths": {"paths": 1_000_000},
    "a NAPT": {"napt": "napt: { addresses: [198.51.100.21], mappings: 500000, sessions: 1000000 }"},
}
WITHIN = 0.01  # of what is planned
failures: list[str] = []


def check(what: str, is_true: bool) -> None:
    print(("   ok: " if is_true else "FAILED: ") + what)
    if not is_true:
        failures.append(what)


def plan_of(program: pathlib.Path, config: pathlib.Path, *options: str) -> subprocess.CompletedProcess:
    """As a user who may do nothing."""
    for file in config.parent.iterdir():
        os.chown(file, NOBODY, NOBODY)
    return subprocess.run(
        [str(program), "-c", str(config), "--plan", *options], check=False, capture_output=True,
        text=True, user=NOBODY, group=NOBODY, extra_groups=[])


def anonymous_bytes(pid: int) -> int:
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("RssAnon:"))


def is_near(planned: int, taken: int) -> bool:
    print(f"      planned {planned / 2**20:.2f} MiB, taken {taken / 2**20:.2f} MiB "
          f"({(taken / planned - 1) * 100:+.2f} %)")
    return abs(taken - planned) <= planned * WITHIN


def check_words(program: pathlib.Path, folder: pathlib.Path) -> None:
    # EAL leaves its folder, and runs before this one may have.
    shutil.rmtree(f"/var/run/dpdk/{PREFIX}", ignore_errors=True)
    config = write_config(
        folder, device="netdev: nosuch0", workers=2, paths=5000, hugepages="required")
    said = plan_of(program, config, "-j")
    plan = json.loads(said.stdout)
    check("a plan that can not work ends with 1", said.returncode == 1)
    check("it names the interface that is not there",
          any("nosuch0" in line and "ip link" in line for line in plan["missing"]))
    check("each port has its queues", [port["queues"] for port in plan["ports"]] == [2])
    check("a device that is not there is on no known node", plan["ports"][0]["numa_node"] == "unknown")
    check("each worker has its lcore", [one["lcore"] for one in plan["workers"]] == [1, 2])
    check("no runtime folder of EAL", not pathlib.Path(f"/var/run/dpdk/{PREFIX}").exists())
    words = plan_of(program, config).stdout
    check("in words too", all(word in words for word in ("workers:", "hugepages:", "packet buffers")))
    config.write_text(config.read_text().replace("count: 2", "count: 0"))
    said = plan_of(program, config)
    check("a broken file is refused as by a start",
          said.returncode == 2 and ":12:19: " in said.stderr and "from 1 to 64" in said.stderr)


def planned_and_taken(program: pathlib.Path, config: pathlib.Path) -> tuple[int, int]:
    """The tables' bytes; EAL's heap is checked by the way."""
    said = plan_of(program, config, "-j")
    check("it can be had", said.returncode == 0)
    plan = json.loads(said.stdout)
    relay = Relay(program, config)
    check("it comes up", relay.is_up())
    heap = ask_dpdk("/eal/heap_info,0")["/eal/heap_info"]
    taken = anonymous_bytes(relay.process.pid)
    check("EAL's heap is what was planned", is_near(plan["eal_memory_bytes"], heap["Alloc_size"]))
    check("and fits the reserve", heap["Alloc_size"] <= plan["eal_reserve_bytes"])
    check("it ends well", relay.end() == 0)
    if failures:
        print(relay.said())
    return plan["table_memory_bytes"], taken


def check_memory(program: pathlib.Path, folder: pathlib.Path) -> None:
    least = planned_and_taken(program, write_config(folder, paths=SMALL))
    for what, changes in LARGE.items():
        config = write_config(folder, **({"paths": SMALL} | changes))
        planned, taken = planned_and_taken(program, config)
        check(f"{what} takes as much more in tables as planned",
              is_near(planned - least[0], taken - least[1]))


def main(build: pathlib.Path) -> int:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if os.getuid() != 0:
        print("needs root, for the relay")
        return 77
    program = build / "rs-dataplane/ntm-relay"
    with tempfile.TemporaryDirectory(prefix="ntm-plan-") as made:
        folder = pathlib.Path(made)
        os.chown(folder, NOBODY, NOBODY)
        check_words(program, folder)
        check_memory(program, folder)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]).resolve()))
