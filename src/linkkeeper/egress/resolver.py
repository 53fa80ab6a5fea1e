"""
Names to addresses, in threads of our own.

The event loop's default executor has six threads on two cores; twenty names
whose server is silent block them all for half a minute, and healthy names
queued behind look dead. So: many threads, a cache, one look-up per name at a
time, and a limit of its own.
"""

import asyncio
import contextlib
import socket
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from linkkeeper.errors import EgressError, NameFailing, NameMissing

_MISSING = frozenset(
    code for name in ("EAI_NONAME", "EAI_NODATA", "EAI_ADDRFAMILY") if (code := getattr(socket, name, None)) is not None
)
_CACHED_NAMES = 50_000

Lookup = Callable[[str], tuple[str, ...]]


def system_lookup(host: str) -> tuple[str, ...]:
    """
    Ask the system's resolver.

    Returns:
        Addresses in the system's order of preference, each once.

    Raises:
        OSError: ``socket.gaierror``, as the C library says it.
    """
    # Bytes, because the str path goes through Python's IDNA 2003 codec, which refuses underscores and long labels.
    found = socket.getaddrinfo(host.encode("ascii"), None, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in found))


@dataclass(frozen=True, slots=True)
class _Resolved:
    addresses: tuple[str, ...]
    expires: float
    missing: bool = False
    reason: str = ""


class Resolver:
    """
    Resolves names with a cache and a single look-up per name in flight.

    Args:
        threads: Look-ups at a time.
        ttl_s: How long an answer is kept.
        negative_ttl_s: How long a failure is kept.
        timeout_s: Limit of one look-up; its late answer still enters the cache.
        lookup: Called in a thread; raises OSError as :func:`system_lookup` does.
    """

    def __init__(
        self,
        *,
        threads: int = 64,
        ttl_s: float = 300.0,
        negative_ttl_s: float = 30.0,
        timeout_s: float = 5.0,
        lookup: Lookup = system_lookup,
    ) -> None:
        self._executor = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="resolver")
        self._ttl_s = ttl_s
        self._negative_ttl_s = negative_ttl_s
        self._timeout_s = timeout_s
        self._lookup = lookup
        self._known: dict[str, _Resolved] = {}
        self._flights: dict[str, Future[_Resolved]] = {}

    async def resolve(self, host: str, *, timeout_s: float | None = None) -> tuple[str, ...]:
        """
        Find the addresses of *host*, at least one.

        Args:
            host: ASCII name, no trailing dot.
            timeout_s: A shorter limit than the resolver's own.

        Raises:
            NameMissing: there is no such name, or it has no address.
            NameFailing: it could not be resolved now, or not in time.
        """
        known = self._known.get(host)
        if known is None or known.expires <= time.monotonic():
            limit = self._timeout_s if timeout_s is None else min(self._timeout_s, timeout_s)
            known = await self._wait(host, limit)
        if not known.addresses:
            raise _failure(host, missing=known.missing, reason=known.reason)
        return known.addresses

    def close(self) -> None:
        """Let go of the threads; look-ups under way end by themselves."""
        self._executor.shutdown(wait=False, cancel_futures=True)

    async def _wait(self, host: str, limit_s: float) -> _Resolved:
        flight = self._flights.get(host)
        if flight is None:
            flight = self._flights[host] = self._executor.submit(self._ask, host)
            flight.add_done_callback(lambda _: self._flights.pop(host, None))
        # Not asyncio.wrap_future: cancelling one waiter would cancel the look-up that others wait for.
        loop = asyncio.get_running_loop()
        landed: asyncio.Future[None] = loop.create_future()
        flight.add_done_callback(lambda _: _tell(loop, landed))
        await asyncio.wait({landed}, timeout=limit_s)
        if not landed.done():
            raise _failure(host, missing=False, reason=f"no answer from the name server in {limit_s:g} s")
        return flight.result()

    def _ask(self, host: str) -> _Resolved:
        try:
            found = _Resolved(self._lookup(host), time.monotonic() + self._ttl_s)
        except (OSError, UnicodeError) as error:
            missing = isinstance(error, UnicodeError) or error.errno in _MISSING
            reason = str(getattr(error, "strerror", None) or error)
            found = _Resolved((), time.monotonic() + self._negative_ttl_s, missing, reason)
        if len(self._known) >= _CACHED_NAMES:
            self._known.clear()
        self._known[host] = found
        return found


def _failure(host: str, *, missing: bool, reason: str) -> EgressError:
    if missing:
        return NameMissing("resolve the name", subject=host, reason=reason or "no such name")
    return NameFailing("resolve the name", subject=host, reason=reason or "the name server failed")


def _tell(loop: asyncio.AbstractEventLoop, landed: "asyncio.Future[None]") -> None:
    # A look-up may outlive the loop whose task gave up on it.
    with contextlib.suppress(RuntimeError):
        loop.call_soon_threadsafe(_land, landed)


def _land(landed: "asyncio.Future[None]") -> None:
    if not landed.done():
        landed.set_result(None)
