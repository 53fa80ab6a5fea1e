"""
The API: ask for captures, follow them, and read the state of a link.

Its objects are those of ``capture --json`` and ``status --json``.
"""

from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from linkkeeper.pipeline.status import status_object
from linkkeeper.web import events
from linkkeeper.web.limits import Limiter, Rate
from linkkeeper.web.services import WebServices
from linkkeeper.web.sessions import actor

MOST_URLS = 100
#: URLs that one editor or token may ask for.
CAPTURE_RATE = Rate(times=300, seconds=60)


class Wanted(BaseModel):
    """Body of ``POST /api/captures``."""

    urls: list[Annotated[str, Field(min_length=1, max_length=8_000)]] = Field(min_length=1, max_length=MOST_URLS)


class Api:
    def __init__(self, services: WebServices, *, limiter: Limiter) -> None:
        self.services = services
        self.limiter = limiter

    def router(self) -> APIRouter:
        router = APIRouter(prefix="/api")
        router.add_api_route("/captures", self.ask, methods=["POST"], status_code=202, summary="Ask for captures")
        router.add_api_route("/captures/events", self.follow, methods=["GET"], summary="Follow captures, as events")
        router.add_api_route("/captures/{capture_id}", self.capture, methods=["GET"], summary="One capture")
        router.add_api_route("/links", self.link, methods=["GET"], summary="The state and history of a link")
        return router

    def ask(self, request: Request, wanted: Wanted) -> list[dict[str, Any]]:
        """Each URL gets an answer in its order: the capture's id, or the problem with the URL."""
        by = actor(request)
        wait_s = self.limiter.wait_s(by, times=len(wanted.urls))
        if wait_s:
            raise HTTPException(429, "Too many captures at once.", headers={"retry-after": str(int(wait_s) + 1)})
        asked = self.services.decisions.ask(wanted.urls, by=by)
        if all(one.problem for one in asked):
            raise HTTPException(422, [{"url": one.url, "problem": one.problem} for one in asked])
        return [
            {"capture_id": one.capture_id, "url": one.url, "request_state": one.request_state}
            | ({"problem": one.problem} if one.problem else {})
            for one in asked
        ]

    def capture(self, capture_id: str) -> dict[str, Any]:
        state = events.capture_state(self.services, capture_id)
        if state is None:
            raise HTTPException(404, f"there is no capture {capture_id!r}")
        return state

    def follow(self, request: Request, id: Annotated[list[str], Query(max_length=MOST_URLS)]) -> Response:
        return events.stream(request, self.services, list(dict.fromkeys(id)))

    def link(self, url: Annotated[str, Query(min_length=1, max_length=8_000)]) -> dict[str, Any]:
        page = self.services.catalogue.link_of_url(url)
        if page is None:
            raise HTTPException(404, f"no analysis cites {url!r}, and no capture of it was asked for")
        return status_object(page, public_url=self.services.addresses.public_url)
