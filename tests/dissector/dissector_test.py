#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""S-12: what the Wireshark dissector and `ntmctl capture open` make of a capture with every packet type.

    dissector_test.py MAKE_CAPTURE NTMCTL SOURCE_ROOT [--regen]

golden/ holds the capture that MAKE_CAPTURE makes, its key log, and what tshark says of it, sealed and
opened. --regen writes it anew.
"""

import json
import os
import pathlib
import random
import shutil
import struct
import subprocess
import sys
import tempfile

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "pcap"))
import pcap_file
from pcap_file import Record

FUZZED_PACKETS = 3000


def run(*command: str | pathlib.Path, expect: int = 0, **options: object) -> str:
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False, **options)  # type: ignore[call-overload]
    if done.returncode != expect:
        sys.exit(f"{' '.join(map(str, command))}: exit code {done.returncode}, not {expect}\n{done.stdout}{done.stderr}")
    return done.stdout + done.stderr


class Dissector:
    """tshark with the project's Lua, and nothing of what the user has configured."""

    def __init__(self, script: pathlib.Path | None, home: str, *prefix: str) -> None:
        self._command = [*prefix, "tshark", "-n", *(["-X", f"lua_script:{script}"] if script else [])]
        self._environment = {"PATH": os.environ["PATH"], "HOME": home, "LC_ALL": "C.UTF-8", "TZ": "UTC"}

    def show(self, capture: pathlib.Path, *options: str) -> str:
        text = run(*self._command, "-r", capture, *options, env=self._environment)
        lines = [line for line in text.splitlines() if not line.startswith("Running as user")]
        return "\n".join(lines) + "\n"

    def tell(self, capture: pathlib.Path) -> str:
        """A line for each packet, then all fields of NTM."""
        return self.show(capture) + "\n" + self.show(capture, "-O", "ntm")


def pcap_of(datagrams: list[bytes]) -> bytes:
    """Raw IPv4 packets to the NTM port."""
    records = []
    for datagram in datagrams:
        packet = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 28 + len(datagram), 0, 0, 64, 17, 0, bytes(4), bytes(4))
        packet += struct.pack("!HHHH", 40000, 9770, 8 + len(datagram), 0) + datagram
        records.append(Record(0, 0, packet, len(packet)))
    return pcap_file.made_of(pcap_file.RAW_IP, records)


def datagrams_of(pcap: bytes) -> list[bytes]:
    """UDP payloads of the plain Ethernet frames of one family."""
    records = pcap_file.parse(pcap).records
    return [record.captured[42:] for record in records if record.captured[12:14] == b"\x08\x00"]


def mutants(seeds: list[bytes], chance: random.Random) -> list[bytes]:
    """Opened packets with bytes changed, cut or doubled, and bytes of no origin."""
    made = []
    for _ in range(FUZZED_PACKETS):
        bytes_ = bytearray(chance.choice(seeds))
        for _ in range(chance.randrange(4)):
            if bytes_:
                bytes_[chance.randrange(len(bytes_))] = chance.choice([0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)])
        if chance.randrange(4) == 0:
            del bytes_[chance.randrange(len(bytes_) + 1):]
        if chance.randrange(8) == 0:
            bytes_ = bytearray(chance.randbytes(chance.randrange(200)))
        if bytes_ and chance.randrange(2) == 0:
            bytes_[0] = chance.choice([0x10, 0xF0]) | chance.randrange(6)
        made.append(bytes(bytes_))
    return made


class Golden:
    def __init__(self, folder: pathlib.Path, is_regen: bool) -> None:
        self._folder, self._is_regen = folder, is_regen
        self.complaints: list[str] = []

    def hold(self, name: str, content: bytes) -> None:
        file = self._folder / name
        if self._is_regen:
            file.write_bytes(content)
        elif content != file.read_bytes():
            self.complaints.append(f"{name} is not as in {file}")
            if not name.endswith(".pcap"):
                diff = ["diff", "-u", str(file), "-"]
                self.complaints.append(subprocess.run(diff, input=content, capture_output=True, check=False).stdout.decode()[:4000])

    def demand(self, is_true: bool, what: str) -> None:
        if not is_true:
            self.complaints.append(what)


