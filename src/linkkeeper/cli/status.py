"""``linkkeeper status``: what is known of links."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from linkkeeper.assembly import Store, open_store
from linkkeeper.cli.options import ConfigOption, JsonOption
from linkkeeper.cli.output import console, counted, json_line
from linkkeeper.errors import InputError
from linkkeeper.pipeline.status import status_object
from linkkeeper.settings import load
from linkkeeper.vocabulary.capture import Quality
from linkkeeper.vocabulary.moment import to_iso
from linkkeeper.vocabulary.state import LinkState
from linkkeeper.vocabulary.uri import politeness_key
from linkkeeper.vocabulary.views import CaptureView, CheckView, LinkPage, LinkSummary, PinView

PAGE = 500
CHANGED_LATELY = timedelta(days=7)


def register(app: typer.Typer) -> None:
    app.command("status")(status)


def status(
    subject: Annotated[
        str | None, typer.Argument(metavar="[URL_OR_FILE]", help="One link, all of one analysis, or of one host.")
    ] = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Tell the state of links with its evidence, history and captures."""
    settings = load(config)
    with open_store(settings) as store:
        found = _Told()
        for page in _pages(store, subject):
            found.add(page.summary)
            if json:
                json_line(status_object(page, public_url=settings.web.public_url))
            elif subject and "://" in subject and store.catalogue.link_of_url(subject) is not None:
                _tell_whole(page)
            else:
                _tell_line(page)
        if not json:
            found.tell()


class _Told:
    """Counts of what was listed, for the last line."""

    def __init__(self) -> None:
        self.links = 0
        self._states: Counter[LinkState] = Counter()
        self._changes: list[datetime] = []

    def add(self, link: LinkSummary) -> None:
        self.links += 1
        self._states[link.state] += 1
        self._changes.append(link.since)

    def tell(self) -> None:
        if not self.links:
            console().print("no links yet; see: linkkeeper archive FILE…")
        elif self.links > 1:
            states = ", ".join(f"{self._states[state]} {state.value}" for state in LinkState if self._states[state])
            last = max(self._changes)
            changed = sum(moment > last - CHANGED_LATELY for moment in self._changes)
            console().print(
                f"\n{counted(self.links, 'link')}: {states}\n"
                f"last change of a state {to_iso(last)}; {changed} changed in the week up to then"
            )


def _pages(store: Store, subject: str | None) -> Iterator[LinkPage]:
    if subject is None:
        yield from _all(store)
        return
    page = store.catalogue.link_of_url(subject) if "://" in subject else None
    if page is not None:
        yield page
        return
    location = subject if "://" in subject else str(Path(subject).absolute())
    analysis = store.catalogue.analysis_at(location)
    if analysis is not None:
        citations = [*(citation for note in analysis.notes for citation in note.citations), *analysis.links]
        for link_id in dict.fromkeys(citation.link.id for citation in citations):
            found = store.catalogue.link(link_id)
            if found is not None:
                yield found
    elif store.catalogue.host(host := politeness_key(subject.lower())) is not None:
        yield from _all(store, host=host)
    else:
        raise InputError(
            "tell the status",
            subject=subject,
            reason="nothing is known of it",
            hint="linkkeeper archive reads analyses",
        )


def _all(store: Store, *, host: str | None = None) -> Iterator[LinkPage]:
    offset = 0
    while links := store.catalogue.links(host=host, limit=PAGE, offset=offset):
        for link in links:
            page = store.catalogue.link(link.id)
            if page is not None:
                yield page
        offset += PAGE


def _tell_line(page: LinkPage) -> None:
    link = page.summary
    pinned = ", pinned" if link.pinned else ""
    console().print(f"{link.state.value:13} {link.url}\n{'':13} since {link.since:%Y-%m-%d}: {link.words}{pinned}")


def _tell_whole(page: LinkPage) -> None:
    link = page.summary
    out = console()
    out.print(f"{link.url}\n  {link.state.value} since {to_iso(link.since)}: {link.words}")
    out.print(f"  last seen alive {to_iso(link.last_ok_at) if link.last_ok_at else 'never'}")
    out.print(f"  next look {to_iso(link.next_check_at) if link.next_check_at else 'none'}")
    for cited in page.cited_in:
        out.print(f"  cited in {cited.file}{', note ' + cited.label if cited.label else ''}")
    captures = [(one.moment, _capture_words(one)) for one in page.captures]
    looks = [(check.moment, _look_words(check)) for check in page.checks]
    pins = [(pin.moment, _pin_words(pin)) for pin in page.pins]
    for moment, words in sorted(captures + looks + pins, reverse=True):
        out.print(f"  {to_iso(moment)}  {words}")


def _capture_words(capture: CaptureView) -> str:
    held = f"as {capture.same_as} holds it" if capture.same_as else capture.id
    doubted = not capture.confirmed and capture.quality in (Quality.COMPLETE, Quality.PARTIAL)
    match = "; unconfirmed: it does not match its note" if doubted else ""
    return f"captured: {capture.quality.value} ({held}){match}"


def _pin_words(pin: PinView) -> str:
    what = f"pinned as {pin.state.value}" if pin.state else "unpinned"
    return f"{what} by {pin.actor}: {pin.reason}"


def _look_words(check: CheckView) -> str:
    void = " (void: our own network was in doubt)" if check.void else ""
    browser = " (seen by the browser)" if check.evidence.get("by_browser") else ""
    return f"{check.observation.value} -> {check.state.value}: {check.evidence.get('words', '')}{browser}{void}"
