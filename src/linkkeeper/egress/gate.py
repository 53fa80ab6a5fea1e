"""
The one gate for every outgoing byte.

A name is resolved once, every answer is judged, and the connection goes to the
judged number: checks on the URL's text miss spellings (``0x7f.1``), and checks
before the request lose to names that answer differently the second time.
Redirects, sub-resources and retries all pass here, because all of them connect.
"""

import errno
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address

from linkkeeper.egress import sockets
from linkkeeper.egress.addresses import Address, Network, is_public, is_within, literal, networks, plain_host
from linkkeeper.egress.connect_to import ConnectTo
from linkkeeper.egress.proxy import Proxy, read_proxy, tunnel
from linkkeeper.egress.resolver import Resolver
from linkkeeper.errors import (
    ConfigurationError,
    ConnectFailed,
    ConnectTimeout,
    EgressError,
    ForbiddenAddress,
    NameMissing,
    ProxyFailed,
)
from linkkeeper.vocabulary.connection import OpenedConnection

DEFAULT_PORTS = frozenset({80, 443, *range(8000, 9000)})
_MOST_ADDRESSES_TRIED = 4
_MOST_PASSED = 10_000
#: Names of local networks (RFC 6762, RFC 8375, ICANN's .internal); behind a proxy nobody else would refuse them.
_LOCAL_SUFFIXES = (".local", ".internal", ".home.arpa", ".localdomain", ".lan", ".intranet", ".corp", ".home")


@dataclass(frozen=True, slots=True, kw_only=True)
class EgressRules:
    """
    What may be reached.

    Attributes:
        allow_addresses: Networks that may be reached though not public, on any port.
        connect_to: Where to connect instead; asked before the resolver.
        ports: That public addresses may be reached on.
        proxy: Through which everything goes; None means directly.
    """

    allow_addresses: tuple[Network, ...] = ()
    connect_to: ConnectTo = field(default_factory=lambda: ConnectTo({}))
    ports: frozenset[int] = DEFAULT_PORTS
    proxy: Proxy | None = None

    @classmethod
    def read(
        cls, *, allow_addresses: tuple[str, ...] = (), connect_to: Mapping[str, str] | None = None, proxy: str = ""
    ) -> "EgressRules":
        """
        Read the settings of ``[network]``.

        Raises:
            ConfigurationError: one of them can't be understood.
        """
        try:
            allowed = networks(allow_addresses)
        except ValueError as error:
            raise ConfigurationError(
                "use the setting", subject="network.allow_addresses", reason=str(error), hint="write CIDRs: 10.0.0.0/8"
            ) from error
        return cls(allow_addresses=allowed, connect_to=ConnectTo.read(connect_to or {}), proxy=read_proxy(proxy))

    def permits(self, address: Address, port: int) -> bool:
        """Whether a connection to *address* on *port* may be made."""
        return is_within(address, self.allow_addresses) or (port in self.ports and is_public(address))


@dataclass(frozen=True, slots=True)
class _Goal:
    host: str
    port: int


