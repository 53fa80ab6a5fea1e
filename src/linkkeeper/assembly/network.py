"""The way out, opened once per process, and the examination of this machine."""

import contextlib
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass

from linkkeeper import __version__
from linkkeeper.adapters.examination import (
    examine_browser,
    examine_clock,
    examine_database,
    examine_fonts,
    examine_network,
    examine_storage,
)
from linkkeeper.adapters.httpx_fetch import FetchLimits, HttpxFetch
from linkkeeper.adapters.playwright_browser import BrowserOptions
from linkkeeper.checks.leases import Holds, LeasedSlots
from linkkeeper.checks.observe import Observer
from linkkeeper.checks.outage import OutageGuard, has_default_route
from linkkeeper.checks.pacing import Pacer, PaceRules
from linkkeeper.checks.ports import BrowserLook, SiblingMemory, Slots
from linkkeeper.checks.robots import RobotsOfHosts
from linkkeeper.egress.gate import EgressGate, EgressRules
from linkkeeper.egress.resolver import Resolver
from linkkeeper.egress.tls import client_context
from linkkeeper.settings import Settings
from linkkeeper.vocabulary.finding import Finding
from linkkeeper.vocabulary.moment import Clock, SystemClock


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """The way out: one gate, one pace and one client for the whole process."""

    gate: EgressGate
    tls: ssl.SSLContext
    pacer: Pacer
    slots: Slots
    fetch: HttpxFetch
    robots: RobotsOfHosts | None
    guard: OutageGuard
    leases: Holds | None

    def observer(self, *, memory: SiblingMemory, clock: Clock, browser: BrowserLook | None = None) -> Observer:
        """Make an observer that remembers siblings in *memory*."""
        return Observer(
            self.fetch,
            slots=self.slots,
            clock=clock,
            memory=memory,
            browser=browser,
            robots=self.robots,
            crawl_delay=self.set_crawl_delay,
        )

    def set_crawl_delay(self, key: str, seconds: float) -> None:
        """Keep the host's wish here, and its lease for as long: the next process may not come sooner than we would."""
        interval_s = self.pacer.set_crawl_delay(key, seconds)
        if self.leases is not None:
            self.leases.keep_longer(key, interval_s)


@contextlib.asynccontextmanager
async def open_network(
    settings: Settings, *, clock: Clock | None = None, leases: Holds | None = None
) -> AsyncIterator[Network]:
    """
    Open the gate and the client; inside a running event loop.

    Args:
        leases: Of hosts, across processes; without them only this process keeps its pace.

    Raises:
        ConfigurationError: a setting of ``[network]`` can't be used.
    """
    network, checks = settings.network, settings.checks
    rules = EgressRules.read(
        allow_addresses=network.allow_addresses, connect_to=network.connect_to, proxy=network.proxy
    )
    tls = client_context(network.ca_file)
    resolver = Resolver(threads=network.resolver_threads, timeout_s=network.dns_timeout_s)
    gate = EgressGate(rules, resolver, timeout_s=network.connect_timeout_s)
    pace = PaceRules(
        slots=checks.slots,
        per_host=checks.per_host,
        interval_s=checks.host_interval_s,
        per_address=checks.per_address,
    )
    pacer = Pacer(pace, locate=gate.resolve)
    slots: Slots = LeasedSlots(pacer, leases) if leases is not None else pacer
    limits = FetchLimits(
        connect_s=network.connect_timeout_s,
        first_byte_s=checks.first_byte_timeout_s,
        total_s=checks.total_timeout_s,
        patient_s=checks.patient_timeout_s,
        max_body_bytes=checks.max_body_bytes,
        max_redirects=checks.max_redirects,
    )
    fetch = HttpxFetch(
        gate,
        context=tls,
        slots=slots,
        clock=clock or SystemClock(),
        user_agent=network.user_agent or honest_agent(network.contact),
        limits=limits,
    )
    try:
        robots = RobotsOfHosts(fetch) if checks.obey_robots else None
        # Where connections go to a proxy or to mapped addresses, a default route is not what they need.
        route = None if network.proxy or network.connect_to else has_default_route
        guard = OutageGuard(fetch, canaries=network.canaries, route=route, forgive=pacer.forgive)
        yield Network(
            gate=gate, tls=tls, pacer=pacer, slots=slots, fetch=fetch, robots=robots, guard=guard, leases=leases
        )
    finally:
        await fetch.aclose()
        gate.close()


def honest_agent(contact: str) -> str:
    """Who asks, and where to complain: a site owner must never have to guess."""
    where = f"; +{contact}" if contact else ""
    return f"linkkeeper/{__version__} (checks the sources of published work{where})"


async def examine(settings: Settings) -> tuple[Finding, ...]:
    """What is found on this machine; changes nothing."""
    storage = settings.storage
    options = BrowserOptions(executable=settings.browser.executable, sandbox=settings.browser.sandbox)
    async with open_network(settings) as network:
        reached = await examine_network(network.gate, settings.network.canaries, proxied=bool(settings.network.proxy))
    return (
        *await examine_browser(options),
        examine_fonts(),
        examine_storage(storage.path, min_free_bytes=storage.min_free_bytes),
        examine_database(settings.database_url),
        examine_clock(storage.path, now=SystemClock().now()),
        *reached,
    )
