#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Holds docs/requirements.md and the tests together: a row that a test cites is one of the page's, a
row of the page is cited by a test, and the page names just the tests that cite it.

usage: requirements.py ROOT [--write]   (--write: makes the page's third column from the citations)
"""

import pathlib
import re
import sys

PAGE = "docs/requirements.md"
ROW = re.compile(r"^\| ([A-Z]-\d+a?) \| (.*?) \|(.*)\|$")
ID = re.compile(r"\b([SXKEMFUTIVC]-\d+a?)\b")
CITING = {".cpp", ".hpp", ".py", ".sh", ".md", ""}


def citations(root: pathlib.Path) -> dict[str, set[str]]:
    """The tests that cite each row."""
    found: dict[str, set[str]] = {}
    for file in sorted((root / "tests").rglob("*")):
        name = str(file.relative_to(root))
        is_data = "corpus" in file.parts or "cases" in file.parts and file.name not in {"in", "config"}
        if not file.is_file() or file.suffix not in CITING or is_data or name == "tests/lint/requirements.py":
            continue
        for line in file.read_text(errors="replace").splitlines():
            comment = line.lstrip()
            if comment.startswith(("//", "#", "|", '"""')) or file.suffix == ".py":
                for row in ID.findall(line):
                    found.setdefault(row, set()).add(name)
    return found


def short(files: set[str]) -> str:
    return ", ".join(f"`{name.removeprefix('tests/')}`" for name in sorted(files))


def main(root: pathlib.Path, is_writing: bool) -> int:
    cited = citations(root)
    lines, complaints, rows = [], [], set()
    for number, line in enumerate((root / PAGE).read_text().splitlines(), 1):
        if match := ROW.match(line):
            row, what, shown = match.groups()
            rows.add(row)
            right = short(cited.get(row, set()))
            if not right:
                complaints.append(f"{PAGE}:{number}: no test cites {row}")
            elif shown.strip() != right and not is_writing:
                complaints.append(f"{PAGE}:{number}: {row} is shown by {right}")
            line = f"| {row} | {what} | {right} |"
        lines.append(line)
    for row in sorted(cited.keys() - rows):
        complaints.append(f"{short(cited[row])}: {row} is no row of {PAGE}")
    if is_writing:
        (root / PAGE).write_text("\n".join(lines) + "\n")
    print("\n".join(complaints))
    print(f"{len(rows)} rows, {len(complaints)} complaints")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]), "--write" in sys.argv[2:]))
