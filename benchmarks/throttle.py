"""A far and slow way to a server on loopback: limits each connection, and lets each request wait."""

from __future__ import annotations

import asyncio
import contextlib
import sys

#: As much as a link carries at once for one connection.
_BLOCK = 64 << 10


def main() -> None:
    """Arguments: the port, the server's port, bytes a second, seconds of a round trip. Until it is ended."""
    port, upstream, rate, trip = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
    asyncio.run(_serve(port, upstream, rate, trip))


async def _serve(port: int, upstream: int, rate: int, trip: float) -> None:
    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(trip)  # the handshake
        answers, asks = await asyncio.open_connection("127.0.0.1", upstream)
        with contextlib.suppress(OSError):
            await asyncio.gather(_late(reader, asks, trip), _slowly(answers, writer, rate))

    server = await asyncio.start_server(connected, "127.0.0.1", port)
    await server.serve_forever()


async def _late(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, trip: float) -> None:
    while data := await reader.read(_BLOCK):
        await asyncio.sleep(trip)
        writer.write(data)
    writer.close()


async def _slowly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, rate: int) -> None:
    clock = asyncio.get_running_loop().time
    due = clock()
    while data := await reader.read(_BLOCK):
        writer.write(data)
        await writer.drain()
        due = max(due, clock() - 0.05) + len(data) / rate
        if (wait := due - clock()) > 0:
            await asyncio.sleep(wait)
    writer.close()


if __name__ == "__main__":
    main()
