"""Makes exchanges, drafts and published captures for tests of the archive."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from linkkeeper.archive.draft import Draft
from linkkeeper.archive.manifest import CaptureAbout
from linkkeeper.archive.publish import Published, publish
from linkkeeper.vocabulary.capture import Body, Exchange, PageMetadata, Quality, StepOutcome, StepReport
from linkkeeper.vocabulary.observation import Hop

MOMENT = datetime(2026, 11, 22, 9, 0, 0, 123456, tzinfo=UTC)
URL = "http://source.example/article?a=1"
HTML_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nX-Odd:  caf\xe9 \r\n\r\n"
REQUEST_HEAD = b"GET /article?a=1 HTTP/1.1\r\nHost: source.example\r\n\r\n"


def body(data: bytes) -> Body:
    return Body(length=len(data), data=data)


def exchange(
    url: str = URL,
    content: bytes = b"<html><title>A source</title>words</html>",
    *,
    head: bytes = HTML_HEAD,
    main: bool = False,
    moment: datetime = MOMENT,
) -> Exchange:
    return Exchange(
        url=url,
        moment=moment,
        request_head=REQUEST_HEAD,
        request_body=body(b""),
        response_head=head,
        response_body=body(content),
        address="127.0.0.1",
        protocol="http/1.1",
        status=int(head.split(b" ")[1]),
        tls_version="TLSv1.3",
        tls_cipher="TLS_AES_128_GCM_SHA256",
        main=main,
    )


def posted(url: str, request_body: bytes, answer: bytes, *, media_type: str) -> Exchange:
    head = f"POST / HTTP/1.1\r\nHost: source.example\r\nContent-Type: {media_type}\r\n\r\n".encode("ascii")
    return replace(exchange(url, answer), request_head=head, request_body=body(request_body))


OPENED: list[Draft] = []


def open_draft(root: Path, *, capture_id: str = "capture-1", token: str = "token-1", url: str = URL) -> Draft:
    """Open a draft; the fixture in ``archive/conftest.py`` closes what a test left open."""
    draft = Draft.open(root, token=token, capture_id=capture_id, url=url, software="linkkeeper/test")
    OPENED.append(draft)
    return draft


def about(**changes: object) -> CaptureAbout:
    whole = CaptureAbout(
        url=URL,
        identity_key="source.example/article?a=1",
        identity_rules=1,
        reason="first_seen",
        quality=Quality.COMPLETE,
        quality_reason="the page is whole",
        started_at=MOMENT,
        finished_at=MOMENT,
        recorder="proxy/1",
        status=200,
        final_url=URL,
        media_type="text/html",
        redirects=(Hop("http://source.example/old", 301),),
        page=PageMetadata(title="A source", authors=("Ann Author",), language="en"),
        steps=(StepReport(name="load", outcome=StepOutcome.DONE, elapsed_s=0.5),),
        browser="Chromium 1",
        sandboxed=True,
        sketches={"simhash": "ff"},
        text="The words of the source.",
    )
    return replace(whole, **changes)  # type: ignore[arg-type]


def published(
    root: Path,
    *,
    capture_id: str = "capture-1",
    token: str = "token-1",
    exchanges: Sequence[Exchange] | None = None,
    **changes: object,
) -> Published:
    draft = open_draft(root, capture_id=capture_id, token=token)
    for item in exchanges if exchanges is not None else default_exchanges():
        draft.write_exchange(item)
    draft.write_rendering(
        "screenshot.png",
        b"\x89PNG picture",
        media_type="image/png",
        target=URL,
        moment=MOMENT,
        conversion=True,
    )
    draft.write_metadata(b'{"url":"x"}', media_type="application/json", target=URL, moment=MOMENT)
    return publish(draft, about=about(**changes))


def default_exchanges() -> list[Exchange]:
    css = b"HTTP/1.1 200 OK\r\nContent-Type: text/css\r\nTransfer-Encoding: chunked\r\n\r\n"
    return [
        exchange(main=True),
        exchange("http://source.example/style.css", b"4\r\nbody\r\n2\r\n{}\r\n0\r\n\r\n", head=css),
        posted("http://source.example/api", b'{"page":1}', b"answered", media_type="application/json"),
    ]
