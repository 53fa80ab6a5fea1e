"""
How quickly readers get their pages: memento pages at 50 a second, and ranges of a package as fast as they go.

    python benchmarks/reader_pages.py [--seconds 15] [--links 200]

Aims: p95 of the memento page below 50 ms with 50 readers each opening a page
every second; at least 800 range requests a second. The server runs in a
process of its own, as ``linkkeeper up`` would. On a busy machine compare the
processor time: it tells what one core could serve.
"""

import argparse
import asyncio
import multiprocessing
import os
import random
import sys
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from web_making import Room, days_ago, listening, open_room, png

READERS = 50
RANGE_BYTES = 16_384
PULLERS = 8


def serve(root: Path, links: int, pipe: Connection) -> None:
    with open_room(root) as room:
        ids = fill(room, links)
        with listening(room) as both:
            pipe.send((both.desk, both.replay, ids))
            pipe.recv()


def fill(room: Room, links: int) -> list[tuple[str, str]]:
    """An analysis with as many notes; returns URL and capture id of each."""
    urls = [f"https://site{number % 20}.example/articles/{number}" for number in range(links)]
    room.add_analysis("A long analysis", [(str(n + 1), f"Note {n + 1}.", [url]) for n, url in enumerate(urls)])
    picture = {"screenshot.png": png(1280, 800)}
    return [(url, room.add_capture(url, moment=days_ago(3), pictures=picture)) for url in urls]


async def ask(
    host: str, port: int, request: bytes, *, streams: list[asyncio.StreamReader | asyncio.StreamWriter]
) -> int:
    """One request on a kept connection; returns the status."""
    reader, writer = streams
    assert isinstance(reader, asyncio.StreamReader) and isinstance(writer, asyncio.StreamWriter)
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(int(line[16:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length: "))
    await reader.readexactly(length)
    return int(head.split(b" ", 2)[1])


async def read_pages(desk: str, ids: list[tuple[str, str]], seconds: float) -> list[float]:
    port = int(desk.rpartition(":")[2])
    times: list[float] = []

    async def one_reader(number: int) -> None:
        streams = list(await asyncio.open_connection("127.0.0.1", port))
        await asyncio.sleep(number / READERS)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            began = time.perf_counter()
            path = f"/web/20261119090000/{random.choice(ids)[0]}"
            request = f"GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n".encode()
            assert await ask("127.0.0.1", port, request, streams=streams) == 200
            took = time.perf_counter() - began
            times.append(took)
            await asyncio.sleep(max(0.0, 1.0 - took))

    await asyncio.gather(*(one_reader(number) for number in range(READERS)))
    return times


async def pull_ranges(replay: str, ids: list[tuple[str, str]], seconds: float) -> float:
    port = int(replay.rpartition(":")[2])
    count = 0

    async def one_puller() -> None:
        nonlocal count
        streams = list(await asyncio.open_connection("127.0.0.1", port))
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            path = f"/captures/{random.choice(ids)[1]}/capture.wacz"
            ranged = f"Range: bytes=0-{RANGE_BYTES - 1}"
            request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{ranged}\r\n\r\n".encode()
            assert await ask("127.0.0.1", port, request, streams=streams) == 206
            count += 1

    await asyncio.gather(*(one_puller() for _ in range(PULLERS)))
    return count / seconds


def cpu_seconds(pid: int) -> float:
    """Processor time of a process so far, which a busy machine does not distort."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=15.0)
    parser.add_argument("--links", type=int, default=200)
    given = parser.parse_args()
    ours, theirs = multiprocessing.Pipe()
    with tempfile.TemporaryDirectory() as folder:
        server = multiprocessing.get_context("spawn").Process(target=serve, args=(Path(folder), given.links, theirs))
        server.start()
        desk, replay, ids = ours.recv()
        asyncio.run(read_pages(desk, ids, 2.0))
        assert server.pid is not None
        before = cpu_seconds(server.pid)
        times = sorted(asyncio.run(read_pages(desk, ids, given.seconds)))
        read = cpu_seconds(server.pid)
        asyncio.run(pull_ranges(replay, ids, 2.0))
        between = cpu_seconds(server.pid)
        rate = asyncio.run(pull_ranges(replay, ids, given.seconds / 3))
        after = cpu_seconds(server.pid)
        ours.send("stop")
        server.join(20)
    p50, p95 = (times[int(len(times) * part)] * 1000 for part in (0.5, 0.95))
    page_ms = (read - before) / len(times) * 1000
    range_ms = (after - between) / max(rate * given.seconds / 3, 1) * 1000
    print(
        f"memento page: {len(times)} asked, p50 {p50:.1f} ms, p95 {p95:.1f} ms (aim < 50); {page_ms:.1f} ms of CPU each"
    )
    print(
        f"ranges of a package: {rate:.0f} a second (aim >= 800); {range_ms:.2f} ms of CPU each,"
        f" so {1000 / range_ms:.0f} a second of one core"
    )


if __name__ == "__main__":
    main()
