"""Records as the standard wants them, with every byte as it was received."""

import asyncio
import contextlib
import hashlib
import io
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator
from warcio.checker import Checker

from archive_making import HTML_HEAD, MOMENT, REQUEST_HEAD, URL, body, exchange, open_draft, posted
from linkkeeper.archive import draft as draft_module
from linkkeeper.archive.draft import Draft
from linkkeeper.archive.records import check_records, read_block
from linkkeeper.errors import StorageError, UsageError
from linkkeeper.vocabulary.capture import Body, ExchangeFailure, Truncation

CHUNKED_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/css\r\nTransfer-Encoding: chunked\r\n\r\n"
SWITCHED_HEAD = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"


def blocks(draft: Draft) -> list[tuple[bytes, bytes]]:
    """Header and block of each record, by our own reader."""
    draft.close()
    with draft.warc.open("rb") as stream:
        return [read_block(stream, offset=record.offset, length=record.length) for record in draft.records]


def fields(header: bytes) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in header.decode("utf-8").splitlines()[1:]:
        if line:
            name, _, value = line.partition(": ")
            found.setdefault(name, []).append(value)
    return found


def test_a_response_keeps_head_and_body_byte_for_byte(tmp_path: Path) -> None:
    """Latin-1, padding, odd case and chunk framing stay: warcio alone would change them."""
    head = b"HTTP/1.1 200 Very  OK\r\nX-ODD:   caf\xe9 \xff\r\nx-empty:\r\nTransfer-Encoding: chunked\r\n\r\n"
    content = b"5;ext\r\nhello\r\n0\r\nTrailer: 1\r\n\r\n"
    draft = open_draft(tmp_path)
    draft.write_exchange(exchange(content=content, head=head, main=True))
    (_, warcinfo), (response, answered), (request, asked) = blocks(draft)
    assert b"format: WARC File Format 1.1\r\n" in warcinfo
    assert answered == head + content
    assert asked == REQUEST_HEAD
    assert response.startswith(b"WARC/1.1\r\n")
    assert fields(request)["WARC-Concurrent-To"] == fields(response)["WARC-Record-ID"]


def test_a_response_tells_where_when_and_how_it_came(tmp_path: Path) -> None:
    draft = open_draft(tmp_path)
    draft.write_exchange(exchange(main=True))
    told = fields(blocks(draft)[1][0])
    assert told["WARC-Target-URI"] == [URL]
    assert told["WARC-Date"] == ["2026-11-22T09:00:00.123456Z"]
    assert told["WARC-IP-Address"] == ["127.0.0.1"]
    assert told["WARC-Protocol"] == ["http/1.1", "tls/1.3"]
    assert told["WARC-Cipher-Suite"] == ["TLS_AES_128_GCM_SHA256"]
    assert told["Content-Type"] == ["application/http; msgtype=response"]


@pytest.mark.parametrize(
    ("cipher", "written"),
    [
        ("ECDHE-RSA-AES128-GCM-SHA256", ["TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"]),
        ("ECDHE-ECDSA-CHACHA20-POLY1305", ["TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"]),
        ("SOMETHING-NEW", None),
        (None, None),
    ],
)
def test_cipher_suites_have_iana_s_names(tmp_path: Path, cipher: str | None, written: list[str] | None) -> None:
    draft = open_draft(tmp_path)
    draft.write_exchange(replace(exchange(), tls_cipher=cipher))
    assert fields(blocks(draft)[1][0]).get("WARC-Cipher-Suite") == written


def test_payload_digests_do_not_depend_on_the_chunks(tmp_path: Path) -> None:
    """WARC 1.1 section 5.9: the payload of an HTTP message is its entity body."""
    draft = open_draft(tmp_path)
    for number, content in enumerate([b"5\r\nhello\r\n0\r\n\r\n", b"2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n"]):
        draft.write_exchange(exchange(f"{URL}&n={number}", content, head=CHUNKED_HEAD))
    draft.write_exchange(exchange(f"{URL}&n=2", b"hello"))
    responses = [fields(header) for header, _ in blocks(draft) if b"WARC-Type: response" in header]
    assert len(responses) == 3
    wanted = "sha256:" + hashlib.sha256(b"hello").hexdigest()
    assert {told["WARC-Payload-Digest"][0] for told in responses} == {wanted}
    assert len({told["WARC-Block-Digest"][0] for told in responses}) == 3


