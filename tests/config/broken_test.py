#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""F-24: broken configurations, each refused by the real program as it stands in a golden text.

broken/NN_name.PROGRAM.yaml is read by ntm-PROGRAM, and broken/NN_name.PROGRAM.expected is all that it
says; an .expected without a .yaml belongs to a file that is made here, being too large or no text at
all. Every file is read with --check-config and without: exit code 2 in either case, the same words,
little time and memory, and nothing made: no store, no socket, no runtime folder of EAL.

`broken_test.py BUILD --regen` writes the golden texts anew; read the difference before believing it.
"""

import base64
import os
import pathlib
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
BROKEN = HERE / "broken"
PROGRAMS = {"relay": "rs-dataplane/ntm-relay", "dc": "dc/ntm-dc", "node": "client/node/ntm-node"}
KEY = base64.b64encode(b"\x11" * 32)
NOBODY = 65534
MOST_SECONDS = 1.0  # of the CPU, beyond what the program takes to print its version
MOST_MEMORY = 96 * 1024 * 1024  # beyond that likewise
EAL_FOLDERS = [pathlib.Path(root) / "dpdk/ntm-rsbroken" for root in ("/var/run", "/tmp")]


def make_keys(folder: pathlib.Path) -> None:
    """The key files that configurations name, good.key and one for each way to be wrong."""

    def put(name: str, data: bytes, mode: int = 0o600) -> None:
        (folder / name).write_bytes(data)
        (folder / name).chmod(mode)

    put("good.key", KEY + b"\n")
    put("open.key", KEY + b"\n", 0o644)
    put("short.key", base64.b64encode(b"\x11" * 16) + b"\n")
    put("text.key", b"this is not the key that you are looking for\n")
    put("binary.key", bytes(range(256)))
    put("long.key", KEY * 4096)
    put("empty.key", b"")
    (folder / "folder.key").mkdir()
    (folder / "zero.key").symlink_to("/dev/zero")
    (folder / "loop.key").symlink_to("loop.key")
    os.mkfifo(folder / "pipe.key")


def huge(file: pathlib.Path) -> None:
    # 100 MB that are read as zeros and take no room on the disk.
    with file.open("wb") as out:
        out.write(b"name: x\n")
        out.truncate(100_000_000)


def long_comment(file: pathlib.Path) -> None:
    file.write_bytes(b"# " + b"x" * 300_000 + b"\n")


def longest_that_is_read(file: pathlib.Path) -> None:
    """As many problems as fit."""
    line = b"a: b\n"
    file.write_bytes(line * (256 * 1024 // len(line)))


def many_brackets(file: pathlib.Path) -> None:
    file.write_bytes(b"[" * (256 * 1024))


def one_long_key(file: pathlib.Path) -> None:
    file.write_bytes(b"k" * 200_000 + b": 1\n")


def denied(file: pathlib.Path) -> None:
    file.write_text("name: x\n")
    file.chmod(0)


def socket_file(file: pathlib.Path) -> None:
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(file))


# Name of the case: how its file is made.
MADE = {
    "huge": huge,
    "too_long": long_comment,
    "longest": longest_that_is_read,
    "brackets": many_brackets,
    "long_key": one_long_key,
    "is_denied": denied,
    "is_a_folder": lambda file: file.mkdir(),
    "is_missing": lambda file: None,
    "is_a_pipe": os.mkfifo,
    "is_a_socket": socket_file,
    "is_zero": lambda file: file.symlink_to("/dev/zero"),
    "is_a_loop": lambda file: file.symlink_to(file.name),
    "dangles": lambda file: file.symlink_to("nowhere"),
}


def cases() -> list[tuple[str, str, pathlib.Path | None]]:
    """(golden text's name without its ending, program, the file or None where it is made here)."""
    found = {}
    for file in sorted(BROKEN.iterdir()):
        stem, program, _ = file.name.rsplit(".", 2)
        is_yaml = file.suffix == ".yaml"
        name = f"{stem}.{program}"
        found[name] = (name, program, file if is_yaml else found.get(name, (0, 0, None))[2])
    return list(found.values())


def run(command: list[str], folder: pathlib.Path, as_nobody: bool) -> tuple[int, str, float, int]:
    """Exit code, all that was said, seconds of the CPU, bytes of memory at most."""
    options = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if as_nobody else {}
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            command, cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=output, **options)
        deadline = time.monotonic() + 60
        ended = 0
        while not ended:
            ended, status, usage = os.wait4(process.pid, os.WNOHANG)
            if not ended and time.monotonic() > deadline:
                process.kill()
            time.sleep(0 if ended else 0.002)
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        said = output.read().decode(errors="backslashreplace")
    return process.returncode, said, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024


