# SPDX-License-Identifier: BSD-3-Clause
"""Runs a benchmark program and prints tables: what bench/micro/ratios and bench/micro/rs_n_ratios share."""
import json
import subprocess


def run(program, least_time, *arguments):
    """The context that the program tells, and its results, one for each repetition."""
    command = [program, "--benchmark_format=json", f"--benchmark_min_time={least_time}", *arguments]
    text = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout.decode()
    told = json.loads(text[text.index("{"):])
    return told["context"], [result for result in told["benchmarks"] if result["run_type"] == "iteration"]


def row(cells):
    print("| " + " | ".join(cells) + " |")


def table(head, rows):
    row(head)
    row(["---"] * len(head))
    for cells in rows:
        row(cells)
    print()
