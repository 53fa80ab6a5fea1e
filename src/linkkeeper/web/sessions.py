"""
Who is asking: the session cookie of an editor, or a bearer token.

Everything below ``/desk/`` and ``/api/`` passes here first, so that no route
can be forgotten; open pages only learn who is signed in.
"""

import hmac
from typing import Annotated
from urllib.parse import quote

from fastapi import Form, HTTPException, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from linkkeeper.vocabulary.views import Account
from linkkeeper.web.guard import SAFE_METHODS
from linkkeeper.web.services import WebServices

COOKIE = "linkkeeper"
SESSION_SECONDS = 30 * 86_400
CSRF_HEADER = "x-csrf-token"
PASSWORD_PAGE = "/password"
#: What an editor with a one-time password may still reach.
BEFORE_OWN_PASSWORD = frozenset({PASSWORD_PAGE, "/logout", "/health"})


def cookie_name(services: WebServices) -> str:
    """``__Host-`` under TLS: then no other host can set it for us (RFC 6265bis section 4.1.3)."""
    return f"__Host-{COOKIE}" if services.addresses.secure else COOKIE


class SessionGuard:
    """Finds the account and refuses strangers on the desk and the API."""

    def __init__(self, app: ASGIApp, *, services: WebServices) -> None:
        self.app = app
        self.services = services

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        request.state.account = await self._account(request)
        request.state.token = await self._token(request)
        refusal = self._refusal(request)
        await (refusal or self.app)(scope, receive, send)

    async def _account(self, request: Request) -> Account | None:
        secret = request.cookies.get(cookie_name(self.services))
        if not secret:
            return None
        return await run_in_threadpool(self.services.accounts.session, secret, now=self.services.clock.now())

    async def _token(self, request: Request) -> str | None:
        kind, _, secret = request.headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer" or not secret or not _below(request, "/api"):
            return None
        return await run_in_threadpool(self.services.accounts.token, secret.strip(), now=self.services.clock.now())

    def _refusal(self, request: Request) -> Response | None:
        if self._needs_own_password(request):
            if _below(request, "/api"):
                return JSONResponse({"detail": f"Choose a password first, at {PASSWORD_PAGE}."}, status_code=403)
            return RedirectResponse(PASSWORD_PAGE, status_code=303)
        if request.scope["path"] == PASSWORD_PAGE and request.state.account is None:
            return RedirectResponse(f"/login?next={PASSWORD_PAGE}", status_code=303)
        if _below(request, "/api"):
            return self._api_refusal(request)
        if _below(request, "/desk") and request.state.account is None:
            wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
            return RedirectResponse(f"/login?next={quote(wanted, safe='')}", status_code=303)
        return None

    @staticmethod
    def _needs_own_password(request: Request) -> bool:
        account: Account | None = request.state.account
        if account is None or not account.must_change or request.state.token:
            return False
        path = str(request.scope["path"])
        return path not in BEFORE_OWN_PASSWORD and not path.startswith("/static/")

    def _api_refusal(self, request: Request) -> Response | None:
        if request.state.token:
            return None
        account: Account | None = request.state.account
        if account is None:
            return JSONResponse(
                {"detail": "Sign in, or send a token: Authorization: Bearer lk_…"},
                status_code=401,
                headers={"www-authenticate": "Bearer"},
            )
        if request.method not in SAFE_METHODS and not same(request.headers.get(CSRF_HEADER, ""), account.csrf):
            return JSONResponse({"detail": "The CSRF token is missing or old."}, status_code=403)
        return None


def _below(request: Request, folder: str) -> bool:
    path = str(request.scope["path"])
    return path == folder or path.startswith(f"{folder}/")


def same(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode(), expected.encode())


def editor(request: Request) -> Account:
    """The editor signed in; for desk routes, which :class:`SessionGuard` lets nobody else reach."""
    account: Account | None = getattr(request.state, "account", None)
    if account is None:
        raise HTTPException(status_code=401)
    return account


def actor(request: Request) -> str:
    """The name under which a decision is kept: the editor's, or ``token NAME``."""
    token: str | None = request.state.token
    return f"token {token}" if token else editor(request).name


def checked_form(request: Request, csrf: Annotated[str, Form()] = "") -> None:
    """
    Refuse a desk form without the session's own token.

    Raises:
        HTTPException: 403.
    """
    if request.method not in SAFE_METHODS and not same(csrf, editor(request).csrf):
        raise HTTPException(status_code=403, detail="This form is too old: load the page again and repeat it.")


def set_session(services: WebServices, answer: Response, secret: str) -> None:
    answer.set_cookie(
        cookie_name(services),
        secret,
        max_age=SESSION_SECONDS,
        path="/",
        httponly=True,
        samesite="lax",
        secure=services.addresses.secure,
    )


def forget_session(services: WebServices, answer: Response) -> None:
    answer.delete_cookie(
        cookie_name(services), path="/", httponly=True, samesite="lax", secure=services.addresses.secure
    )


def own_path(wanted: str, *, otherwise: str) -> str:
    """*wanted* if it is a path of our own, so that a login can't send anybody elsewhere."""
    plain = wanted.startswith("/") and not wanted.startswith(("//", "/\\")) and wanted.isprintable()
    return wanted if plain else otherwise
