"""The real gate, pacer and client, opened on a test web through the ordinary settings."""

import asyncio
import contextlib
import functools
import ssl
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

from checks.pathological_web import Web, opened
from linkkeeper.adapters.httpx_fetch import FetchLimits, HttpxFetch
from linkkeeper.checks.pacing import Pacer, PaceRules
from linkkeeper.egress.gate import EgressGate, EgressRules
from linkkeeper.egress.resolver import Resolver
from linkkeeper.vocabulary.moment import SystemClock

QUICK = FetchLimits(connect_s=1.0, first_byte_s=0.3, total_s=0.8, patient_s=2.0)
HASTY = PaceRules(interval_s=0.0, per_host=10, per_address=50, breaker_failures=1000)


class Network:
    def __init__(self, web: Web, gate: EgressGate, pacer: Pacer, fetch: HttpxFetch) -> None:
        self.web, self.gate, self.pacer, self.fetch = web, gate, pacer, fetch


@functools.lru_cache
def trusting_context() -> ssl.SSLContext:
    return ssl.create_default_context()


@contextlib.asynccontextmanager
async def network(
    web: Web,
    *,
    rules: PaceRules = HASTY,
    limits: FetchLimits = QUICK,
    tls: ssl.SSLContext | None = None,
    trusted: ssl.SSLContext | None = None,
    connect_to: dict[str, str] | None = None,
    proxy: str = "",
) -> AsyncIterator[Network]:
    """Open *web* and the way to it; every host name leads to it, on ports 80 and 443."""
    async with opened(web, tls=tls):
        table = {} if proxy else web.connect_to() | (connect_to or {})
        settings = EgressRules.read(
            allow_addresses=("127.0.0.0/8",), connect_to=table, proxy=proxy.format(port=web.port)
        )
        gate = EgressGate(settings, Resolver(threads=4, timeout_s=1.0))
        pacer = Pacer(rules, locate=gate.resolve)
        fetch = HttpxFetch(
            gate,
            context=trusted or trusting_context(),
            slots=pacer,
            clock=SystemClock(),
            user_agent="linkkeeper/0 (tests; +https://example.org/contact)",
            limits=limits,
        )
        try:
            yield Network(web, gate, pacer, fetch)
        finally:
            await fetch.aclose()
            gate.close()


def on(web: Web, act: Callable[[Network], Coroutine[Any, Any, Any]], **options: Any) -> Any:
    """Run *act* on a network opened for *web*."""

    async def run() -> Any:
        async with network(web, **options) as there:
            return await act(there)

    return asyncio.run(run())
