"""Signing in and out, and choosing a password."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import RedirectResponse, Response

from linkkeeper.errors import UsageError
from linkkeeper.pipeline.first_login import forget_first_login
from linkkeeper.vocabulary.views import Account
from linkkeeper.web.limits import Limiter, Rate
from linkkeeper.web.rendering import Pages
from linkkeeper.web.sessions import (
    PASSWORD_PAGE,
    checked_form,
    cookie_name,
    editor,
    forget_session,
    own_path,
    set_session,
)

Password = Annotated[str, Form(max_length=1_000)]

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
        router.add_api_route(PASSWORD_PAGE, self.show_password, methods=["GET"])
        router.add_api_route(
            PASSWORD_PAGE, self.change_password, methods=["POST"], dependencies=[Depends(checked_form)]
        )
        return router

    def show(self, request: Request, next: str = "") -> Response:
        if request.state.account:
            return RedirectResponse(own_path(next, otherwise=AFTER_LOGIN), status_code=303)
        return self._form(request, next=next)

    def sign_in(
        self,
        request: Request,
        name: Annotated[str, Form(max_length=200)] = "",
        password: Password = "",
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

    def show_password(self, request: Request) -> Response:
        return self._password_form(request)

    def change_password(
        self, request: Request, current: Password = "", new: Password = "", again: Password = ""
    ) -> Response:
        """Take an editor's own password; a one-time one ends with it, and so does every session but this."""
        account = editor(request)
        if new != again:
            return self._password_form(request, problem="The two are not the same.", status=422)
        if self._wait_s(request, account):
            return self._password_form(request, problem="Too many tries. Wait a few minutes.", status=429)
        try:
            self.services.accounts.set_password(account, current=current, new=new)
        except UsageError as error:
            return self._password_form(request, problem=f"This can't be: {error.reason}.", status=422)
        forget_first_login(self.services.storage, account.name)
        answer = RedirectResponse(AFTER_LOGIN, status_code=303)
        secret = self.services.accounts.sign_in(account.name, new, now=self.services.clock.now())
        if secret is not None:
            set_session(self.services, answer, secret)
        return answer

    def _wait_s(self, request: Request, account: Account) -> float:
        address = request.client.host if request.client else ""
        return max(self.by_address.wait_s(address), self.by_name.wait_s(account.name.lower()))

    def _password_form(self, request: Request, *, problem: str = "", status: int = 200) -> Response:
        return self.pages.html(request, "password.html", {"problem": problem}, status=status)

    def _form(self, request: Request, *, next: str, name: str = "", problem: str = "", status: int = 200) -> Response:
        return self.pages.html(request, "login.html", {"next": next, "name": name, "problem": problem}, status=status)
