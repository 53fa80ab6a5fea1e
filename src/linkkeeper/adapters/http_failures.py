"""Why a request got no answer, read from the cause chain down to errno and verify code."""

import errno
import re
import ssl
from collections.abc import Iterator

from linkkeeper.checks.look import Failure, FailureKind, Phase
from linkkeeper.egress.connections import ProtocolError
from linkkeeper.egress.decoding import DecodingFailed
from linkkeeper.egress.stream import TlsTimeout
from linkkeeper.errors import (
    ConnectTimeout,
    EgressError,
    ForbiddenAddress,
    NameFailing,
    NameMissing,
    ProxyFailed,
)

#: Our own machine is short of something: never a fact about the host.
OWN_TROUBLE = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})

_EGRESS = {
    NameMissing: (FailureKind.DNS_MISSING, Phase.RESOLVE),
    NameFailing: (FailureKind.DNS_FAILING, Phase.RESOLVE),
    ForbiddenAddress: (FailureKind.FORBIDDEN_ADDRESS, Phase.CONNECT),
    ProxyFailed: (FailureKind.PROXY_ERROR, Phase.CONNECT),
    TlsTimeout: (FailureKind.TIMEOUT, Phase.TLS),
    ConnectTimeout: (FailureKind.TIMEOUT, Phase.CONNECT),
}
_ERRNO = {
    errno.ECONNREFUSED: (FailureKind.REFUSED, "the host refuses the connection"),
    errno.EHOSTUNREACH: (FailureKind.NO_ROUTE, "there is no route to the host"),
    errno.ENETUNREACH: (FailureKind.NO_ROUTE, "there is no route to the host's network"),
    errno.ENETDOWN: (FailureKind.NO_ROUTE, "the network is down"),
    errno.EHOSTDOWN: (FailureKind.NO_ROUTE, "the host is down"),
    errno.EADDRNOTAVAIL: (FailureKind.NO_ROUTE, "there is no route to the address"),
    errno.ETIMEDOUT: (FailureKind.TIMEOUT, "the connection timed out"),
    errno.ECONNRESET: (FailureKind.RESET, "the host reset the connection"),
    errno.EPIPE: (FailureKind.RESET, "the host closed the connection"),
    errno.ECONNABORTED: (FailureKind.RESET, "the connection was aborted"),
}
#: h11 quotes the offending bytes as Python writes them.
_QUOTED_BYTES = re.compile(r"(?:bytearray\()?b'([^']*)'\)?")
_WAITED_FOR = {
    Phase.RESOLVE: "the name server",
    Phase.CONNECT: "a connection",
    Phase.TLS: "the TLS handshake",
    Phase.SEND: "the host to take the request",
    Phase.FIRST_BYTE: "the first byte of the answer",
    Phase.BODY: "the rest of the answer",
}


def failure_of(error: BaseException, phase: Phase) -> Failure:
    """
    Name the failure that *error* stands for.

    Args:
        error: As raised; what it wraps counts, not its own type.
        phase: How far the request had come.

    Raises:
        OSError: our own machine ran short (file descriptors, memory); no fact about the host.
    """
    chain = list(_causes(error))
    for cause in chain:
        if isinstance(cause, OSError) and cause.errno in OWN_TROUBLE:
            raise cause
    # The gate has judged already, and a proxy's failure wraps what happened to the proxy.
    judged = next((cause for cause in reversed(chain) if isinstance(cause, EgressError)), None)
    if judged is not None:
        return _of_gate(judged)
    for cause in chain:
        found = _one(cause, phase)
        if found is not None:
            return found
    return Failure(kind=FailureKind.RESET, phase=phase, words=f"the exchange broke off ({_said(chain[-1])})")


def timeout(phase: Phase) -> Failure:
    """A time-out in *phase*, in words."""
    return Failure(kind=FailureKind.TIMEOUT, phase=phase, words=f"no answer in time, waiting for {_WAITED_FOR[phase]}")


def _causes(error: BaseException) -> Iterator[BaseException]:
    """From the innermost cause outwards: the first one recognised is the most exact."""
    chain: list[BaseException] = []
    current: BaseException | None = error
    while current is not None and current not in chain:
        chain.append(current)
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
    yield from reversed(chain)


def _one(cause: BaseException, phase: Phase) -> Failure | None:
    if isinstance(cause, ssl.SSLError):
        return _of_tls(cause, phase)
    if isinstance(cause, TimeoutError) and cause.errno is None:
        return timeout(phase)
    if isinstance(cause, OSError) and cause.errno in _ERRNO:
        kind, words = _ERRNO[cause.errno]
        return Failure(kind=kind, phase=phase, words=words, errno=cause.errno)
    if isinstance(cause, ProtocolError):
        return _of_protocol(_said(cause), phase)
    if isinstance(cause, DecodingFailed):
        words = f"its body is not in the coding that its head names: {cause}"
        return Failure(kind=FailureKind.MALFORMED, phase=phase, words=words)
    return None


def _of_gate(cause: EgressError) -> Failure:
    for kind_of_error, (kind, phase) in _EGRESS.items():
        if isinstance(cause, kind_of_error):
            return Failure(kind=kind, phase=phase, words=f"{cause.subject}: {cause.reason}", errno=cause.errno)
    known = _ERRNO.get(cause.errno or 0)
    kind, words = known or (FailureKind.REFUSED, cause.reason)
    return Failure(kind=kind, phase=Phase.CONNECT, words=f"{cause.subject}: {words}", errno=cause.errno)


def _of_tls(cause: ssl.SSLError, phase: Phase) -> Failure:
    code = getattr(cause, "verify_code", None)
    reason = cause.reason or None
    said = getattr(cause, "verify_message", "") or reason or _said(cause)
    if phase in (Phase.FIRST_BYTE, Phase.BODY):
        return Failure(kind=FailureKind.RESET, phase=phase, words=f"TLS broke off ({said})", tls_reason=reason)
    return Failure(
        kind=FailureKind.TLS, phase=Phase.TLS, words=f"TLS failed: {said}", verify_code=code, tls_reason=reason
    )


def _of_protocol(said: str, phase: Phase) -> Failure:
    if "without sending a response" in said:
        return Failure(kind=FailureKind.RESET, phase=phase, words="the host hung up without an answer")
    if "without sending complete" in said or "incomplete" in said:
        return Failure(kind=FailureKind.RESET, phase=phase, words="the host hung up in the middle of its answer")
    plain = _QUOTED_BYTES.sub(lambda quoted: f"“{quoted[1]}”", said)
    return Failure(kind=FailureKind.MALFORMED, phase=phase, words=f"it is not HTTP: {plain}")


def _said(error: BaseException) -> str:
    return str(error) or type(error).__name__
