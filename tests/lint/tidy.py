#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""clang-tidy over every source file, as .clang-tidy says.

usage: tidy.py [--jobs N] ROOT BUILD CLANG_TIDY [FILE...]

Nearly all of clang-tidy's time goes to the headers of the libraries, so the files of one folder are read
as one translation unit, a dozen at a time. A file that can not stand beside another one (the same name
in both unnamed namespaces) is read with the next dozen or alone. What passed is remembered in BUILD
under a hash of the sources, and is not read again.
"""

import argparse
import concurrent.futures
import dataclasses
import hashlib
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import time

TOPS = ("common", "rs-dataplane", "control", "dc", "client", "bench", "tests")
MOST_FILES = 12
FINDING = re.compile(r"^(/[^:]+):(\d+):\d+: (error|warning|note): (.*?)(?: \[([^\]]+)\])?$")
INCLUDE = re.compile(rb'^#include "([^"]+)"', re.MULTILINE)


@dataclasses.dataclass
class Batch:
    files: list[pathlib.Path]
    arguments: list[str]
    config: str


def compiler_arguments(entry: dict) -> list[str]:
    """Those that say how a file is to be read: warnings are the compiler's business."""
    directory = pathlib.Path(entry["directory"])
    words = shlex.split(entry["command"])
    kept = []
    for word in words[: words.index("-MD")]:
        if word.startswith("-I"):
            # Named from the root, so that a header of ours is known by its path.
            path = os.path.normpath(directory / word[2:])
            if not path.endswith(".p"):
                kept.append("-I" + path)
        elif word.startswith(("-D", "-U", "-std=", "-m", "-pthread")):
            kept.append(word)
        elif word.startswith("-isystem"):
            kept += ["-isystem", os.path.normpath(directory / word[len("-isystem") :])]
        elif word.startswith("-include"):
            kept += ["-include", words[words.index(word) + 1]]
    return kept


def closure(root: pathlib.Path, files: list[pathlib.Path]) -> set[pathlib.Path]:
    """The files and all of ours that they include."""
    seen: set[pathlib.Path] = set()
    ahead = list(files)
    while ahead:
        file = ahead.pop()
        if file in seen or not file.is_file():
            continue
        seen.add(file)
        ahead += [root / name.decode() for name in INCLUDE.findall(file.read_bytes())]
    return seen


def chosen(root: pathlib.Path, known: list[pathlib.Path], wanted: list[pathlib.Path]) -> set[pathlib.Path]:
    """What has to be read to see the wanted files; for a header, the first that includes it."""
    found = {file for file in wanted if file in known}
    for header in set(wanted) - found:
        users = [file for file in known if header in closure(root, [file])]
        users.sort(key=lambda file: (file.stem != header.stem, file.parent != header.parent))
        if not users:
            sys.exit(f"{header}: nothing that is compiled includes it")
        found.add(users[0])
    return found


