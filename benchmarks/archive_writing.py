"""
What the record costs: writing exchanges, publishing, auditing, and the memory of a large body.

Usage: python benchmarks/archive_writing.py [ROUNDS]

Each figure is the median of the rounds; the disk's sync is part of publishing.
"""

import hashlib
import os
import resource
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from linkkeeper.archive.draft import Draft
from linkkeeper.archive.fixity import verify
from linkkeeper.archive.manifest import CaptureAbout
from linkkeeper.archive.publish import publish
from linkkeeper.vocabulary.capture import Body, Exchange, Quality

RESOURCES = 100
BODY_BYTES = 20_000
LARGE_BYTES = 50_000_000
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
ABOUT = CaptureAbout(
    url="http://a.example/",
    identity_key="a.example/",
    identity_rules=1,
    reason="editor",
    quality=Quality.COMPLETE,
    quality_reason="benchmark",
    started_at=NOW,
    finished_at=NOW,
    recorder="benchmark",
)


def body_of(number: int) -> bytes:
    """Text that shrinks as a page's does, different for each number."""
    words = (hashlib.sha256(b"%d %d" % (number, index % 40)).hexdigest() for index in range(BODY_BYTES // 64))
    return "".join(words).encode("ascii")


def exchange(number: int, body: Body) -> Exchange:
    return Exchange(
        url=f"http://a.example/{number}",
        moment=NOW,
        request_head=b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n",
        request_body=Body(length=0, data=b""),
        response_head=b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n",
        response_body=body,
        address="127.0.0.1",
        protocol="http/1.1",
        status=200,
        main=number == 0,
    )


def open_draft(root: Path) -> Draft:
    return Draft.open(root, token="token", capture_id="capture", url="http://a.example/", software="benchmark")


def timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def one_round(root: Path) -> dict[str, float]:
    bodies = [body_of(number) for number in range(RESOURCES)]
    draft = open_draft(root)

    def write() -> None:
        for number, data in enumerate(bodies):
            draft.write_exchange(exchange(number, Body(length=len(data), data=data)))

    written = timed(write)
    published = timed(lambda: publish(draft, about=ABOUT))
    directory = next((root / "captures").glob("*/*/capture"))
    audited = timed(lambda: verify(directory))
    return {"write": written, "publish": published, "verify": audited}


def large_body(root: Path) -> tuple[float, float, float]:
    """Seconds to write and publish a 50 MB body, and the megabytes of memory that it added."""
    draft = open_draft(root)
    spool = draft.scratch() / "spool"
    with spool.open("wb") as out:
        for _ in range(LARGE_BYTES // 1_000_000):
            out.write(os.urandom(1_000_000))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    packed = replace(
        exchange(0, Body(length=LARGE_BYTES, path=spool)),
        response_head=b"HTTP/1.1 200 OK\r\nContent-Type: video/webm\r\n\r\n",
    )
    written = timed(lambda: draft.write_exchange(packed))
    published = timed(lambda: publish(draft, about=ABOUT))
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return written, published, (after - before) / 1024


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    results = []
    for _ in range(rounds):
        root = Path(tempfile.mkdtemp(prefix="archive-"))
        try:
            results.append(one_round(root))
        finally:
            shutil.rmtree(root)
    middle = {name: statistics.median(result[name] for result in results) for name in results[0]}
    megabytes = RESOURCES * BODY_BYTES / 1e6
    print(f"{RESOURCES} exchanges of {BODY_BYTES} bytes, median of {rounds}")
    print(f"  write    {middle['write'] * 1000:7.0f} ms   {RESOURCES / middle['write']:6.0f} exchanges/s")
    print(f"  publish  {middle['publish'] * 1000:7.0f} ms   proof and sync included")
    print(f"  verify   {middle['verify'] * 1000:7.0f} ms   {megabytes / middle['verify']:6.0f} MB/s of content")
    root = Path(tempfile.mkdtemp(prefix="archive-"))
    try:
        written, published, memory = large_body(root)
    finally:
        shutil.rmtree(root)
    print(f"one body of {LARGE_BYTES // 1_000_000} MB")
    print(f"  write    {written * 1000:7.0f} ms")
    print(f"  publish  {published * 1000:7.0f} ms")
    print(f"  memory   {memory:7.1f} MB more at the peak")


if __name__ == "__main__":
    main()
