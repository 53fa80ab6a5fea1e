"""The main job: read the analyses, capture and check every cited source, report, and leave relinked copies."""

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from linkkeeper.errors import InputError, LinkkeeperError
from linkkeeper.pipeline.catalogue import Catalogue
from linkkeeper.pipeline.collect import Collector, Unusable
from linkkeeper.pipeline.following import canonical_location, kind_of
from linkkeeper.pipeline.hosts import ASK_AGAIN_S
from linkkeeper.pipeline.keep import Keeper
from linkkeeper.pipeline.mend import Mender
from linkkeeper.pipeline.poll import Poller
from linkkeeper.pipeline.ports import CaptureLedger, CheckLedger, SourceLedger
from linkkeeper.pipeline.report import (
    RelinkedCopy,
    Report,
    ReportedAnalysis,
    folder_of,
    report_json,
    reported_analysis,
)
from linkkeeper.pipeline.watch import Watcher
from linkkeeper.relinking.files import replace_file
from linkkeeper.vocabulary.capture import AccessLevel
from linkkeeper.vocabulary.edition import Edition
from linkkeeper.vocabulary.moment import Clock
from linkkeeper.vocabulary.records import FollowedSource, GoodCapture
from linkkeeper.vocabulary.views import AnalysisPage, CaptureView, CitationView, LinkPage

#: How often a round asks again for hosts that another process holds: five minutes in all.
_MOST_CALLS = 60

#: A host that rests longer than this is left for the next run.
LONGEST_REST_S = 60.0
RELINKED = "relinked"


