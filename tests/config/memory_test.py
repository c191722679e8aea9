#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""F-33: too little memory of each kind, in twenty configurations. Each ends with exit code 1 and a
sentence that says how to mend it, or goes on and says what it does without; none crashes, and none is
killed by the kernel. What the machine has is made up by mounts that only the program sees, and by
limits and control groups of its own, so that the machine stays as it is."""

import dataclasses
import os
import pathlib
import re
import resource
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from _relay import Relay, write_config  # noqa: E402

CONFIGS = pathlib.Path(__file__).resolve().parent.parent.parent / "configs"
MIB = 1 << 20


@dataclasses.dataclass
class Case:
    name: str
    config: dict
    expected: str  # a pattern of what is said at last
    starts: bool = False
    hugepages: tuple[int, int] | None = None  # of 2 MiB: in all, and free
    mounted: bool = True
    available: int | None = None  # MiB, that the machine says it has
    address_space: int | None = None  # MiB
    group: int | None = None  # MiB
    program: str = "rs-dataplane/ntm-relay"


MISSING = r"\d+ hugepages are missing \(\d+ MiB are free, \d+ MiB needed\): echo \d+ > /proc/sys/vm/nr_hugepages"
LIMITED = r"\d+ MiB of memory are needed, and {} leaves \d+ MiB: lower paths: capacity"
SPACE = LIMITED.format("the limit of its address space") + r", or ulimit -v unlimited|ulimit -v unlimited"
PCI = 'pci: "0000:03:00.0"'

CASES = [
    Case("no hugepages, which are a wish", {"hugepages": "auto"}, "going on without hugepages.*" + MISSING,
         starts=True, hugepages=(0, 0)),
    Case("no hugepages, which are required", {"hugepages": "required"}, "required, but " + MISSING, hugepages=(0, 0)),
    Case("10 hugepages, a wish", {"hugepages": "auto"}, "going on without hugepages.*" + MISSING,
         starts=True, hugepages=(10, 10)),
    Case("10 hugepages, required", {"hugepages": "required"}, "required, but " + MISSING, hugepages=(10, 10)),
    Case("511 hugepages for 16 million paths", {"hugepages": "required", "paths": 16_000_000},
         "required, but " + MISSING, hugepages=(511, 511)),
    Case("511 hugepages, taken by others", {"hugepages": "required"}, "required, but " + MISSING, hugepages=(511, 3)),
    Case("hugepages without a file system", {"hugepages": "required"},
         "no hugetlbfs is mounted for hugepages: mount -t hugetlbfs none /dev/hugepages", hugepages=(511, 511),
         mounted=False),
    # More than a lab that stands beside this test has.
    Case("hugepages that are gone when they are taken", {"hugepages": "required", "workers": 16},
         "DPDK did not start: .*; without hugepages it may: eal: { hugepages: none }", hugepages=(9000, 9000)),
    Case("a PCI port without hugepages", {"device": PCI, "hugepages": "auto"},
         "a PCI port needs hugepages, but " + MISSING, hugepages=(0, 0)),
    Case("64 workers in a small machine", {"workers": 64}, LIMITED.format("the machine"), available=256),
    Case("16 million paths in a small machine", {"paths": 16_000_000}, LIMITED.format("the machine"), available=1024),
    Case("a machine that is full", {}, LIMITED.format("the machine"), available=8),
    Case("16 million paths in a control group", {"paths": 16_000_000},
         LIMITED.format("the control group .*") + ", or raise /sys/fs/cgroup/", group=512),
    Case("the default in a small control group", {},
         LIMITED.format("the control group .*") + ", or raise /sys/fs/cgroup/", group=64),
    Case("1000 paths in a control group that suffices", {"paths": 1000}, "is up", starts=True, group=400),
    *[Case(f"an address space of {size} MiB", {"paths": 1000}, SPACE, address_space=size)
      for size in (40, 120, 140, 160, 180, 200)],
    Case("an address space too small for a million paths", {"paths": 1_000_000}, SPACE, address_space=500),
    Case("an address space that suffices", {"paths": 1000}, "is up", starts=True, address_space=600),
    Case("too little for EAL by its own option", {"extra_args": '["-m", "8"]'},
         "no memory for packet buffers.*raise -m in eal: extra_args"),
    Case("too little for the paths by EAL's option", {"extra_args": '["-m", "44"]', "paths": 300_000},
         "no relay table for 300000 paths: .*: lower paths: capacity"),
    Case("the DC in 40 MiB", {}, "ntm-dc: there is not enough memory: .*ulimit -v unlimited", address_space=40,
         program="dc/ntm-dc"),
    Case("the node in 40 MiB", {}, "ntm-node: there is not enough memory: .*ulimit -v unlimited", address_space=40,
         program="client/node/ntm-node"),
]


def faked_files(case: Case, folder: pathlib.Path) -> str:
    """Shell lines that put made-up files over the kernel's."""
    lines = []
    meminfo = pathlib.Path("/proc/meminfo").read_text()
    if case.hugepages is not None:
        total, free = case.hugepages
        pages = folder / "hugepages" / "hugepages-2048kB"
        pages.mkdir(parents=True)
        (pages / "nr_hugepages").write_text(f"{total}\n")
        (pages / "free_hugepages").write_text(f"{free}\n")
        (pages / "resv_hugepages").write_text("0\n")
        (pages / "surplus_hugepages").write_text("0\n")
        (folder / "nr_hugepages").write_text(f"{total}\n")
        lines += [f"mount --bind {folder}/hugepages /sys/kernel/mm/hugepages",
                  f"mount --bind {folder}/nr_hugepages /proc/sys/vm/nr_hugepages"]
        lines += ["umount -a -t hugetlbfs || true"]
        if case.mounted:
            lines += [f"mkdir {folder}/huge", f"mount -t hugetlbfs none {folder}/huge"]
    if case.available is not None:
        text = re.sub(r"MemAvailable: .*", f"MemAvailable: {case.available * 1024} kB", meminfo)
        (folder / "meminfo").write_text(text)
        lines.append(f"mount --bind {folder}/meminfo /proc/meminfo")
    return "\n".join(lines)


