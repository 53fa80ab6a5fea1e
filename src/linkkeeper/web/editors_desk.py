"""The editors' desk, what it shows: captures on demand, the queue, sources, repairs, what needs a decision."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, HTTPException, Query, Request
from starlette.responses import RedirectResponse, Response

from linkkeeper.replay.likeness import GOOD_LIKENESS
from linkkeeper.vocabulary.capture import RequestState
from linkkeeper.vocabulary.views import Asked, RequestView
from linkkeeper.web import access, pasted
from linkkeeper.web.api import MOST_URLS
from linkkeeper.web.limits import Limiter
from linkkeeper.web.memento_page import FULL_PICTURE, PDF, PICTURE, TEXT
from linkkeeper.web.rendering import Pages
from linkkeeper.web.sessions import checked_form, editor

LONGEST_PASTE = 100_000
OPEN_STATES = (RequestState.WAITING, RequestState.RUNNING)


class EditorsDesk:
    def __init__(self, pages: Pages, *, limiter: Limiter) -> None:
        self.pages = pages
        self.services = pages.services
        self.catalogue = pages.services.catalogue
        self.limiter = limiter

    def router(self) -> APIRouter:
        router = APIRouter(prefix="/desk", include_in_schema=False, dependencies=[Depends(checked_form)])
        for path, page in (
            ("/", self.front),
            ("/captures", self.captures),
            ("/captures/{capture_id}", self.capture),
            ("/captures/{capture_id}/card", self.card),
            ("/queue", self.queue),
            ("/sources", self.sources),
            ("/repairs", self.repairs),
            ("/unconfirmed", self.unconfirmed),
            ("/replays", self.replays),
        ):
            router.add_api_route(path, page, methods=["GET"])
        router.add_api_route("/captures", self.ask, methods=["POST"])
        return router

    def front(self, request: Request, url: Annotated[str, Query(max_length=8_000)] = "") -> Response:
        return self._front(request, pasted_text=url)

    def _front(
        self,
        request: Request,
        *,
        pasted_text: str = "",
        problems: tuple[Asked, ...] = (),
        words: str = "",
        status: int = 200,
    ) -> Response:
        values = {
            "pasted": pasted_text,
            "problems": problems,
            "words": words,
            "requests": self.catalogue.requests(limit=10),
            "proposed": self.catalogue.repairs(state="proposed", limit=100),
            "unconfirmed": self.catalogue.links(confirmed=False, limit=100),
            "badly": self.catalogue.replaying_badly(below=GOOD_LIKENESS, limit=100),
            "counts": self.catalogue.counts(),
        }
        return self.pages.html(request, "desk.html", values, status=status)

    def ask(self, request: Request, text: Annotated[str, Form(max_length=LONGEST_PASTE)] = "") -> Response:
        """Take pasted URLs, or the text of a note, and show their captures being made."""
        by = editor(request).name
        urls = pasted.urls_in(text)
        if not urls:
            return self._front(request, pasted_text=text, words="There is no URL in this text.", status=422)
        if len(urls) > MOST_URLS:
            words = f"These are {len(urls)} URLs; at most {MOST_URLS} at a time."
            return self._front(request, pasted_text=text, words=words, status=422)
        if self.limiter.wait_s(by, times=len(urls)):
            return self._front(request, pasted_text=text, words="Too many at once. Wait a minute.", status=429)
        asked = tuple(self.services.decisions.ask(urls, by=by))
        refused = tuple(one for one in asked if one.problem)
        ids = [one.capture_id for one in asked if one.capture_id]
        if not ids:
            return self._front(request, pasted_text=text, problems=refused, words="Nothing was asked for.", status=422)
        query = [("id", key) for key in ids] + [("refused", f"{one.url}: {one.problem}") for one in refused]
        return RedirectResponse(f"/desk/captures?{urlencode(query)}", status_code=303)

    def captures(
        self,
        request: Request,
        id: Annotated[list[str], Query(max_length=MOST_URLS)],
        refused: Annotated[list[str] | None, Query(max_length=MOST_URLS)] = None,
    ) -> Response:
        """Captures while they are made: live where scripts run, by reload elsewhere."""
        found = [asked for asked in (self._request(key) for key in dict.fromkeys(id)) if asked]
        values = {
            "requests": found,
            "refused": refused or [],
            "running": any(asked.state in OPEN_STATES for asked in found),
        }
        return self.pages.html(request, "captures.html", {**values, **self._file_names()})

    def capture(self, request: Request, capture_id: str) -> Response:
        asked = self._request(capture_id)
        capture = self.catalogue.capture(capture_id)
        if asked is None and capture is None:
            raise HTTPException(404, "There is no such capture.")
        now = self.services.clock.now()
        values = {
            "asked": asked,
            "capture": capture,
            "dark": access.shown_or_tombstone(self.catalogue, capture, now) if capture else None,
            "running": asked is not None and asked.state in OPEN_STATES,
            "link": self.catalogue.link((capture or asked).link_id),  # type: ignore[union-attr]  # one of them is there
        }
        return self.pages.html(request, "capture.html", {**values, **self._file_names()})

    def card(self, request: Request, capture_id: str) -> Response:
        """The part of the captures page that shows one of them; fetched anew after each event."""
        asked = self._request(capture_id)
        if asked is None:
            raise HTTPException(404, "There is no such capture.")
        answer = self.pages.html(request, "card.html", {"asked": asked, **self._file_names()})
        answer.headers["cache-control"] = "no-store"
        return answer

    def queue(self, request: Request, state: RequestState | None = None) -> Response:
        values = {"requests": self.catalogue.requests(state=state, limit=200), "state": state}
        return self.pages.html(request, "queue.html", values)

    def sources(self, request: Request) -> Response:
        return self.pages.html(request, "sources.html", {"sources": self.catalogue.sources()})

    def repairs(self, request: Request, state: str = "proposed") -> Response:
        wanted = None if state == "all" else state
        values = {"repairs": self.catalogue.repairs(state=wanted, limit=200), "state": state}
        return self.pages.html(request, "repairs.html", values)

    def unconfirmed(self, request: Request) -> Response:
        links = self.catalogue.links(confirmed=False, limit=200)
        return self.pages.html(request, "unconfirmed.html", {"links": links})

    def replays(self, request: Request) -> Response:
        captures = self.catalogue.replaying_badly(below=GOOD_LIKENESS)
        return self.pages.html(request, "replays.html", {"captures": captures})

    def _request(self, capture_id: str) -> RequestView | None:
        return self.catalogue.request(capture_id)

    def _file_names(self) -> dict[str, str]:
        return {"PICTURE": PICTURE, "FULL_PICTURE": FULL_PICTURE, "PDF": PDF, "TEXT": TEXT}
