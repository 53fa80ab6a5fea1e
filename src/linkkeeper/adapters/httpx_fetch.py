"""Looks and downloads through httpx, on the egress gate's connections; the one module that names httpx."""

import ssl
from collections.abc import AsyncIterable, AsyncIterator, Mapping
from dataclasses import dataclass, replace

import httpx

from linkkeeper.adapters.http_follow import Attempt, Follower, Plan, Reply, Request
from linkkeeper.checks.look import Answer, FailureKind, Look, Phase
from linkkeeper.checks.ports import Slots
from linkkeeper.egress.connections import (
    Connection,
    Connections,
    ConnectionTrouble,
    Origin,
    StaleConnection,
)
from linkkeeper.egress.decoding import ACCEPTED, DecodingFailed, decoder_for
from linkkeeper.egress.gate import EgressGate
from linkkeeper.egress.tls import unverified_context
from linkkeeper.errors import EgressError, InputError
from linkkeeper.vocabulary.download import Download
from linkkeeper.vocabulary.moment import Clock

#: Answers that a server may give to a client whose Accept it dislikes; asked once more, as a browser would accept.
_REPEATED = frozenset({400, 405, 406, 412, 415, 501})
_ACCEPT = "text/html,application/xhtml+xml,application/pdf;q=0.9,*/*;q=0.8"
_BROWSER_ACCEPT = {
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
    "Accept-Language": "en-US,en;q=0.5",
    "Upgrade-Insecure-Requests": "1",
}
_TROUBLE = (OSError, EgressError, DecodingFailed, httpx.HTTPError, httpx.InvalidURL, *ConnectionTrouble)


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchLimits:
    """
    How long and how much one look may take.

    Attributes:
        first_byte_s, total_s: In the quick pass; time in queues is not counted.
        patient_s: Both, for the retry after a time-out.
        max_body_bytes: Decoded.
    """

    connect_s: float = 5.0
    first_byte_s: float = 5.0
    total_s: float = 20.0
    patient_s: float = 30.0
    max_body_bytes: int = 262_144
    max_redirects: int = 10


class GateTransport(httpx.AsyncBaseTransport):
    """
    httpx over connections that passed the gate.

    The request's extension ``asked`` is the :class:`Request` that it carries out; the
    response's extension ``connection`` is the connection that carried it.
    """

    def __init__(self, gate: EgressGate, *, connect_s: float) -> None:
        self._gate = gate
        self._connect_s = connect_s
        self._connections = Connections()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        connection = await self._ready(request)
        try:
            return await self._send(request, connection)
        except StaleConnection:
            if not connection.reused:
                raise
        # The server had closed the idle connection: that says nothing about the page, so ask on a new one.
        return await self._send(request, await self._open(request))

    async def aclose(self) -> None:
        self._connections.close()

    async def _ready(self, request: httpx.Request) -> Connection:
        plan = _asked(request).plan
        kept = self._connections.take(_origin(request.url)) if plan.keep else None
        return kept or await self._open(request)

    async def _open(self, request: httpx.Request) -> Connection:
        origin = _origin(request.url)
        asked = _asked(request)
        asked.progress.phase = Phase.CONNECT
        opened = await self._gate.connect(origin.host, origin.port, tls=origin.tls, timeout_s=self._connect_s)
        asked.progress.phase = Phase.TLS
        return await self._connections.start(origin, opened, context=asked.plan.context, timeout_s=self._connect_s)

    async def _send(self, request: httpx.Request, connection: Connection) -> httpx.Response:
        asked = _asked(request)
        patience = asked.plan.first_byte_s
        asked.progress.phase = Phase.FIRST_BYTE
        try:
            head = await connection.send(
                request.method.encode(),
                request.url.raw_path,
                request.headers.raw,
                timeout_s=patience,
                before=asked.sending,
            )
        except BaseException:
            connection.close()
            raise
        asked.progress.phase = Phase.BODY
        stream = _Body(connection, self._connections if asked.plan.keep else None)
        return httpx.Response(head.status, headers=head.headers, stream=stream, extensions={"connection": connection})


