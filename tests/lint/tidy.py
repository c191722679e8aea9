#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""clang-tidy over every source file, as .clang-tidy says.

usage: tidy.py [--jobs N] ROOT BUILD CLANG_TIDY [FILE...]

Much of clang-tidy's time goes to the headers of the libraries, so many files are read as one translation
unit, compiled as all of them are taken together. The unnamed namespace of a file that has little else gets
a name there, and so does a main(); other files that can not stand beside each other (the same name in both
unnamed namespaces) go to different units. What passed is remembered in BUILD under a hash of the sources,
and is not read again.
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
MOST_LINES = 10000
FINDING = re.compile(r"^(/[^:]+):(\d+):\d+: (error|warning|note): (.*?)(?: \[([^\]]+)\])?$")
# A file has to do without it.
PRECOMPILED = "precompiled.hpp"
INCLUDE = re.compile(rb'^#include "([^"]+)"', re.MULTILINE)
# The formatter lets little else begin at the left edge.
DEFINITION = re.compile(r"^(?!namespace|template|using|static_assert|[A-Z_]+\()([A-Za-z][^({=;]*)[({=;]", re.MULTILINE)
ALIAS = re.compile(r"^using (\w+) =", re.MULTILINE)
# linux/if.h can only follow it.
FIRST_HEADER = "net/if.h"
MAIN = re.compile(r"^int main\(", re.MULTILINE)
# A file of which all is in its unnamed namespace, but for what each fuzz target defines.
PRIVATE = re.compile(
    r"(?P<head>.*?^)namespace \{(?P<private>\n.*^)\}  // namespace\n(?P<rest>.*?)(?P<ends>(?:^\}  // namespace [\w:]+\n)+)",
    re.MULTILINE | re.DOTALL,
)
OF_TARGETS = {"run", "set_up"}
TEST = re.compile(r"^TEST(?:_F|_P)?(\(\w+, \w+\))", re.MULTILINE)


@dataclasses.dataclass
class Batch:
    files: list[pathlib.Path]
    arguments: list[str]
    config: str


def compiler_arguments(entry: dict) -> list[tuple[str, ...]]:
    """Those that say how a file is to be read: warnings are the compiler's business."""
    directory = pathlib.Path(entry["directory"])
    words = shlex.split(entry["command"])
    kept: list[tuple[str, ...]] = []
    for word, following in zip(words[: words.index("-MD")], words[1:]):
        if word.startswith("-I"):
            # Named from the root, so that a header of ours is known by its path.
            path = os.path.normpath(directory / word[2:])
            if not path.endswith(".p"):
                kept.append(("-I" + path,))
        elif word.startswith(("-D", "-U", "-std=", "-m", "-pthread")):
            kept.append((word,))
        elif word.startswith("-isystem"):
            kept.append(("-isystem", os.path.normpath(directory / word[len("-isystem") :])))
        elif word == "-include" and following != PRECOMPILED:
            kept.append((word, following))
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


def defined_names(text: str) -> list[str]:
    heads = [re.split(r" final\b| : ", head)[0] for head in DEFINITION.findall(text)]
    return [re.findall(r"[\w:~]+", head)[-1] for head in heads]


def set_apart(text: str, number: int) -> tuple[str, str]:
    """The text of a file for a unit, line by line as it was, and what of it is not under a name of its own."""
    parts = PRIVATE.fullmatch(text)
    if not parts or not OF_TARGETS.issuperset(defined_names(parts["rest"])):
        return MAIN.sub(f"int main_{number}(", text), text
    private = f"namespace file_{number} {{{parts['private']}\n{parts['rest']}}} {parts['ends']}"
    return parts["head"] + private, parts["head"]


def own_names(text: str) -> set[str]:
    """What only one file of a unit may define: all but members."""
    shared = MAIN.sub("", set_apart(text, 0)[1])
    names = {name for name in defined_names(shared) if "::" not in name}
    return names | set(ALIAS.findall(shared)) | set(TEST.findall(shared))


@dataclasses.dataclass
class Unit:
    files: list[pathlib.Path] = dataclasses.field(default_factory=list)
    names: set[str] = dataclasses.field(default_factory=set)
    lines: int = 0

    def add(self, file: pathlib.Path, names: set[str], lines: int) -> None:
        self.files.append(file)
        self.names |= names
        self.lines += lines


def divided(files: list[pathlib.Path]) -> list[list[pathlib.Path]]:
    """Into units of about the same size, neighbours together and namesakes apart."""
    texts = {file: file.read_text() for file in files}
    total = sum(text.count("\n") for text in texts.values())
    count = max(1, round(total / MOST_LINES))
    units: list[Unit] = []
    for file, text in texts.items():
        names, lines = own_names(text), text.count("\n")
        possible = [unit for unit in units if not names & unit.names]
        with_room = [unit for unit in possible if unit.lines + lines / 2 <= total / count]
        if with_room:
            unit = with_room[0]
        elif possible and len(units) >= count:
            unit = min(possible, key=lambda unit: unit.lines)
        else:
            unit = Unit()
            units.append(unit)
        unit.add(file, names, lines)
    return [unit.files for unit in units]


def batches(root: pathlib.Path, build: pathlib.Path, clang_tidy: str, wanted: list[pathlib.Path]) -> list[Batch]:
    known: dict[pathlib.Path, list[tuple[str, ...]]] = {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        file = pathlib.Path(os.path.normpath(os.path.join(entry["directory"], entry["file"])))
        if file.is_relative_to(root) and file.relative_to(root).parts[0] in TOPS and file.name != PRECOMPILED:
            known.setdefault(file, compiler_arguments(entry))
    configs = {}
    for folder in {file.parent for file in known}:
        dump = [clang_tidy, "--dump-config", str(folder / "any.cpp")]
        configs[folder] = subprocess.run(dump, capture_output=True, text=True, check=True).stdout
    groups: dict[str, list[pathlib.Path]] = {}
    for file in sorted(chosen(root, list(known), wanted) if wanted else known):
        groups.setdefault(configs[file.parent], []).append(file)
    found = []
    for config, files in groups.items():
        arguments = dict.fromkeys(argument for file in files for argument in known[file])
        flat = [word for argument in arguments for word in argument]
        found += [Batch(unit, flat, config) for unit in divided(files)]
    return sorted(found, key=lambda batch: -sum(file.stat().st_size for file in batch.files))


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
        for index, file in enumerate(batch.files):
            lines = set_apart(file.read_text(), index)[0].splitlines()
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
            f"-include{FIRST_HEADER}",
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
