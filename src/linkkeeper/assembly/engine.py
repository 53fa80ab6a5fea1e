"""The rounds joined with the network and the browser."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, fields
from datetime import timedelta
from functools import partial
from pathlib import Path

import linkkeeper
from linkkeeper import __version__
from linkkeeper.adapters.apscheduler_beats import Beats, next_time
from linkkeeper.adapters.browser_look import PlaywrightLook
from linkkeeper.adapters.feeds import read_listing
from linkkeeper.adapters.playwright_browser import BrowserOptions, PlaywrightPool
from linkkeeper.adapters.process_identity import is_dead, worker_token
from linkkeeper.assembly.network import Network, open_network
from linkkeeper.assembly.store import SOFTWARE, Store, open_store
from linkkeeper.captures.limits import VisitLimits
from linkkeeper.citations.identity import match
from linkkeeper.citations.read import read
from linkkeeper.pipeline.archive_run import ArchiveRun
from linkkeeper.pipeline.collect import Collector
from linkkeeper.pipeline.hosts import HeldHosts
from linkkeeper.pipeline.keep import Keeper, KeepRules
from linkkeeper.pipeline.poll import Poller
from linkkeeper.pipeline.watch import Watcher, WatchRules
from linkkeeper.settings import CaptureSettings, Settings
from linkkeeper.vocabulary.moment import Clock, SystemClock

#: Fetched at build; without it the rules of our own remain.
_CONSENT_RULES = Path(linkkeeper.__file__).parent / "web" / "vendor" / "autoconsent" / "autoconsent.standalone.js"


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """Everything that runs: the store, the network, the browser and the rounds on them."""

    store: Store
    network: Network
    pool: PlaywrightPool
    hosts: HeldHosts
    poller: Poller
    keeper: Keeper
    watcher: Watcher
    archive_run: ArchiveRun

    def beats(self) -> Beats:
        """A fresh clockwork for the daemon."""
        return Beats()


@contextlib.asynccontextmanager
async def open_engine(
    settings: Settings, *, clock: Clock | None = None, allow_unsandboxed: bool
) -> AsyncIterator[Engine]:
    """
    Open the store and the way out; the browser starts with the first visit.

    Args:
        allow_unsandboxed: One-off commands may run a browser without a sandbox where none can be had.

    Raises:
        LinkkeeperError: storage, database or a setting can't be used.
    """
    async with contextlib.AsyncExitStack() as stack:
        store = stack.enter_context(open_store(settings, clock=clock))
        hosts = HeldHosts(store.hosts, token=worker_token(), linger_s=settings.checks.host_interval_s)
        stack.push_async_callback(hosts.let_all_go)
        network = await stack.enter_async_context(open_network(settings, clock=store.clock, leases=hosts))
        pool = await stack.enter_async_context(PlaywrightPool(browser_options(settings, allow_unsandboxed)))
        store.captures.release_dead(is_dead)
        store.hosts.release_dead(is_dead)
        now = SystemClock().now()
        for key, until in store.hosts.backing_off(now=now).items():
            network.pacer.rest(key, (until - now).total_seconds())
        for key, seconds in hosts.crawl_delays().items():
            network.set_crawl_delay(key, seconds)
        hosts.on_crawl_delay = network.set_crawl_delay
        yield _join(settings, store, network, pool, hosts)


def _join(settings: Settings, store: Store, network: Network, pool: PlaywrightPool, hosts: HeldHosts) -> Engine:
    collector = collector_of(settings, store)
    poller = Poller(
        sources=store.sources,
        collector=collector,
        downloads=network.fetch,
        read_listing=lambda data, url: read_listing(data, url=url),
        next_time=next_time,
        clock=store.clock,
    )
    keeper = _keeper(settings, store, network, pool, hosts)
    watcher = _watcher(settings, store, network, pool, hosts)
    archive_run = ArchiveRun(
        poller=poller,
        collector=collector,
        keeper=keeper,
        watcher=watcher,
        mender=store.mender,
        catalogue=store.catalogue,
        captures=store.captures,
        checks=store.checks,
        sources=store.sources,
        writer=store.report,
        clock=store.clock,
        version=__version__,
        slots=settings.captures.slots,
        has_public_url=bool(settings.web.public_url),
    )
    return Engine(
        store=store,
        network=network,
        pool=pool,
        hosts=hosts,
        poller=poller,
        keeper=keeper,
        watcher=watcher,
        archive_run=archive_run,
    )


def _keeper(settings: Settings, store: Store, network: Network, pool: PlaywrightPool, hosts: HeldHosts) -> Keeper:
    return Keeper(
        ledger=store.captures,
        hosts=hosts,
        shelf=store.shelf,
        browser=pool,
        gate=network.gate,
        tls=network.tls,
        slots=network.pacer,
        clock=store.clock,
        guard=network.guard,
        rules=KeepRules(
            software=SOFTWARE,
            min_free_bytes=settings.storage.min_free_bytes,
            consent=settings.captures.consent,
            srcset=settings.captures.srcset,
            limits=visit_limits(settings.captures),
        ),
        new_token=worker_token,
    )


def _watcher(settings: Settings, store: Store, network: Network, pool: PlaywrightPool, hosts: HeldHosts) -> Watcher:
    limits = visit_limits(settings.captures)
    look = PlaywrightLook(browser=pool, gate=network.gate, tls=network.tls, limits=limits, clock=store.clock)
    return Watcher(
        ledger=store.checks,
        notes=store.captures,
        hosts=hosts,
        observer=network.observer(memory=store.checks, clock=store.clock, browser=look),
        guard=network.guard,
        pace=network.pacer,
        shelf=store.shelf,
        clock=store.clock,
        rules=WatchRules(
            full_history=settings.checks.history == "full",
            longest_days=settings.checks.longest_interval_days,
        ),
    )


def collector_of(settings: Settings, store: Store) -> Collector:
    """Takes in editions; needs no network, so that it can be had without an engine."""
    return Collector(
        ledger=store.analyses,
        captures=store.captures,
        shelf=store.editions,
        read=partial(read, own_bases=settings.own_bases),
        same=match,
        clock=store.clock,
        scope=settings.citations.scope,
        recapture_after=timedelta(days=settings.captures.recapture_after_days),
    )


def visit_limits(captures: CaptureSettings) -> VisitLimits:
    return VisitLimits(**{field.name: getattr(captures, field.name) for field in fields(VisitLimits)})


def browser_options(settings: Settings, allow_unsandboxed: bool) -> BrowserOptions:
    browser = settings.browser
    return BrowserOptions(
        executable=browser.executable,
        sandbox=browser.sandbox,
        allow_unsandboxed=allow_unsandboxed,
        recycle_after=browser.recycle_after,
        recycle_memory_bytes=browser.recycle_memory_bytes,
        recycle_age_s=browser.recycle_age_s,
        consent_rules=_CONSENT_RULES,
    )