class _Body(httpx.AsyncByteStream):
    """The body as it comes; closing it keeps or drops the connection."""

    def __init__(self, connection: Connection, keeper: Connections | None) -> None:
        self._connection = connection
        self._keeper = keeper

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while chunk := await self._connection.more():
            yield chunk

    async def aclose(self) -> None:
        self._connection.end()
        if self._keeper is not None:
            self._keeper.put_back(self._connection)
        else:
            self._connection.close()


class HttpxFetch:
    """
    Looks and downloads; satisfies :class:`linkkeeper.checks.ports.Fetch`.

    Args:
        gate: Through which every connection goes.
        context: Verifying, shared by all.
        slots: The pace of all hosts; every request queues on its own host.
        clock: Gives the moment of a look.
        user_agent: Honest, with a contact address.
    """

    def __init__(
        self,
        gate: EgressGate,
        *,
        context: ssl.SSLContext,
        slots: Slots,
        clock: Clock,
        user_agent: str,
        limits: FetchLimits | None = None,
    ) -> None:
        self._context = context
        self._clock = clock
        self._limits = limits or FetchLimits()
        self._lenient: ssl.SSLContext | None = None
        self._headers = {"User-Agent": user_agent, "Accept": _ACCEPT, "Accept-Encoding": ACCEPTED}
        # The transport alone: of a client we would only switch things off (jar, redirects, auth, environment),
        # and its jar costs a twentieth of a look. Each look stands alone.
        self._transport = GateTransport(gate, connect_s=self._limits.connect_s)
        self._follower = Follower(
            self._exchange, trouble=_TROUBLE, slots=slots, max_redirects=self._limits.max_redirects
        )

    async def aclose(self) -> None:
        await self._transport.aclose()

    async def look(
        self,
        url: str,
        *,
        validators: tuple[str | None, str | None] = (None, None),
        patient: bool = False,
    ) -> Look:
        """Look once at *url*; see :class:`linkkeeper.checks.ports.Fetch`."""
        moment = self._clock.now()
        plan = self._plan(patient=patient, validators=validators)
        attempt = await self._follower.follow(url, plan)
        second = self._second_plan(attempt, plan)
        if second is not None:
            repeated = await self._follower.follow(url, second)
            repeated.spent_s += attempt.spent_s
            attempt = repeated if repeated.reply is not None else attempt
        behind = await self._behind_tls(url, attempt, plan)
        return Look(
            url=url,
            moment=moment,
            elapsed_s=attempt.spent_s,
            hops=tuple(attempt.hops),
            answer=attempt.answer(),
            failure=attempt.failure,
            behind_tls=behind,
            not_modified=attempt.reply is not None and attempt.reply.status == 304 and any(validators),
            deferred=attempt.deferred,
            browser_headers=second is not None and not second.cookies,
            cookies=second is not None and second.cookies,
            patient=patient,
            tls_tried=attempt.failure is not None and attempt.failure.kind is FailureKind.TLS,
        )

    async def download(
        self,
        url: str,
        *,
        max_bytes: int = 50_000_000,
        validators: tuple[str | None, str | None] = (None, None),
        timeout_s: float = 60.0,
    ) -> Download:
        """
        Fetch a document whole: a feed, a sitemap, a page of a followed source.

        Args:
            max_bytes: Decoded; more is refused, not cut.
            validators: ETag and Last-Modified of the last time.

        Raises:
            InputError: no answer, or too large; any status is the caller's to judge.
        """
        plan = replace(
            self._plan(patient=True, validators=validators),
            total_s=timeout_s,
            max_body_bytes=max_bytes,
            max_wire_bytes=max_bytes,
        )
        attempt = await self._follower.follow(url, plan)
        if attempt.reply is None:
            words = attempt.failure.words if attempt.failure else "no answer"
            raise InputError("fetch", subject=url, reason=words)
        if not attempt.reply.whole:
            raise InputError("fetch", subject=url, reason=f"larger than {max_bytes} bytes")
        return Download(
            url=url,
            final_url=attempt.url,
            status=attempt.reply.status,
            headers=attempt.reply.headers,
            body=attempt.reply.body,
            not_modified=attempt.reply.status == 304,
        )

    async def ask(self, url: str, *, headers: Mapping[str, str], max_bytes: int = 10_000_000) -> Answer:
        """
        Send one GET with further *headers*; a redirect comes back as it is.

        Raises:
            InputError: no answer came.
        """
        plan = self._plan(patient=True, validators=(None, None))
        plan = replace(plan, headers=plan.headers | dict(headers), max_body_bytes=max_bytes, max_wire_bytes=max_bytes)
        attempt = await self._follower.once(url, plan)
        answer = attempt.answer()
        if answer is None:
            words = attempt.failure.words if attempt.failure else "no answer"
            raise InputError("fetch", subject=url, reason=words)
        return answer

    def _plan(self, *, patient: bool, validators: tuple[str | None, str | None]) -> Plan:
        headers = dict(self._headers)
        etag, last_modified = validators
        if etag:
            headers["If-None-Match"] = etag
        elif last_modified:
            headers["If-Modified-Since"] = last_modified
        limits = self._limits
        return Plan(
            headers=headers,
            context=self._context,
            first_byte_s=limits.patient_s if patient else limits.first_byte_s,
            total_s=limits.patient_s if patient else limits.total_s,
            max_body_bytes=limits.max_body_bytes,
        )

    def _second_plan(self, attempt: Attempt, plan: Plan) -> Plan | None:
        """What to try once more: a loop with cookies (consent walls need them), a dislike with a browser's Accept."""
        if attempt.failure is not None and attempt.failure.kind is FailureKind.REDIRECT_LOOP:
            return replace(plan, cookies=True)
        reply = attempt.reply
        if reply is not None and reply.status in _REPEATED and reply.header("x-amzn-waf-action") is None:
            plain = {name: value for name, value in plan.headers.items() if not name.startswith("If-")}
            return replace(plan, headers=plain | _BROWSER_ACCEPT)
        return None

    async def _behind_tls(self, url: str, attempt: Attempt, plan: Plan) -> Answer | None:
        """Learn, reading only and without cookies, whether content stands behind broken TLS."""
        if attempt.failure is None or attempt.failure.kind is not FailureKind.TLS:
            return None
        self._lenient = self._lenient or unverified_context()
        blind = await self._follower.follow(url, replace(plan, context=self._lenient, keep=False))
        attempt.spent_s += blind.spent_s
        return blind.answer()

    async def _exchange(self, asked: Request) -> Reply:
        headers = asked.plan.headers | {"Cookie": asked.cookie} if asked.cookie else asked.plan.headers
        request = httpx.Request("GET", asked.url, headers=headers, extensions={"asked": asked})
        response = await self._transport.handle_async_request(request)
        try:
            reply = Reply(
                status=response.status_code,
                headers=tuple((_text(name), _text(value)) for name, value in response.headers.raw),
                body=b"",
                whole=True,
                connection=response.extensions["connection"],
            )
            if reply.target is not None:
                return reply
            assert isinstance(response.stream, httpx.AsyncByteStream)
            body, whole = await _read(response.stream, reply.header("content-encoding"), asked.plan)
            return replace(reply, body=body, whole=whole)
        finally:
            await response.aclose()


async def _read(stream: AsyncIterable[bytes], coding: str | None, plan: Plan) -> tuple[bytes, bool]:
    """Read and decode up to the plan's limits; False when something was left."""
    decoder = decoder_for(coding)
    pieces: list[bytes] = []
    size = wire = 0
    try:
        async for chunk in stream:
            wire += len(chunk)
            # One byte more than wanted tells a cut body from one that just fits.
            piece = decoder.feed(chunk, plan.max_body_bytes + 1 - size)
            pieces.append(piece)
            size += len(piece)
            if size > plan.max_body_bytes or wire > plan.max_wire_bytes:
                return b"".join(pieces)[: plan.max_body_bytes], False
    except DecodingFailed:
        if not size:
            raise
        return b"".join(pieces), False
    return b"".join(pieces), True


def _asked(request: httpx.Request) -> Request:
    asked: Request = request.extensions["asked"]
    return asked


def _origin(url: httpx.URL) -> Origin:
    port = url.port or (443 if url.scheme == "https" else 80)
    return Origin(url.scheme, url.raw_host.decode("ascii"), port)


def _text(raw: bytes) -> str:
    """Header bytes as text; many sites write UTF-8 into Location."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")
