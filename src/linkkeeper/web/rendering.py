"""Templates: the Jinja environment and the words that every page needs."""

import hashlib
from collections.abc import Mapping
from datetime import date, datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import HTMLResponse

from linkkeeper.vocabulary.memento import memento_path
from linkkeeper.vocabulary.moment import to_iso
from linkkeeper.vocabulary.state import HOSTILE_STATES
from linkkeeper.vocabulary.views import CaptureView
from linkkeeper.web import plots, words
from linkkeeper.web.services import WebServices

HERE = Path(__file__).parent
STATIC = HERE / "static"
VENDOR = HERE / "vendor"

#: Folders of the vendor place that the desk serves; ReplayWeb.page is the replay host's alone.
DESK_VENDORS = ("htmx", "pico", "uplot")


def time_mark(moment: datetime | date | None, *, exact: bool = True) -> Markup:
    """A ``time`` element; a dash where there is no moment."""
    if moment is None:
        return Markup("–")
    if not isinstance(moment, datetime):
        return Markup('<time datetime="{}">{}</time>').format(moment.isoformat(), words.day(moment))
    shown = words.minute(moment) if exact else words.day(moment)
    return Markup('<time datetime="{}" title="{}">{}</time>').format(to_iso(moment), words.minute(moment), shown)


def day_mark(moment: datetime | date | None) -> Markup:
    return time_mark(moment, exact=False)


def mark(said: words.StateWords) -> Markup:
    """A state or quality as symbol and word; never by colour alone."""
    return Markup('<span class="mark mark-{}"><span aria-hidden="true">{}</span> {}</span>').format(
        said.tone, said.symbol, said.label
    )


def breakable(address: str) -> Markup:
    """An address that may wrap after its slashes and question marks."""
    pieces = str(escape(address))
    for character in ("/", "?", "&amp;", "="):
        pieces = pieces.replace(character, f"{character}<wbr>")
    return Markup(pieces.replace("/<wbr>/<wbr>", "//"))


def place(location: str) -> str:
    """Where an analysis stands, for readers: its address, or its file's name; folders of this machine are nobody's."""
    return location if location.startswith(("http://", "https://")) else location.rstrip("/").rpartition("/")[2]


@lru_cache(maxsize=64)
def _fingerprint(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


def asset(name: str) -> str:
    """Address of one of our static files, with its fingerprint, so that it may be cached for ever."""
    return f"/static/{name}?{_fingerprint(STATIC / name)}"


def vendored(folder: str, name: str) -> str:
    """Address of a third-party file of the desk; empty where the build left it out."""
    path = VENDOR / folder / name
    return f"/static/vendor/{folder}/{name}?{_fingerprint(path)}" if path.is_file() else ""


@cache
def _environment() -> Environment:
    """One for the process: compiled templates are the same for every application."""
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters.update(
        moment=time_mark,
        day=day_mark,
        mark=mark,
        breakable=breakable,
        place=place,
        size=words.size,
        part=lambda text: quote(str(text), safe=""),
    )
    environment.globals.update(
        STATES=words.STATES,
        QUALITIES=words.QUALITIES,
        REQUEST_STATES=words.REQUEST_STATES,
        REQUEST_REASONS=words.REQUEST_REASONS,
        HOSTILE=HOSTILE_STATES,
        repair_words=words.repair_words,
        replay_mark=lambda capture: mark(words.replay_words(capture)),
        title_of=words.title_of,
        words_day=words.day,
        asset=asset,
        fingerprint=lambda name: _fingerprint(STATIC / name),
        vendored=vendored,
        memento_path=_path_of,
        share_bar=plots.share_bar,
        months_bar=plots.months_bar,
        draw_plot=plots.svg,
    )
    return environment


def _path_of(capture: CaptureView, modifier: str = "") -> str:
    return memento_path(capture.timestamp, capture.url, modifier=modifier)


class Pages:
    """Renders templates with what all pages of one application share."""

    def __init__(self, services: WebServices) -> None:
        self.services = services
        self._shared = {
            "note": services.note,
            "desk": services.addresses.desk,
            "file_address": services.addresses.file,
            "replay_origin": lambda capture: services.addresses.replay(capture.id),
        }

    def html(
        self, request: Request, template: str, values: Mapping[str, Any] | None = None, *, status: int = 200
    ) -> HTMLResponse:
        """Render *template*; the editor signed in, if any, is in ``request.state.account``."""
        account = getattr(request.state, "account", None)
        text = (
            _environment()
            .get_template(template)
            .render(
                {**self._shared, "request": request, "account": account, "path": request.url.path, **(values or {})}
            )
        )
        return HTMLResponse(text, status_code=status)
