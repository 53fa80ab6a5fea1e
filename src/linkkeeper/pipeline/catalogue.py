"""
The catalogue port: everything that is shown is read through it.

Satisfied by shape by :mod:`linkkeeper.adapters.sqlmodel_catalogue`; its
values are :mod:`linkkeeper.vocabulary.views`.
"""

from collections.abc import Sequence
from typing import Protocol

from linkkeeper.vocabulary.capture import RequestState
from linkkeeper.vocabulary.state import LinkState
from linkkeeper.vocabulary.views import (
    AnalysisPage,
    AnalysisSummary,
    CaptureView,
    CheckView,
    CitationView,
    CitedIn,
    Finding,
    HostSummary,
    KeptSource,
    LinkPage,
    LinkSummary,
    NoteView,
    RepairView,
    RequestView,
    SourceView,
    StateCounts,
    StatesOn,
    StepView,
)

__all__ = [
    "AnalysisPage",
    "AnalysisSummary",
    "CaptureView",
    "Catalogue",
    "CheckView",
    "CitationView",
    "CitedIn",
    "Finding",
    "HostSummary",
    "KeptSource",
    "LinkPage",
    "LinkSummary",
    "NoteView",
    "RepairView",
    "RequestView",
    "SourceView",
    "StateCounts",
    "StatesOn",
    "StepView",
]


class Catalogue(Protocol):
    """Reading only; every method is one short read transaction. Unknown ids give None."""

    def sources(self) -> Sequence[SourceView]: ...
    def analyses(self, *, limit: int = 200, offset: int = 0) -> Sequence[AnalysisSummary]: ...
    def analysis(self, analysis_id: int) -> AnalysisPage | None: ...
    def analysis_at(self, location: str) -> AnalysisPage | None: ...
    def link(self, link_id: int) -> LinkPage | None: ...
    def link_of_url(self, url: str) -> LinkPage | None:
        """By identity key of *url*, in any of its cited spellings."""
        ...

    def links(
        self,
        *,
        state: LinkState | None = None,
        host: str | None = None,
        confirmed: bool | None = None,
        limit: int = 200,
        offset: int = 0,
    ) -> Sequence[LinkSummary]: ...
    def hosts(self, *, limit: int = 200) -> Sequence[HostSummary]: ...
    def host(self, key: str) -> HostSummary | None: ...
    def capture(self, capture_id: str) -> CaptureView | None: ...
    def source_of_url(self, url: str) -> KeptSource | None:
        """What the memento page of *url* is made of; captures ascending by moment, withheld ones included."""
        ...

    def version(self) -> int:
        """Another number after every change that was made since the last call, by whatever process; for caches."""
        ...

    def replaying_badly(self, *, below: float, limit: int = 200) -> Sequence[CaptureView]:
        """Captures whose replay was seen to be less like their picture than *below*; newest first."""
        ...

    def captures(self, *, limit: int = 100, offset: int = 0) -> Sequence[CaptureView]: ...
    def request(self, capture_id: str) -> RequestView | None: ...
    def requests(self, *, state: RequestState | None = None, limit: int = 100) -> Sequence[RequestView]:
        """Newest first; waiting and running before ended ones."""
        ...

    def repairs(self, *, state: str | None = None, limit: int = 200) -> Sequence[RepairView]: ...
    def counts(self) -> StateCounts: ...
    def states_over_time(
        self, *, analysis_id: int | None = None, link_id: int | None = None, host: str | None = None, days: int = 90
    ) -> Sequence[StatesOn]: ...
    def search(self, words: str, *, limit: int = 50) -> Sequence[Finding]: ...
