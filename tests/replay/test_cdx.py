"""CDX answers: ranges, order, filters and forms as pywb's server has them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkkeeper.replay.cdx import BadQuery, MatchType, answer, key_range, read_query, read_record


def line(key: str, timestamp: str, **fields: str) -> str:
    whole = {"url": "http://x/", "mime": "text/html", "status": "200", "digest": "sha256:aa", "length": "9"}
    return f"{key} {timestamp} {json.dumps(whole | {'offset': '5', 'filename': 'f'} | fields)}\n"


LINES = [
    line("example,a)/", "20200101000000"),
    line("example,a)/", "20210101000000", status="404"),
    line("example,a)/", "20220101000000", mime="warc/revisit"),
    line("example,a)/path/one", "20200101000000"),
    line("example,a)/path/two?q=1", "20200101000000"),
    line("example,a)/pathology", "20200101000000"),
    line("example,a,sub)/", "20200101000000"),
    line("example,ab)/", "20200101000000"),
]
RECORDS = [read_record(text) for text in LINES]


def ask(**parameters: str) -> list[str]:
    query = read_query([(name.rstrip("_"), value) for name, value in parameters.items()])
    return answer(query, RECORDS).splitlines(keepends=True)


def keys(lines: list[str]) -> list[str]:
    return [" ".join(text.split(" ", 2)[:2]) for text in lines]


def test_an_exact_query_gives_that_url_alone_whatever_its_scheme() -> None:
    assert ask(url="https://A.example/") == LINES[:3]
    assert ask(url="a.example") == LINES[:3]


@pytest.mark.parametrize(
    ("parameters", "found"),
    [
        ({"url": "http://a.example/path/", "matchType": "prefix"}, [3, 4]),
        ({"url": "http://a.example/path/*"}, [3, 4]),
        ({"url": "http://a.example/path", "matchType": "prefix"}, [3, 4, 5]),
        ({"url": "http://a.example/anything", "matchType": "host"}, [0, 1, 2, 3, 4, 5]),
        ({"url": "*.a.example"}, [0, 1, 2, 3, 4, 5, 6]),
        ({"url": "http://a.example/", "matchType": "domain"}, [0, 1, 2, 3, 4, 5, 6]),
        ({"url": "http://a.example/", "from": "2021"}, [1, 2]),
        ({"url": "http://a.example/", "to": "2021"}, [0, 1]),
        ({"url": "http://a.example/", "sort": "reverse", "limit": "2"}, [2, 1]),
        ({"url": "http://a.example/", "closest": "20210301000000"}, [1, 2, 0]),
        ({"url": "http://a.example/", "closest": "2021", "sort": "closest", "limit": "1"}, [1]),
        ({"url": "http://a.example/", "filter": "=status:200"}, [0, 2]),
        ({"url": "http://a.example/", "filter": "!=status:404"}, [0, 2]),
        ({"url": "http://a.example/", "filter": "mime:revisit"}, [2]),
        ({"url": "http://a.example/", "filter": "~status:[34].."}, [1]),
        ({"url": "http://a.example/", "filter": "!~mime:warc/"}, [0, 1]),
        ({"url": "http://unknown.example/"}, []),
    ],
)
def test_queries_as_pywb_reads_them(parameters: dict[str, str], found: list[int]) -> None:
    assert ask(**parameters) == [LINES[index] for index in found]


def test_several_filters_must_all_hold() -> None:
    query = read_query([("url", "http://a.example/"), ("filter", "=status:200"), ("filter", "=mime:text/html")])
    assert answer(query, RECORDS) == LINES[0]


def test_the_other_forms_hold_the_same_fields() -> None:
    text = ask(url="http://a.example/", limit="1", output="text", fl="urlkey,timestamp,statuscode,redirect")
    assert text == ["example,a)/ 20200101000000 200 -\n"]
    (found,) = ask(url="http://a.example/", limit="1", output="json")
    assert json.loads(found) == {"urlkey": "example,a)/", "timestamp": "20200101000000", **RECORDS[0].fields}
    (chosen,) = ask(url="http://a.example/", limit="1", fields="url,status")
    assert chosen == 'example,a)/ 20200101000000 {"url": "http://x/", "status": "200"}\n'


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"url": "http://a.example/", "matchType": "fuzzy"},
        {"url": "http://a.example/", "output": "xml"},
        {"url": "http://a.example/", "limit": "many"},
        {"url": "http://a.example/", "from": "yesterday"},
        {"url": "http://a.example/", "closest": "99999999999999"},
        {"url": "http://a.example/", "filter": "~status:["},
    ],
)
def test_a_query_that_cannot_be_read_is_refused(parameters: dict[str, str]) -> None:
    with pytest.raises(BadQuery):
        ask(**parameters)


@pytest.mark.parametrize("pattern", ["~url:(a+)+$", "~url:(a|a)*b", "~url:.*.*.*x", "~url:(x)\\1", "~url:" + "a" * 300])
def test_a_filter_that_could_run_for_years_is_refused(pattern: str) -> None:
    with pytest.raises(BadQuery, match="complex"):
        ask(url="http://a.example/", filter=pattern)


@given(st.sampled_from(list(MatchType)), st.text("abc/?.=&", max_size=12), st.text("abc/?.=&", max_size=12))
def test_a_prefix_range_holds_every_longer_key_of_its_host(match: MatchType, path: str, more: str) -> None:
    start, end = key_range(f"http://a.example/{path}", match)
    assert start < end
    if match is MatchType.HOST:
        assert start <= key_range(f"http://a.example/{more}", MatchType.EXACT)[0] < end


@given(st.lists(st.tuples(st.sampled_from(["url", "from", "closest", "limit", "filter", "fl"]), st.text(max_size=20))))
def test_no_query_crashes(pairs: list[tuple[str, str]]) -> None:
    try:
        query = read_query(pairs)
    except BadQuery:
        return
    answer(query, RECORDS)
