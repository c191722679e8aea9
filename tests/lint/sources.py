#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What every source file of the project must hold: formatted, a licence tag, a readable size."""

import pathlib
import subprocess
import sys

TOPS = ("common", "rs-dataplane", "control", "dc", "client", "bench", "tests", "scripts", "tools", ".ci")
TAG = "SPDX-License-Identifier: BSD-3-Clause"
MOST_LINES = 500


def is_source(file: pathlib.Path) -> bool:
    if file.suffix in {".cpp", ".hpp", ".py", ".sh", ".proto", ".def", ".lua"}:
        return True
    return file.is_file() and not file.suffix and file.read_bytes()[:2] == b"#!"


def sources(root: pathlib.Path) -> list[pathlib.Path]:
    return [
        file
        for top in TOPS
        for file in sorted((root / top).rglob("*"))
        if "__pycache__" not in file.parts and is_source(file)
    ]


def badly_formatted(clang_format: str, files: list[pathlib.Path]) -> str:
    command = [clang_format, "--dry-run", "--Werror", *map(str, files)]
    return subprocess.run(command, capture_output=True, text=True, check=False).stderr


def main(root: pathlib.Path, clang_format: str) -> int:
    files = sources(root)
    found = []
    for file in files:
        lines = file.read_text().splitlines()
        if not any(TAG in line for line in lines[:3]):
            found.append(f"{file}:1: no licence tag ({TAG}) in its first three lines")
        if len(lines) > MOST_LINES:
            found.append(f"{file}:{len(lines)}: more than {MOST_LINES} lines: is it one thing?")
    cpp = [file for file in files if file.suffix in {".cpp", ".hpp"}]
    if not cpp:
        found.append("no sources found")
    elif complaints := badly_formatted(clang_format, cpp):
        found.append(complaints)
    print("\n".join(found))
    print(f"{len(files)} files, {len(found)} complaints")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]), sys.argv[2]))