def check_errors(ntmctl: str, work: pathlib.Path, golden: Golden) -> None:
    """Exit codes and words of `ntmctl capture open` where it can not do what it should."""
    sealed, keys, out = work / "sealed.pcap", work / "keys", work / "out.pcap"
    pcap = sealed.read_bytes()
    broken = work / "broken.pcap"
    for length in (0, 3, 23, 30, len(pcap) - 1):
        broken.write_bytes(pcap[:length])
        text = run(ntmctl, "capture", "open", broken, "-o", out, "-k", keys, expect=1)
        golden.demand("broken.pcap" in text, f"cut to {length} bytes: {text}")
        if length > 24:
            golden.demand("behind packet" in text, f"cut to {length} bytes, without a position: {text}")
    bad_keys = work / "bad-keys"
    bad_keys.write_text("# fine\nNTM_SIGNAL 12 34\n")
    text = run(ntmctl, "capture", "open", sealed, "-o", out, "-k", bad_keys, expect=1)
    golden.demand("bad-keys:2:" in text, f"a broken key log: {text}")
    run(ntmctl, "capture", "open", sealed, "-o", sealed, "-k", keys, expect=1)
    golden.demand(sealed.read_bytes() == pcap, "the capture itself was written to")
    run(ntmctl, "capture", "open", work / "none", "-o", out, "-k", keys, expect=1)
    run(ntmctl, "capture", "open", sealed, "-k", keys, expect=2)
    run(ntmctl, "capture", "open", sealed, "-o", out, expect=2)


def check_files(ntmctl: str, work: pathlib.Path, golden: Golden, opened: bytes) -> None:
    """The same from pcapng, from the other byte order and from nanoseconds; the output is private."""
    golden.demand((work / "opened.pcap").stat().st_mode & 0o777 == 0o600, "the opened capture is not private")
    sealed = pcap_file.parse((work / "sealed.pcap").read_bytes())
    (work / "swapped.pcap").write_bytes(pcap_file.made_of(*sealed, order=">"))
    run("tshark", "-r", work / "sealed.pcap", "-w", work / "ng.pcapng", "-F", "pcapng")
    run("tshark", "-r", work / "sealed.pcap", "-w", work / "nano.pcap", "-F", "nsecpcap")
    for name in ("swapped.pcap", "ng.pcapng", "nano.pcap"):
        run(ntmctl, "capture", "open", work / name, "-o", work / "again.pcap", "-k", work / "keys")
        golden.demand((work / "again.pcap").read_bytes() == opened, f"{name} is not opened as sealed.pcap is")


def check_plugin(root: pathlib.Path, work: pathlib.Path, golden: Golden) -> None:
    """Copied into the folder of an ordinary user's plugins it says the same."""
    home = work / "home"
    plugins = home / ".local/lib/wireshark/plugins"
    plugins.mkdir(parents=True)
    for file in ("tools/wireshark/ntm.lua", "tools/wireshark/ntm_messages.lua", "common/protocol/ntm.proto"):
        shutil.copy(root / file, plugins)
    capture = home / "opened.pcap"
    shutil.copyfile(work / "opened.pcap", capture)
    work.chmod(0o755)
    is_root = os.geteuid() == 0
    prefix = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if is_root else []
    golden.hold("opened.txt", Dissector(None, str(home), *prefix).tell(capture).encode())


def main(make_capture: str, ntmctl: str, root: pathlib.Path, is_regen: bool) -> int:
    golden = Golden(root / "tests/dissector/golden", is_regen)
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        dissector = Dissector(root / "tools/wireshark/ntm.lua", folder)
        run(make_capture, work)
        counts = run(ntmctl, "-j", "capture", "open", work / "sealed.pcap", "-o", work / "opened.pcap", "-k", work / "keys")
        for name in ("sealed.pcap", "keys"):
            golden.hold(name, (work / name).read_bytes())
        golden.hold("counts.json", counts.encode())
        for name in ("sealed", "opened"):
            told = dissector.tell(work / f"{name}.pcap")
            golden.hold(f"{name}.txt", told.encode())
            golden.demand("Lua" not in told, f"Lua fails on {name}.pcap")
            golden.demand("Bad checksum" not in dissector.show(work / f"{name}.pcap", "-o", "udp.check_checksum:TRUE",
                                                              "-Y", "udp.checksum.status==Bad"), f"checksums of {name}.pcap")
        opened = (work / "opened.pcap").read_bytes()
        check_plugin(root, work, golden)
        check_files(ntmctl, work, golden, opened)
        check_errors(ntmctl, work, golden)
        (work / "fuzz.pcap").write_bytes(pcap_of(mutants(datagrams_of(opened), random.Random(9770))))
        told = dissector.show(work / "fuzz.pcap", "-V")
        golden.demand("Lua" not in told, "Lua fails on fuzz.pcap:\n" + "\n".join(
            line for line in told.splitlines() if "Lua" in line)[:2000])
        golden.demand(told.count("NTMobile") >= FUZZED_PACKETS // 2, "fuzz.pcap is not dissected")
        total = sum(json.loads(counts)["opened"].values())
        golden.demand(total >= 40, f"only {total} packets opened")
        print("\n".join(golden.complaints) or f"{total} packets opened, {FUZZED_PACKETS} mutants dissected")
    return 1 if golden.complaints else 0


if __name__ == "__main__":
    if not shutil.which("tshark"):
        print("needs tshark: scripts/packages install test")
        sys.exit(77)
    sys.exit(main(sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3]), "--regen" in sys.argv[4:]))
