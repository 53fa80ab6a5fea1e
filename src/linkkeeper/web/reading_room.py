"""The reading room: analyses and their sources with states, a page per analysis, link and host, and search."""

import time
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request
from starlette.responses import Response

from linkkeeper.vocabulary.capture import AccessLevel
from linkkeeper.vocabulary.memento import memento_path
from linkkeeper.vocabulary.state import LinkState
from linkkeeper.vocabulary.views import CaptureView, CheckView, LinkPage, PinView
from linkkeeper.web import access, plots
from linkkeeper.web.rendering import Pages

PAGE_SIZE = 100
PLOT_DAYS = 180
PLOT_KEPT_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One entry of a link's timeline: a capture, a pin or a check; *moved* marks a check that changed the state."""

    moment: datetime
    capture: CaptureView | None = None
    pin: PinView | None = None
    check: CheckView | None = None
    moved: bool = False


def history(page: LinkPage) -> list[Event]:
    """Checks, captures and pins of a link together, newest first."""
    before = [*page.checks[1:], None]
    checks = [
        Event(moment=check.moment, check=check, moved=earlier is None or earlier.state is not check.state)
        for check, earlier in zip(page.checks, before, strict=False)
    ]
    captures = [Event(moment=capture.moment, capture=capture) for capture in page.captures]
    pins = [Event(moment=pin.moment, pin=pin) for pin in page.pins]
    return sorted([*checks, *captures, *pins], key=lambda event: event.moment, reverse=True)


class ReadingRoom:
    def __init__(self, pages: Pages) -> None:
        self.pages = pages
        self.catalogue = pages.services.catalogue
        self.clock = pages.services.clock
        self._whole_plot: tuple[float, plots.Plot] | None = None

    def router(self) -> APIRouter:
        router = APIRouter(include_in_schema=False)
        for path, page in (
            ("/", self.front),
            ("/analyses/", self.front),
            ("/analyses/{analysis_id}", self.analysis),
            ("/links/", self.links),
            ("/links/{link_id}", self.link),
            ("/hosts/", self.hosts),
            ("/hosts/{key}", self.host),
            ("/search", self.search),
        ):
            router.add_api_route(path, page, methods=["GET", "HEAD"])
        return router

    def front(self, request: Request, page: Annotated[int, Query(ge=1)] = 1) -> Response:
        analyses = self.catalogue.analyses(limit=PAGE_SIZE + 1, offset=(page - 1) * PAGE_SIZE)
        values = {
            "analyses": analyses[:PAGE_SIZE],
            "page": page,
            "more": len(analyses) > PAGE_SIZE,
            "counts": self.catalogue.counts(),
            "plot": self._plot_of_all(),
        }
        return self.pages.html(request, "front.html", values)

    def _plot_of_all(self) -> plots.Plot:
        """The plot of every source, drawn anew once a minute: it is rebuilt from all looks."""
        now = time.monotonic()
        if self._whole_plot is None or now - self._whole_plot[0] > PLOT_KEPT_S:
            self._whole_plot = (now, plots.plot(self.catalogue.states_over_time(days=PLOT_DAYS)))
        return self._whole_plot[1]

    def analysis(self, request: Request, analysis_id: int) -> Response:
        found = self.catalogue.analysis(analysis_id)
        if found is None:
            raise HTTPException(404, "There is no such analysis here.")
        days = self.catalogue.states_over_time(analysis_id=analysis_id, days=PLOT_DAYS)
        return self.pages.html(request, "analysis.html", {"analysis": found, "plot": plots.plot(days)})

    def links(
        self, request: Request, state: LinkState | None = None, page: Annotated[int, Query(ge=1)] = 1
    ) -> Response:
        links = self.catalogue.links(state=state, limit=PAGE_SIZE + 1, offset=(page - 1) * PAGE_SIZE)
        values = {
            "links": links[:PAGE_SIZE],
            "page": page,
            "more": len(links) > PAGE_SIZE,
            "state": state,
            "counts": self.catalogue.counts(),
        }
        return self.pages.html(request, "links.html", values)

    def link(self, request: Request, link_id: int) -> Response:
        found = self.catalogue.link(link_id)
        if found is None:
            raise HTTPException(404, "There is no such link here.")
        days = self.catalogue.states_over_time(link_id=link_id, days=PLOT_DAYS)
        now = self.clock.now()
        dark = {capture.id: access.effective_level(capture, now) for capture in found.captures}
        values = {
            "link": found,
            "timeline": history(found),
            "plot": plots.plot(days),
            "tombstones": {
                capture.id: access.shown_or_tombstone(self.catalogue, capture, now) for capture in found.captures
            },
            "dark": {key: level for key, level in dark.items() if level is not AccessLevel.OPEN},
        }
        return self.pages.html(request, "link.html", values)

    def hosts(self, request: Request) -> Response:
        return self.pages.html(request, "hosts.html", {"hosts": self.catalogue.hosts()})

    def host(self, request: Request, key: str) -> Response:
        found = self.catalogue.host(key)
        if found is None:
            raise HTTPException(404, "No source on this host is kept here.")
        values = {
            "host": found,
            "links": self.catalogue.links(host=key, limit=500),
            "plot": plots.plot(self.catalogue.states_over_time(host=key, days=PLOT_DAYS)),
        }
        return self.pages.html(request, "host.html", values)

    def search(self, request: Request, q: Annotated[str, Query(max_length=400)] = "") -> Response:
        wanted = q.strip()
        findings = self.catalogue.search(wanted) if wanted else ()
        values = {"q": wanted, "findings": [(self._address(f.kind, f.key), f) for f in findings]}
        return self.pages.html(request, "search.html", values)

    def _address(self, kind: str, key: str) -> str:
        if kind != "capture":
            return f"/{'analyses' if kind == 'analysis' else 'links'}/{key}"
        capture = self.catalogue.capture(key)
        return memento_path(capture.timestamp, capture.url) if capture else "/search"
