"""Other archives: negotiated by TimeGate, listed by TimeMap, and believed only after a look at what they hold."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkkeeper.adapters.memento_archives import MementoArchives
from linkkeeper.errors import ConnectFailed
from linkkeeper.relinking.link_format import as_http_date, http_date, mementos_in, raw_form, read_links
from linkkeeper.relinking.mementos import ArchiveAnswer, MementoVerdict, Search

URL = "http://gone.example/a?x=1"
GATE = "https://archive.example/web/"
SECOND = "https://second.example/tg/"
WANTED = datetime(2020, 6, 1, tzinfo=UTC)


class SetClock:
    def __init__(self) -> None:
        self.moment = datetime(2026, 11, 22, 9, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment


@dataclass
class Archive:
    """A web of archives in memory; every request is kept."""

    pages: dict[str, ArchiveAnswer] = field(default_factory=dict)
    down: bool = False
    asked: list[tuple[str, Mapping[str, str]]] = field(default_factory=list)

    async def get(self, url: str, *, headers: Mapping[str, str]) -> ArchiveAnswer:
        self.asked.append((url, headers))
        if self.down:
            raise ConnectFailed("connect", subject=url, reason="refused")
        return self.pages.get(url) or ArchiveAnswer(url=url, status=404, headers=(), body=b"")

    def put(self, url: str, status: int = 200, body: bytes = b"", **headers: str) -> None:
        pairs = tuple((name.replace("_", "-"), value) for name, value in headers.items())
        self.pages[url] = ArchiveAnswer(url=url, status=status, headers=pairs, body=body)

    def keep(
        self, moment: datetime, *, body: bytes = b"the source", status: int = 200, raw: bytes | None = None
    ) -> str:
        """A memento of :data:`URL` in the Wayback style; returns its address."""
        uri_m = f"{GATE}{moment:%Y%m%d%H%M%S}/{URL}"
        self.put(uri_m, status, b"banner " + body, Memento_Datetime=as_http_date(moment))
        raw_body = body if raw is None else raw
        self.put(f"{GATE}{moment:%Y%m%d%H%M%S}id_/{URL}", status, raw_body, Memento_Datetime=as_http_date(moment))
        return uri_m

    def gate(self, uri_m: str, moment: datetime, *, others: str = "") -> None:
        link = f'<{uri_m}>; rel="memento"; datetime="{as_http_date(moment)}"{others}'
        self.put(GATE + URL, 302, Location=uri_m, Vary="accept-datetime", Link=link)

    def timemap(self, moments: list[datetime], address: str = f"{GATE}timemap/link/{URL}") -> None:
        rows = [f'<{URL}>; rel="original"', f'<{GATE}{URL}>; rel="timegate"']
        rows += [f'<{GATE}{one:%Y%m%d%H%M%S}/{URL}>; rel="memento"; datetime="{as_http_date(one)}"' for one in moments]
        self.put(address, body=",\n".join(rows).encode(), Content_Type="application/link-format")


def good(answer: ArchiveAnswer, uri_r: str) -> MementoVerdict:
    fine = answer.status == 200 and b"the source" in answer.body and b"banner" not in answer.body
    return MementoVerdict(fine, "shows the source" if fine else f"HTTP {answer.status}: not what was cited")


def search(archive: Archive, *, gates: tuple[str, ...] = (GATE,), clock: SetClock | None = None) -> Search:
    archives = MementoArchives(gates, fetch=archive, clock=clock or SetClock())
    return asyncio.run(archives.search(URL, wanted=WANTED, judge=good))


def test_the_timegates_choice_is_fetched_and_judged() -> None:
    archive = Archive()
    moment = WANTED - timedelta(days=3)
    uri_m = archive.keep(moment)
    archive.gate(uri_m, moment)
    found = search(archive)
    (memento,) = found.verified
    assert memento.uri_m == uri_m and memento.moment == moment and memento.capture_id is None
    assert archive.asked[0] == (GATE + URL, {"Accept-Datetime": "Mon, 01 Jun 2020 00:00:00 GMT"})


def test_the_archives_banner_is_not_judged() -> None:
    """Wayback-style archives give the captured bytes under ``id_``."""
    archive = Archive()
    archive.gate(archive.keep(WANTED), WANTED)
    search(archive)
    assert archive.asked[-1][0] == f"{GATE}20200601000000id_/{URL}"


def test_one_from_before_is_preferred_to_a_nearer_one_from_after() -> None:
    archive = Archive()
    after, before = WANTED + timedelta(days=1), WANTED - timedelta(days=200)
    archive.gate(archive.keep(after), after)
    archive.keep(before)
    archive.timemap([before, after])
    (memento,) = search(archive).verified
    assert memento.moment == before


def test_a_timemap_that_the_link_header_names_is_read() -> None:
    """Plain RFC 7089: nothing about the archive's addresses is known but what it says."""
    archive = Archive()
    after, before = WANTED + timedelta(days=1), WANTED - timedelta(days=9)
    archive.gate(archive.keep(after), after, others=', </maps/17>; rel="timemap"; type="application/link-format"')
    archive.keep(before)
    archive.timemap([before, after], "https://archive.example/maps/17")
    (memento,) = search(archive).verified
    assert memento.moment == before


