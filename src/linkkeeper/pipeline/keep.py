"""Keep: a waiting request becomes a visit, the visit a published capture, the capture a row."""

import asyncio
import contextlib
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol

import structlog

from linkkeeper.archive.draft import Draft
from linkkeeper.archive.shelf import Shelf, adopted
from linkkeeper.captures.limits import VisitLimits
from linkkeeper.captures.ports import BrowserPool, Gate
from linkkeeper.captures.visit import Visit, VisitOrder, visit
from linkkeeper.checks.baseline import NoteMatch, match_note
from linkkeeper.checks.case import NoteFacts
from linkkeeper.checks.outage import Weather
from linkkeeper.checks.pacing import HostDeferred
from linkkeeper.checks.ports import Slot, Slots
from linkkeeper.errors import BrowserError, StaleLeaseError, StorageError
from linkkeeper.pages.text import Page
from linkkeeper.pipeline.hosts import HeldHosts
from linkkeeper.pipeline.kept_visit import about_capture, page_of, same_as, with_match
from linkkeeper.pipeline.ports import CaptureLedger
from linkkeeper.pipeline.recovery import new_capture
from linkkeeper.vocabulary.capture import Quality, RequestReason, StepReport
from linkkeeper.vocabulary.digest import sha256_hex
from linkkeeper.vocabulary.moment import Clock
from linkkeeper.vocabulary.records import ClaimedRequest, LinkRecord, NewCapture

log = structlog.get_logger()

BEAT_S = 15.0
#: When a link without a complete capture is visited again, after each visit.
RETRY_PLAN = (timedelta(hours=2), timedelta(days=1), timedelta(days=7))
#: How long no visit is begun after one that met an outage of our own.
OUTAGE_REST = timedelta(minutes=2)
#: A request whose visits keep dying with the process is given up after so many.
MOST_ATTEMPTS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepRules:
    """*software* is named in every record; *min_free_bytes* stops captures before a full disk stops the database."""

    software: str
    min_free_bytes: int
    consent: bool
    srcset: bool
    limits: VisitLimits


@dataclass(slots=True)
class _UnderWay:
    """A visit that runs: its steps so far, and whether its request is being closed."""

    request: ClaimedRequest
    slot: Slot
    steps: list[StepReport] = field(default_factory=list)
    closing: bool = False


class Forecast(Protocol):
    """Satisfied by :class:`linkkeeper.checks.outage.OutageGuard`."""

    async def weather(self, now: datetime) -> Weather: ...


class _OwnOutage(Exception):
    """A visit found nothing because our own network is out: it says nothing of the source."""


