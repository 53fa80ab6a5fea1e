"""Redirects followed by hand, each request queued on its own host."""

import asyncio
import ssl
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace

import ada_url

from linkkeeper.adapters.http_failures import failure_of
from linkkeeper.checks.look import Answer, Failure, FailureKind, Phase
from linkkeeper.checks.pacing import HostDeferred
from linkkeeper.checks.ports import Slot, Slots
from linkkeeper.egress.connections import Connection
from linkkeeper.vocabulary.observation import Hop

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PROXY_ANSWERS = frozenset({407, 502, 503, 504})
_MOST_WIRE_BYTES = 10 * 1024 * 1024
_MOST_COOKIES = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One way of asking; a look may need a second one."""

    headers: dict[str, str]
    context: ssl.SSLContext
    first_byte_s: float
    total_s: float
    max_body_bytes: int
    max_wire_bytes: int = _MOST_WIRE_BYTES
    cookies: bool = False
    keep: bool = True


@dataclass(slots=True)
class Progress:
    """How far a request has come, and how long it waited for its turn; whoever works on it moves it on."""

    phase: Phase = Phase.CONNECT
    queued_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One answer to one request."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    whole: bool
    connection: Connection

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name), None)

    @property
    def target(self) -> str | None:
        """Where a redirect points, as written; None when this is none."""
        return self.header("location") or None if self.status in _REDIRECTS else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request of a plan, as the client is to send it."""

    url: str
    plan: Plan
    cookie: str
    progress: Progress
    slot: Slot

    async def sending(self) -> None:
        """Wait for the host's moment; that time is the queue's, not the look's."""
        started = time.monotonic()
        await self.slot.sending()
        self.progress.queued_s += time.monotonic() - started


@dataclass(slots=True)
class Attempt:
    """The way of one plan, as far as it came; *url* is where it stands."""

    url: str
    hops: list[Hop] = field(default_factory=list)
    reply: Reply | None = None
    failure: Failure | None = None
    deferred: bool = False
    spent_s: float = 0.0

    def answer(self) -> Answer | None:
        reply = self.reply
        if reply is None:
            return None
        return Answer(
            url=self.url,
            status=reply.status,
            headers=reply.headers,
            body=reply.body,
            whole=reply.whole,
            address=reply.connection.address,
            tls_expires=reply.connection.tls_expires,
        )


class Follower:
    """
    Follows one plan to its last answer.

    Args:
        ask: Sends one request; raises what *trouble* names.
        trouble: Exceptions that are facts about the host.
        slots: The pace of all hosts.
    """

    def __init__(
        self,
        ask: Callable[[Request], Awaitable[Reply]],
        *,
        trouble: tuple[type[Exception], ...],
        slots: Slots,
        max_redirects: int,
    ) -> None:
        self._ask = ask
        self._trouble = trouble
        self._slots = slots
        self._max_redirects = max_redirects

    async def follow(self, url: str, plan: Plan) -> Attempt:
        """Ask for *url* and go where it points, until something answers, fails or loops."""
        attempt = Attempt(url)
        jars: dict[str, dict[str, str]] = {}
        seen: set[tuple[str, str]] = set()
        while True:
            current = _requestable(attempt.url)
            if current is None:
                attempt.failure = _unsupported(attempt.url)
                return attempt
            attempt.url = current
            jar = jars.setdefault(_origin_of(current), {})
            cookie = "; ".join(f"{name}={value}" for name, value in jar.items())
            if (current, cookie) in seen or len(attempt.hops) > self._max_redirects:
                attempt.failure = _loop(current, len(attempt.hops))
                return attempt
            seen.add((current, cookie))
            attempt.reply = await self._hop(attempt, plan, cookie)
            if attempt.reply is None or attempt.reply.target is None:
                return attempt
            if plan.cookies:
                _keep_cookies(jar, attempt.reply)
            attempt.hops.append(Hop(current, attempt.reply.status))
            attempt.url, attempt.reply = _joined(current, attempt.reply.target), None
            plan = _unconditional(plan)

    async def once(self, url: str, plan: Plan) -> Attempt:
        """Ask for *url* alone; a redirect is the answer."""
        attempt = Attempt(url)
        current = _requestable(url)
        if current is None:
            attempt.failure = _unsupported(url)
            return attempt
        attempt.url = current
        attempt.reply = await self._hop(attempt, plan, "")
        return attempt

    async def _hop(self, attempt: Attempt, plan: Plan, cookie: str) -> Reply | None:
        """Send one request; on trouble write it into *attempt* and return None."""
        try:
            async with self._slots.slot(attempt.url) as slot:
                return await self._paced(attempt, plan, cookie, slot)
        except HostDeferred as rest:
            attempt.failure, attempt.deferred = rest.failure, True
            return None

    async def _paced(self, attempt: Attempt, plan: Plan, cookie: str, slot: Slot) -> Reply | None:
        request = Request(url=attempt.url, plan=plan, cookie=cookie, progress=Progress(), slot=slot)
        started = time.monotonic()
        try:
            async with asyncio.timeout(max(0.1, plan.total_s - attempt.spent_s)):
                reply = await self._ask(request)
        except self._trouble as error:
            attempt.failure = failure_of(error, request.progress.phase)
            slot.failed(attempt.failure)
            return None
        finally:
            attempt.spent_s += time.monotonic() - started - request.progress.queued_s
        if reply.connection.proxied and reply.status in _PROXY_ANSWERS:
            words = f"the proxy answered {reply.status}"
            attempt.failure = Failure(kind=FailureKind.PROXY_ERROR, phase=Phase.FIRST_BYTE, words=words)
            slot.failed(attempt.failure)
            return None
        slot.answered(reply.status, reply.headers)
        return reply


def _unconditional(plan: Plan) -> Plan:
    """*plan* without validators: they speak of the address asked first, and a 304 would hide a move."""
    headers = {name: value for name, value in plan.headers.items() if not name.startswith("If-")}
    return replace(plan, headers=headers)


def _requestable(url: str) -> str | None:
    """The form that goes over the wire (no fragment, no user information); None where HTTP can't fetch it."""
    try:
        parsed = ada_url.URL(url)
    except ValueError:
        return None
    if parsed.protocol not in ("http:", "https:") or not parsed.hostname:
        return None
    if parsed.username or parsed.password:
        parsed.username = parsed.password = ""
    return str(parsed.href).partition("#")[0]


def _joined(base: str, location: str) -> str:
    """Resolve *location* as browsers do (``\\`` is ``/``, spaces are escaped); as written where nothing can."""
    try:
        return str(ada_url.join_url(base, location))
    except ValueError:
        return location


def _origin_of(url: str) -> str:
    return str(ada_url.URL(url).origin)


def _keep_cookies(jar: dict[str, str], reply: Reply) -> None:
    """Keep what this origin sets, for this origin alone, for this one look."""
    for name, value in reply.headers:
        if name.lower() == "set-cookie":
            pair = value.partition(";")[0].strip()
            key, equals, content = pair.partition("=")
            if equals and (key in jar or len(jar) < _MOST_COOKIES):
                jar[key] = content


def _unsupported(url: str) -> Failure:
    words = f"not an address that HTTP can fetch: {url[:200]}"
    return Failure(kind=FailureKind.UNSUPPORTED, phase=Phase.RESOLVE, words=words)


def _loop(url: str, hops: int) -> Failure:
    words = f"redirects in a circle: after {hops} redirects again at {url}"
    return Failure(kind=FailureKind.REDIRECT_LOOP, phase=Phase.FIRST_BYTE, words=words)
