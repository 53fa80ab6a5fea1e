"""
The replay host: everything whose bytes came from outside.

It has no accounts, no cookies and no forms. A script of an archived page that
runs here reaches nothing of the desk, which has another host name.
"""

from fastapi import FastAPI, HTTPException, Request
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp

from linkkeeper.vocabulary.views import CaptureView
from linkkeeper.web import access
from linkkeeper.web.file_server import FileServer, Refused
from linkkeeper.web.files import KeptFile, kept_file
from linkkeeper.web.guard import COMMON_HEADERS, HeaderGuard, HostGuard
from linkkeeper.web.packed import file_answer
from linkkeeper.web.rendering import STATIC, VENDOR, Pages
from linkkeeper.web.services import WebServices

#: What our page around the replay may do; the replayed documents' own policy is set by replay-sw.js.
PLAYER_CSP = (
    "default-src 'none'; script-src 'self' 'unsafe-eval' 'wasm-unsafe-eval' blob:; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self' blob: data:; frame-src 'self'; "
    "worker-src 'self' blob:; form-action 'none'; base-uri 'none'; frame-ancestors 'self' {desk}"
)
WACZ = "capture.wacz"
SCRIPT = "text/javascript; charset=utf-8"
IMMUTABLE = "public, max-age=31536000, immutable"


class ReplayHost:
    def __init__(self, services: WebServices) -> None:
        self.services = services
        self.pages = Pages(services)
        self.desk = services.addresses.desk

    def build(self) -> FastAPI:
        app = FastAPI(title="linkkeeper replay", openapi_url=None, docs_url=None, redoc_url=None)
        for path, page in (
            ("/health", self.health),
            ("/replay/page/{capture_id}", self.player),
            ("/replay/", self.index),
            ("/replay/sw.js", self.worker),
            ("/replay/ui.js", self.interface),
            ("/replay/webrecorder-sw.js", self.engine),
            ("/replay/player.js", self.player_script),
            ("/replay/player.css", self.player_style),
        ):
            app.add_api_route(path, page, methods=["GET", "HEAD"], include_in_schema=False)
        app.add_exception_handler(StarletteHTTPException, _plain)
        return app

    def health(self) -> Response:
        return JSONResponse({"status": "ok", "part": "replay"}, headers={"cache-control": "no-store"})

    def find(self, host: str, capture_id: str, name: str) -> KeptFile | Refused:
        """A file of a capture that may be shown under this host's name."""
        try:
            capture = self._open(host, capture_id)
        except HTTPException as error:
            return Refused(error.status_code, str(error.detail))
        found = kept_file(self.services.storage, capture, name)
        return found or Refused(404, "This capture has no such file.")

    def player(self, request: Request, capture_id: str) -> Response:
        """Our page around ReplayWeb.page, to be framed by the memento page."""
        capture = self._open(request.headers.get("host", ""), capture_id)
        if not self.available or WACZ not in capture.files:
            raise HTTPException(404, "Replay is not offered for this capture.")
        answer = self.pages.html(request, "player.html", {"capture": capture})
        answer.headers["cache-control"] = "no-cache"
        return answer

    def index(self, request: Request) -> Response:
        """
        ReplayWeb.page's own frame.

        Quirk: its worker serves this page itself, but the first frame of a
        fresh browser is asked for before the worker is in charge.
        """
        if not self.available:
            raise HTTPException(404, "Replay is not offered here.")
        return self.pages.html(request, "replay_index.html")

    @property
    def available(self) -> bool:
        return self.services.replay and replay_files_present()

    def worker(self, request: Request) -> Response:
        return file_answer(request, STATIC / "replay-sw.js", media_type=SCRIPT, cache="no-cache")

    def player_script(self, request: Request) -> Response:
        return file_answer(request, STATIC / "player.js", media_type=SCRIPT, cache=IMMUTABLE)

    def player_style(self, request: Request) -> Response:
        return file_answer(request, STATIC / "player.css", media_type="text/css", cache=IMMUTABLE)

    def interface(self, request: Request) -> Response:
        return self._vendored(request, "ui.js")

    def engine(self, request: Request) -> Response:
        return self._vendored(request, "sw.js")

    def _vendored(self, request: Request, name: str) -> Response:
        if not self.available:
            raise HTTPException(404, "Replay is not offered here.")
        path = VENDOR / "replaywebpage" / name
        return file_answer(request, path, media_type=SCRIPT, cache="public, max-age=86400")

    def _open(self, host: str, capture_id: str) -> CaptureView:
        """The capture that may be shown under this host's name."""
        named = self.services.addresses.capture_of_host(host)
        capture = self.services.catalogue.capture(capture_id) if named in (None, capture_id) else None
        if capture is None:
            raise HTTPException(404, "There is no such capture here.")
        dark = access.shown_or_tombstone(self.services.catalogue, capture, self.services.clock.now())
        if dark:
            raise HTTPException(dark.status, f"{dark.title}. {dark.words}")
        return capture


def replay_files_present() -> bool:
    """Whether the build brought ReplayWeb.page."""
    return all((VENDOR / "replaywebpage" / name).is_file() for name in ("ui.js", "sw.js"))


def build_replay_host(services: WebServices) -> ASGIApp:
    """The application of the replay listener."""
    host = ReplayHost(services)
    app: ASGIApp = FileServer(
        host.build(),
        find=host.find,
        refuse=_refusal,
        desk=services.addresses.desk,
        version=services.catalogue.version,
    )
    csp = PLAYER_CSP.format(desk=services.addresses.desk)
    defaults = {**COMMON_HEADERS, "content-security-policy": csp, "referrer-policy": "no-referrer"}
    defaults.pop("cross-origin-opener-policy")
    app = HeaderGuard(app, defaults=defaults)
    return HostGuard(app, accepts=services.addresses.is_replay)


async def _plain(request: Request, error: Exception) -> Response:
    words = str(getattr(error, "detail", "")) or "Not here."
    return _refusal(request.headers, Refused(getattr(error, "status_code", 500), words))


def _refusal(headers: Headers, refused: Refused) -> Response:
    kept = {"cache-control": "no-store", "content-security-policy": "default-src 'none'; sandbox"}
    if "text/html" in headers.get("accept", ""):
        text = _TOMBSTONE.format(words=refused.words)
        return HTMLResponse(text, status_code=refused.status, headers=kept)
    return PlainTextResponse(f"{refused.words}\n", status_code=refused.status, headers=kept)


_TOMBSTONE = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="color-scheme" content="light dark">'
    "<title>Not shown</title><p>{words}</p></html>"
)
