"""A look with a real browser, for pages that show nothing without one: a visit that keeps nothing."""

import ssl
import tempfile
from datetime import datetime
from pathlib import Path

from linkkeeper.captures.limits import LimitHit, VisitLimits
from linkkeeper.captures.ports import BrowserPool, Gate
from linkkeeper.captures.relay import MALFORMED, NO_ANSWER_YET
from linkkeeper.captures.steps import StepName
from linkkeeper.captures.upstream import NoConnection
from linkkeeper.captures.visit import Visit, VisitOrder, visit
from linkkeeper.checks.look import Answer, Failure, FailureKind, Look, Phase
from linkkeeper.errors import BrowserError
from linkkeeper.vocabulary.capture import Exchange, ExchangeFailure, StepOutcome
from linkkeeper.vocabulary.moment import Clock

#: How the recorder's reasons begin, and what a look calls them.
_KINDS = {
    NoConnection.FORBIDDEN: (FailureKind.FORBIDDEN_ADDRESS, Phase.CONNECT),
    NoConnection.NAME_MISSING: (FailureKind.DNS_MISSING, Phase.RESOLVE),
    NoConnection.NAME_FAILING: (FailureKind.DNS_FAILING, Phase.RESOLVE),
    NoConnection.REFUSED: (FailureKind.REFUSED, Phase.CONNECT),
    NoConnection.NO_ROUTE: (FailureKind.NO_ROUTE, Phase.CONNECT),
    NoConnection.FAILED: (FailureKind.RESET, Phase.CONNECT),
    NoConnection.TIMED_OUT: (FailureKind.TIMEOUT, Phase.CONNECT),
    NoConnection.PROXY: (FailureKind.PROXY_ERROR, Phase.CONNECT),
    NoConnection.TLS: (FailureKind.TLS, Phase.TLS),
    LimitHit.REDIRECTS: (FailureKind.REDIRECT_LOOP, Phase.FIRST_BYTE),
    NO_ANSWER_YET: (FailureKind.TIMEOUT, Phase.FIRST_BYTE),
}
_READING_STEPS = frozenset({StepName.LOAD, StepName.TEXT, StepName.DOM})


class ForgetfulSink:
    """Satisfies :class:`linkkeeper.captures.ports.RecordSink` and keeps nothing."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def exchange(self, exchange: Exchange) -> None:
        pass

    async def failure(self, failure: ExchangeFailure) -> None:
        pass

    async def rendering(
        self, name: str, data: bytes, *, media_type: str, target: str, moment: datetime, conversion: bool
    ) -> None:
        pass

    async def metadata(self, data: bytes, *, media_type: str, target: str, moment: datetime) -> None:
        pass

    def scratch(self) -> Path:
        return self._folder


class PlaywrightLook:
    """Satisfies :class:`linkkeeper.checks.ports.BrowserLook`."""

    def __init__(
        self, *, browser: BrowserPool, gate: Gate, tls: ssl.SSLContext, limits: VisitLimits, clock: Clock
    ) -> None:
        self._clock = clock
        self._browser = browser
        self._gate = gate
        self._tls = tls
        self._limits = limits

    async def look(self, url: str) -> Look:
        moment = self._clock.now()
        with tempfile.TemporaryDirectory(prefix="linkkeeper-look-") as folder:
            seen = await visit(
                VisitOrder(url=url, keep_renderings=False),
                browser=self._browser,
                gate=self._gate,
                tls=self._tls,
                sink=ForgetfulSink(Path(folder)),
                limits=self._limits,
            )
        return look_of(seen, moment=moment)


def look_of(seen: Visit, *, moment: datetime) -> Look:
    """
    The facts of a visit as those of a look.

    Raises:
        BrowserError: what went wrong was ours, the browser's or the recorder's, and tells nothing of the source.
    """
    if seen.main is None:
        return Look(
            url=seen.url,
            moment=moment,
            elapsed_s=seen.elapsed_s,
            hops=seen.hops,
            failure=_failure(seen),
            by_browser=True,
        )
    if seen.main.status < 400 and not seen.dom and not seen.text and (trouble := _unread(seen)):
        # Not an empty page: one that the browser could not show.
        raise BrowserError("look with a browser", subject=seen.url, reason=trouble)
    answer = Answer(
        url=seen.main.url,
        status=seen.main.status,
        headers=_decoded_headers(seen.main.headers),
        body=seen.dom or seen.text.encode("utf-8"),
        whole=seen.main.truncated is None,
        address=seen.main.address,
        rendered_text=seen.text,
    )
    return Look(
        url=seen.url, moment=moment, elapsed_s=seen.elapsed_s, hops=seen.main.hops, answer=answer, by_browser=True
    )


def _decoded_headers(headers: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """The headers as they fit a body that is UTF-8 and without a content coding."""
    return tuple((name, value) for name, value in headers if name.lower() != "content-encoding")


def _unread(seen: Visit) -> str:
    missed = (step for step in seen.steps if step.outcome in (StepOutcome.FAILED, StepOutcome.TIMED_OUT))
    return next((f"{step.name}: {step.detail}" for step in missed if step.name in _READING_STEPS), "")


def _failure(seen: Visit) -> Failure:
    reason = seen.reason
    for mark, (kind, phase) in _KINDS.items():
        if reason.startswith(mark):
            return Failure(kind=kind, phase=phase, words=reason)
    # The recorder is stricter than browsers; and what it did not hear of never left this machine.
    if reason.startswith(MALFORMED) or all(failure.reason != reason for failure in seen.failures):
        raise BrowserError("look with a browser", subject=seen.url, reason=reason)
    return Failure(kind=FailureKind.RESET, phase=Phase.FIRST_BYTE, words=reason)
