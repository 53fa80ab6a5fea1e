"""
The shortest way from a range request to its bytes.

Replay reads packages by hundreds of small ranges. So ``/captures/`` goes
around the framework: plain ASGI, and what was found out about a file counts
for a second, in which a withheld capture may still be served.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from starlette.concurrency import iterate_in_threadpool, run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from linkkeeper.web.files import CHUNK_BYTES, KeptFile, read_range

FOLDER = "/captures/"
KNOWN_FOR_S = 1.0
MOST_KNOWN = 2_000


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a file is not given out."""

    status: int
    words: str


#: Looks a file up: host name, capture id, file name.
Find = Callable[[str, str, str], KeptFile | Refused]


class FileServer:
    """
    Answers GET and HEAD below ``/captures/``; everything else goes on to *app*.

    Args:
        refuse: Makes the answer for a file that is not given out.
    """

    def __init__(self, app: ASGIApp, *, find: Find, refuse: Callable[[Headers, Refused], Response], desk: str) -> None:
        self.app = app
        self.find = find
        self.refuse = refuse
        self.desk = desk
        self._known: dict[tuple[str, str, str], tuple[float, KeptFile | Refused]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(FOLDER) or scope["method"] not in ("GET", "HEAD"):
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        capture_id, _, name = scope["path"].removeprefix(FOLDER).partition("/")
        found = await self._find((headers.get("host", ""), capture_id, name))
        if isinstance(found, Refused):
            await self.refuse(headers, found)(scope, receive, send)
        else:
            await self._give(found, headers, scope, receive, send)

    async def _find(self, wanted: tuple[str, str, str]) -> KeptFile | Refused:
        now = time.monotonic()
        known = self._known.get(wanted)
        if known is not None and now - known[0] < KNOWN_FOR_S:
            return known[1]
        found = await run_in_threadpool(self.find, *wanted)
        if len(self._known) >= MOST_KNOWN:
            self._known.clear()
        self._known[wanted] = (now, found)
        return found

    async def _give(self, found: KeptFile, headers: Headers, scope: Scope, receive: Receive, send: Send) -> None:
        common = found.headers(desk=self.desk)
        if found.tag in headers.get("if-none-match", ""):
            await Response(status_code=304, headers=common)(scope, receive, send)
            return
        start, end, status = 0, found.size, 200
        try:
            ranged = read_range(headers.get("range", ""), found.size) if _same_version(headers, found) else None
        except ValueError:
            outside = {"content-range": f"bytes */{found.size}"}
            await Response(status_code=416, headers=common | outside)(scope, receive, send)
            return
        if ranged is not None:
            (start, end), status = ranged, 206
            common["content-range"] = f"bytes {start}-{end - 1}/{found.size}"
        common |= {"content-type": found.media_type, "content-length": str(end - start)}
        await send({"type": "http.response.start", "status": status, "headers": MutableHeaders(common).raw})
        await _send_body(found, start, end if scope["method"] == "GET" else start, send)


def _same_version(headers: Headers, found: KeptFile) -> bool:
    return headers.get("if-range", found.tag) == found.tag


async def _send_body(found: KeptFile, start: int, end: int, send: Send) -> None:
    if end - start <= CHUNK_BYTES:
        # Reading so little costs less than changing to a thread.
        body = b"".join(found.chunks(start, end))
        await send({"type": "http.response.body", "body": body, "more_body": False})
        return
    async for data in iterate_in_threadpool(found.chunks(start, end)):
        await send({"type": "http.response.body", "body": data, "more_body": True})
    await send({"type": "http.response.body", "body": b"", "more_body": False})
