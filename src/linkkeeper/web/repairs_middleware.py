"""
ASGI middleware that repairs HTML on its way out, for sites whose files can't be edited.

Plain ASGI 3, no framework: ``app = RepairsMiddleware(app, RepairsFile(Path("repairs.json")))``.

A repaired page is another representation than the one that the application
made, so its length, validators and digests are its own; requests that carry
our validators are translated back before the application sees them. What is
not whole (206), not HTML, too large or in a coding that we don't know passes
through untouched, and so does a page that could not be repaired: this
middleware never breaks a page.
"""

import gzip
import logging
import re
import time
import zlib
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from pathlib import Path
from typing import Any, Protocol

from linkkeeper.errors import LinkkeeperError
from linkkeeper.relinking.export import RepairList, export, read_export
from linkkeeper.relinking.repair import Text, plan
from linkkeeper.relinking.wanted import Wanted
from linkkeeper.vocabulary.citation import SourceFormat
from linkkeeper.vocabulary.relink import Repair

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

LARGEST_PAGE = 4_000_000
_REPAIRED_KEPT = 64
_LOOK_EVERY_S = 5.0
_HTML = (b"text/html", b"application/xhtml+xml")
_NO_BODY = frozenset({204, 205, 304})
#: Named for the representation that the application made; wrong for a changed one.
_STALE = frozenset({b"content-length", b"content-md5", b"digest", b"content-digest", b"repr-digest", b"accept-ranges"})
_TAG = re.compile(rb'((?:W/)?)"([^"]*?)-lk([0-9a-f]{12})"')
_ANY_TAG = re.compile(rb'(?:W/)?"[^"]*"')

log = logging.getLogger(__name__)


class Repairs(Protocol):
    """Where the middleware gets its list from; asked for each page, so it must be quick."""

    def current(self) -> "Ready": ...


class Ready:
    """A list of repairs with its quick search, and the pages that were repaired by it lately."""

    def __init__(self, listed: RepairList) -> None:
        self.listed = listed
        self.wanted = Wanted(listed.repairs)
        self.mark = listed.digest[:12].encode().rjust(12, b"0")
        self.moment = listed.moment.astimezone(UTC).replace(microsecond=0)
        self._kept: OrderedDict[tuple[bytes, str], bytes] = OrderedDict()

    def repair(self, body: bytes, declared_type: str) -> bytes:
        """The page with its dead links repaired; *body* itself where there is none."""
        if not self.wanted.may_stand_in(body):
            return body
        key = (body, declared_type)
        repaired = self._kept.get(key)
        if repaired is None:
            text = Text(data=body, declared_type=declared_type, format=SourceFormat.HTML)
            listed = self.listed
            repaired = plan(text, listed.repairs, policy=listed.policy, words=listed.words, wanted=self.wanted).after
            self._kept[key] = repaired
            if len(self._kept) > _REPAIRED_KEPT:
                self._kept.popitem(last=False)
        else:
            self._kept.move_to_end(key)
        return repaired


class StaticRepairs:
    """A list that does not change while the process runs."""

    def __init__(self, repairs: Iterable[Repair]) -> None:
        self._ready = Ready(read_export(export(repairs, moment=datetime.now(UTC))))

    def current(self) -> Ready:
        return self._ready


class RepairsFile:
    """
    ``repairs.json``, read again when it changes; looked at every few seconds at most.

    A list that is missing or damaged leaves the last good one in force.
    """

    def __init__(self, path: Path, *, look_every_s: float = _LOOK_EVERY_S) -> None:
        self._path = path
        self._look_every_s = look_every_s
        self._ready = Ready(RepairList(repairs=(), moment=datetime.fromtimestamp(0, UTC)))
        self._seen: tuple[int, int] | None = None
        self._next_look = 0.0

    def current(self) -> Ready:
        now = time.monotonic()
        if now >= self._next_look:
            self._next_look = now + self._look_every_s
            self._look()
        return self._ready

    def _look(self) -> None:
        try:
            about = self._path.stat()
            seen = (about.st_mtime_ns, about.st_size)
            if seen != self._seen:
                self._ready = Ready(read_export(self._path.read_bytes(), origin=str(self._path)))
                self._seen = seen
        except (OSError, LinkkeeperError) as error:
            log.warning("the list of repairs can't be read; the last good one is used: %s", error)