class Checker:
    def __init__(self, build: pathlib.Path, regen: bool, is_sanitized: bool) -> None:
        self.build = build
        # A sanitizer remembers each piece of memory that is given back.
        self.room = 8 if is_sanitized else 1
        self.regen = regen
        self.failures: list[str] = []
        self.baseline = {}
        for program, path in PROGRAMS.items():
            _, _, seconds, memory = run([str(build / path), "--version"], HERE, False)
            self.baseline[program] = (seconds, memory)

    def fail(self, name: str, what: str) -> None:
        self.failures.append(f"{name}: {what}")

    def check(self, name: str, program: str, file: pathlib.Path | None) -> None:
        with tempfile.TemporaryDirectory(prefix="ntm-broken-") as made:
            folder = pathlib.Path(made)
            folder.chmod(0o755)
            make_keys(folder)
            config = folder / f"{program}.yaml"
            kind = name.split("_", 1)[1].rsplit(".", 1)[0]
            if file is None:
                MADE[kind](config)
            else:
                shutil.copy(file, config)
            before = sorted(folder.iterdir())
            for only in (["--check-config"], []):
                command = [str(self.build / PROGRAMS[program]), "--config", config.name, *only]
                self.check_run(name, program, run(command, folder, kind == "is_denied"))
                if sorted(folder.iterdir()) != before:
                    self.fail(name, f"made {set(folder.iterdir()) - set(before)}")
                if any(left.exists() for left in EAL_FOLDERS):
                    self.fail(name, "started EAL")

    def check_run(self, name: str, program: str, done: tuple[int, str, float, int]) -> None:
        code, said, seconds, memory = done
        golden = BROKEN / f"{name}.expected"
        if self.regen:
            golden.write_text(said)
        if code != 2:
            self.fail(name, f"exit code {code}, said: {said}")
        expected = golden.read_text() if golden.exists() else ""
        if said != expected or not expected:
            self.fail(name, f"said\n{said}   and not\n{expected}")
        usual_seconds, usual_memory = self.baseline[program]
        if seconds > usual_seconds + MOST_SECONDS * self.room:
            self.fail(name, f"took {seconds:.2f} s of the CPU")
        if memory > usual_memory + MOST_MEMORY * self.room:
            self.fail(name, f"took {memory >> 20} MiB, --version {usual_memory >> 20}")

    def check_good(self, program: str, text: str, what: str) -> None:
        with tempfile.TemporaryDirectory(prefix="ntm-good-") as made:
            folder = pathlib.Path(made)
            make_keys(folder)
            (folder / "good.yaml").write_bytes(text.encode())
            before = sorted(folder.iterdir())
            command = [str(self.build / PROGRAMS[program]), "-c", "good.yaml", "--check-config"]
            code, said, _, _ = run(command, folder, False)
            if (code, said) != (0, "good.yaml: ok\n") or sorted(folder.iterdir()) != before:
                self.fail(f"{program}, {what}", f"exit code {code}, said: {said}")


def good_files(configs: pathlib.Path) -> list[tuple[str, str, str]]:
    """The examples, and what looks odd in a file and is none of our business."""
    found = []
    for program in PROGRAMS:
        text = (configs / f"{program}.yaml").read_text()
        text = "\n".join(
            "key_file: good.key" if line.startswith("key_file:") else line
            for line in text.split("\n"))
        found += [
            (program, text, "the example"),
            (program, text.replace("\n", "\r\n"), "CRLF"),
            (program, "\ufeff" + text, "a byte order mark"),
            (program, "---\n" + text + "...\n", "marks of a document"),
            (program, text + "# \u00e9\u4e2d\U0001f642\t.\n", "other characters in a comment"),
        ]
    return found


def main(build: pathlib.Path, options: list[str]) -> int:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if os.getuid() != 0:
        print("needs root, to become another user for the file that may not be read")
        return 77
    for left in EAL_FOLDERS:
        shutil.rmtree(left, ignore_errors=True)  # by a program that did not refuse
    checker = Checker(build, "--regen" in options, "--sanitized" in options)
    broken = cases()
    for case in broken:
        checker.check(*case)
    untried = set(MADE) - {name.split("_", 1)[1].rsplit(".", 1)[0] for name, _, _ in broken}
    if untried:
        checker.fail("cases", f"no golden text for {untried}")
    good = good_files(HERE.parent.parent / "configs")
    for case in good:
        checker.check_good(*case)
    for failure in checker.failures:
        print(f"FAILED: {failure}")
    numbers = {program: sum(case[1] == program for case in broken) for program in PROGRAMS}
    print(f"{len(broken)} broken configurations refused, {numbers}; {len(good)} good ones taken; "
          f"{len(checker.failures)} failures")
    return 1 if checker.failures or len(broken) < 60 else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]).resolve(), sys.argv[2:]))
