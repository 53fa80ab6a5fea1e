"""
The shortest way from a range request to its bytes.

Replay reads packages by hundreds of small ranges. So ``/captures/`` goes
around the framework: plain ASGI, and what was found out about a file counts
until anything changes in the database, so that a withheld capture is gone with
the very next request, whichever process withheld it.
"""

from collections.abc import Callable
from dataclasses import dataclass

from starlette.concurrency import iterate_in_threadpool, run_in_threadpool
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from linkkeeper.web.files import CHUNK_BYTES, KeptFile, read_range

FOLDER = "/captures/"
MOST_KNOWN = 2_000


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a file is not given out."""

    status: int
    words: str


#: Looks a file up: host name, capture id, file name.
Find = Callable[[str, str, str], KeptFile | Refused]
RawHeaders = list[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class _Known:
    """A file that may be given out, with the headers of every answer about it."""

    file: KeptFile
    common: RawHeaders
    media_type: tuple[bytes, bytes]


class FileServer:
    """
    Answers GET and HEAD below ``/captures/``; everything else goes on to *app*.

    Args:
        refuse: Makes the answer for a file that is not given out.
        version: Another number after every change in the database.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        find: Find,
        refuse: Callable[[Headers, Refused], Response],
        desk: str,
        version: Callable[[], int],
    ) -> None:
        self.app = app
        self.find = find
        self.refuse = refuse
        self.desk = desk
        self.version = version
        self._known: dict[tuple[str, str], _Known] = {}
        self._known_at: int | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(FOLDER) or scope["method"] not in ("GET", "HEAD"):
            await self.app(scope, receive, send)
            return
        asked = _single_headers(scope)
        found = await self._find(asked.get(b"host", ""), scope["path"])
        if isinstance(found, Refused):
            await self.refuse(Headers(scope=scope), found)(scope, receive, send)
        else:
            await _give(found, asked, send, head_only=scope["method"] == "HEAD")

    async def _find(self, host: str, path: str) -> _Known | Refused:
        """Refusals are never remembered: an embargo ends by the clock, without a change."""
        version = self.version()
        if version != self._known_at or len(self._known) >= MOST_KNOWN:
            self._known.clear()
            self._known_at = version
        known = self._known.get((host, path))
        if known is not None:
            return known
        capture_id, _, name = path.removeprefix(FOLDER).partition("/")
        found = await run_in_threadpool(self.find, host, capture_id, name)
        if isinstance(found, Refused):
            return found
        known = _Known(
            found, _raw(found.headers(desk=self.desk)), (b"content-type", found.media_type.encode("latin-1"))
        )
        if self._known_at == version:
            # Else something was changed while this was found out.
            self._known[host, path] = known
        return known


async def _give(known: _Known, asked: dict[bytes, str], send: Send, *, head_only: bool) -> None:
    found = known.file
    if found.tag in asked.get(b"if-none-match", ""):
        await _answer(send, 304, known.common)
        return
    start, end, status = 0, found.size, 200
    headers = [*known.common, known.media_type]
    try:
        same_version = asked.get(b"if-range", found.tag) == found.tag
        ranged = read_range(asked.get(b"range", ""), found.size) if same_version else None
    except ValueError:
        await _answer(send, 416, [*known.common, (b"content-range", b"bytes */%d" % found.size)])
        return
    if ranged is not None:
        (start, end), status = ranged, 206
        headers.append((b"content-range", b"bytes %d-%d/%d" % (start, end - 1, found.size)))
    headers.append((b"content-length", b"%d" % (end - start)))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await _send_body(found, start, start if head_only else end, send)


async def _answer(send: Send, status: int, headers: RawHeaders) -> None:
    """An answer without a body."""
    empty = [] if status == 304 else [(b"content-length", b"0")]
    await send({"type": "http.response.start", "status": status, "headers": [*headers, *empty]})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


def _single_headers(scope: Scope) -> dict[bytes, str]:
    """The request's headers; of those that are there twice, the first."""
    return {name: value.decode("latin-1") for name, value in reversed(scope["headers"])}


def _raw(headers: dict[str, str]) -> RawHeaders:
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]


async def _send_body(found: KeptFile, start: int, end: int, send: Send) -> None:
    if end - start <= CHUNK_BYTES:
        # Reading so little costs less than changing to a thread.
        body = b"".join(found.chunks(start, end))
        await send({"type": "http.response.body", "body": body, "more_body": False})
        return
    async for data in iterate_in_threadpool(found.chunks(start, end)):
        await send({"type": "http.response.body", "body": data, "more_body": True})
    await send({"type": "http.response.body", "body": b"", "more_body": False})
