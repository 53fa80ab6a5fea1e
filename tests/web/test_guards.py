"""Who may come in: host names, editors, tokens, forms of other sites, too many tries."""

from typing import Any

import httpx
import pytest

from linkkeeper.errors import ConfigurationError
from linkkeeper.web.addresses import Addresses
from linkkeeper.web.limits import Limiter, Rate
from linkkeeper.web.sessions import own_path
from web_making import PASSWORD, Room

OPEN = ("/", "/analyses/", "/links/", "/hosts/", "/search?q=a", "/login", "/health", "/static/linkkeeper.css")
DESK = (
    "/desk/",
    "/desk/queue",
    "/desk/sources",
    "/desk/repairs",
    "/desk/unconfirmed",
    "/desk/captures?id=a",
    "/desk/x",
)
API = ("/api/captures/a", "/api/links?url=https://a.example/", "/api/openapi.json", "/api/nothing", "/api")


def test_readers_need_no_account_and_editors_do(reader: httpx.Client) -> None:
    for path in OPEN:
        assert reader.get(path).status_code == 200, path
    for path in DESK:
        answer = reader.get(path)
        assert answer.status_code == 303 and answer.headers["location"].startswith("/login?next=%2Fdesk%2F"), path
    for path in API:
        answer = reader.get(path)
        assert answer.status_code == 401 and "detail" in answer.json(), path
    assert reader.post("/api/captures", json={"urls": ["https://a.example/"]}).status_code == 401
    assert reader.post("/desk/captures", data={"text": "https://a.example/"}).status_code == 303


def test_no_spelling_of_a_path_goes_round_the_login(reader: httpx.Client) -> None:
    for path in ("//desk/", "/./desk/", "/static/../desk/", "/%64esk/queue", "/desk%2fqueue", "/DESK/"):
        answer = reader.get(httpx.URL(str(reader.base_url).rstrip("/") + path))
        assert answer.status_code in (303, 404), path


def test_other_host_names_are_misdirected(reader: httpx.Client, outside: httpx.Client) -> None:
    for name in ("evil.example", "127.0.0.1", "localhost.evil.example", ""):
        assert reader.get("/", headers={"host": name}).status_code == 421, name
    for name in ("evil.example", "localhost"):
        assert outside.get("/replay/ui.js", headers={"host": name}).status_code == 421, name
    assert reader.get("/", headers={"host": "localhost:9999"}).status_code == 200
    assert reader.get("/health", headers={"host": "10.0.0.7"}).json()["status"] == "ok"
    assert outside.get("/health", headers={"host": "10.0.0.7"}).json()["status"] == "ok"


def test_every_answer_carries_the_security_headers(reader: httpx.Client, outside: httpx.Client) -> None:
    for answer in (reader.get("/"), reader.get("/nothing"), reader.get("/api/x"), outside.get("/captures/a/b")):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
    policy = reader.get("/").headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy and "unsafe" not in policy and "http://127.0.0.1:" in policy


def test_a_session_is_a_cookie_that_scripts_and_other_hosts_never_see(reader: httpx.Client) -> None:
    answer = reader.post("/login", data={"name": "ada", "password": PASSWORD, "next": "/desk/queue"})
    assert answer.status_code == 303 and answer.headers["location"] == "/desk/queue"
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=lax" in cookie and "domain" not in cookie and "path=/;" in cookie + ";"
    assert reader.get("/desk/").status_code == 200
    reader.post("/logout")
    assert reader.get("/desk/").status_code == 303


def test_a_wrong_password_and_a_wrong_name_are_refused_alike(reader: httpx.Client) -> None:
    wrong = [reader.post("/login", data={"name": name, "password": "no"}) for name in ("ada", "nobody")]
    assert [answer.status_code for answer in wrong] == [401, 401]
    assert [("is wrong" in answer.text, "set-cookie" in answer.headers) for answer in wrong] == [(True, False)] * 2


