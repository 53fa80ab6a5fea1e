"""robots.txt: whoever names us is obeyed, and everybody's pace is kept."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.network import Network, on
from checks.pathological_web import Web, answer, silent
from linkkeeper.checks.robots import Robots, RobotsOfHosts, read_robots

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
US = "User-agent: linkkeeper\n"


def allowed(text: str, path: str) -> bool:
    return read_robots(text).allows(f"https://site.example{path}")


def test_rules_for_everybody_do_not_bind_us() -> None:
    assert allowed("User-agent: *\nDisallow: /\n", "/report")


def test_a_group_that_names_us_is_obeyed() -> None:
    text = "User-agent: *\nDisallow:\n\nUser-Agent: LinkKeeper/1.0\nDisallow: /private # not you\n"
    assert not allowed(text, "/private/report")
    assert allowed(text, "/report")


def test_a_group_may_name_several() -> None:
    assert not allowed("User-agent: other\nUser-agent: linkkeeper\nDisallow: /\n", "/report")


def test_a_group_ends_where_the_next_begins() -> None:
    assert allowed(US + "Disallow: /a\nUser-agent: other\nDisallow: /\n", "/report")


@pytest.mark.parametrize(
    ("rules", "path", "expected"),
    [
        ("Disallow: /a\nAllow: /a/b", "/a/b/c", True),
        ("Disallow: /a/b\nAllow: /a", "/a/b/c", False),
        ("Disallow: /a\nAllow: /a", "/a", True),
        ("Disallow:", "/a", True),
        ("Disallow: /*.pdf$", "/x/y.pdf", False),
        ("Disallow: /*.pdf$", "/x/y.pdf?z=1", True),
        ("Disallow: /*?print", "/x?print=1", False),
        ("Disallow: /a+b", "/a+b", False),
        ("Disallow: /a+b", "/aab", True),
    ],
)
def test_the_longest_match_decides(rules: str, path: str, expected: bool) -> None:
    """RFC 9309 section 2.2.2; examples of ours."""
    assert allowed(US + rules + "\n", path) is expected


def test_a_crawl_delay_is_taken_from_our_group_first() -> None:
    assert read_robots("User-agent: *\nCrawl-delay: 5\n").crawl_delay_s == 5
    assert read_robots("User-agent: *\nCrawl-delay: 5\n" + US + "Crawl-delay: 2.5\n").crawl_delay_s == 2.5
    assert read_robots("User-agent: other\nCrawl-delay: 5\n").crawl_delay_s is None
    assert read_robots("User-agent: *\nCrawl-delay: soon\n").crawl_delay_s is None


@given(st.text(max_size=300))
def test_no_text_breaks_the_reading(text: str) -> None:
    robots = read_robots(US + text)
    assert robots.allows("https://site.example/a") in (True, False)


def ask(web: Web, *moments: datetime) -> list[Robots]:
    async def act(there: Network) -> list[Robots]:
        robots = RobotsOfHosts(there.fetch)
        return [await robots.of("http://site.example/page", now=moment) for moment in moments]

    return on(web, act)


def test_a_file_is_fetched_once_a_day() -> None:
    web = Web({"/robots.txt": answer(200, (US + "Disallow: /page").encode())})
    for robots in ask(web, NOW, NOW + timedelta(hours=23), NOW + timedelta(hours=25)):
        assert not robots.allows("http://site.example/page")
    assert web.paths() == ["/robots.txt"] * 2


def test_many_looks_at_one_host_share_one_file() -> None:
    web = Web({"/robots.txt": answer(200, b"")})

    async def act(there: Network) -> None:
        robots = RobotsOfHosts(there.fetch)
        await asyncio.gather(*(robots.of(f"http://site.example/{n}", now=NOW) for n in range(9)))

    on(web, act)
    assert web.paths() == ["/robots.txt"]


@pytest.mark.parametrize("respond", [answer(404, b""), answer(500, b""), answer(403, b"Disallow"), silent])
def test_a_file_that_is_not_there_allows_everything(respond) -> None:
    assert ask(Web({"/robots.txt": respond}), NOW) == [Robots()]