def test_digests_are_those_of_block_and_payload(tmp_path: Path) -> None:
    draft = open_draft(tmp_path)
    draft.write_exchange(posted(URL, b"a=1", b"answer", media_type="application/x-www-form-urlencoded"))
    (_, response), (_, asked) = [(fields(header), block) for header, block in blocks(draft)][1:]
    told = fields(blocks(draft)[2][0])
    assert told["WARC-Block-Digest"] == ["sha256:" + hashlib.sha256(asked).hexdigest()]
    assert told["WARC-Payload-Digest"] == ["sha256:" + hashlib.sha256(b"a=1").hexdigest()]
    assert response.endswith(b"answer")


def test_what_came_before_in_the_same_visit_is_a_revisit(tmp_path: Path) -> None:
    """Head kept whole, body by reference (WARC 1.1 section 6.7)."""
    draft = open_draft(tmp_path)
    other_head = HTML_HEAD.replace(b"200 OK", b"200 Again")
    draft.write_exchange(exchange("http://source.example/one", b"same"))
    draft.write_exchange(exchange("http://source.example/two", b"same", head=other_head))
    found = blocks(draft)
    revisit, block = fields(found[3][0]), found[3][1]
    assert revisit["WARC-Type"] == ["revisit"]
    assert revisit["WARC-Profile"] == ["http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"]
    assert revisit["WARC-Refers-To"] == fields(found[1][0])["WARC-Record-ID"]
    assert revisit["WARC-Refers-To-Target-URI"] == ["http://source.example/one"]
    assert revisit["WARC-Refers-To-Date"] == ["2026-11-22T09:00:00.123456Z"]
    assert block == other_head


def test_only_bodies_equal_to_the_last_byte_are_revisits(tmp_path: Path) -> None:
    """Equal payloads in other chunks are kept again: every body stays as it was received."""
    draft = open_draft(tmp_path)
    draft.write_exchange(exchange("http://a.example/1", b"5\r\nhello\r\n0\r\n\r\n", head=CHUNKED_HEAD))
    draft.write_exchange(exchange("http://a.example/2", b"1\r\nh\r\n4\r\nello\r\n0\r\n\r\n", head=CHUNKED_HEAD))
    assert "revisit" not in {record.kind for record in draft.records}


def test_the_main_response_and_cut_off_ones_always_have_their_own_body(tmp_path: Path) -> None:
    draft = open_draft(tmp_path)
    draft.write_exchange(exchange("http://a.example/probe", b"page"))
    draft.write_exchange(exchange("http://a.example/", b"page", main=True))
    draft.write_exchange(replace(exchange("http://a.example/cut", b"page"), truncated=Truncation.DISCONNECT))
    found = [fields(header) for header, _ in blocks(draft) if b"msgtype=response" in header]
    assert [told["WARC-Type"][0] for told in found] == ["response"] * 3
    assert found[2]["WARC-Truncated"] == ["disconnect"]


def test_a_cut_off_body_is_never_referred_to(tmp_path: Path) -> None:
    draft = open_draft(tmp_path)
    draft.write_exchange(replace(exchange("http://a.example/cut", b"part"), truncated=Truncation.LENGTH))
    draft.write_exchange(exchange("http://a.example/whole", b"part"))
    assert "revisit" not in {record.kind for record in draft.records}


def test_renderings_are_files_and_records_that_refer_to_the_page(tmp_path: Path) -> None:
    """WARC 1.1 section 5.7 allows WARC-Refers-To in conversion and metadata, not in resource."""
    draft = open_draft(tmp_path)
    main = draft.write_exchange(exchange(main=True))
    draft.write_rendering(
        "page.pdf", b"%PDF-1.7", media_type="application/pdf", target=URL, moment=MOMENT, conversion=True
    )
    draft.write_rendering("dom.html", b"<p>", media_type="text/html", target="urn:dom", moment=MOMENT, conversion=False)
    draft.write_metadata(b"cert: x\r\n", media_type="application/warc-fields", target=URL, moment=MOMENT)
    assert (draft.files / "page.pdf").read_bytes() == b"%PDF-1.7"
    assert not (draft.files / "dom.html").exists()
    conversion, resource, metadata = [fields(header) for header, _ in blocks(draft)][3:]
    assert (conversion["WARC-Type"], conversion["WARC-Refers-To"]) == (["conversion"], [main.record_id])
    assert (resource["WARC-Type"], resource["WARC-Concurrent-To"]) == (["resource"], [main.record_id])
    assert (metadata["WARC-Type"], metadata["WARC-Refers-To"]) == (["metadata"], [main.record_id])