def test_a_timegate_that_answers_with_the_memento_itself() -> None:
    """RFC 7089 4.1.2: 200 with Content-Location."""
    archive = Archive()
    uri_m = archive.keep(WANTED)
    archive.put(GATE + URL, 200, b"banner the source", Memento_Datetime=as_http_date(WANTED), Content_Location=uri_m)
    (memento,) = search(archive).verified
    assert memento.uri_m == uri_m


@pytest.mark.parametrize(
    ("status", "body"),
    [(200, b"Please sign in"), (404, b"the source was not found"), (200, b"This domain is for sale")],
)
def test_captures_of_errors_walls_and_parked_pages_are_refused_with_the_reason(status: int, body: bytes) -> None:
    archive = Archive()
    archive.gate(archive.keep(WANTED, status=status, body=body), WANTED)
    found = search(archive)
    assert found.verified == ()
    assert [one.words for one in found.found] == [f"HTTP {status}: not what was cited"]
    assert found.found[0].memento.verified is False


def test_the_next_nearest_is_tried_when_one_is_bad() -> None:
    archive = Archive()
    bad, better = WANTED - timedelta(days=1), WANTED - timedelta(days=30)
    others = f', <{archive.keep(better)}>; rel="prev memento"; datetime="{as_http_date(better)}"'
    archive.gate(archive.keep(bad, body=b"a wall"), bad, others=others)
    found = search(archive)
    assert [one.memento.verified for one in found.found] == [False, True]
    assert found.verified[0].moment == better


def test_captured_redirects_are_followed_inside_the_archive() -> None:
    archive = Archive()
    target = f"{GATE}20200601000005/http://gone.example/b"
    start = f"{GATE}20200601000000/{URL}"
    archive.put(start, 302, Location=target, Memento_Datetime=as_http_date(WANTED))
    archive.put(target, 200, b"the source", Memento_Datetime=as_http_date(WANTED + timedelta(seconds=5)))
    archive.put(target.replace("/http:", "id_/http:"), 200, b"the source", Memento_Datetime=as_http_date(WANTED))
    archive.gate(start, WANTED)
    (memento,) = search(archive).verified
    assert memento.uri_m == target


def test_a_redirect_to_another_time_is_no_proof() -> None:
    archive = Archive()
    late = WANTED + timedelta(days=400)
    start = f"{GATE}20200601000000/{URL}"
    archive.put(start, 302, Location=archive.keep(late), Memento_Datetime=as_http_date(WANTED))
    archive.gate(start, WANTED)
    found = search(archive)
    assert found.verified == () and "leads on to a capture of 2021" in found.found[0].words


def test_an_answer_without_memento_datetime_is_no_memento() -> None:
    archive = Archive()
    uri_m = f"{GATE}20200601000000/{URL}"
    archive.put(uri_m, 200, b"the source")
    archive.gate(uri_m, WANTED)
    assert "without Memento-Datetime" in search(archive).found[0].words


def test_an_archive_that_knows_nothing_is_no_failure() -> None:
    found = search(Archive())
    assert found == Search(answered=(GATE,))


