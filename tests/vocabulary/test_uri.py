"""The three forms of a URL, hosts, politeness and SURT."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkkeeper.vocabulary import uri


@pytest.mark.parametrize(
    ("cited", "fetched"),
    [
        ("HTTP://Example.COM:80/a/./b/../c?b=2&a=1#f", "http://example.com/a/c?b=2&a=1#f"),
        ("www.example.org/report", "https://www.example.org/report"),
        ("//example.org/report", "https://example.org/report"),
        ("example.org:8080/report", "https://example.org:8080/report"),
        ("https://example.org/%7Euser/%2f", "https://example.org/%7Euser/%2f"),
        ("https://faß.example/", "https://xn--fa-hia.example/"),
        ("https://example.org/a\u200bb", "https://example.org/ab"),
        ("mailto:editor@example.org", "mailto:editor@example.org"),
    ],
)
def test_the_fetch_form_is_what_a_browser_would_request(cited: str, fetched: str) -> None:
    assert uri.fetch_form(cited) == fetched


@pytest.mark.parametrize("text", ["", "   ", "https://", "http://a b/", "not a url"])
def test_what_nothing_could_request_is_refused(text: str) -> None:
    with pytest.raises(uri.UnusableUrl):
        uri.fetch_form(text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://example.org/a", "https://example.org/a#part"),
        ("https://example.org/a", "https://example.org./a"),
        ("https://example.org/a", "https://example.org:443/a?utm_source=x&fbclid=1"),
        ("https://example.org/a?id=3", "https://example.org/a?utm_medium=y&id=3"),
        ("https://twitter.com/a/status/1", "https://twitter.com/a/status/1?ref_src=twsrc"),
        ("https://example.org/a", "https://example.org/a#:~:text=quoted"),
    ],
)
def test_the_same_source_has_one_key(one: str, other: str) -> None:
    assert uri.identity_key(uri.fetch_form(one)) == uri.identity_key(uri.fetch_form(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://example.org/a", "https://example.org/a/"),
        ("https://example.org/a", "http://example.org/a"),
        ("https://example.org/a", "https://example.org/A"),
        ("https://example.org/?a=1&b=2", "https://example.org/?b=2&a=1"),
        ("https://example.org/a?ref=3", "https://example.org/a"),
        ("https://example.org/#/one", "https://example.org/#/two"),
        ("https://example.org/#!one", "https://example.org/"),
        ("https://example.org/?ref_src=1", "https://example.org/"),
    ],
)
def test_what_may_be_another_source_has_another_key(one: str, other: str) -> None:
    assert uri.identity_key(one) != uri.identity_key(other)


@given(st.text(max_size=60))
def test_forms_are_stable_when_applied_again(text: str) -> None:
    try:
        fetched = uri.fetch_form("https://example.org/" + text)
    except uri.UnusableUrl:
        return
    assert uri.fetch_form(fetched) == fetched
    assert uri.identity_key(uri.identity_key(fetched)) == uri.identity_key(fetched)


@given(st.text(max_size=80))
def test_any_text_is_either_a_url_or_refused(text: str) -> None:
    try:
        uri.identity_key(uri.fetch_form(text))
    except uri.UnusableUrl:
        return


@pytest.mark.parametrize(
    ("host", "key"),
    [
        ("www.bbc.co.uk", "bbc.co.uk"),
        ("news.example.org.", "example.org"),
        ("alice.github.io", "alice.github.io"),
        ("alice.blogspot.com", "alice.blogspot.com"),
        ("alice.substack.com", "alice.substack.com"),
        ("192.0.2.7", "192.0.2.7"),
        ("[2001:db8::1]", "[2001:db8::1]"),
        ("localhost", "localhost"),
    ],
)
def test_politeness_follows_the_owner_of_a_host(host: str, key: str) -> None:
    assert uri.politeness_key(host) == key


def test_one_site_is_one_owner() -> None:
    assert uri.same_site("https://news.example.org/a", "http://www.example.org/")
    assert not uri.same_site("https://alice.github.io/", "https://bob.github.io/")
    assert not uri.same_site("mailto:a@example.org", "mailto:b@example.org")


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("https://www.Example.org/A/b/?z=1&a=2#f", "org,example)/a/b?a=2&z=1"),
        ("http://example.org:8080/", "org,example:8080)/"),
        ("http://192.0.2.7/x", "192.0.2.7)/x"),
        ("https://example.org/a%7Eb%20c", "org,example)/a~b%20c"),
        ("https://example.org/a;jsessionid=0123456789ABCDEF?x=1", "org,example)/a?x=1"),
        ("urn:uuid:1", "urn:uuid:1"),
    ],
)
def test_surt_sorts_pages_of_a_host_together(url: str, key: str) -> None:
    assert uri.surt(url).lower() == key


def test_text_fragments_give_the_authors_words() -> None:
    assert uri.text_fragment_quotes("https://example.org/a#part:~:text=the%20first-,a%20quote,its%20end,-x") == (
        "a quote",
        "its end",
    )
    assert uri.text_fragment_quotes("https://example.org/#:~:text=one&text=two") == ("one", "two")
    assert uri.text_fragment_quotes("https://example.org/#section") == ()


def test_only_http_can_be_fetched() -> None:
    assert uri.is_supported("HTTPS://example.org/")
    assert not uri.is_supported("ftp://example.org/")
