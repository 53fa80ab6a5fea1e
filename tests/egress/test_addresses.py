"""Which addresses the gate lets through, in every spelling."""

from ipaddress import IPv4Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from egress.forbidden import PASSED, REFUSED, SPELLINGS
from linkkeeper.egress.addresses import carried, is_public, is_within, literal, networks, plain_host


@pytest.mark.parametrize("text", REFUSED)
def test_an_address_of_no_public_host_is_refused(text: str) -> None:
    assert not is_public(ip_address(text))


@pytest.mark.parametrize("text", PASSED)
def test_a_public_address_passes(text: str) -> None:
    assert is_public(ip_address(text))


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_forbidden_address_is_recognised_in_every_spelling(spelling: str) -> None:
    found = literal(plain_host(spelling))
    assert found is not None
    assert not is_public(found)


@pytest.mark.parametrize("name", ["example.org", "localhost.example.org", "1.example", "xn--n3h.net", "a_b.example"])
def test_a_name_is_no_address(name: str) -> None:
    assert literal(plain_host(name)) is None


def test_an_allowed_network_covers_its_mapped_form_only() -> None:
    allowed = networks(["127.0.0.0/8"])
    assert is_within(ip_address("127.0.0.2"), allowed)
    assert is_within(ip_address("::ffff:127.0.0.2"), allowed)
    assert not is_within(ip_address("::1"), allowed)
    assert not is_within(ip_address("10.0.0.1"), allowed)


@given(st.integers(0, 2**32 - 1).map(IPv4Address))
def test_what_an_address_carries_decides(inner) -> None:
    """Wrapping an IPv4 address in IPv6 never makes it more reachable than it is."""
    number = int(inner)
    for wrapped in (
        0xFFFF << 32 | number,
        0xFFFF << 48 | number,
        0x64FF9B << 96 | number,
        0x2002 << 112 | number << 80,
    ):
        address = ip_address(wrapped.to_bytes(16, "big"))
        assert carried(address) == inner
        assert is_public(address) == is_public(inner)


@given(st.text(max_size=30))
def test_no_host_text_breaks_the_reading(host: str) -> None:
    found = literal(plain_host(host))
    assert found is None or found.version in (4, 6)