def batches(root: pathlib.Path, build: pathlib.Path, clang_tidy: str, wanted: list[pathlib.Path]) -> list[Batch]:
    groups: dict[tuple, list[pathlib.Path]] = {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        file = pathlib.Path(os.path.normpath(os.path.join(entry["directory"], entry["file"])))
        if file.is_relative_to(root) and file.relative_to(root).parts[0] in TOPS:
            groups.setdefault((file.parent, *compiler_arguments(entry)), []).append(file)
    selected = chosen(root, [file for files in groups.values() for file in files], wanted)
    found = []
    for (folder, *arguments), files in groups.items():
        files = sorted({file for file in files if not wanted or file in selected})
        if not files:
            continue
        dump = [clang_tidy, "--dump-config", str(folder / "any.cpp")]
        config = subprocess.run(dump, capture_output=True, text=True, check=True).stdout
        count = -(-len(files) // MOST_FILES)
        found += [Batch(files[i::count], arguments, config) for i in range(count)]
    return sorted(found, key=lambda batch: -len(batch.files))


class Linter:
    def __init__(self, root: pathlib.Path, build: pathlib.Path, clang_tidy: str):
        self.root = root
        self.clang_tidy = clang_tidy
        self.work = build / "tidy"
        (self.work / "passed").mkdir(parents=True, exist_ok=True)
        version = [clang_tidy, "--version"]
        self.version = subprocess.run(version, capture_output=True, check=True).stdout

    def key(self, batch: Batch) -> str:
        digest = hashlib.sha256(self.version)
        digest.update(pathlib.Path(__file__).read_bytes())
        digest.update("\0".join([batch.config, *batch.arguments]).encode())
        for file in sorted(closure(self.root, batch.files)):
            digest.update(str(file).encode() + b"\0" + file.read_bytes())
        return digest.hexdigest()

    def run(self, batch: Batch, key: str) -> list[str]:
        unit = self.work / f"{key}.cpp"
        # One text and no includes of them: the analyzer follows paths only in the main file.
        text, origins = "", []
        for file in batch.files:
            lines = file.read_text().splitlines()
            text += "\n".join(lines) + "\n"
            origins += [f"{file}:{number}" for number in range(1, len(lines) + 1)]
        unit.write_text(text)
        config = self.work / f"{key}.yaml"
        config.write_text(batch.config)
        command = [
            self.clang_tidy,
            "--quiet",
            f"--config-file={config}",
            f"--header-filter=^{re.escape(str(self.root))}/({'|'.join(TOPS)})/",
            str(unit),
            "--",
            *batch.arguments,
            "-w",
        ]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False)
        finally:
            unit.unlink()
            config.unlink()
        place = re.compile(rf"^{re.escape(str(unit))}:(\d+)")
        lines = [
            place.sub(lambda match: origins[min(int(match[1]), len(origins)) - 1], line)
            for line in done.stdout.splitlines()
        ]
        if done.returncode != 0 and not any(FINDING.match(line) for line in lines):
            lines.append(f"{batch.files[0]}:1:1: error: {done.stdout[-500:]} {done.stderr[-1500:]} [clang-tidy]")
        return lines

    def check(self, batch: Batch) -> list[str]:
        """The findings in these files and the headers that they include."""
        key = self.key(batch)
        passed = self.work / "passed" / key
        if passed.exists():
            return []
        lines = self.run(batch, key)
        if len(batch.files) > 1 and any("[clang-diagnostic-error]" in line for line in lines):
            return self.check_apart(batch, lines)
        findings = self.findings(lines)
        if not findings:
            passed.touch()
        return findings

    def check_apart(self, batch: Batch, lines: list[str]) -> list[str]:
        errors = [line for line in lines if "[clang-diagnostic-error]" in line]
        clashing = [file for file in batch.files if any(line.startswith(f"{file}:") for line in errors)]
        if not clashing or len(clashing) == len(batch.files):
            clashing = batch.files[: len(batch.files) // 2]
        others = [file for file in batch.files if file not in clashing]
        return [
            finding
            for files in (others, clashing)
            for finding in self.check(dataclasses.replace(batch, files=files))
        ]

    def findings(self, lines: list[str]) -> list[str]:
        found: list[str] = []
        for line in lines:
            if not (match := FINDING.match(line)):
                continue
            file, number, kind, text, check = match.groups()
            where = f"{os.path.relpath(os.path.normpath(file), self.root)}:{number}"
            if kind != "note" and where.startswith(".."):
                continue  # in a library's header, which instantiates ours
            if kind != "note":
                found.append(f"{where}: {text} [{(check or kind).removesuffix(',-warnings-as-errors')}]")
            elif found and "[clang-analyzer" in found[-1]:
                # Only the analyzer's notes say more than the finding: the way that leads there.
                found[-1] += f"\n    {where}: {text}"
        return found


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("root", type=pathlib.Path)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("clang_tidy")
    parser.add_argument("files", type=pathlib.Path, nargs="*")
    options = parser.parse_args()
    start = time.monotonic()
    root = options.root.resolve()
    build = options.build.resolve()
    wanted = [file.resolve() for file in options.files]
    linter = Linter(root, build, options.clang_tidy)
    work = batches(root, build, options.clang_tidy, wanted)
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        found = {finding for findings in pool.map(linter.check, work) for finding in findings}
    print("\n".join(sorted(found)))
    count = sum(len(batch.files) for batch in work)
    print(f"{count} files, {len(found)} findings, {time.monotonic() - start:.0f} s")
    return 1 if found or not count else 0


if __name__ == "__main__":
    sys.exit(main())