class TestArchivesThatFail:
    def test_it_is_said_and_the_next_one_is_asked(self) -> None:
        archive = Archive()
        archive.put(GATE + URL, 503)
        archive.put(SECOND + URL, 302, Location=archive.keep(WANTED))
        found = search(archive, gates=(GATE, SECOND))
        assert len(found.verified) == 1
        assert found.failed == ((GATE, f"{GATE}{URL} answered HTTP 503"),)

    def test_a_failing_archive_rests_longer_each_time(self) -> None:
        archive, clock = Archive(down=True), SetClock()
        archives = MementoArchives((GATE,), fetch=archive, clock=clock)

        def ask() -> int:
            before = len(archive.asked)
            found = asyncio.run(archives.search(URL, wanted=WANTED, judge=good))
            assert found.failed
            return len(archive.asked) - before

        asked = []
        for _ in range(8):
            asked.append(ask())
            clock.moment += timedelta(seconds=61)
        assert asked == [1, 1, 0, 1, 0, 0, 0, 1]

    def test_retry_after_is_obeyed(self) -> None:
        archive, clock = Archive(), SetClock()
        archive.put(GATE + URL, 429, Retry_After="600")
        archives = MementoArchives((GATE,), fetch=archive, clock=clock)
        asyncio.run(archives.search(URL, wanted=WANTED, judge=good))
        clock.moment += timedelta(seconds=599)
        asyncio.run(archives.search(URL, wanted=WANTED, judge=good))
        assert len(archive.asked) == 1
        clock.moment += timedelta(seconds=2)
        asyncio.run(archives.search(URL, wanted=WANTED, judge=good))
        assert len(archive.asked) == 2

    def test_an_archived_error_page_is_no_failure_of_the_archive(self) -> None:
        archive = Archive()
        archive.gate(archive.keep(WANTED, status=503), WANTED)
        found = search(archive)
        assert found.failed == () and found.verified == ()


def test_one_from_after_is_kept_while_others_are_asked_for_one_from_before() -> None:
    archive = Archive()
    after = WANTED + timedelta(days=1)
    archive.gate(archive.keep(after), after)
    archive.timemap([after])
    before = f"https://second.example/m/1/{URL}"
    archive.put(SECOND + URL, 302, Location=before)
    archive.put(before, 200, b"the source", Memento_Datetime=as_http_date(WANTED - timedelta(days=2)))
    found = search(archive, gates=(GATE, SECOND))
    assert [memento.moment <= WANTED for memento in found.verified] == [False, True]


class TestLinkFormat:
    def test_the_example_of_the_rfc_is_read(self) -> None:
        """RFC 7089 section 5.1.1, shortened."""
        text = (
            '<http://a.example.org>;rel="original",\n<http://arxiv.example.net/timemap/http://a.example.org>\n'
            '; rel="self";type="application/link-format"\n; from="Tue, 20 Jun 2000 18:02:59 GMT",\n'
            '<http://arxiv.example.net/web/20000620180259/http://a.example.org>\n'
            '; rel="first memento";datetime="Tue, 20 Jun 2000 18:02:59 GMT"\n; license="http://x.example/l"\n'
        )  # fmt: skip
        links = list(read_links(text, base="http://arxiv.example.net/timemap/http://a.example.org"))
        assert [sorted(link.relations) for link in links] == [["original"], ["self"], ["first", "memento"]]
        (memento,) = mementos_in(links, uri_r="http://a.example.org")
        assert memento.moment == datetime(2000, 6, 20, 18, 2, 59, tzinfo=UTC)

    def test_commas_in_addresses_do_not_end_a_link(self) -> None:
        text = '<https://a.example/web/1/http://b.example/1,2,3>; rel=memento; datetime="x", <https://c.example/>; a=b'
        assert [link.target for link in read_links(text, base="")] == [
            "https://a.example/web/1/http://b.example/1,2,3",
            "https://c.example/",
        ]

    @given(st.text(max_size=300))
    def test_it_never_fails(self, text: str) -> None:
        list(read_links(text, base="https://a.example/"))
        http_date(text)

    def test_dates_go_there_and_back(self) -> None:
        assert http_date(as_http_date(WANTED)) == WANTED
        assert http_date("yesterday") is None

    def test_raw_forms(self) -> None:
        assert raw_form(f"{GATE}20200601000000/{URL}") == f"{GATE}20200601000000id_/{URL}"
        assert raw_form(f"{GATE}20200601000000im_/{URL}") == f"{GATE}20200601000000id_/{URL}"
        assert raw_form("https://perma.example/AB12-CD34") is None
