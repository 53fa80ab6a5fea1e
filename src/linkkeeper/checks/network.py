"""Looks that got no answer: which kind of failure, in words."""

from linkkeeper.checks.look import Failure, FailureKind, Phase
from linkkeeper.checks.scene import Finding
from linkkeeper.vocabulary.observation import Evidence, ObservationKind

_KINDS = {
    FailureKind.DNS_MISSING: (ObservationKind.DNS_MISSING, "the host name does not exist"),
    FailureKind.DNS_FAILING: (ObservationKind.DNS_FAILING, "the host name could not be looked up"),
    FailureKind.REFUSED: (ObservationKind.REFUSED, "the host refused the connection"),
    FailureKind.NO_ROUTE: (ObservationKind.NO_ROUTE, "there is no route to the host"),
    FailureKind.RESET: (ObservationKind.RESET, "the host broke off the connection"),
    # Somebody is there and speaks: trouble of the server, not its absence.
    FailureKind.MALFORMED: (ObservationKind.SERVER_ERROR, "the host's answer can't be read"),
    FailureKind.REDIRECT_LOOP: (ObservationKind.REDIRECT_LOOP, "the redirects go round in circles or do not end"),
    FailureKind.UNSUPPORTED: (ObservationKind.UNSUPPORTED, "this kind of address cannot be checked"),
    FailureKind.FORBIDDEN_ADDRESS: (
        ObservationKind.FORBIDDEN_ADDRESS,
        "the address is not public, so linkkeeper did not go there",
    ),
    FailureKind.PROXY_ERROR: (ObservationKind.PROXY_ERROR, "our own proxy failed"),
}
_PHASES = {
    Phase.RESOLVE: "while the host name was looked up",
    Phase.CONNECT: "while connecting",
    Phase.TLS: "while the secure connection was set up",
    Phase.SEND: "while the request was sent",
    Phase.FIRST_BYTE: "while waiting for the answer",
    Phase.BODY: "while the page was being sent",
}

#: OpenSSL's X509_V_ERR codes, by what an editor should know.
_CERTIFICATE = {
    9: (ObservationKind.TLS_EXPIRED, "the site's certificate is not valid yet"),
    10: (ObservationKind.TLS_EXPIRED, "the site's certificate has expired"),
    18: (ObservationKind.TLS_SELF_SIGNED, "the site signed its certificate itself"),
    19: (ObservationKind.TLS_SELF_SIGNED, "the site's certificate ends in an authority that nobody knows"),
    20: (ObservationKind.TLS_CHAIN, "the site's certificate cannot be traced to a known authority"),
    21: (ObservationKind.TLS_CHAIN, "the site's certificate cannot be traced to a known authority"),
    23: (ObservationKind.TLS_CHAIN, "the site's certificate was revoked"),
    62: (ObservationKind.TLS_WRONG_HOST, "the site's certificate is for another name"),
    64: (ObservationKind.TLS_WRONG_HOST, "the site's certificate is for another address"),
}


def judge_failure(failure: Failure) -> Finding:
    """The finding for a look that ended without an answer."""
    if failure.kind is FailureKind.TLS:
        kind, words = _certificate(failure)
    elif failure.kind is FailureKind.TIMEOUT:
        kind, words = ObservationKind.TIMEOUT, f"no answer in time {_PHASES[failure.phase]}"
    else:
        kind, words = _KINDS[failure.kind]
        if failure.kind is FailureKind.RESET:
            words = f"{words} {_PHASES[failure.phase]}"
    detail = f" ({failure.words})" if failure.words else ""
    return Finding(
        kind,
        "tls" if failure.kind is FailureKind.TLS else "network",
        Evidence(
            words=words + detail,
            phase=failure.phase.value,
            errno=failure.errno,
            verify_code=failure.verify_code,
        ),
    )


def _certificate(failure: Failure) -> tuple[ObservationKind, str]:
    if failure.verify_code:
        return _CERTIFICATE.get(
            failure.verify_code, (ObservationKind.TLS_CHAIN, "the site's certificate could not be verified")
        )
    if "UNRECOGNIZED_NAME" in (failure.tls_reason or ""):
        return ObservationKind.TLS_WRONG_HOST, "the server does not know this host name"
    return ObservationKind.TLS_OLD, "the site only speaks an old or unusual kind of TLS"