class RepairsMiddleware:
    """
    Repairs the HTML that *app* sends.

    Args:
        repairs: The list in force.
        largest_page: Bytes; larger pages pass through as they come.
    """

    def __init__(self, app: App, repairs: Repairs, *, largest_page: int = LARGEST_PAGE) -> None:
        self._app = app
        self._repairs = repairs
        self._largest_page = largest_page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
            await self._app(scope, receive, send)
            return
        ready = self._repairs.current()
        asked = _Asked(scope, ready)
        answer = _Answer(send, ready, asked, largest_page=self._largest_page)
        await self._app(asked.scope, receive, answer.send)


class _Asked:
    """The request as the application may see it: validators of ours become its own again."""

    def __init__(self, scope: Scope, ready: Ready) -> None:
        self.head = scope["method"] == "HEAD"
        self.ours = False
        headers: Headers = list(scope.get("headers", ()))
        kept: Headers = []
        document = _wants_document(headers)
        for name, value in headers:
            lowered = name.lower()
            if lowered == b"if-none-match":
                value = self._application_tags(value, ready, document=document)
                if not value:
                    continue
            elif lowered == b"if-modified-since" and document and _older(value, ready.moment):
                # The application's page may be as old as that, the repairs are not.
                continue
            kept.append((name, value))
        self.scope = {**scope, "headers": kept}

    def _application_tags(self, value: bytes, ready: Ready, *, document: bool) -> bytes:
        """Tags of pages repaired by the list in force, as the application knows them; of other pages none."""
        if value.strip() == b"*":
            return value
        kept: list[bytes] = []
        for tag in _ANY_TAG.findall(value):
            ours = _TAG.fullmatch(tag)
            if ours is None:
                # A page that was cached before it was repaired must come anew; pictures need not.
                kept += [] if document else [tag]
            elif ours[3] == ready.mark:
                self.ours = True
                kept.append(ours[1] + b'"' + ours[2] + b'"')
        return b", ".join(kept)


def _wants_document(headers: Headers) -> bool:
    """Tell a reader's navigation from a picture, a script or an API call."""
    for name, value in headers:
        if name.lower() == b"sec-fetch-dest":
            return value.strip().lower() in (b"document", b"iframe", b"frame", b"empty")
    return any(name.lower() == b"accept" and b"html" in value.lower() for name, value in headers)


def _older(value: bytes, moment: datetime) -> bool:
    try:
        given = parsedate_to_datetime(value.decode("latin-1"))
    except (ValueError, TypeError, IndexError):
        return True
    return given.replace(tzinfo=given.tzinfo or UTC) < moment