class Keeper:
    """
    Makes captures.

    Args:
        guard: Asked when a visit found nothing at all; in an outage of our own
            the request waits on, its attempt not counted.
        new_token: Makes the token of one request's lease.
        on_event: Told ``(url, words)`` when a visit starts, moves on and ends.
    """

    def __init__(
        self,
        *,
        ledger: CaptureLedger,
        hosts: HeldHosts,
        shelf: Shelf,
        browser: BrowserPool,
        gate: Gate,
        tls: ssl.SSLContext,
        slots: Slots,
        clock: Clock,
        guard: Forecast,
        rules: KeepRules,
        new_token: Callable[[], str],
        on_event: Callable[[str, str], None] = lambda url, words: None,
    ) -> None:
        self._ledger = ledger
        self._hosts = hosts
        self._shelf = shelf
        self._browser = browser
        self._gate = gate
        self._tls = tls
        self._slots = slots
        self._clock = clock
        self._guard = guard
        self._rules = rules
        self._new_token = new_token
        self._resting: dict[str, datetime] = {}
        self._out_until = datetime.min.replace(tzinfo=UTC)
        self.on_event = on_event

    async def work_one(self, *, links: frozenset[int] | None = None) -> bool:
        """
        Make the most urgent capture that may be made now.

        Args:
            links: Only captures of these links; None means all.

        Returns:
            False when there is nothing to do, or our own network was out a moment ago.

        Raises:
            StorageError: the storage is full or can't be written.
            BrowserError: no browser starts.
        """
        if datetime.now(UTC) < self._out_until:
            return False
        await asyncio.to_thread(self._shelf.require_space, self._rules.min_free_bytes)
        token = self._new_token()
        request = await asyncio.to_thread(
            self._ledger.claim, due=self._clock.now(), busy_hosts=self._busy_hosts(), token=token, links=links
        )
        if request is None:
            return False
        await self._work_on(request)
        return True

    @property
    def waits_for_hosts(self) -> bool:
        """Whether another process was found to hold a host a moment ago."""
        return bool(self._hosts.elsewhere)

    def rest_s(self) -> float:
        """Seconds until the first resting host may be visited again; 0 where none rests."""
        now = datetime.now(UTC)
        return max(0.0, min(((until - now).total_seconds() for until in self._resting.values()), default=0.0))

    def _busy_hosts(self) -> frozenset[str]:
        now = datetime.now(UTC)
        self._resting = {key: until for key, until in self._resting.items() if until > now}
        return self._hosts.elsewhere | self._hosts.wanted | frozenset(self._resting)

    async def _work_on(self, request: ClaimedRequest) -> None:
        bound = log.bind(capture=request.id, url=request.url)
        urgent = request.reason is RequestReason.EDITOR
        try:
            async with self._hosts.hold(request.host, urgent=urgent) as held:
                if not held:
                    await asyncio.to_thread(self._ledger.let_go, request)
                    return
                async with self._slots.slot(request.url) as slot:
                    await slot.starting()
                    await self._capture(request, slot)
        except HostDeferred as rest:
            self._resting[request.host] = datetime.now(UTC) + timedelta(seconds=rest.wait_s)
            if rest.asked:
                await self._hosts.remember_rest(request.host, rest.wait_s)
            await asyncio.to_thread(self._ledger.let_go, request)
        except _OwnOutage:
            self._out_until = datetime.now(UTC) + OUTAGE_REST
            await asyncio.to_thread(self._ledger.let_go, request)
            self.on_event(request.url, "our own network is out")
            bound.warning("outage of our own: the capture waits")
        except StaleLeaseError as error:
            bound.info("capture dropped", reason=error.reason)
        except (asyncio.CancelledError, BrowserError):
            # Ours, not the source's: the request waits for better times, its attempt not counted.
            await asyncio.shield(asyncio.to_thread(self._ledger.let_go, request))
            raise
        except StorageError:
            # Counted, so that a record that can't be written for a reason of its own does not come back for ever.
            await asyncio.shield(asyncio.to_thread(self._ledger.let_go, request, counted=True))
            raise

    async def _capture(self, request: ClaimedRequest, slot: Slot) -> None:
        if self._shelf.directory(request.id) is not None or request.attempt > MOST_ATTEMPTS:
            await self._settle_old(request)
            return
        self.on_event(request.url, "visiting")
        under_way = _UnderWay(request, slot)
        beat = asyncio.create_task(self._beat(under_way))
        work = asyncio.create_task(self._visit_and_keep(under_way))
        try:
            await asyncio.wait({beat, work}, return_when=asyncio.FIRST_COMPLETED)
            if not work.done() and not under_way.closing:
                beat.result()
            # A beat just after the end finds the request closed; whether it was still ours, the closing itself tells.
            await work
        finally:
            for task in (beat, work):
                task.cancel()
            await asyncio.gather(beat, work, return_exceptions=True)

    async def _settle_old(self, request: ClaimedRequest) -> None:
        """Published just before a crash: the row follows now. Died too often: the request fails."""
        directory = self._shelf.directory(request.id)
        if directory is None:
            words = f"given up after {request.attempt - 1} visits that did not end"
            await asyncio.to_thread(self._ledger.finish, request, capture=None, words=words, now=self._clock.now())
            return
        published = adopted(directory, self._shelf.manifest(request.id))
        text = self._shelf.text(request.id) or ""
        capture = new_capture(published, link_id=request.link_id, root=self._shelf.root, text=text)
        await asyncio.to_thread(
            self._ledger.finish, request, capture=capture, words="published before a restart", now=self._clock.now()
        )

    async def _beat(self, under_way: _UnderWay) -> None:
        """Renew the lease and show the steps; ends with StaleLeaseError when the request is no longer ours."""
        shown = -1
        waited = 0.0
        while True:
            if len(under_way.steps) != shown or waited >= BEAT_S:
                shown, waited = len(under_way.steps), 0.0
                await asyncio.to_thread(self._ledger.beat, under_way.request, steps=tuple(under_way.steps))
            await asyncio.sleep(0.5)
            waited += 0.5

    async def _visit_and_keep(self, under_way: _UnderWay) -> None:
        request = under_way.request
        draft = await asyncio.to_thread(self._open_draft, request)
        try:
            made = await self._visit(under_way, draft, service_workers=False)
            if made.quality is Quality.EMPTY:
                await asyncio.to_thread(draft.abandon)
                under_way.steps.clear()
                draft = await asyncio.to_thread(self._open_draft, request)
                made = await self._visit(under_way, draft, service_workers=True)
            await self._conclude(under_way, draft, made)
        finally:
            with contextlib.suppress(StorageError):
                # What can't be removed now is swept at the next start.
                await asyncio.shield(asyncio.to_thread(draft.abandon))

    def _open_draft(self, request: ClaimedRequest) -> Draft:
        return self._shelf.open_draft(
            token=request.token, capture_id=request.id, url=request.url, software=self._rules.software
        )

    async def _visit(self, under_way: _UnderWay, draft: Draft, *, service_workers: bool) -> Visit:
        def on_step(step: StepReport) -> None:
            under_way.steps.append(step)
            # The first step ends with the answer's head: the page was asked for, others may ask now.
            under_way.slot.sent()
            self.on_event(under_way.request.url, step.name)

        return await visit(
            VisitOrder(
                url=under_way.request.url,
                service_workers=service_workers,
                consent=self._rules.consent,
                srcset=self._rules.srcset,
            ),
            browser=self._browser,
            gate=self._gate,
            tls=self._tls,
            sink=draft,
            limits=self._rules.limits,
            on_step=on_step,
        )

    async def _is_out(self, now: datetime) -> bool:
        return await self._guard.weather(now) is Weather.OUTAGE

    async def _conclude(self, under_way: _UnderWay, draft: Draft, made: Visit) -> None:
        request = under_way.request
        link = await asyncio.to_thread(self._ledger.link, request.link_id)
        now = self._clock.now()
        retry_at = await asyncio.to_thread(self._retry_at, link, made, now)
        words = made.reason or made.quality.value
        if made.main is None and request.reason is not RequestReason.EDITOR and await self._is_out(now):
            raise _OwnOutage
        capture: NewCapture | None = None
        if made.main is not None:
            page = await asyncio.to_thread(page_of, made)
            match = await asyncio.to_thread(self._match, link, page, made)
            capture = await asyncio.to_thread(self._same_as_before, request, link, made, match)
            if capture is None:
                capture = await asyncio.to_thread(self._publish, request, link, draft, made, page, match)
        under_way.closing = True
        await asyncio.to_thread(
            self._ledger.finish,
            request,
            capture=capture,
            words=words,
            now=now,
            steps=tuple(under_way.steps),
            retry_at=retry_at,
            look_now=made.quality is Quality.ERROR,
        )
        self.on_event(request.url, made.quality.value)
        log.info(
            "captured",
            capture=request.id,
            url=request.url,
            quality=made.quality.value,
            reason=made.reason,
            elapsed_s=made.elapsed_s,
            exchanges=made.exchanges,
        )

    def _match(self, link: LinkRecord, page: Page, made: Visit) -> NoteMatch | None:
        """The best match with a note that cites the link; None where only the running text does."""
        found = [
            match_note(page, NoteFacts(text=note.text, passages=note.passages), url=link.fetch_form, text=made.text)
            for note in self._ledger.notes_of(link.id)
            if note.text
        ]
        return max(found, key=lambda match: (match.matched, match.score), default=None)

    def _same_as_before(
        self, request: ClaimedRequest, link: LinkRecord, made: Visit, match: NoteMatch | None
    ) -> NewCapture | None:
        """A record "same as capture X" where a later visit found the same text; None where it did not."""
        last = self._ledger.last_good(link.id)
        text = made.text
        if (
            last is None
            or made.main is None
            or made.quality is not Quality.COMPLETE
            or last.quality is not Quality.COMPLETE
            or not text
            or last.text_sha256 != sha256_hex(text.encode())
        ):
            return None
        return same_as(last, request, made, made.main, match)

    def _publish(
        self,
        request: ClaimedRequest,
        link: LinkRecord,
        draft: Draft,
        made: Visit,
        page: Page,
        match: NoteMatch | None,
    ) -> NewCapture:
        about = about_capture(request, link, made, page)
        published = self._shelf.publish(draft, about=about)
        value = new_capture(published, link_id=link.id, root=self._shelf.root, text=made.text)
        return with_match(value, match)

    def _retry_at(self, link: LinkRecord, made: Visit, now: datetime) -> datetime | None:
        if made.quality is Quality.COMPLETE:
            return None
        tries = self._ledger.tries(link.id)
        return now + RETRY_PLAN[tries] if tries < len(RETRY_PLAN) else None
