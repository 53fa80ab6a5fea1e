"""``linkkeeper status``: what is known of links."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from linkkeeper.assembly import Store, open_store
from linkkeeper.cli.options import ConfigOption, JsonOption
from linkkeeper.cli.output import console, json_line
from linkkeeper.errors import InputError
from linkkeeper.pipeline.status import status_object
from linkkeeper.settings import load
from linkkeeper.vocabulary.moment import to_iso
from linkkeeper.vocabulary.views import LinkPage

PAGE = 500


def register(app: typer.Typer) -> None:
    app.command("status")(status)


def status(
    subject: Annotated[
        str | None, typer.Argument(metavar="[URL_OR_FILE]", help="One link, or all of one analysis.")
    ] = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Tell the state of links with its evidence, history and captures."""
    settings = load(config)
    with open_store(settings) as store:
        shown = 0
        for page in _pages(store, subject):
            shown += 1
            if json:
                json_line(status_object(page, public_url=settings.web.public_url))
            elif subject and shown == 1 and "://" in subject:
                _tell_whole(page)
            else:
                _tell_line(page)
        if not shown and not json:
            console().print("no links yet; see: linkkeeper archive FILE…")


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
    if analysis is None:
        raise InputError(
            "tell the status",
            subject=subject,
            reason="nothing is known of it",
            hint="linkkeeper archive reads analyses",
        )
    citations = [*(citation for note in analysis.notes for citation in note.citations), *analysis.links]
    for link_id in dict.fromkeys(citation.link.id for citation in citations):
        found = store.catalogue.link(link_id)
        if found is not None:
            yield found


def _all(store: Store) -> Iterator[LinkPage]:
    offset = 0
    while links := store.catalogue.links(limit=PAGE, offset=offset):
        for link in links:
            page = store.catalogue.link(link.id)
            if page is not None:
                yield page
        offset += PAGE


def _tell_line(page: LinkPage) -> None:
    link = page.summary
    pinned = ", pinned" if link.pinned else ""
    console().print(f"{link.state.value:13} {link.url}\n{'':13} {link.words}{pinned}")


def _tell_whole(page: LinkPage) -> None:
    link = page.summary
    out = console()
    out.print(f"{link.url}\n  {link.state.value} since {to_iso(link.since)}: {link.words}")
    out.print(f"  last seen alive {to_iso(link.last_ok_at) if link.last_ok_at else 'never'}")
    out.print(f"  next look {to_iso(link.next_check_at) if link.next_check_at else 'none'}")
    for cited in page.cited_in:
        out.print(f"  cited in {cited.file}{', note ' + cited.label if cited.label else ''}")
    for capture in page.captures:
        out.print(f"  {to_iso(capture.moment)}  captured: {capture.quality.value} ({capture.id})")
    for check in page.checks:
        void = " (void: our own network was in doubt)" if check.void else ""
        words = check.evidence.get("words", "")
        out.print(
            f"  {to_iso(check.moment)}  {check.observation.value} -> {check.state.value}: {words}{void}", markup=False
        )
