# SPDX-License-Identifier: BSD-3-Clause
"""A relay on a made-up device, in a network namespace and with mounts of its own, for tests of plan and memory."""

import base64
import json
import pathlib
import shlex
import socket
import subprocess
import time

KEY = base64.b64encode(b"\x11" * 32)
PREFIX = "ntm-plan-test"

BASE = """name: plan
key_file: {folder}/key
admin_socket: {folder}/relay.sock
dcs:
  - name: dc1
    key: hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo=
    addresses: ["203.0.113.10:9770"]
ports:
  - {device}
    tap: ntm0
    addresses: [198.51.100.20/24]
workers: {{ count: {workers} }}
paths: {{ capacity: {paths} }}
eal: {{ file_prefix: {prefix}, hugepages: {hugepages}, extra_args: {extra_args} }}
{napt}
"""
DEFAULTS = {
    "device": 'vdev: "net_null0"', "workers": 1, "paths": 65536, "hugepages": "none",
    "extra_args": "[]", "prefix": PREFIX, "napt": "",
}


def write_config(folder: pathlib.Path, **changes: object) -> pathlib.Path:
    key = folder / "key"
    key.write_bytes(KEY)
    key.chmod(0o600)
    file = folder / "relay.yaml"
    file.write_text(BASE.format(folder=folder, **(DEFAULTS | changes)))
    return file


class Relay:
    """`before`: lines of shell that prepare the namespaces; `wrap`: put before the command."""

    def __init__(self, program: pathlib.Path, config: pathlib.Path, before: str = "", wrap: str = "") -> None:
        self.socket = config.parent / "relay.sock"
        self.log = config.parent / "log"
        run = f"{before}\nexec {wrap} {shlex.quote(str(program))} -c {shlex.quote(str(config))}"
        with self.log.open("wb") as out:
            self.process = subprocess.Popen(
                ["unshare", "--mount", "--net", "sh", "-ec", run],
                stdin=subprocess.DEVNULL, stdout=out, stderr=out)

    def is_up(self) -> bool:
        """Waits until it is up or has ended."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and self.process.poll() is None:
            if self.socket.exists():
                return True
            time.sleep(0.02)
        return False

    def end(self) -> int:
        """Asks it to end; its exit code, negative for a signal."""
        if self.process.poll() is None:
            self.process.terminate()
        try:
            return self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()

    def said(self) -> str:
        return self.log.read_text(errors="backslashreplace")


def ask_dpdk(command: str) -> dict:
    """One command of DPDK's telemetry."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as client:
        client.settimeout(10)
        client.connect(f"/var/run/dpdk/{PREFIX}/dpdk_telemetry.v2")
        client.recv(4096)
        client.send(command.encode())
        return json.loads(client.recv(1 << 16))