class _Answer:
    """The response on its way out: held back while it may have to be repaired."""

    def __init__(self, send: Send, ready: Ready, asked: _Asked, *, largest_page: int) -> None:
        self._send = send
        self._ready = ready
        self._asked = asked
        self._largest_page = largest_page
        self._start: Message | None = None
        self._pieces: list[bytes] = []
        self._size = 0

    async def send(self, message: Message) -> None:
        kind = message["type"]
        if kind == "http.response.start":
            await self._begin(message)
        elif kind == "http.response.body" and self._start is not None:
            await self._hold(message)
        elif kind == "http.response.pathsend" and self._start is not None:
            # A file that the server would send by itself: its bytes never pass here.
            await self._let_go()
            await self._send(message)
        else:
            await self._send(message)

    async def _begin(self, message: Message) -> None:
        status = message["status"]
        headers: Headers = [(bytes(name), bytes(value)) for name, value in message.get("headers", ())]
        if status == 304:
            marked = _marked(headers, self._ready) if self._asked.ours else headers
            await self._send({**message, "headers": marked})
        elif status == 206 or status in _NO_BODY or not _is_html(headers) or _coding(headers) is None:
            await self._send(message)
        elif self._asked.head:
            # The length of the repaired page isn't known without its bytes.
            bare = [pair for pair in headers if pair[0].lower() not in _STALE]
            await self._send({**message, "headers": _marked(bare, self._ready)})
        elif _length(headers) > self._largest_page:
            await self._send(message)
        else:
            self._start = {**message, "headers": headers}

    async def _hold(self, message: Message) -> None:
        body = message.get("body", b"")
        self._pieces.append(body)
        self._size += len(body)
        if self._size > self._largest_page:
            await self._let_go(more_body=message.get("more_body", False))
        elif not message.get("more_body", False):
            await self._finish()

    async def _let_go(self, *, more_body: bool = True) -> None:
        """Send on what was held, as it came."""
        start, pieces, self._start, self._pieces = self._start, self._pieces, None, []
        if start is not None:
            await self._send(start)
            if pieces:
                await self._send({"type": "http.response.body", "body": b"".join(pieces), "more_body": more_body})

    async def _finish(self) -> None:
        start, body = self._start or {}, b"".join(self._pieces)
        self._start = None
        headers: Headers = start["headers"]
        repaired = self._repaired(body, headers)
        if repaired != body:
            headers = [pair for pair in headers if pair[0].lower() not in _STALE]
            headers.append((b"content-length", str(len(repaired)).encode()))
        await self._send({**start, "headers": _marked(headers, self._ready)})
        await self._send({"type": "http.response.body", "body": repaired, "more_body": False})

    def _repaired(self, body: bytes, headers: Headers) -> bytes:
        declared = _value(headers, b"content-type").decode("latin-1")
        coding = _coding(headers)
        try:
            plain = _decoded(body, coding, self._largest_page * 4)
            if plain is None:
                return body
            repaired = self._ready.repair(plain, declared)
            return body if repaired is plain or repaired == plain else _encoded(repaired, coding)
        except Exception:
            # Readers must get their page whatever happens in here.
            log.exception("a page could not be repaired and is sent as it is")
            return body


def _value(headers: Headers, name: bytes) -> bytes:
    return next((value for key, value in headers if key.lower() == name), b"")


def _is_html(headers: Headers) -> bool:
    return _value(headers, b"content-type").split(b";")[0].strip().lower() in _HTML


def _coding(headers: Headers) -> bytes | None:
    """The content coding if we can undo and redo it; None for another."""
    coding = _value(headers, b"content-encoding").strip().lower()
    return coding if coding in (b"", b"identity", b"gzip", b"x-gzip", b"deflate") else None


def _length(headers: Headers) -> int:
    value = _value(headers, b"content-length").strip()
    return int(value) if value.isdigit() else 0


def _decoded(body: bytes, coding: bytes | None, limit: int) -> bytes | None:
    """The page itself; None if it is larger than *limit*, a bomb perhaps."""
    if coding in (b"", b"identity"):
        return body
    machine = zlib.decompressobj(wbits=47) if coding != b"deflate" else zlib.decompressobj()
    plain = machine.decompress(body, limit)
    return None if machine.unconsumed_tail or not machine.eof or machine.unused_data else plain


def _encoded(page: bytes, coding: bytes | None) -> bytes:
    if coding in (b"", b"identity", None):
        return page
    # A fixed time keeps the bytes, and with them the validator, the same.
    return zlib.compress(page) if coding == b"deflate" else gzip.compress(page, compresslevel=6, mtime=0)


def _marked(headers: Headers, ready: Ready) -> Headers:
    """Validators that change with the list: a page may be repaired otherwise tomorrow."""
    marked: Headers = []
    for name, value in headers:
        lowered = name.lower()
        if lowered == b"etag" and _ANY_TAG.fullmatch(value.strip()):
            value = value.strip()[:-1] + b"-lk" + ready.mark + b'"'
        elif lowered == b"last-modified" and _older(value, ready.moment):
            value = format_datetime(ready.moment, usegmt=True).encode()
        marked.append((name, value))
    return marked
