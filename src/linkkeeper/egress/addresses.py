"""
Which addresses may be reached: public ones, and those that the operator allows.

An own table, because ``ipaddress`` calls carrier-grade NAT, 6to4 of loopback,
multicast or ``3fff::/20`` global or not depending on the Python release.

Source: IANA special-purpose address registries for IPv4 and IPv6 (RFC 6890 and
its updates), RFC 6052 (NAT64), RFC 3056 (6to4), RFC 4380 (Teredo), RFC 9637
(3fff::/20); 168.63.129.16 is Microsoft Azure's platform address, globally
routable and yet internal.
"""

import socket
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_REFUSED_V4 = tuple(
    IPv4Network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "168.63.129.16/32",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)
_GLOBAL_UNICAST = IPv6Network("2000::/3")
_REFUSED_V6 = tuple(IPv6Network(text) for text in ("2001::/23", "2001:db8::/32", "3fff::/20"))
#: Networks that carry an IPv4 address, and how far right of the low end it stands.
_CARRIERS = (
    (IPv6Network("::ffff:0:0/96"), 0),
    (IPv6Network("::ffff:0:0:0/96"), 0),
    (IPv6Network("::/96"), 0),
    (IPv6Network("64:ff9b::/96"), 0),
    (IPv6Network("2002::/16"), 80),
)
_DOTS = str.maketrans({"。": ".", "．": ".", "｡": "."})
_LOOPBACK = IPv4Address("127.0.0.1")


def carried(address: Address) -> Address:
    """
    Unwrap an IPv4 address carried in IPv6 (mapped, compatible, translated, NAT64, 6to4); others as they are.

    Teredo is not unwrapped: all of ``2001::/23`` is refused.
    """
    if isinstance(address, IPv6Address):
        for network, shift in _CARRIERS:
            if address in network:
                return IPv4Address((int(address) >> shift) & 0xFFFFFFFF)
    return address


@lru_cache(maxsize=4096)
def is_public(address: Address) -> bool:
    """Whether *address* is one of the public internet, judged on the address that it carries."""
    inner = carried(address)
    if isinstance(inner, IPv4Address):
        return not any(inner in network for network in _REFUSED_V4)
    return inner in _GLOBAL_UNICAST and not any(inner in network for network in _REFUSED_V6)


def networks(cidrs: Iterable[str]) -> tuple[Network, ...]:
    """
    Read CIDRs, host bits ignored.

    Raises:
        ValueError: one is not a network.
    """
    return tuple(ip_network(text, strict=False) for text in cidrs)


def is_within(address: Address, allowed: Iterable[Network]) -> bool:
    """Whether *address*, or the IPv4 address mapped in it, lies in one of *allowed*."""
    forms: tuple[Address, ...] = (address,)
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        forms = (address, address.ipv4_mapped)
    return any(form.version == network.version and form in network for form in forms for network in allowed)


def plain_host(host: str) -> str:
    """
    Bring a host as written to the form that a resolver would see.

    Full-width and circled digits and ideographic dots are folded (resolvers do
    so silently), case and one trailing dot are dropped, brackets of an IPv6
    literal too.
    """
    folded = unicodedata.normalize("NFKC", host.translate(_DOTS)).translate(_DOTS).lower()
    return folded.removeprefix("[").removesuffix("]").removesuffix(".")


def literal(host: str) -> Address | None:
    """
    Read a host that is an address, in any spelling that a resolver accepts.

    ``0x7f000001``, ``127.1`` and ``2130706433`` are loopback to the C library,
    and ``localhost`` with everything under it is so by RFC 6761 section 6.3.

    Args:
        host: As :func:`plain_host` returns it.
    """
    if host == "localhost" or host.endswith(".localhost"):
        return _LOOPBACK
    try:
        return ip_address(host.split("%", 1)[0]) if ":" in host else IPv4Address(socket.inet_aton(host))
    except (OSError, ValueError):
        return None
