"""The test web itself, asked by the standard library's client."""

import http.client
import json
import socket
import ssl
import tomllib
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from pypdf import PdfReader

from testweb import CertificateFault, TestWeb, behaviours, to_toml

HOST = "www.example-news.org"
PAGE = f"https://{HOST}/world/ice"


@pytest.fixture
def web() -> Iterator[TestWeb]:
    with TestWeb() as running:
        yield running


def ask(web: TestWeb, url: str, *, headers: dict[str, str] | None = None) -> tuple[int, http.client.HTTPMessage, bytes]:
    scheme, _, rest = url.partition("://")
    host, _, path = rest.partition("/")
    target = web.connect_to()[f"{host}:{443 if scheme == 'https' else 80}"]
    connection = socket.create_connection((target.split(":")[0], int(target.split(":")[1])), timeout=5)
    if scheme == "https":
        context = ssl.create_default_context(cafile=str(web.ca_file))
        connection = context.wrap_socket(connection, server_hostname=host)
    client = http.client.HTTPConnection(host)
    client.sock = connection
    try:
        client.request("GET", f"/{path}", headers=headers or {})
        answer = client.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        client.close()


def test_a_placed_page_answers_over_verified_tls(web: TestWeb) -> None:
    web.place(PAGE, behaviours.alive("Ice on the river"))
    status, headers, body = ask(web, PAGE)
    assert (status, headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert b"<h1>Ice on the river</h1>" in body
    assert [asked.url for asked in web.requests] == [PAGE]


def test_an_article_brings_its_picture_style_and_script(web: TestWeb) -> None:
    web.place(PAGE, behaviours.alive())
    for path, start in (("assets/figure.png", b"\x89PNG"), ("assets/site.css", b"body"), ("assets/site.js", b"doc")):
        status, _, body = ask(web, f"https://{HOST}/{path}")
        assert status == 200
        assert body.startswith(start)


def test_the_same_page_has_the_same_bytes_in_every_web(web: TestWeb) -> None:
    web.place(PAGE, behaviours.alive())
    with TestWeb() as other:
        other.place(PAGE, behaviours.alive())
        assert ask(web, PAGE)[2] == ask(other, PAGE)[2]


def test_a_page_ages_while_the_web_runs(web: TestWeb) -> None:
    web.place(PAGE, behaviours.alive())
    assert ask(web, PAGE)[0] == 200
    web.age(PAGE, behaviours.Gone())
    assert ask(web, PAGE)[0] == 410


def test_an_address_that_nobody_placed_is_an_honest_404(web: TestWeb) -> None:
    web.place(PAGE, behaviours.alive())
    assert ask(web, f"https://{HOST}/world/other")[0] == 404


def test_a_soft_404_answers_every_sibling_alike(web: TestWeb) -> None:
    web.place(PAGE, behaviours.SoftNotFound())
    status, _, body = ask(web, f"https://{HOST}/world/qwertz")
    assert status == 200
    assert body == ask(web, PAGE)[2]


def test_a_page_moved_home_leads_to_a_front_page(web: TestWeb) -> None:
    web.place(PAGE, behaviours.alive())
    web.age(PAGE, behaviours.MovedHome())
    status, headers, _ = ask(web, PAGE)
    assert (status, headers["Location"]) == (302, f"https://{HOST}/")
    assert ask(web, headers["Location"])[0] == 200


def test_a_taken_over_host_forgets_its_pages(web: TestWeb) -> None:
    web.place(PAGE, behaviours.alive())
    web.take_over(HOST, behaviours.TakenOver())
    assert b"Casino" in ask(web, PAGE)[2]


def test_a_client_that_has_the_page_gets_304(web: TestWeb) -> None:
    web.place(PAGE, behaviours.alive())
    etag = ask(web, PAGE)[1]["ETag"]
    assert ask(web, PAGE, headers={"If-None-Match": etag})[0] == 304


def test_plain_http_is_served_too(web: TestWeb) -> None:
    web.place(f"http://{HOST}/a", behaviours.alive())
    assert ask(web, f"http://{HOST}/a")[0] == 200


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (CertificateFault.EXPIRED, 10),
        (CertificateFault.WRONG_HOST, 62),
        (CertificateFault.SELF_SIGNED, 18),
        (CertificateFault.MISSING_INTERMEDIATE, 20),
    ],
)
def test_faulty_certificates_fail_as_openssl_names_them(web: TestWeb, fault: CertificateFault, code: int) -> None:
    web.place(PAGE, behaviours.alive())
    web.certificate(HOST, fault)
    with pytest.raises(ssl.SSLCertVerificationError) as caught:
        ask(web, PAGE)
    assert caught.value.verify_code == code
    web.revive(HOST)
    assert ask(web, PAGE)[0] == 200


def test_an_old_server_refuses_with_an_alert(web: TestWeb) -> None:
    web.place(PAGE, behaviours.alive())
    web.speak_old_tls(HOST)
    with pytest.raises(ssl.SSLError, match="PROTOCOL_VERSION"):
        ask(web, PAGE)


def test_a_forgotten_name_does_not_exist_and_nothing_else_does(web: TestWeb) -> None:
    web.place(PAGE, behaviours.alive())
    web.forget_name(HOST)
    targets = web.connect_to()
    assert targets[f"{HOST}:443"] == ""
    assert targets["*:443"] == ""


def test_a_host_that_stopped_listening_refuses(web: TestWeb) -> None:
    web.place(PAGE, behaviours.alive())
    web.stop_listening(HOST)
    with pytest.raises(ConnectionRefusedError):
        ask(web, PAGE)


def test_a_body_is_cut_by_a_reset(web: TestWeb) -> None:
    web.place(PAGE, behaviours.ResetMidBody(behaviours.Prose(words=400)))
    with pytest.raises((ConnectionResetError, http.client.IncompleteRead, ssl.SSLError)):
        ask(web, PAGE)


def test_a_huge_page_is_sent_whole(web: TestWeb) -> None:
    web.place(PAGE, behaviours.Huge())
    assert len(ask(web, PAGE)[2]) == 50_000_000


def test_a_drifting_page_loses_its_text_look_by_look(web: TestWeb) -> None:
    web.place(PAGE, behaviours.Drifting(behaviours.article()))
    first, second = ask(web, PAGE)[2], ask(web, PAGE)[2]
    paragraph = behaviours.article().paragraphs[4].encode()
    assert paragraph in first
    assert paragraph not in second


def test_a_login_wall_leads_to_a_form(web: TestWeb) -> None:
    web.place(PAGE, behaviours.LoginWall())
    location = ask(web, PAGE)[1]["Location"]
    assert location == "/login?returnUrl=/world/ice"
    assert b"password" in ask(web, f"https://{HOST}{location}")[2]


def test_a_pdf_is_one_that_other_readers_open(web: TestWeb) -> None:
    web.place(PAGE, behaviours.alive_pdf("Annual report on ice"))
    body = ask(web, PAGE)[2]
    reader = PdfReader(BytesIO(body))
    assert "Annual report on ice" in reader.pages[0].extract_text()
    assert reader.metadata is not None
    assert reader.metadata.title == "Annual report on ice"


def test_settings_are_written_as_toml_reads_them(web: TestWeb, tmp_path: Path) -> None:
    web.place(PAGE, behaviours.alive())
    values = web.settings(tmp_path / "storage", web={"desk_port": 0}, citations={"scope": "notes"})
    read = tomllib.loads(to_toml(values))
    assert json.loads(json.dumps(read)) == json.loads(json.dumps(values))
