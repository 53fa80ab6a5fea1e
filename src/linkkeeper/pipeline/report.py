"""
The report of a run, as values: what each note cites and what was found.

Pure: built from the catalogue's views; :mod:`linkkeeper.adapters.jinja_report`
writes it as ``report.html``, ``report.json`` and the static pages.
"""

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from linkkeeper.vocabulary.capture import SHOWN_QUALITIES, AccessLevel
from linkkeeper.vocabulary.moment import to_iso
from linkkeeper.vocabulary.observation import ObservationKind
from linkkeeper.vocabulary.state import HOSTILE_STATES, LinkState
from linkkeeper.vocabulary.uri import host_of
from linkkeeper.vocabulary.views import AnalysisPage, CaptureView, CitationView, LinkPage, NoteView


class Hindrance(StrEnum):
    """What kept linkkeeper itself from visiting a source."""

    ADDRESS = "address"
    PROXY = "proxy"
    OUTAGE = "outage"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFound:
    """
    One cited source as the report tells it.

    Attributes:
        finding: The state and how far it is, in words: "missing, look 1 of 3,
            next on 24 November".
        capture: The one shown: good ones first, else the newest as evidence.
        folder: Of its static page, relative to the report; None without a capture.
        may_link: False while the live page is another's.
        looked_at: When it was last looked at; a round looks only at what is due.
        hindrance: Why linkkeeper itself could not or would not go there, so that
            nothing is known of the source.
    """

    url: str
    state: LinkState
    finding: str
    words: str
    capture: CaptureView | None
    folder: str | None
    may_link: bool
    looked_at: datetime | None = None
    hindrance: Hindrance | None = None

    @property
    def progress(self) -> str:
        """The finding without the state, which a mark beside it tells."""
        return self.finding.removeprefix(self.state.value.replace("_", " ")).lstrip(":, ")

    @property
    def shown(self) -> bool:
        """Whether the capture shows the source."""
        return self.capture is not None and self.capture.quality in SHOWN_QUALITIES