class WriteReport(Protocol):
    """Satisfied by :class:`linkkeeper.adapters.jinja_report.JinjaReport`."""

    def write(
        self, out: Path, *, report: object, as_json: object, captures: Sequence[tuple[CaptureView, str]]
    ) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """
    What the inputs came to.

    Attributes:
        editions: Of every analysis that could be read.
        problems: Inputs that could not, each with its reason.
        unusable: Cited URLs that no browser could open, by location.
    """

    editions: tuple[Edition, ...]
    problems: tuple[LinkkeeperError, ...]
    unusable: tuple[tuple[str, Unusable], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How far a run is, in sources."""

    captures_left: int
    looks_left: int
    sources: int


class ArchiveRun:
    """One round over some analyses; every part may be cut off and done again."""

    def __init__(
        self,
        *,
        poller: Poller,
        collector: Collector,
        keeper: Keeper,
        watcher: Watcher,
        mender: Mender,
        catalogue: Catalogue,
        captures: CaptureLedger,
        checks: CheckLedger,
        sources: SourceLedger,
        writer: WriteReport,
        clock: Clock,
        version: str,
        slots: int,
        has_public_url: bool,
    ) -> None:
        self._poller = poller
        self._collector = collector
        self._keeper = keeper
        self._watcher = watcher
        self._mender = mender
        self._catalogue = catalogue
        self._captures = captures
        self._checks = checks
        self._sources = sources
        self._writer = writer
        self._clock = clock
        self._version = version
        self._slots = slots
        self._has_public_url = has_public_url

    async def take_in(self, inputs: Sequence[str]) -> Intake:
        """Read files, folders, pages, feeds and sitemaps; what can't be read is named, the others go on."""
        editions: list[Edition] = []
        problems: list[LinkkeeperError] = []
        unusable: list[tuple[str, Unusable]] = []
        for item in inputs:
            try:
                found = [edition async for edition in self._poller.editions(_as_source(item))]
                if not found:
                    raise InputError("read the source", subject=item, reason="it holds no analyses")
            except LinkkeeperError as error:
                problems.append(error)
                continue
            for one in found:
                try:
                    if isinstance(one, InputError):
                        raise one
                    collected = await asyncio.to_thread(self._collector.take_in, one)
                except InputError as error:
                    problems.append(error)
                    continue
                editions.append(one)
                unusable += [(one.location, url) for url in collected.unusable]
        return Intake(editions=tuple(editions), problems=tuple(problems), unusable=tuple(unusable))

    def links_of(self, editions: Sequence[Edition]) -> frozenset[int]:
        """Ids of all links that the analyses cite."""
        return frozenset(citation.link.id for page in self._pages(editions) for citation in _citations(page))

    def tally(self, links: frozenset[int]) -> Tally:
        now = self._clock.now()
        return Tally(
            captures_left=self._captures.open_requests(due=now, links=links),
            looks_left=self._checks.count_due(now=now, links=links),
            sources=len(links),
        )

    async def round(self, editions: Sequence[Edition]) -> bool:
        """
        Capture and look at everything that is due.

        Returns:
            Whether it continued a round that was cut off.
        """
        scope = _scope(editions)
        now = self._clock.now()
        round_id, continued = await asyncio.to_thread(self._sources.open_round, scope, now=now)
        links = self.links_of(editions)
        # Put off by an outage of our own, that may be over: nobody has seen them yet.
        await asyncio.to_thread(self._checks.call_up_unseen, sorted(links), now=now)
        watched = asyncio.create_task(self._watch(links))
        try:
            async with asyncio.TaskGroup() as tasks:
                for _ in range(self._slots):
                    tasks.create_task(self._keep(links, watched))
                await asyncio.wait({watched})
            watched.result()
        except ExceptionGroup as group:
            # Trouble of ours (a full disk, no browser) ends all tasks of the round; the first one tells of it.
            raise _first_of(group) from group
        finally:
            watched.cancel()
            await asyncio.gather(watched, return_exceptions=True)
        await asyncio.to_thread(self._sources.finish_round, round_id, now=self._clock.now())
        return continued

    async def _watch(self, links: frozenset[int]) -> None:
        """Look at what is due; what another process kept us from is called up again until its hosts are free."""
        for _ in range(_MOST_CALLS):
            summary = await self._watcher.run(links=links)
            left = await asyncio.to_thread(self._checks.count_due, now=self._clock.now(), links=links)
            if summary.void or not (summary.put_off or left):
                return
            await asyncio.sleep(ASK_AGAIN_S)
            await asyncio.to_thread(self._checks.call_up_unseen, sorted(links), now=self._clock.now())

    async def _keep(self, links: frozenset[int], watched: "asyncio.Task[object]") -> None:
        """Capture until nothing is left, no look can ask for more, and no other process works on one."""
        while True:
            if await self._keeper.work_one(links=links):
                continue
            if not watched.done():
                await asyncio.wait({watched}, timeout=0.3)
                continue
            rest = self._keeper.rest_s()
            if 0 < rest <= LONGEST_REST_S:
                await asyncio.sleep(rest)
            elif await asyncio.to_thread(self._others_work_on, links):
                await asyncio.sleep(1.0)
            elif not await self._keeper.work_one(links=links):
                return

    def _others_work_on(self, links: frozenset[int]) -> bool:
        """Whether another process makes a capture of ours, or holds a host that one of ours needs."""
        if self._captures.running(links):
            return True
        return self._keeper.waits_for_hosts and self._captures.open_requests(due=self._clock.now(), links=links) > 0

    def report(self, editions: Sequence[Edition], out: Path) -> Report:
        """Write relinked copies, static pages and the report under *out*."""
        names = _names(editions)
        links: dict[int, LinkPage] = {}
        analyses: list[ReportedAnalysis] = []
        for edition, page in self._read(editions):
            for citation in _citations(page):
                if citation.link.id not in links and (found := self._catalogue.link(citation.link.id)) is not None:
                    links[citation.link.id] = found
            copy = self._relink(edition, out, names[edition.location])
            analyses.append(reported_analysis(page, links=links, copy=copy))
        report = Report(moment=self._clock.now(), version=self._version, analyses=tuple(analyses))
        captures = [(item.capture, item.folder) for item in report.sources() if item.capture and item.folder]
        self._writer.write(out, report=report, as_json=report_json(report), captures=_with_relinked(captures, links))
        return report

    def _relink(self, edition: Edition, out: Path, name: str) -> RelinkedCopy:
        # Without a public address the copy leads to the pages beside it: it is for reading, not for publishing.
        address = None if self._has_public_url else self._static_page(name)
        planned = self._mender.plan_text(edition.data, edition.location, uri_m=address)
        target = out / RELINKED / name
        replace_file(target, planned.plan.after)
        return RelinkedCopy(
            path=f"{RELINKED}/{name}",
            repairs=len(planned.plan.edits),
            refusals=tuple(f"{refusal.url}: {refusal.words}" for refusal in planned.plan.refusals),
        )

    def _static_page(self, name: str) -> Callable[[GoodCapture, str], str | None]:
        up = "../" * (name.count("/") + 1)

        def address(capture: GoodCapture, url: str) -> str | None:
            view = self._catalogue.capture(capture.id)
            return f"{up}{folder_of(view)}/index.html" if view is not None else None

        return address

    def _pages(self, editions: Sequence[Edition]) -> list[AnalysisPage]:
        return [page for _, page in self._read(editions)]

    def _read(self, editions: Sequence[Edition]) -> list[tuple[Edition, AnalysisPage]]:
        pairs = ((edition, self._catalogue.analysis_at(edition.location)) for edition in editions)
        return [(edition, page) for edition, page in pairs if page is not None]


def _first_of(group: ExceptionGroup[Exception]) -> Exception:
    first: Exception = group
    while isinstance(first, ExceptionGroup):
        first = first.exceptions[0]
    return first


def _citations(page: AnalysisPage) -> list[CitationView]:
    return [*(citation for note in page.notes for citation in note.citations), *page.links]


def _with_relinked(
    captures: Sequence[tuple[CaptureView, str]], links: dict[int, LinkPage]
) -> list[tuple[CaptureView, str]]:
    """Static pages of the captures shown, and of every good one that a relinked copy may lead to."""
    found = {folder: capture for capture, folder in captures}
    for page in links.values():
        for capture in page.captures:
            if capture.same_as is None and capture.files and capture.access is AccessLevel.OPEN:
                found.setdefault(folder_of(capture), capture)
    return [(capture, folder) for folder, capture in found.items()]


def _as_source(item: str) -> FollowedSource:
    place = canonical_location(item)
    return FollowedSource(id=0, kind=kind_of(place), location=place, schedule="", apply="", policy="")


def _scope(editions: Sequence[Edition]) -> str:
    joined = "\n".join(sorted(edition.location for edition in editions))
    return hashlib.sha256(joined.encode()).hexdigest()


def _names(editions: Sequence[Edition]) -> dict[str, str]:
    """A file name for each relinked copy; two of the same name are told apart by a number."""
    taken: dict[str, str] = {}
    for edition in editions:
        plain = edition.location.rstrip("/").rsplit("/", 1)[-1] or "analysis"
        stem, dot, suffix = plain.rpartition(".")
        name, number = plain, 1
        while name in taken.values():
            number += 1
            name = f"{stem}-{number}.{suffix}" if dot else f"{plain}-{number}"
        taken[edition.location] = name
    return taken