class Group:
    """A control group with a limit of memory, of either version; makeable only where the files allow."""

    def __init__(self, mebibytes: int) -> None:
        version_1 = pathlib.Path("/sys/fs/cgroup/memory/memory.limit_in_bytes").exists()
        root = pathlib.Path("/sys/fs/cgroup/memory" if version_1 else "/sys/fs/cgroup")
        self.path = root / "ntm-memory-test"
        self.path.mkdir(exist_ok=True)
        limit = self.path / ("memory.limit_in_bytes" if version_1 else "memory.max")
        limit.write_text(str(mebibytes * MIB))

    def entering(self) -> str:
        return f"echo $$ > {self.path}/cgroup.procs"

    def remove(self) -> None:
        self.path.rmdir()


def run_other(build: pathlib.Path, case: Case, folder: pathlib.Path) -> tuple[int, str]:
    """The DC or the node, which need no namespaces to fail."""
    kind = case.program.rsplit("-", 1)[1]
    write_config(folder)
    text = (CONFIGS / f"{kind}.yaml").read_text()
    for key, value in {"key_file": "key", "store": "dc.sqlite", "admin_socket": "sock"}.items():
        text = re.sub(rf"^{key}: .*", f"{key}: {folder}/{value}", text, flags=re.M)
    config = folder / f"{kind}.yaml"
    # Reading a file that is as long as may be takes more than the limit.
    config.write_text(text + "x: [" + "y," * 120_000 + "y]\n")
    done = subprocess.run(
        ["prlimit", f"--as={case.address_space * MIB}", str(build / case.program), "-c", str(config),
         "--check-config"], check=False, capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout + done.stderr


def run_relay(build: pathlib.Path, case: Case, folder: pathlib.Path) -> tuple[int, str]:
    config = write_config(folder, **case.config)
    before = faked_files(case, folder)
    group = Group(case.group) if case.group is not None else None
    if group:
        before += "\n" + group.entering()
    wrap = f"prlimit --as={case.address_space * MIB}" if case.address_space else ""
    relay = Relay(build / case.program, config, before, wrap)
    is_up = relay.is_up()
    code = relay.end()
    if group:
        group.remove()
    if is_up != case.starts:
        return -99, relay.said() + ("(it came up)" if is_up else "(it did not come up)")
    return code, relay.said()


def main(build: pathlib.Path) -> int:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if os.getuid() != 0:
        print("needs root, for namespaces")
        return 77
    failed = 0
    for case in CASES:
        with tempfile.TemporaryDirectory(prefix="ntm-memory-") as made:
            run = run_relay if case.program.endswith("relay") else run_other
            code, said = run(build, case, pathlib.Path(made))
        is_good = code == (0 if case.starts else 1) and re.search(case.expected, said) is not None
        failed += not is_good
        last = said.strip().splitlines()[-1:] or [""]
        print(f"{'   ok' if is_good else 'FAILED'}: {case.name}: exit code {code}, "
              f"{last[0] if is_good else said}")
    print(f"{len(CASES) - failed} of {len(CASES)} configurations give a sentence")
    return 1 if failed or len(CASES) < 20 else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]).resolve()))
