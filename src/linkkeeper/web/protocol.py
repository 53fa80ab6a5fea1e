"""Memento (RFC 7089) and the CDX server: what other archives' tools ask of ours."""

from fastapi import APIRouter, HTTPException, Request
from starlette.responses import PlainTextResponse, Response

from linkkeeper.replay import cdx
from linkkeeper.replay.addresses import BadAddress, TimeMapFormat, asked_url
from linkkeeper.replay.timegate import negotiate
from linkkeeper.replay.timemap import MEDIA_TYPES, json_timemap, link_timemap
from linkkeeper.vocabulary.memento import Memento
from linkkeeper.web.archived_address import target_after
from linkkeeper.web.cdx_index import CdxIndex
from linkkeeper.web.mementos import Mementos
from linkkeeper.web.services import WebServices

#: Other sites' scripts (Memento's browser extensions) may read these answers; they hold nothing secret.
OPEN_TO_SCRIPTS = {"access-control-allow-origin": "*", "cache-control": "no-cache"}


class MementoProtocol:
    def __init__(self, services: WebServices, mementos: Mementos) -> None:
        self.services = services
        self.mementos = mementos
        self.index = CdxIndex(services)

    def router(self) -> APIRouter:
        router = APIRouter(include_in_schema=False)
        router.add_api_route("/timegate/{rest:path}", self.timegate, methods=["GET", "HEAD"])
        router.add_api_route("/timemap/link/{rest:path}", self.link_timemap, methods=["GET", "HEAD"])
        router.add_api_route("/timemap/json/{rest:path}", self.json_timemap, methods=["GET", "HEAD"])
        router.add_api_route("/cdx", self.cdx, methods=["GET", "HEAD"])
        return router

    def timegate(self, request: Request) -> Response:
        url, mementos = self._mementos(request, "/timegate/")
        wanted = request.headers.get("accept-datetime")
        answer = negotiate(url, mementos, accept_datetime=wanted, addresses=self.mementos.addresses)
        words = {400: "Accept-Datetime must be a date as RFC 1123 has it.\n", 404: "No memento of this address.\n"}
        plain = PlainTextResponse(words.get(answer.status, ""), status_code=answer.status, headers=OPEN_TO_SCRIPTS)
        plain.headers.update(dict(answer.headers))
        return plain

    def link_timemap(self, request: Request) -> Response:
        return self._timemap(request, TimeMapFormat.LINK)

    def json_timemap(self, request: Request) -> Response:
        return self._timemap(request, TimeMapFormat.JSON)

    def cdx(self, request: Request) -> Response:
        try:
            query = cdx.read_query(request.query_params.multi_items())
        except cdx.BadQuery as error:
            return PlainTextResponse(f"{error}\n", status_code=400, headers=OPEN_TO_SCRIPTS)
        text = cdx.answer(query, self.index.records(query))
        return PlainTextResponse(text, media_type=query.media_type, headers=OPEN_TO_SCRIPTS)

    def _timemap(self, request: Request, kind: TimeMapFormat) -> Response:
        url, mementos = self._mementos(request, f"/timemap/{kind.value}/")
        if not mementos:
            return PlainTextResponse("No memento of this address.\n", status_code=404, headers=OPEN_TO_SCRIPTS)
        write = link_timemap if kind is TimeMapFormat.LINK else json_timemap
        text = write(url, mementos, addresses=self.mementos.addresses)
        return Response(text, media_type=MEDIA_TYPES[kind], headers=OPEN_TO_SCRIPTS)

    def _mementos(self, request: Request, prefix: str) -> tuple[str, list[Memento]]:
        try:
            url = asked_url(target_after(request, prefix))
        except BadAddress as error:
            raise HTTPException(400, str(error)) from error
        captures = self.mementos.negotiable(self.mementos.of(url))
        return url, [self.mementos.memento(one) for one in captures]
