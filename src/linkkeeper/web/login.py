"""Signing in and out."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from linkkeeper.web.limits import Limiter, Rate
from linkkeeper.web.rendering import Pages
from linkkeeper.web.sessions import cookie_name, forget_session, own_path, set_session

#: Per address and per name: slow enough for guessing, quick enough for typing errors.
LOGIN_RATE = Rate(times=10, seconds=300)
AFTER_LOGIN = "/desk/"


class Login:
    def __init__(self, pages: Pages, *, rate: Rate = LOGIN_RATE) -> None:
        self.pages = pages
        self.services = pages.services
        self.by_address = Limiter(rate)
        self.by_name = Limiter(Rate(times=5 * rate.times, seconds=rate.seconds))

    def router(self) -> APIRouter:
        router = APIRouter(include_in_schema=False)
        router.add_api_route("/login", self.show, methods=["GET"])
        router.add_api_route("/login", self.sign_in, methods=["POST"])
        router.add_api_route("/logout", self.sign_out, methods=["POST"])
        return router

    def show(self, request: Request, next: str = "") -> Response:
        if request.state.account:
            return RedirectResponse(own_path(next, otherwise=AFTER_LOGIN), status_code=303)
        return self._form(request, next=next)

    def sign_in(
        self,
        request: Request,
        name: Annotated[str, Form(max_length=200)] = "",
        password: Annotated[str, Form(max_length=1_000)] = "",
        next: Annotated[str, Form(max_length=4_000)] = "",
    ) -> Response:
        address = request.client.host if request.client else ""
        wait_s = max(self.by_address.wait_s(address), self.by_name.wait_s(name.lower()))
        if wait_s:
            answer = self._form(
                request, next=next, name=name, problem="Too many tries. Wait a few minutes.", status=429
            )
            answer.headers["retry-after"] = str(int(wait_s) + 1)
            return answer
        secret = self.services.accounts.sign_in(name, password, now=self.services.clock.now())
        if secret is None:
            return self._form(request, next=next, name=name, problem="Name or password is wrong.", status=401)
        answer = RedirectResponse(own_path(next, otherwise=AFTER_LOGIN), status_code=303)
        set_session(self.services, answer, secret)
        return answer

    def sign_out(self, request: Request) -> Response:
        secret = request.cookies.get(cookie_name(self.services))
        if secret:
            self.services.accounts.sign_out(secret)
        answer = RedirectResponse("/", status_code=303)
        forget_session(self.services, answer)
        return answer

    def _form(self, request: Request, *, next: str, name: str = "", problem: str = "", status: int = 200) -> Response:
        return self.pages.html(request, "login.html", {"next": next, "name": name, "problem": problem}, status=status)
