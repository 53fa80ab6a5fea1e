"""What is known about a link when one look at it is judged."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from linkkeeper.checks.landing import outgoing
from linkkeeper.checks.look import Look
from linkkeeper.pages.shingles import Sketch, sketch
from linkkeeper.pages.text import Page
from linkkeeper.vocabulary.observation import ObservationKind


class Need(StrEnum):
    """What would settle a look that the rules could not; asked for by :func:`linkkeeper.checks.judge.asks`."""

    JUMP = "jump"
    SIBLINGS = "siblings"
    BROWSER = "browser"
    COOKIE_RETRY = "cookie_retry"
    BROWSER_HEADERS = "browser_headers"
    UNVERIFIED_TLS = "unverified_tls"
    PATIENT_RETRY = "patient_retry"
    STAND_IN = "stand_in"


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteFacts:
    """
    What the note says of its source.

    Attributes:
        text: The note's plain text.
        passages: Quoted sentences and titles, the author's own quotation
            marks taken off.
        host: Of the cited original, where the cited URL is a copy or a
            shortener; else None.
    """

    text: str
    passages: tuple[str, ...] = ()
    host: str | None = None
    published: date | None = None
    accessed: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """
    The capture that looks are compared with; ``sketches.json`` of a capture.

    Attributes:
        main, visible: Sketches of the main text and of all visible text.
        links: Outgoing links, absolute, scheme and ``www.`` left out.
        final_url: Where the capture landed.
    """

    title: str
    main: Sketch
    visible: Sketch
    links: frozenset[str] = frozenset()
    final_url: str | None = None
    language: str | None = None
    site_name: str = ""

    def to_json(self) -> dict[str, Any]:
        return {
            "version": 1,
            "title": self.title,
            "main": self.main.to_json(),
            "visible": self.visible.to_json(),
            "links": sorted(self.links),
            "final_url": self.final_url,
            "language": self.language,
            "site_name": self.site_name,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Baseline":
        """
        The inverse of :meth:`to_json`.

        Raises:
            ValueError: of another version.
        """
        if data.get("version") != 1:
            raise ValueError(f"baseline of version {data.get('version')!r}, this release reads 1")
        return cls(
            title=data["title"],
            main=Sketch.from_json(data["main"]),
            visible=Sketch.from_json(data["visible"]),
            links=frozenset(data["links"]),
            final_url=data["final_url"],
            language=data["language"],
            site_name=data["site_name"],
        )


def baseline_of(page: Page, *, final_url: str | None, rendered_text: str | None = None) -> Baseline:
    """
    Make the baseline of a captured page.

    Args:
        rendered_text: Visible text after scripts, where a browser saw the
            page; stands for text that the markup alone does not hold.
    """
    more = rendered_text if rendered_text and len(rendered_text) > 2 * len(page.visible_text) else None
    return Baseline(
        title=page.title,
        main=sketch(more or page.main_text),
        visible=sketch(more or page.visible_text),
        links=outgoing(page.links, base=final_url),
        final_url=final_url,
        language=page.language,
        site_name=page.site_name,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Sibling:
    """
    What an address that cannot exist, beside the cited one, was answered with.

    Attributes:
        status: None where no answer came: then it proves nothing.
        sketch: Of its visible text without its own address and digits.
    """

    url: str
    status: int | None
    final_url: str | None
    title: str
    sketch: Sketch

    def to_json(self) -> dict[str, Any]:
        return {
            "url": self.url,
            "status": self.status,
            "final_url": self.final_url,
            "title": self.title,
            "sketch": self.sketch.to_json(),
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Sibling":
        return cls(
            url=data["url"],
            status=data["status"],
            final_url=data["final_url"],
            title=data["title"],
            sketch=Sketch.from_json(data["sketch"]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """
    Everything but the look itself that a judgement may rest on.

    Attributes:
        cited: The URL as the citation means it (fetch form).
        baseline: None while there is no confirmed capture.
        siblings: Answers of :func:`linkkeeper.checks.soft404.sibling_urls`,
            empty if not asked.
        landings: Final URLs of recent looks at *other* cited URLs of the host.
        stand_in: The look at :func:`linkkeeper.checks.specials.stand_in_url`.
        last_hash, last_kind: Of the last look that found the source there, to
            spare the work on a body that has not changed;
            :func:`linkkeeper.vocabulary.digest.short_digest` of that body.
    """

    cited: str
    note: NoteFacts | None = None
    baseline: Baseline | None = None
    siblings: tuple[Sibling, ...] = ()
    landings: tuple[str, ...] = ()
    stand_in: Look | None = None
    last_hash: int | None = None
    last_kind: ObservationKind | None = None