class EgressGate:
    """
    Opens connections to allowed addresses, and to no other.

    Args:
        rules: What may be reached.
        resolver: Shared by all; the gate closes it.
        timeout_s: Limit of one connection where the caller gives none.
    """

    def __init__(self, rules: EgressRules, resolver: Resolver, *, timeout_s: float = 5.0) -> None:
        self._rules = rules
        self._resolver = resolver
        self._timeout_s = timeout_s
        self._passed: set[tuple[str, int]] = set()

    async def connect(self, host: str, port: int, *, tls: bool, timeout_s: float | None = None) -> OpenedConnection:
        """
        Connect to an allowed address of *host*; TLS is the caller's to start.

        Args:
            host: As in the URL: name or address, in any spelling.
            tls: Whether TLS will be spoken; decides how a proxy is asked.
            timeout_s: For the connection; the name look-up has its own limit.

        Raises:
            EgressError: one of its subclasses, by what went wrong.
        """
        limit = self._timeout_s if timeout_s is None else timeout_s
        goal = self._goal(host, port)
        if self._rules.proxy is not None:
            return await self._connect_through(self._rules.proxy, goal, tls=tls, timeout_s=limit)
        addresses = await self._judged(goal)
        opened, address = await _connect_to_first(addresses, goal, limit)
        return OpenedConnection(socket=opened, address=address)

    async def resolve(self, host: str, port: int = 443) -> tuple[str, ...]:
        """
        Find the allowed addresses of *host* without connecting; empty behind a proxy.

        Raises:
            EgressError: as :meth:`connect`.
        """
        goal = self._goal(host, port)
        return () if self._rules.proxy is not None else await self._judged(goal)

    def close(self) -> None:
        self._resolver.close()

    def _goal(self, host: str, port: int) -> _Goal:
        plain = plain_host(host)
        if not plain or not plain.isprintable() or any(mark in plain for mark in " /\\@?#"):
            raise _forbidden(host, port, "not a host name")
        numeric = literal(plain)
        # "*" means the named web, not our own network: a forbidden address stays forbidden under it.
        any_host = numeric is None or self._rules.permits(numeric, port)
        target = self._rules.connect_to.target(plain, port, any_host=any_host)
        if target is None:
            return _Goal(_ascii(plain), port)
        if not target.host:
            raise NameMissing("resolve the name", subject=plain, reason="no such name, says [network] connect_to")
        return _Goal(_ascii(target.host), target.port or port)

    async def _judged(self, goal: _Goal) -> tuple[str, ...]:
        numeric = literal(goal.host)
        found = (str(numeric),) if numeric is not None else await self._resolver.resolve(goal.host)
        for address in found:
            # Each is asked for twice a look, and an address judged once stays judged: the rules never change.
            if (address, goal.port) not in self._passed:
                self._refuse_unless_permitted(ip_address(address.split("%", 1)[0]), goal)
                self._note_passed(address, goal.port)
        return found[:_MOST_ADDRESSES_TRIED]

    def _note_passed(self, address: str, port: int) -> None:
        if len(self._passed) >= _MOST_PASSED:
            self._passed.clear()
        self._passed.add((address, port))

    def _refuse_unless_permitted(self, address: Address, goal: _Goal) -> None:
        if self._rules.permits(address, goal.port):
            return
        if is_public(address):
            raise _forbidden(goal.host, goal.port, f"port {goal.port} is not one of the web's")
        raise _forbidden(goal.host, goal.port, f"{address} is not a public address")

    async def _connect_through(self, proxy: Proxy, goal: _Goal, *, tls: bool, timeout_s: float) -> OpenedConnection:
        self._refuse_local(goal)
        started = time.monotonic()
        try:
            numeric = literal(plain_host(proxy.host))
            found = (str(numeric),) if numeric is not None else await self._resolver.resolve(plain_host(proxy.host))
            opened, address = await _connect_to_first(found, _Goal(proxy.host, proxy.port), timeout_s)
        except EgressError as error:
            raise ProxyFailed(
                "reach the proxy", subject=f"{proxy.host}:{proxy.port}", reason=error.reason, errno=error.errno
            ) from error
        if not tls:
            return OpenedConnection(socket=opened, address=address, absolute_form=True, proxy_headers=proxy.headers)
        try:
            left = max(0.0, timeout_s - (time.monotonic() - started))
            await tunnel(opened, proxy, host=goal.host, port=goal.port, timeout_s=left)
        except BaseException:
            opened.close()
            raise
        return OpenedConnection(socket=opened, address=address)

    def _refuse_local(self, goal: _Goal) -> None:
        """Behind a proxy names are its to resolve, so that what is plainly ours or local is refused here."""
        numeric = literal(goal.host)
        if numeric is not None:
            self._refuse_unless_permitted(numeric, goal)
        elif "." not in goal.host or goal.host.endswith(_LOCAL_SUFFIXES):
            raise _forbidden(goal.host, goal.port, "a name of the local network")
        elif goal.port not in self._rules.ports:
            raise _forbidden(goal.host, goal.port, f"port {goal.port} is not one of the web's")


async def _connect_to_first(addresses: tuple[str, ...], goal: _Goal, limit_s: float) -> tuple[socket.socket, str]:
    """Try the addresses in order, each with a fair share of the time that is left."""
    deadline = time.monotonic() + limit_s
    failure: OSError | None = None
    for position, address in enumerate(addresses):
        share = max(0.001, (deadline - time.monotonic()) / (len(addresses) - position))
        try:
            return await sockets.connect(address, goal.port, timeout_s=share), address
        except OSError as error:
            # A refusal says more than a silence or a missing IPv6 route: keep the most telling one.
            failure = error if failure is None or error.errno == errno.ECONNREFUSED else failure
    subject = f"{goal.host}:{goal.port}"
    if failure is None or isinstance(failure, TimeoutError):
        raise ConnectTimeout("connect", subject=subject, reason=f"no connection in {limit_s:g} s") from failure
    raise ConnectFailed("connect", subject=subject, reason=str(failure), errno=failure.errno) from failure


def _ascii(host: str) -> str:
    try:
        return host if host.isascii() else host.encode("idna").decode("ascii")
    except UnicodeError as error:
        raise NameMissing("resolve the name", subject=host, reason="not a name that DNS can hold") from error


def _forbidden(host: str, port: int, reason: str) -> ForbiddenAddress:
    return ForbiddenAddress(
        "connect",
        subject=f"{host}:{port}",
        reason=reason,
        hint="network.allow_addresses can permit addresses of your own network",
    )
