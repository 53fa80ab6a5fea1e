"""
The only place where ports meet adapters.

``open_store`` gives what needs no network (status, decisions, accounts);
``open_engine`` adds the gate, the browser and the rounds. Both open and close
everything through one exit stack.
"""

import contextlib
import ssl
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

from linkkeeper import __version__
from linkkeeper.adapters.apscheduler_beats import next_time
from linkkeeper.adapters.examination import (
    examine_browser,
    examine_clock,
    examine_database,
    examine_network,
    examine_storage,
)
from linkkeeper.adapters.httpx_fetch import FetchLimits, HttpxFetch
from linkkeeper.adapters.jinja_report import JinjaReport
from linkkeeper.adapters.local_editions import LocalEditions
from linkkeeper.adapters.playwright_browser import BrowserOptions
from linkkeeper.adapters.sqlmodel_accounts import SqlAccounts
from linkkeeper.adapters.sqlmodel_analyses import SqlAnalyses
from linkkeeper.adapters.sqlmodel_captures import SqlCaptures
from linkkeeper.adapters.sqlmodel_catalogue import SqlCatalogue
from linkkeeper.adapters.sqlmodel_checks import SqlChecks
from linkkeeper.adapters.sqlmodel_decisions import SqlDecisions
from linkkeeper.adapters.sqlmodel_engine import Database, backup_database, open_database
from linkkeeper.adapters.sqlmodel_hosts import SqlHosts
from linkkeeper.adapters.sqlmodel_sources import SqlSources
from linkkeeper.archive.journal import Journal
from linkkeeper.archive.shelf import Shelf
from linkkeeper.checks.observe import Observer
from linkkeeper.checks.outage import OutageGuard, has_default_route
from linkkeeper.checks.pacing import Pacer, PaceRules
from linkkeeper.checks.ports import BrowserLook, SiblingMemory
from linkkeeper.checks.robots import RobotsOfHosts
from linkkeeper.egress.gate import EgressGate, EgressRules
from linkkeeper.egress.resolver import Resolver
from linkkeeper.egress.tls import client_context
from linkkeeper.errors import StorageError
from linkkeeper.pipeline.editing import Editing
from linkkeeper.pipeline.following import FollowDefaults, Following
from linkkeeper.pipeline.recovery import Recovery
from linkkeeper.pipeline.uploads import Uploads
from linkkeeper.settings import Settings
from linkkeeper.vocabulary.finding import Finding
from linkkeeper.vocabulary.moment import Clock, SystemClock, to_timestamp

BACKUPS = "backups"
EDITIONS = "editions"


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """Everything that is kept, and what may be decided about it."""

    settings: Settings
    clock: Clock
    database: Database
    shelf: Shelf
    journal: Journal
    editions: LocalEditions
    analyses: SqlAnalyses
    captures: SqlCaptures
    checks: SqlChecks
    hosts: SqlHosts
    sources: SqlSources
    decisions: SqlDecisions
    accounts: SqlAccounts
    catalogue: SqlCatalogue
    editing: Editing
    following: Following
    recovery: Recovery
    report: JinjaReport

    def backup(self, target: Path | None = None) -> Path:
        """
        Copy the database to *target*, or to the backups folder under its moment.

        Raises:
            DatabaseError: it can't be written.
        """
        folder = self.settings.storage.path / BACKUPS
        path = target or folder / f"linkkeeper-{to_timestamp(self.clock.now())}.db"
        backup_database(self.database, path)
        return path


@contextlib.contextmanager
def open_store(settings: Settings, *, clock: Clock | None = None) -> Iterator[Store]:
    """
    Open storage and database, made on first use, and finish what a crash interrupted.

    Raises:
        StorageError: the storage folder can't be made or written.
        DatabaseError: the database is locked, damaged or newer.
    """
    now = clock or SystemClock()
    root = settings.storage.path
    _require_writable(root)
    database = open_database(settings.database_url, backups=root / BACKUPS, now=now.now())
    try:
        store = _store(settings, now, database)
        store.recovery.carry_out_journal(store.editing.carry_out)
        yield store
    finally:
        database.close()


def _store(settings: Settings, clock: Clock, database: Database) -> Store:
    root = settings.storage.path
    shelf, journal = Shelf(root), Journal(root)
    captures, decisions, sources = SqlCaptures(database), SqlDecisions(database), SqlSources(database)
    recovery = Recovery(shelf=shelf, journal=journal, captures=captures, access=decisions, clock=clock)
    uploads = Uploads(shelf=shelf, recovery=recovery)
    editing = Editing(ledger=decisions, journal=journal, clock=clock, keep_upload=uploads.keep)
    defaults = FollowDefaults(
        schedule=settings.sources.schedule, apply=settings.sources.apply, policy=settings.sources.policy
    )
    return Store(
        settings=settings,
        clock=clock,
        database=database,
        shelf=shelf,
        journal=journal,
        editions=LocalEditions(root / EDITIONS),
        analyses=SqlAnalyses(database),
        captures=captures,
        checks=SqlChecks(database),
        hosts=SqlHosts(database),
        sources=sources,
        decisions=decisions,
        accounts=SqlAccounts(database),
        catalogue=SqlCatalogue(database, clock=clock),
        editing=editing,
        following=Following(ledger=sources, clock=clock, defaults=defaults, next_time=next_time),
        recovery=recovery,
        report=JinjaReport(root),
    )


def _require_writable(root: Path) -> None:
    try:
        root.mkdir(parents=True, exist_ok=True)
        probe = root / ".writable"
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        raise StorageError(
            "use the storage folder",
            subject=str(root),
            reason=error.strerror or str(error),
            hint="check [storage] path, its owner and the free space",
        ) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """The way out: one gate, one pace and one client for the whole process."""

    gate: EgressGate
    tls: ssl.SSLContext
    pacer: Pacer
    fetch: HttpxFetch
    robots: RobotsOfHosts | None
    guard: OutageGuard

    def observer(self, *, memory: SiblingMemory, clock: Clock, browser: BrowserLook | None = None) -> Observer:
        """Make an observer that remembers siblings in *memory*."""
        return Observer(
            self.fetch,
            clock=clock,
            memory=memory,
            browser=browser,
            robots=self.robots,
            crawl_delay=self.pacer.set_crawl_delay,
        )


@contextlib.asynccontextmanager
async def open_network(settings: Settings, *, clock: Clock | None = None) -> AsyncIterator[Network]:
    """
    Open the gate and the client; inside a running event loop.

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
        slots=pacer,
        clock=clock or SystemClock(),
        user_agent=network.user_agent or honest_agent(network.contact),
        limits=limits,
    )
    try:
        robots = RobotsOfHosts(fetch) if checks.obey_robots else None
        # Where connections go to a proxy or to mapped addresses, a default route is not what they need.
        route = None if network.proxy or network.connect_to else has_default_route
        guard = OutageGuard(fetch, canaries=network.canaries, route=route)
        yield Network(gate=gate, tls=tls, pacer=pacer, fetch=fetch, robots=robots, guard=guard)
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
        examine_storage(storage.path, min_free_bytes=storage.min_free_bytes),
        examine_database(settings.database_url),
        examine_clock(storage.path, now=SystemClock().now()),
        *reached,
    )
