"""Mementos of our own archive: which there are of a URL, and which of them is meant."""

from collections.abc import Sequence
from datetime import datetime

from linkkeeper.replay.addresses import Addresses as ProtocolAddresses
from linkkeeper.replay.timegate import closest, memento_headers
from linkkeeper.vocabulary.capture import SHOWN_QUALITIES, AccessLevel
from linkkeeper.vocabulary.memento import Memento
from linkkeeper.vocabulary.views import CaptureView, KeptSource
from linkkeeper.web import access
from linkkeeper.web.services import WebServices


class Mementos:
    def __init__(self, services: WebServices) -> None:
        self.services = services
        self.addresses = ProtocolAddresses(base=services.addresses.desk)

    def source(self, url: str) -> KeptSource | None:
        """The source at *url* with all its captures, dark ones included; None where there is no capture."""
        found = self.services.catalogue.source_of_url(url)
        if (found is None or not found.captures) and "%23" in url:
            # A client route ("#!/page") can only reach a server escaped.
            found = self.services.catalogue.source_of_url(url.replace("%23", "#", 1))
        return found if found is not None and found.captures else None

    def of(self, url: str) -> tuple[CaptureView, ...]:
        """All captures of *url*'s source, ascending, dark ones included."""
        found = self.source(url)
        return found.captures if found else ()

    def holder(self, captures: Sequence[CaptureView], capture: CaptureView) -> CaptureView | None:
        """As :func:`linkkeeper.web.access.holder`."""
        return access.holder(self.services.catalogue, capture, among=captures)

    def tombstone(self, captures: Sequence[CaptureView], capture: CaptureView) -> access.Tombstone | None:
        """As :func:`linkkeeper.web.access.shown_or_tombstone`, now."""
        return access.shown_or_tombstone(self.services.catalogue, capture, self.services.clock.now(), among=captures)

    def shown(self, captures: Sequence[CaptureView]) -> tuple[CaptureView, ...]:
        """Those that may be shown now; a "same as" row is as dark as the capture that holds its bytes."""
        now = self.services.clock.now()
        dark = {one.id for one in captures if access.effective_level(one, now) is not AccessLevel.OPEN}
        return tuple(one for one in captures if one.id not in dark and one.same_as not in dark)

    def negotiable(self, captures: Sequence[CaptureView]) -> tuple[CaptureView, ...]:
        """Those that a TimeGate may choose: what shows the source, if anything does."""
        shown = self.shown(captures)
        return tuple(one for one in shown if one.quality in SHOWN_QUALITIES) or shown

    def exact(self, captures: Sequence[CaptureView], stamp: str) -> CaptureView | None:
        """The capture of exactly this timestamp; the good one where two share a second."""
        meant = [one for one in captures if one.timestamp == stamp]
        return max(meant, key=lambda one: one.quality in SHOWN_QUALITIES, default=None)

    def nearest(self, captures: Sequence[CaptureView], moment: datetime | None) -> CaptureView | None:
        """The memento nearest to *moment*, the newest without one; None where nothing may be shown."""
        candidates = self.negotiable(captures)
        if not candidates:
            return None
        if moment is None:
            return candidates[-1]
        chosen = closest([self.memento(one) for one in candidates], moment)
        return next(one for one in candidates if one.id == chosen.capture_id)

    def memento(self, capture: CaptureView) -> Memento:
        return Memento(
            uri_r=capture.url,
            uri_m=self.services.addresses.uri_m(capture),
            moment=capture.moment,
            capture_id=capture.id,
            quality=capture.quality,
            confirmed=capture.confirmed,
        )

    def headers(self, capture: CaptureView, shown: Sequence[CaptureView]) -> dict[str, str]:
        """``Memento-Datetime`` and ``Link`` of the page of *capture*, which is one of *shown*."""
        mementos = [self.memento(one) for one in shown]
        return dict(memento_headers(self.memento(capture), mementos, addresses=self.addresses))
