"""Watch: links that are due are looked at politely, judged, and their state moved as the evidence allows."""

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from linkkeeper.archive.shelf import Shelf
from linkkeeper.checks.case import Case, NoteFacts
from linkkeeper.checks.evidence import Weight, weight_of
from linkkeeper.checks.observe import Leave, Observed, Observer
from linkkeeper.checks.outage import OutageGuard, Weather
from linkkeeper.checks.recheck import next_check
from linkkeeper.checks.rounds import Outcome, Pace, run_round
from linkkeeper.checks.standing import Standing, standing_of
from linkkeeper.checks.states import advance, needs_browser_visit
from linkkeeper.pipeline.hosts import HeldHosts
from linkkeeper.pipeline.kept_baseline import kept_baseline
from linkkeeper.pipeline.neighbours import bring_forward
from linkkeeper.pipeline.ports import CheckLedger
from linkkeeper.vocabulary.moment import Clock
from linkkeeper.vocabulary.observation import Observation, ObservationKind
from linkkeeper.vocabulary.records import LinkRecord, LookResult, NoteContext
from linkkeeper.vocabulary.state import LinkState

log = structlog.get_logger()

#: A browser is asked at most once per link in this time; the visit before `dead` comes on top.
BROWSER_AGAIN = timedelta(days=30)
#: "Nothing changed" is believed for about 70 days: at the longest usual interval three looks in a row.
FULL_EVERY = 4
#: Results are held until the next good canary, at most this long.
HOLD_S = 60.0
BATCH = 500
#: Links taken up at one time; a round goes on until none is due.
MOST_AT_ONCE = 10_000
#: A host with more due links is asked for by itself, in portions.
MANY_OF_A_HOST = 200
#: Rows take ten times the memory of what is made of them.
LINKS_IN_A_QUERY = 500
HOSTS_IN_A_QUERY = 100

_CHANGED = frozenset({ObservationKind.EDITED, ObservationKind.DRIFTED, ObservationKind.MOVED})
_SEEN_ALIVE = frozenset({LinkState.NEW, LinkState.ALIVE, LinkState.REDIRECTED})


class Notes(Protocol):
    """What the notes say of a link; satisfied by the capture ledger."""

    def notes_of_all(self, link_ids: Sequence[int]) -> Mapping[int, Sequence[NoteContext]]: ...


@dataclass(frozen=True, slots=True)
class _Due:
    """A link whose time has come, and what the first note that speaks of it says."""

    link: LinkRecord
    note: NoteFacts | None


@dataclass(frozen=True, slots=True)
class _Seen:
    """What is held of a look until it is written: the page itself is not, or five hundred would fill the memory."""

    observation: Observation
    browsed: bool


@dataclass(frozen=True, slots=True)
class _Looked:
    """A look, and the browser's visit that followed it where it would otherwise be the last before `dead`."""

    link: LinkRecord
    seen: tuple[_Seen, ...]