def test_what_tells_about_a_page_never_stands_in_for_it(tmp_path: Path) -> None:
    """Other tools index all but requests and warcinfo by their target."""
    draft = open_draft(tmp_path)
    draft.write_exchange(exchange(main=True))
    draft.write_metadata(b"-----", media_type="application/pem-certificate-chain", target=URL, moment=MOMENT)
    draft.write_rendering(
        "page.pdf", b"%PDF", media_type="application/pdf", target=URL, moment=MOMENT, conversion=False
    )
    draft.write_rendering("text.txt", b"words", media_type="text/plain", target=URL, moment=MOMENT, conversion=True)
    metadata, resource, conversion = [fields(header)["WARC-Target-URI"][0] for header, _ in blocks(draft)[3:]]
    assert metadata == f"urn:linkkeeper:metadata:{URL}"
    assert resource == f"urn:linkkeeper:page.pdf:{URL}"
    assert conversion == f"urn:linkkeeper:text.txt:{URL}"


def test_the_source_s_own_file_is_not_recorded_twice(tmp_path: Path) -> None:
    draft = open_draft(tmp_path)
    pdf = b"HTTP/1.1 200 OK\r\nContent-Type: application/pdf\r\n\r\n"
    main = draft.write_exchange(exchange(content=b"%PDF-1.7", head=pdf, main=True))
    written = draft.write_rendering(
        "page.pdf", b"%PDF-1.7", media_type="application/pdf", target=URL, moment=MOMENT, conversion=False
    )
    assert written == main
    assert (draft.files / "page.pdf").read_bytes() == b"%PDF-1.7"
    assert [record.kind for record in draft.records] == ["warcinfo", "response", "request"]


def test_a_second_reader_reads_every_record_and_approves_of_all_digests(tmp_path: Path) -> None:
    draft = open_draft(tmp_path)
    draft.write_exchange(exchange(main=True))
    draft.write_exchange(posted(URL, b"{}", b"x" * 100_000, media_type="application/json"))
    draft.write_exchange(exchange("wss://source.example/socket", b"", head=SWITCHED_HEAD))
    draft.write_rendering(
        "text.txt", "wörds".encode(), media_type="text/plain", target="urn:t", moment=MOMENT, conversion=True
    )
    draft.close()
    with draft.warc.open("rb") as stream:
        kinds = [record.rec_type for record in ArchiveIterator(stream)]
    assert kinds == ["warcinfo", *["response", "request"] * 3, "conversion"]
    assert check(draft.warc) == (0, [])
    with draft.warc.open("rb") as stream:
        assert [record.problem for record in check_records(stream, start=0, end=draft.size)] == [""] * 8


def test_the_second_reader_s_one_complaint_is_its_own_known_defect(tmp_path: Path) -> None:
    """warcio hashes chunk framing into payload digests (its issues 74, 75); the standard doesn't."""
    draft = open_draft(tmp_path)
    draft.write_exchange(exchange(content=b"5\r\nhello\r\n0\r\n\r\n", head=CHUNKED_HEAD))
    draft.close()
    status, problems = check(draft.warc)
    assert status == 1
    assert [problem.partition(" sha256")[0] for problem in problems] == ["payload digest failed"]


def check(path: Path) -> tuple[int, list[str]]:
    class Command:
        inputs = (str(path),)
        verbose = False

    problems = []
    with path.open("rb") as stream:
        for record in ArchiveIterator(stream, check_digests=True):
            record.raw_stream.read()
            problems += record.digest_checker.problems
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        status = Checker(Command()).process_all()
    return status, problems


@settings(max_examples=60, deadline=None)
@given(
    heads=st.lists(st.binary(max_size=60).filter(lambda text: b"\n" not in text and b"\r" not in text), max_size=4),
    content=st.binary(max_size=300),
)
def test_no_head_or_body_is_changed_by_storing(
    tmp_path_factory: pytest.TempPathFactory, heads: list[bytes], content: bytes
) -> None:
    head = b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-A:" + value + b"\r\n" for value in heads) + b"\r\n"
    draft = open_draft(tmp_path_factory.mktemp("draft"))
    draft.write_exchange(exchange(content=content, head=head))
    assert blocks(draft)[1][1] == head + content
    assert check(draft.warc) == (0, [])


