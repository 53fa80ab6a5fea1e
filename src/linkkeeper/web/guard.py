"""
What stands before every page: accepted host names, security headers, and who may post.

Written as plain ASGI, so that it costs microseconds and wraps streamed answers too.
"""

from collections.abc import Callable
from functools import lru_cache
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: Nothing from elsewhere; pages that show replay or pictures widen it by name.
DESK_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: {replay}; font-src 'self'; "
    "connect-src 'self'; frame-src {replay}; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

COMMON_HEADERS = {
    "x-content-type-options": "nosniff",
    # Not no-referrer: browsers then send "Origin: null" with our own forms.
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    # A process of its own for each host, also where the two are names of one site.
    "origin-agent-cluster": "?1",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class HostGuard:
    """Answers 421 to names that are not ours, so that no other site can be played on our address (DNS rebinding)."""

    def __init__(self, app: ASGIApp, *, accepts: Callable[[str], bool]) -> None:
        self.app = app
        self.accepts = lru_cache(maxsize=1_000)(accepts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] != "/health":
            host = next((value for name, value in scope["headers"] if name == b"host"), b"").decode("latin-1")
            if not self.accepts(host):
                answer = PlainTextResponse(
                    f"This server does not answer to the name {host[:200]!r}.\n"
                    "Set [web] public_url and replay_url to the addresses under which it is reached.\n",
                    status_code=421,
                )
                await answer(scope, receive, send)
                return
        await self.app(scope, receive, send)


class HeaderGuard:
    """Adds the security headers that an answer did not set itself."""

    def __init__(self, app: ASGIApp, *, defaults: dict[str, str]) -> None:
        self.app = app
        self.defaults = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in defaults.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = message.get("headers", [])
                named = {name for name, _ in given}
                message["headers"] = [*given, *(pair for pair in self.defaults if pair[0] not in named)]
            await send(message)

        await self.app(scope, receive, send_with_headers)


class OriginGuard:
    """
    Refuses writing requests that another site's page sent.

    Browsers say where a request comes from (``Sec-Fetch-Site``, ``Origin``);
    programs with a bearer token send neither.
    """

    def __init__(self, app: ASGIApp, *, origin: Callable[[Request], str]) -> None:
        self.app = app
        self.origin = origin

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] not in SAFE_METHODS:
            request = Request(scope)
            if _from_elsewhere(request, self.origin(request)):
                await PlainTextResponse("This form was sent from another site.\n", status_code=403)(
                    scope, receive, send
                )
                return
        await self.app(scope, receive, send)


def _from_elsewhere(request: Request, own: str) -> bool:
    site = request.headers.get("sec-fetch-site")
    if site is not None and site not in ("same-origin", "none"):
        return True
    origin = request.headers.get("origin")
    return origin is not None and urlsplit(origin)[:2] != urlsplit(own)[:2]
