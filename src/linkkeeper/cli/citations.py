"""``linkkeeper citations``: what an analysis cites; nothing is stored."""

from pathlib import Path
from typing import Annotated, Any

import typer

from linkkeeper.citations.read import read
from linkkeeper.cli.options import ConfigOption, JsonOption
from linkkeeper.cli.output import complain, console, counted, json_line
from linkkeeper.errors import InputError
from linkkeeper.settings import load
from linkkeeper.vocabulary.citation import ArchiveKind, CitedUrl, Note, Reading, UrlFlag
from linkkeeper.vocabulary.uri import fetch_form


def register(app: typer.Typer) -> None:
    """Add the command to *app*."""

    @app.command("citations")
    def citations_command(
        files: Annotated[
            list[Path], typer.Argument(help="Analyses: HTML, Markdown, text, rst, wikitext, Org, DOCX, PDF.")
        ],
        as_json: JsonOption = False,
        config: ConfigOption = None,
    ) -> None:
        """Show what analyses cite: notes, their URLs, Ibid., links of the text."""
        settings = load(config)
        failed = 0
        for file in files:
            try:
                reading = read(_bytes_of(file), location=str(file), own_bases=settings.own_bases)
            except InputError as error:
                complain(error)
                failed += 1
                continue
            if as_json:
                json_line(as_object(file, reading))
            else:
                _show(file, reading)
        if failed:
            raise typer.Exit(1)


def _bytes_of(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise InputError("read the analysis", subject=str(file), reason=error.strerror or str(error)) from error


def as_object(file: Path, reading: Reading) -> dict[str, Any]:
    """The object that the command prints, with a few keys more."""
    return {
        "file": file.name,
        "path": str(file),
        "format": reading.format.value,
        "title": reading.title,
        "footnotes": [_note(note) for note in reading.notes],
        "links": [url.as_cited for url in reading.links],
    }


def _note(note: Note) -> dict[str, Any]:
    return {
        "label": note.label,
        "text": note.text,
        "urls": [_address(url) for url in note.urls],
        "ibid_of": note.ibid_of,
        "refers_to": list(note.refers_to),
        "same_source_as": note.same_source_as,
        "span": [note.span.start, note.span.end] if note.span else None,
        "published": note.published.isoformat() if note.published else None,
        "accessed": note.accessed.isoformat() if note.accessed else None,
        "archived": note.archived.isoformat() if note.archived else None,
        "details": [_url(url) for url in note.urls if _is_remarkable(url)],
    }


def _address(url: CitedUrl) -> str:
    """The URL as cited; of an identifier that is cited without any, the address that it stands for."""
    return fetch_form(url.as_cited) if UrlFlag.IDENTIFIER in url.flags else url.as_cited


def _is_remarkable(url: CitedUrl) -> bool:
    return bool(url.flags or url.shown or url.rejoined or url.archive or url.identifier)


def _url(url: CitedUrl) -> dict[str, Any]:
    """What is unusual about a URL; absent keys mean nothing is."""
    other = url.archive if url.archive and url.archive.kind is ArchiveKind.OTHER else None
    facts = {
        "url": url.as_cited,
        "flags": sorted(url.flags),
        "shown": url.shown,
        "rejoined": list(url.rejoined),
        "archives": other.original if other else None,
        "archived_at": other.timestamp if other else None,
        "archive": other.service if other else None,
        "paired_with": url.paired_with,
        "identifier": url.identifier,
    }
    return {key: value for key, value in facts.items() if value}


def _show(file: Path, reading: Reading) -> None:
    out = console()
    out.print(
        f"{file} ({reading.format.value}): {counted(len(reading.notes), 'note')},"
        f" {counted(len(reading.links), 'link')} in the text",
        markup=False,
    )
    for note in reading.notes:
        means = f" -> note {note.ibid_of}" if note.ibid_of else ""
        out.print(f"  [{note.label}]{means} {note.text[:100]}")
        for url in note.urls:
            out.print(f"        {url.as_cited}")
    for link in reading.links:
        out.print(f"  in the text: {link.as_cited}")
