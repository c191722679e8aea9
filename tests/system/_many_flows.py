#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Many TCP connections at once, for the system tests.

    _many_flows.py serve PORT               answers each line by the same
    _many_flows.py open ADDRESS PORT COUNT PER_SECOND ORDERS
        opens them and says "open COUNT". For each line that comes from the pipe ORDERS it sends one by each of them and says
        "alive COUNT of COUNT after SECONDS" when all are answered or have ended, or after 20 s.
"""

import asyncio
import resource
import sys
import time

PATIENCE = 20.0


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while line := await reader.readline():
        writer.write(line)
        await writer.drain()
    writer.close()


async def serve(port: int) -> None:
    server = await asyncio.start_server(answer, ["0.0.0.0", "::"], port, backlog=4096)
    print("serves", flush=True)
    await server.serve_forever()


async def ask(flow: tuple[asyncio.StreamReader, asyncio.StreamWriter], text: bytes) -> bool:
    reader, writer = flow
    try:
        writer.write(text)
        await writer.drain()
        return await asyncio.wait_for(reader.readline(), PATIENCE) == text
    except (OSError, TimeoutError, asyncio.TimeoutError):
        return False


async def open_all(address: str, orders: str, port: int, count: int, per_second: int) -> None:
    flows = []
    begun = time.monotonic()
    for number in range(count):
        if (early := begun + number / per_second - time.monotonic()) > 0:
            await asyncio.sleep(early)
        flows.append(asyncio.create_task(asyncio.open_connection(address, port)))
    opened = [flow for flow in await asyncio.gather(*flows, return_exceptions=True) if isinstance(flow, tuple)]
    print(f"open {len(opened)}", flush=True)
    loop = asyncio.get_running_loop()
    with open(orders, encoding="utf-8") as pipe:
        while line := await loop.run_in_executor(None, pipe.readline):
            asked = time.monotonic()
            answered = await asyncio.gather(*(ask(flow, line.encode()) for flow in opened))
            print(f"alive {sum(answered)} of {count} after {time.monotonic() - asked:.2f}", flush=True)


def main() -> None:
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    if sys.argv[1] == "serve":
        asyncio.run(serve(int(sys.argv[2])))
    else:
        address, *numbers, orders = sys.argv[2:]
        asyncio.run(open_all(address, orders, *(int(number) for number in numbers)))


if __name__ == "__main__":
    main()