@dataclass(frozen=True, slots=True, kw_only=True)
class CitedSource:
    """*as_cited* is empty where the note repeats a citation without its URL."""

    as_cited: str
    is_repeat: bool
    source: SourceFound


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedNote:
    label: str
    text: str
    ibid_of: str | None
    sources: tuple[CitedSource, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedAnalysis:
    """*relinked* is the copy's path relative to the report; *repairs* how many links in it were replaced."""

    title: str
    location: str
    notes: tuple[ReportedNote, ...]
    links: tuple[CitedSource, ...]
    relinked: str | None
    repairs: int
    refusals: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One run over some analyses."""

    moment: datetime
    version: str
    analyses: tuple[ReportedAnalysis, ...]

    def name_of(self, analysis: ReportedAnalysis) -> str:
        """What to call an analysis: its address, or its path from where all files of the report lie."""
        files = [one.location for one in self.analyses if not is_address(one.location)]
        if is_address(analysis.location):
            return analysis.location
        if not all(Path(one).is_absolute() for one in files):
            return Path(analysis.location).name
        shared = os.path.commonpath([Path(one).parent for one in files])
        return str(Path(analysis.location).relative_to(shared))

    def sources(self) -> tuple[SourceFound, ...]:
        """Each source once, in the order of first citation."""
        found: dict[str, SourceFound] = {}
        for analysis in self.analyses:
            for cited in (*(item for note in analysis.notes for item in note.sources), *analysis.links):
                found.setdefault(cited.source.url, cited.source)
        return tuple(found.values())

    def nothing_visited(self) -> bool:
        """Whether there were sources and linkkeeper got to none of them, for reasons of its own."""
        sources = self.sources()
        return bool(sources) and all(source.hindrance for source in sources)

    def states(self) -> tuple[tuple[LinkState, int], ...]:
        counted = Counter(source.state for source in self.sources())
        return tuple((state, counted[state]) for state in LinkState if counted[state])


@dataclass(frozen=True, slots=True, kw_only=True)
class RelinkedCopy:
    """What mending did to the copy of one analysis."""

    path: str
    repairs: int
    refusals: tuple[str, ...] = ()


def is_address(location: str) -> bool:
    return location.startswith(("http://", "https://"))


def folder_of(capture: CaptureView) -> str:
    """Where the static page of a capture lies, relative to the report."""
    host = host_of(capture.url).strip("[]").replace(":", "-") or "source"
    return f"sources/{host}/{capture.same_as or capture.id}"


def reported_analysis(page: AnalysisPage, *, links: dict[int, LinkPage], copy: RelinkedCopy | None) -> ReportedAnalysis:
    """
    Turn an analysis' page into its part of the report.

    Args:
        links: Pages of all links that *page* cites, by id.
    """
    sources = {link_id: source_found(link) for link_id, link in links.items()}
    return ReportedAnalysis(
        title=page.summary.title,
        location=page.summary.location,
        notes=tuple(_reported_note(note, sources) for note in page.notes),
        links=tuple(_cited(citation, sources) for citation in page.links),
        relinked=copy.path if copy else None,
        repairs=copy.repairs if copy else 0,
        refusals=copy.refusals if copy else (),
    )


def _reported_note(note: NoteView, sources: dict[int, SourceFound]) -> ReportedNote:
    cited = tuple(_cited(citation, sources) for citation in note.citations)
    return ReportedNote(label=note.label, text=note.text, ibid_of=note.ibid_of, sources=cited)


def _cited(citation: CitationView, sources: dict[int, SourceFound]) -> CitedSource:
    return CitedSource(as_cited=citation.as_cited, is_repeat=citation.is_repeat, source=sources[citation.link.id])


def source_found(page: LinkPage) -> SourceFound:
    """What the report says of one link."""
    capture = page.summary.capture or _evidence(page.captures)
    hindrance = _hindrance(page)
    unknown = "nothing is known of it: our own network was out" if hindrance is Hindrance.OUTAGE else ""
    return SourceFound(
        url=page.summary.url,
        state=page.summary.state,
        finding=finding_words(page),
        words=page.summary.words or unknown,
        capture=capture,
        folder=folder_of(capture) if capture else None,
        may_link=page.summary.state not in HOSTILE_STATES,
        looked_at=page.summary.last_checked_at,
        hindrance=hindrance,
    )


def _hindrance(page: LinkPage) -> Hindrance | None:
    if page.captures or not page.checks:
        return None
    last = page.checks[0]
    own = {ObservationKind.FORBIDDEN_ADDRESS: Hindrance.ADDRESS, ObservationKind.PROXY_ERROR: Hindrance.PROXY}
    return own.get(last.observation) or (Hindrance.OUTAGE if last.void else None)


def _evidence(captures: Sequence[CaptureView]) -> CaptureView | None:
    return next(
        (item for item in captures if item.same_as is None and item.files and item.access is AccessLevel.OPEN), None
    )


def finding_words(page: LinkPage) -> str:
    """State, progress towards a verdict, and when the next look is due."""
    summary = page.summary
    last = next((check for check in page.checks if not check.void), None)
    words = summary.state.value.replace("_", " ")
    if summary.counted:
        words = f"{words}: {summary.counted}"
    elif last is not None and last.observation.value not in ("ok", summary.state.value):
        words = f"{words}: {last.observation.value.replace('_', ' ')}"
    if summary.next_check_at is not None and summary.state not in (LinkState.ALIVE, LinkState.NEW):
        words += f", next on {summary.next_check_at.day} {summary.next_check_at:%B}"
    return words


def report_json(report: Report) -> dict[str, Any]:
    """``report.json``: moments are ISO 8601 UTC, paths relative to the report."""
    return {
        "moment": to_iso(report.moment),
        "linkkeeper": report.version,
        "states": {state.value: amount for state, amount in report.states()},
        "analyses": [_analysis_json(analysis) for analysis in report.analyses],
    }


def _analysis_json(analysis: ReportedAnalysis) -> dict[str, Any]:
    return {
        "title": analysis.title,
        "file": analysis.location,
        "relinked": analysis.relinked,
        "repairs": analysis.repairs,
        "refusals": list(analysis.refusals),
        "notes": [
            {
                "label": note.label,
                "text": note.text,
                "ibid_of": note.ibid_of,
                "sources": [_source_json(cited) for cited in note.sources],
            }
            for note in analysis.notes
        ],
        "links": [_source_json(cited) for cited in analysis.links],
    }


def _source_json(cited: CitedSource) -> dict[str, Any]:
    source = cited.source
    return {
        "as_cited": cited.as_cited or None,
        "repeat": cited.is_repeat,
        "url": source.url,
        "state": source.state.value,
        "finding": source.finding,
        "words": source.words,
        "last_checked_at": to_iso(source.looked_at) if source.looked_at else None,
        "capture": _capture_json(source.capture, source.folder) if source.capture else None,
    }


def _capture_json(capture: CaptureView, folder: str | None) -> dict[str, Any]:
    return {
        "capture_id": capture.id,
        "moment": to_iso(capture.moment),
        "quality": capture.quality.value,
        "reason": capture.reason,
        "confirmed": capture.confirmed,
        "page": f"{folder}/index.html",
        "files": {name: f"{folder}/{Path(name).name}" for name in capture.files},
        "manifest_sha256": capture.manifest_sha256,
    }
