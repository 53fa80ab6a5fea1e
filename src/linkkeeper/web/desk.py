"""The desk's listener: editors' desk, API and reading room as one ASGI application."""

from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.middleware import Middleware
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp

from linkkeeper import __version__
from linkkeeper.errors import InputError, LinkkeeperError, UsageError
from linkkeeper.web.api import CAPTURE_RATE, Api
from linkkeeper.web.editors_decisions import EditorsDecisions
from linkkeeper.web.editors_desk import EditorsDesk
from linkkeeper.web.guard import COMMON_HEADERS, DESK_CSP, HeaderGuard, HostGuard, OriginGuard
from linkkeeper.web.limits import Limiter
from linkkeeper.web.login import Login
from linkkeeper.web.memento_page import MementoPages
from linkkeeper.web.mementos import Mementos
from linkkeeper.web.packed import file_answer
from linkkeeper.web.protocol import MementoProtocol
from linkkeeper.web.reading_room import ReadingRoom
from linkkeeper.web.rendering import DESK_VENDORS, STATIC, VENDOR, Pages
from linkkeeper.web.repair_list import RepairListPage
from linkkeeper.web.services import WebServices
from linkkeeper.web.sessions import SessionGuard

#: Static names that belong to the replay host alone.
NOT_OF_THE_DESK = frozenset({"replay-sw.js", "player.js", "player.css"})
READER_SCRIPT = "repairs.js"
STATIC_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


def build_desk(services: WebServices) -> ASGIApp:
    """The application of the desk's listener."""
    pages = Pages(services)
    mementos = Mementos(services)
    limiter = Limiter(CAPTURE_RATE)
    app = FastAPI(
        title="linkkeeper",
        version=__version__,
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        middleware=[Middleware(SessionGuard, services=services)],
    )
    for part in (
        Login(pages),
        EditorsDesk(pages, limiter=limiter),
        EditorsDecisions(pages),
        Api(services, limiter=limiter),
        MementoPages(pages, mementos),
        MementoProtocol(services, mementos),
        ReadingRoom(pages),
        RepairListPage(services.storage),
    ):
        # Not include_router, which would make every route a second time: half of the time that a start takes.
        app.router.routes.extend(part.router().routes)
    _add_static(app)
    _add_errors(app, pages)
    return _guarded(app, services)


def _guarded(app: ASGIApp, services: WebServices) -> ASGIApp:
    csp = DESK_CSP.format(replay=services.addresses.replay_csp)
    headers = {**COMMON_HEADERS, "content-security-policy": csp}
    if services.addresses.secure:
        headers["strict-transport-security"] = "max-age=31536000"
    app = OriginGuard(app, origin=lambda request: _origin(services, request))
    app = HeaderGuard(app, defaults=headers)
    return HostGuard(app, accepts=services.addresses.is_desk)


def _origin(services: WebServices, request: Request) -> str:
    """Our own origin; the request's while no public address is set (a forwarded port may differ from ours)."""
    return services.addresses.public_url or str(request.base_url)


def _add_static(app: FastAPI) -> None:
    def static(request: Request, name: str) -> Response:
        path = STATIC / name
        if "/" in name or name in NOT_OF_THE_DESK or not path.is_file():
            raise StarletteHTTPException(404)
        return _for_publishers(request, path) if name == READER_SCRIPT else _asset(request, path)

    def vendored(request: Request, folder: str, name: str) -> Response:
        path = VENDOR / folder / name
        if folder not in DESK_VENDORS or not path.is_file():
            raise StarletteHTTPException(404)
        return _asset(request, path)

    def health() -> Response:
        return JSONResponse({"status": "ok", "part": "desk"}, headers={"cache-control": "no-store"})

    def desk() -> Response:
        return RedirectResponse("/desk/", status_code=307)

    for address, answer in (
        ("/static/vendor/{folder}/{name}", vendored),
        ("/static/{name}", static),
        ("/health", health),
        ("/desk", desk),
    ):
        app.add_api_route(address, answer, methods=["GET", "HEAD"], include_in_schema=False)


def _for_publishers(request: Request, path: Path) -> Response:
    """The reader script stands in publishers' pages, under an address without a fingerprint."""
    answer = file_answer(request, path, media_type=STATIC_TYPES[path.suffix], cache="public, max-age=86400")
    answer.headers["cross-origin-resource-policy"] = "cross-origin"
    answer.headers["access-control-allow-origin"] = "*"
    return answer


def _asset(request: Request, path: Path) -> Response:
    media_type = STATIC_TYPES.get(path.suffix, "text/plain")
    return file_answer(request, path, media_type=media_type, cache="public, max-age=31536000, immutable")


def _add_errors(app: FastAPI, pages: Pages) -> None:
    def page(
        request: Request, status: int, words: object, hint: str = "", headers: dict[str, str] | None = None
    ) -> Response:
        answer: Response
        if request.scope["path"].startswith("/api/"):
            answer = JSONResponse({"detail": words} | ({"hint": hint} if hint else {}), status_code=status)
        else:
            values = {"status": status, "words": str(words), "hint": hint}
            answer = pages.html(request, "error.html", values, status=status)
        answer.headers.update(headers or {})
        return answer

    async def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, StarletteHTTPException)
        return page(request, error.status_code, error.detail, headers=dict(error.headers or {}))

    async def invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        problems = [f"{'.'.join(str(part) for part in item['loc'])}: {item['msg']}" for item in error.errors()]
        status = 404 if not request.scope["path"].startswith("/api/") and request.method == "GET" else 422
        return page(request, status, problems if status == 422 else "There is nothing at this address.")

    async def failed(request: Request, error: Exception) -> Response:
        assert isinstance(error, LinkkeeperError)
        status = 404 if isinstance(error, InputError) else 422 if isinstance(error, UsageError) else 500
        return page(request, status, f"Can't {error.operation}: {error.subject}: {error.reason}", error.hint)

    app.add_exception_handler(StarletteHTTPException, refused)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(LinkkeeperError, failed)