def test_guessing_is_slowed_down(reader: httpx.Client) -> None:
    statuses = [reader.post("/login", data={"name": f"n{n}", "password": "no"}).status_code for n in range(11)]
    assert statuses == [401] * 10 + [429]
    last = reader.post("/login", data={"name": "ada", "password": PASSWORD})
    assert last.status_code == 429 and int(last.headers["retry-after"]) > 0


def test_a_form_without_the_sessions_token_is_refused(editor: Any, room: Room) -> None:
    for csrf in ({}, {"csrf": "guess"}):
        answer = editor.client.post("/desk/captures", data={"text": "https://a.example/", **csrf})
        assert answer.status_code == 403
    assert room.store.catalogue.requests() == []


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "null"},
    ],
)
def test_a_form_of_another_site_is_refused_whatever_it_holds(editor: Any, headers: dict[str, str]) -> None:
    for path in ("/desk/captures", "/api/captures", "/login", "/logout", "/web/2026/https://a.example/"):
        answer = editor.client.post(path, data={"csrf": editor.csrf, "text": "https://a.example/"}, headers=headers)
        assert answer.status_code == 403, path


def test_the_api_takes_a_session_only_with_its_token_for_forms(editor: Any) -> None:
    wanted = {"urls": ["https://a.example/"]}
    assert editor.client.post("/api/captures", json=wanted).status_code == 403
    answer = editor.client.post("/api/captures", json=wanted, headers={"x-csrf-token": editor.csrf})
    assert answer.status_code == 202


def test_a_revoked_token_opens_nothing(reader: httpx.Client, room: Room, token: str) -> None:
    headers = {"authorization": f"Bearer {token}"}
    assert reader.get("/api/captures/a", headers=headers).status_code == 404
    room.store.accounts.revoke_token("newsroom")
    assert reader.get("/api/captures/a", headers=headers).status_code == 401


def test_a_token_opens_the_api_only(reader: httpx.Client, token: str) -> None:
    assert reader.get("/desk/", headers={"authorization": f"Bearer {token}"}).status_code == 303


def test_a_login_never_leads_to_another_site() -> None:
    for wanted in ("https://evil.example/", "//evil.example", "/\\evil.example", "javascript:1", "/a\nb", ""):
        assert own_path(wanted, otherwise="/desk/") == "/desk/"
    assert own_path("/desk/queue?state=done", otherwise="/desk/") == "/desk/queue?state=done"


def test_a_public_address_needs_another_host_for_replay() -> None:
    for replay_url in ("", "https://archive.example.org:8443"):
        with pytest.raises(ConfigurationError):
            Addresses(public_url="https://archive.example.org", replay_url=replay_url)


def test_public_names_are_accepted_and_local_ones_no_more() -> None:
    addresses = Addresses(public_url="https://archive.example.org", replay_url="https://{id}.replay.example.org")
    assert addresses.is_desk("archive.example.org") and addresses.is_desk("ARCHIVE.example.org.:443")
    assert not addresses.is_desk("localhost") and not addresses.is_desk("x.archive.example.org")
    assert addresses.is_replay("20261122-ab.replay.example.org")
    assert not addresses.is_replay("a.b.replay.example.org") and not addresses.is_replay("127.0.0.1")
    assert addresses.capture_of_host("20261122-ab.replay.example.org") == "20261122-ab"
    assert addresses.replay("20261122-ab") == "https://20261122-ab.replay.example.org"
    assert addresses.replay_csp == "https://*.replay.example.org"


def test_a_rate_lets_through_what_it_allows_and_tells_how_long_to_wait() -> None:
    now = 0.0
    limiter = Limiter(Rate(times=2, seconds=10), clock=lambda: now)
    assert [limiter.wait_s("a"), limiter.wait_s("a")] == [0.0, 0.0]
    now = 4.0
    assert limiter.wait_s("a") == 6.0
    assert limiter.wait_s("b") == 0.0
    now = 10.5
    assert limiter.wait_s("a", times=2) == 0.0
    assert limiter.wait_s("c", times=3) == 10
