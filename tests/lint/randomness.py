#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""S-7: ids, keys and salts of the programs come from the operating system's CSPRNG: their sources name no
other source of randomness than RandomSource, which SystemRandom implements, and SeededRandom stands in
tests alone."""

import pathlib
import re
import sys

PROGRAMS = ("common", "rs-dataplane", "control", "dc", "client")
# Where each of these words may stand.
DEFINED = {
    "SeededRandom": "common/base/random.hpp",
    "getrandom": "common/crypto/system_random.cpp",
}
SOURCE = re.compile(
    r"\b(SeededRandom|getrandom|getentropy|random_device|mt19937\w*|minstd_rand0?|ranlux\w+|default_random_engine"
    r"|RAND_\w+|(?:s?rand|s?random|[dejlmn]rand48|arc4random\w*|rte_\w*rand\w*)(?=\s*\())\b"
)


def main(root: pathlib.Path) -> int:
    found, looked_at = [], 0
    for top in PROGRAMS:
        for file in sorted((root / top).rglob("*.[ch]pp")):
            name = str(file.relative_to(root))
            looked_at += 1
            for number, line in enumerate(file.read_text().splitlines(), 1):
                code = line.split("//")[0]
                found += [
                    f"{name}:{number}: {word}: randomness is a RandomSource's"
                    for word in SOURCE.findall(code)
                    if DEFINED.get(word) != name
                ]
    print("\n".join(found))
    print(f"{looked_at} files, {len(found)} complaints")
    return 1 if found or looked_at == 0 else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