def test_a_spooled_body_is_stored_from_its_file(tmp_path: Path) -> None:
    draft = open_draft(tmp_path)
    spooled = draft.scratch() / "body"
    spooled.write_bytes(b"0123456789" * 50_000)
    draft.write_exchange(replace(exchange(), response_body=Body(length=500_000, path=spooled)))
    assert blocks(draft)[1][1] == HTML_HEAD + b"0123456789" * 50_000


def test_a_spooled_body_of_another_length_ends_the_draft(tmp_path: Path) -> None:
    draft = open_draft(tmp_path)
    spooled = draft.scratch() / "body"
    spooled.write_bytes(b"short")
    with pytest.raises(StorageError, match="5 bytes, not 500"):
        draft.write_exchange(replace(exchange(), response_body=Body(length=500, path=spooled)))
    with pytest.raises(StorageError):
        draft.write_exchange(exchange())


def test_many_tasks_write_whole_records_in_turn(tmp_path: Path) -> None:
    draft = open_draft(tmp_path)

    async def visit() -> None:
        async with asyncio.TaskGroup() as group:
            for number in range(40):
                group.create_task(draft.exchange(exchange(f"{URL}&n={number}", b"%d" % number * 1000)))
            group.create_task(draft.failure(ExchangeFailure(url="http://x/", moment=MOMENT, reason="refused")))

    asyncio.run(visit())
    assert len(draft.failures) == 1
    draft.close()
    assert check(draft.warc) == (0, [])
    assert len(draft.lines) == 40


def test_a_cancelled_task_waits_for_its_write_so_that_its_spool_may_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = open_draft(tmp_path)
    spooled = draft.scratch() / "body"
    spooled.write_bytes(b"x" * 1000)
    started, go = threading.Event(), threading.Event()
    measured = draft_module.measure

    def slow(head: bytes, content: Body) -> object:
        started.set()
        go.wait(10)
        return measured(head, content)

    monkeypatch.setattr(draft_module, "measure", slow)

    async def visit() -> None:
        task = asyncio.create_task(draft.exchange(replace(exchange(), response_body=Body(length=1000, path=spooled))))
        await asyncio.to_thread(started.wait, 10)
        task.cancel()
        await asyncio.sleep(0)
        assert not task.done()
        go.set()
        with pytest.raises(asyncio.CancelledError):
            await task
        spooled.unlink()

    asyncio.run(visit())
    monkeypatch.undo()
    assert blocks(draft)[1][1] == HTML_HEAD + b"x" * 1000


def test_posts_are_indexed_by_method_and_body(tmp_path: Path) -> None:
    draft = open_draft(tmp_path)
    draft.write_exchange(posted("http://a.example/api", b'{"q":"x y"}', b"found", media_type="application/json"))
    (line,) = draft.lines
    assert line.key == "example,a)/api?__wb_method=post&q=x+y"
    assert (line.method, line.request_body) == ("POST", "q=x+y")


@pytest.mark.parametrize("name", ["", "..", "a/b", "a\\b", ".hidden", "a" * 200, "ü", "a b"])
def test_ids_and_tokens_are_no_paths(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError):
        open_draft(tmp_path, capture_id=name)
    with pytest.raises(UsageError):
        open_draft(tmp_path, token=name)


def test_a_token_in_use_is_refused(tmp_path: Path) -> None:
    open_draft(tmp_path)
    with pytest.raises(StorageError, match="start a capture"):
        open_draft(tmp_path, capture_id="capture-2")


def test_no_url_breaks_out_of_its_header_line(tmp_path: Path) -> None:
    draft = open_draft(tmp_path)
    draft.write_exchange(exchange("http://a.example/x\r\nWARC-Type: forged y"))
    told = fields(blocks(draft)[1][0])
    assert told["WARC-Target-URI"] == ["http://a.example/x%0D%0AWARC-Type:%20forged%20y"]
    assert told["WARC-Type"] == ["response"]


def test_an_abandoned_draft_leaves_nothing(tmp_path: Path) -> None:
    draft = open_draft(tmp_path)
    draft.write_exchange(exchange())
    draft.abandon()
    assert list((tmp_path / "tmp").iterdir()) == []


def test_an_empty_body_is_stored_and_no_revisit(tmp_path: Path) -> None:
    draft = open_draft(tmp_path)
    for number in range(2):
        draft.write_exchange(replace(exchange(f"{URL}{number}"), response_body=body(b"")))
    assert [record.kind for record in draft.records if record.kind != "request"] == ["warcinfo", "response", "response"]