@dataclass(slots=True)
class WatchSummary:
    """What a round did; *put_off* are links whose hosts another process held."""

    looks: int = 0
    put_off: int = 0
    moved: int = 0
    void: int = 0
    kinds: dict[ObservationKind, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchRules:
    """
    *full_history* keeps every look as a row; *postpone* is for links whose
    host rests; *longest_days* is the longest interval between looks at a living source.
    """

    full_history: bool = False
    postpone: timedelta = timedelta(minutes=30)
    longest_days: float = 17.0


class Watcher:
    """
    Looks at due links.

    Args:
        on_event: Told ``(url, words)`` as looks end.
    """

    def __init__(
        self,
        *,
        ledger: CheckLedger,
        notes: Notes,
        hosts: HeldHosts,
        observer: Observer,
        guard: OutageGuard,
        pace: Pace,
        shelf: Shelf,
        clock: Clock,
        rules: WatchRules,
        on_event: Callable[[str, str], None] = lambda url, words: None,
    ) -> None:
        self._ledger = ledger
        self._notes = notes
        self._hosts = hosts
        self._observer = observer
        self._guard = guard
        self._pace = pace
        self._shelf = shelf
        self._clock = clock
        self._rules = rules
        self.on_event = on_event
        self._held: list[_Looked] = []
        self._landings: dict[str, list[str]] = {}

    async def run(self, *, links: frozenset[int] | None = None) -> WatchSummary:
        """Look at everything that is due now (of *links*, if given), once; returns what came of it."""
        summary = WatchSummary()
        due = await asyncio.to_thread(self._due, self._clock.now(), links)

        async def work(item: _Due, patient: bool) -> Outcome:
            return await self._look(item, patient, summary)

        over = asyncio.Event()
        flusher = asyncio.create_task(self._flush_until(over, summary))
        try:
            await run_round(due, work, address=lambda item: item.link.fetch_form, pace=self._pace)
        finally:
            # A round that is cut short still keeps what it saw; a flush under way is never cut off.
            over.set()
            await asyncio.shield(flusher)
        return summary

    def _due(self, now: datetime, links: frozenset[int] | None) -> list[_Due]:
        due: list[LinkRecord] = []
        portion: list[str] = []
        waiting = 0
        for host, amount in self._ledger.due_hosts(now=now, limit=MOST_AT_ONCE, links=links):
            if host in self._hosts.elsewhere:
                continue
            if len(due) + waiting >= MOST_AT_ONCE:
                break
            if amount > MANY_OF_A_HOST:
                due += self._ledger.due(host, now=now, links=links)
                continue
            if waiting + amount > LINKS_IN_A_QUERY or len(portion) == HOSTS_IN_A_QUERY:
                due += self._ledger.due_at(portion, now=now, links=links)
                portion, waiting = [], 0
            portion.append(host)
            waiting += amount
        if portion:
            due += self._ledger.due_at(portion, now=now, links=links)
        return self._with_notes(due)

    def _with_notes(self, links: Sequence[LinkRecord]) -> list[_Due]:
        due: list[_Due] = []
        for start in range(0, len(links), BATCH):
            batch = links[start : start + BATCH]
            notes = self._notes.notes_of_all([link.id for link in batch])
            due += [_Due(link, _facts(notes.get(link.id, ()))) for link in batch]
        return due

    async def _look(self, item: _Due, patient: bool, summary: WatchSummary) -> Outcome:
        """One look, and what it says of the host."""
        link = item.link
        if link.host in self._hosts.wanted:
            # Still due: the next round takes it up once the editor's capture is done.
            return Outcome.NOTHING
        async with self._hosts.hold(link.host) as held:
            if not held:
                summary.put_off += 1
                await self._postpone(link)
                return Outcome.NOTHING
            case = await self._case(item)
            observed = await self._observe(link, case, patient)
            if not patient and not observed.observation.void:
                # Seen as they come: the patient pass holds nothing but failures, and would look like an outage.
                self._guard.saw(observed.observation, before=_last_kind(link))
            if observed.observation.evidence.retry_after_s:
                await self._hosts.remember_rest(link.host, observed.observation.evidence.retry_after_s)
            if observed.wants_patience and not patient:
                return Outcome.SLOW
            if observed.observation.void and observed.observation.kind is not ObservationKind.PROXY_ERROR:
                await self._postpone(link)
                return Outcome.NOTHING
            visits = await self._visit_before_death(link, case, observed)
        seen = tuple(_Seen(one.observation, one.browsed) for one in (observed, *visits))
        self._held.append(_Looked(link, seen))
        self.on_event(link.fetch_form, observed.observation.kind.value)
        if len(self._held) >= BATCH:
            await self._flush(summary)
        return Outcome.NOTHING if observed.observation.http_status is None else Outcome.ANSWERED

    async def _postpone(self, link: LinkRecord) -> None:
        until = self._clock.now() + self._rules.postpone
        await asyncio.to_thread(self._ledger.postpone, [link.id], until=until)

    async def _observe(self, link: LinkRecord, case: Case, patient: bool) -> Observed:
        now = self._clock.now()
        rested = link.browser_look_at is None or now - link.browser_look_at >= BROWSER_AGAIN
        return await self._observer.observe(
            case,
            leave=Leave(patient=patient, browser=rested),
            forms=link.spellings,
            validators=_validators(link),
        )

    async def _visit_before_death(self, link: LinkRecord, case: Case, observed: Observed) -> tuple[Observed, ...]:
        """The browser's visit that precedes `dead`: always made, never counted."""
        if weight_of(observed.observation) is Weight.SUCCESS:
            return ()
        standing = advance(standing_of(link.standing, first_seen=link.first_seen_at), observed.observation)
        if not needs_browser_visit(standing, moment=observed.observation.moment):
            return ()
        visit = await self._observer.visit(case)
        return () if visit is None or visit.observation.void else (visit,)

    async def _case(self, item: _Due) -> Case:
        link = item.link
        # Most links of a first import have no baseline yet: no need to leave the loop for those.
        baseline = await asyncio.to_thread(kept_baseline, self._shelf, link.baseline_id) if link.baseline_id else None
        return Case(
            cited=link.fetch_form,
            note=item.note,
            baseline=baseline,
            last_hash=None if _is_full(link) else link.body_hash,
            last_kind=_last_kind(link),
            landings=tuple(self._landings.get(link.host, ())),
        )

    async def _flush_until(self, over: asyncio.Event, summary: WatchSummary) -> None:
        """Write what is held twice a minute, and the rest when the round is over."""
        while not over.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(over.wait(), HOLD_S / 2)
            await self._flush(summary)
        await self._flush(summary)

    async def _flush(self, summary: WatchSummary) -> None:
        """Ask the canaries, then write what was seen: as looks, or as void ones that touch no link."""
        held, self._held = self._held, []
        if not held:
            return
        if await self._guard.weather(self._clock.now()) is Weather.OUTAGE:
            summary.void += len(held)
            pairs = [(item.link, replace(item.seen[0].observation, void=True)) for item in held]
            await asyncio.to_thread(self._ledger.record_void, pairs)
            until = self._clock.now() + self._rules.postpone
            await asyncio.to_thread(self._ledger.postpone, [item.link.id for item in held], until=until)
            log.warning("outage of our own: looks are void", looks=len(held))
            return
        links = {item.link.id: item.link for item in held}
        results = [result for item in held for result in self._results(item)]
        again = frozenset(result.link_id for result in results if _asks_for_capture(result, links[result.link_id]))
        await asyncio.to_thread(self._ledger.record, results, capture_again=again)
        await asyncio.to_thread(bring_forward, self._ledger, results, links)
        self._count(summary, held, results)

    def _count(self, summary: WatchSummary, held: Sequence[_Looked], results: Sequence[LookResult]) -> None:
        summary.looks += len(held)
        links = {item.link.id: item.link for item in held}
        for result in results:
            link = links[result.link_id]
            summary.moved += link.state is not result.state
            kind = result.observation.kind
            summary.kinds[kind] = summary.kinds.get(kind, 0) + 1
            if kind is ObservationKind.HOME_REDIRECT and result.observation.final_url:
                self._landings.setdefault(link.host, []).append(result.observation.final_url)
            log.info(
                "looked",
                url=link.fetch_form,
                observation=kind.value,
                rule=result.observation.rule,
                state=result.state.value,
            )

    def _results(self, item: _Looked) -> list[LookResult]:
        link = item.link
        results = []
        for seen in item.seen:
            result = self._result(link, seen)
            results.append(result)
            link = replace(link, standing=result.standing, state=result.state, evidence_class=result.evidence_class)
        return results

    def _result(self, link: LinkRecord, seen: _Seen) -> LookResult:
        observation = seen.observation
        before = standing_of(link.standing, first_seen=link.first_seen_at)
        after = advance(before, observation)
        return LookResult(
            link_id=link.id,
            observation=observation,
            state=after.state,
            since=after.since,
            standing=after.to_json(),
            next_check_at=next_check(
                after,
                moment=observation.moment,
                key=link.identity_key,
                longest_days=self._rules.longest_days,
            ),
            is_ok=weight_of(observation) is Weight.SUCCESS,
            kept=self._is_kept(link, before, after, observation),
            evidence_class=observation.kind.value,
            by_browser=seen.browsed,
        )

    def _is_kept(self, link: LinkRecord, before: Standing, after: Standing, observation: Observation) -> bool:
        """A look is a row if it changes the state or the evidence class, or counts towards a verdict."""
        return (
            self._rules.full_history
            or before.state is not after.state
            or link.evidence_class != observation.kind.value
            or before.failures != after.failures
            or before.proofs != after.proofs
            or before.visited != after.visited
        )


def _facts(notes: Sequence[NoteContext]) -> NoteFacts | None:
    note = next((item for item in notes if item.text), None)
    return NoteFacts(text=note.text, passages=note.passages) if note else None


def _is_full(link: LinkRecord) -> bool:
    """Every fourth look reads and judges the whole page: rules, notes and baselines change while pages do not."""
    return link.looks % FULL_EVERY == 0


def _validators(link: LinkRecord) -> tuple[str | None, str | None]:
    """ETag and Last-Modified of the page that was last read."""
    return (None, None) if _is_full(link) else (link.etag, link.last_modified)


def _last_kind(link: LinkRecord) -> ObservationKind | None:
    return ObservationKind(link.evidence_class) if link.evidence_class else None


def _asks_for_capture(result: LookResult, before: LinkRecord) -> bool:
    """Changed while alive; or back from trouble that it was in when the plan for its first capture ran out."""
    if not result.kept or result.state is LinkState.USURPED:
        return False
    is_back = result.observation.kind is ObservationKind.OK and before.state not in _SEEN_ALIVE
    return result.observation.kind in _CHANGED or (is_back and before.baseline_id is None)
