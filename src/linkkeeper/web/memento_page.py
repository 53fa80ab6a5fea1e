"""
The memento page: what an archived link opens.

``/web/<timestamp>/<URL>`` shows the source at once, with what it is, when it
was captured and how the original is now. Two letters after the timestamp, as
archives write them, ask for one way of seeing it: ``im_`` picture, ``pd_`` PDF,
``tx_`` text, ``rp_`` replay, ``pr_`` proof.
"""

from dataclasses import dataclass
from datetime import UTC, date
from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Request
from starlette.responses import RedirectResponse, Response

from linkkeeper.archive.manifest import Manifest, read_manifest
from linkkeeper.errors import FixityError
from linkkeeper.replay.addresses import BadAddress
from linkkeeper.replay.likeness import GOOD_LIKENESS
from linkkeeper.replay.page import Timeline, delay_words, timeline
from linkkeeper.vocabulary.capture import SHOWN_QUALITIES
from linkkeeper.vocabulary.memento import memento_path
from linkkeeper.vocabulary.views import CaptureView, CitedIn, KeptSource
from linkkeeper.web import access, words
from linkkeeper.web.archived_address import ArchivedAddress, read_address
from linkkeeper.web.limits import Limiter, Rate
from linkkeeper.web.mementos import Mementos
from linkkeeper.web.rendering import Pages
from linkkeeper.web.replay_host import WACZ, replay_files_present

PICTURE = "screenshot.png"
#: An editor's own picture keeps its type.
PICTURES = (PICTURE, "screenshot.jpg", "screenshot.webp")
FULL_PICTURE = "screenshot-full.png"
PDF = "page.pdf"
TEXT = "text.txt"
VIEWS = {"": "source", "im_": "picture", "pd_": "pdf", "tx_": "text", "rp_": "replay", "pr_": "proof"}
REPORT_RATE = Rate(times=5, seconds=600)
LONGEST_REPORT = 4_000
BAD_REPLAY = (
    "Replayed, this page does not look as it did when it was captured, so the picture is shown; "
    "it and the PDF are what can be trusted."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """
    One capture as the memento page shows it.

    Attributes:
        capture: The row that was asked for.
        holder: Whose bytes are shown; another one for a "same as" row.
        others: Open mementos of the same source, ascending, *capture* among them.
        view: The way of seeing it, a value of :data:`VIEWS`.
    """

    capture: CaptureView
    holder: CaptureView
    source: KeptSource
    others: tuple[CaptureView, ...]
    timeline: Timeline
    view: str
    replay: bool

    @property
    def is_pdf(self) -> bool:
        return self.holder.media_type == "application/pdf" and PDF in self.holder.files

    @property
    def files(self) -> frozenset[str]:
        return frozenset(self.holder.files)

    @property
    def showing(self) -> str:
        """What stands in the page's middle."""
        wanted = self.view if self.view != "source" else "pdf" if self.is_pdf else "picture"
        needed = {"picture": {*PICTURES, FULL_PICTURE}, "pdf": {PDF}, "text": {TEXT}}
        if wanted in needed and not needed[wanted] & self.files:
            return next((name for name, names in needed.items() if names & self.files), "nothing")
        return wanted

    @property
    def picture(self) -> str:
        """The picture to show: the first screen at once, the whole page where it was asked for."""
        first, whole = (FULL_PICTURE, *PICTURES), (*PICTURES, FULL_PICTURE)
        order = first if self.view == "picture" else whole
        return next((name for name in order if name in self.files), "")

    @property
    def replay_offered(self) -> bool:
        return self.replay and WACZ in self.files and not self.is_pdf

    @property
    def replays_badly(self) -> bool:
        """Whether its replay was seen not to look like its picture."""
        score = self.holder.replay_score
        return self.replay_offered and score is not None and score < GOOD_LIKENESS

    @property
    def replay_by_itself(self) -> bool:
        """Whether replay takes the picture's place without being asked to."""
        wanted = self.replay_offered and self.view == "source" and not self.replays_badly
        return wanted and self.holder.quality in SHOWN_QUALITIES

    @property
    def cited(self) -> CitedIn | None:
        """The earliest citation."""
        return min(self.source.cited_in, key=lambda cited: cited.cited_on or date.max, default=None)

    @property
    def after_citation(self) -> str:
        captured = self.capture.moment.astimezone(UTC).date()
        return delay_words(self.cited.cited_on, captured) if self.cited else ""

    @property
    def earlier(self) -> CaptureView | None:
        return self.others[self.timeline.position - 2] if self.timeline.previous else None

    @property
    def later(self) -> CaptureView | None:
        return self.others[self.timeline.position] if self.timeline.following else None

    @property
    def notices(self) -> tuple[str, ...]:
        """What a reader must know before trusting the picture."""
        quality = words.QUALITIES[self.holder.quality]
        said = []
        if self.holder.quality.value != "complete":
            said.append(f"{quality.sentence} {self.holder.reason}".strip())
        if not self.capture.confirmed:
            said.append("It has not been confirmed that this is the source that the note means.")
        if self.holder.uploaded_by:
            said.append(f"This copy was uploaded by an editor ({self.holder.uploaded_by}), not captured from the web.")
        if self.replays_badly and self.view in ("source", "replay"):
            said.append(BAD_REPLAY)
        if self.capture.same_as:
            said.append(
                f"On this day the page had the same text as on {words.day(self.holder.moment)}; that capture is shown."
            )
        return tuple(said)


class MementoPages:
    def __init__(self, pages: Pages, mementos: Mementos) -> None:
        self.pages = pages
        self.services = pages.services
        self.mementos = mementos
        self.reports = Limiter(REPORT_RATE)
        self.replay = pages.services.replay and replay_files_present()

    def router(self) -> APIRouter:
        router = APIRouter(include_in_schema=False)
        router.add_api_route("/web/{rest:path}", self.show, methods=["GET", "HEAD"])
        router.add_api_route("/web/{rest:path}", self.report, methods=["POST"])
        return router

    def show(self, request: Request) -> Response:
        address = self._address(request)
        source = self.mementos.source(address.url)
        if source is None:
            return self._nothing_kept(request, address)
        if address.stamp == "*":
            return RedirectResponse(f"/links/{source.link_id}", status_code=302)
        exact = self.mementos.exact(source.captures, address.stamp)
        if exact is None:
            return self._nearest(request, address, source.captures)
        dark = self.mementos.tombstone(source.captures, exact)
        if dark:
            return self._tombstone(request, exact, dark)
        return self._page(request, exact, source, view=VIEWS[address.modifier])

    def report(
        self,
        request: Request,
        words_given: Annotated[str, Form(alias="words", max_length=LONGEST_REPORT)] = "",
        trap: Annotated[str, Form(alias="website")] = "",
    ) -> Response:
        """Take a reader's report of a problem; *trap* is a field that only programs fill in."""
        address = self._address(request)
        capture = self.mementos.exact(self.mementos.of(address.url), address.stamp)
        if capture is None:
            raise HTTPException(404, "There is no such capture here.")
        reader = request.client.host if request.client else ""
        if self.reports.wait_s(reader):
            raise HTTPException(429, "Too many reports. Try again later.")
        if words_given.strip() and not trap:
            self.services.decisions.report_problem(capture.id, words=words_given.strip())
        return self.pages.html(request, "reported.html", {"capture": capture, "given": bool(words_given.strip())})

    def _address(self, request: Request) -> ArchivedAddress:
        try:
            address = read_address(request)
        except BadAddress as error:
            raise HTTPException(404, f"This is not /web/<timestamp>/<URL>: {error}") from error
        if address.modifier not in VIEWS:
            raise HTTPException(404, f"There is no way of seeing it called {address.modifier!r}.")
        return address

    def _page(self, request: Request, capture: CaptureView, source: KeptSource, *, view: str) -> Response:
        holder = self.mementos.holder(source.captures, capture)
        if holder is None:
            raise HTTPException(404, "There is no such capture here.")
        others = self.mementos.shown(source.captures)
        line = timeline([self.mementos.memento(one) for one in others], self.mementos.memento(capture))
        shown = Shown(
            capture=capture, holder=holder, source=source, others=others, timeline=line, view=view, replay=self.replay
        )
        manifest = self._manifest(holder) if view == "proof" else None
        answer = self.pages.html(request, "memento.html", {"shown": shown, "manifest": manifest})
        answer.headers.update(self.mementos.headers(capture, others))
        answer.headers["cache-control"] = "no-cache"
        return answer

    def _manifest(self, holder: CaptureView) -> Manifest | None:
        try:
            return read_manifest(self.services.storage / holder.directory)
        except FixityError:
            # Shown as missing; `linkkeeper verify` is what reports damage.
            return None

    def _nearest(self, request: Request, address: ArchivedAddress, captures: tuple[CaptureView, ...]) -> Response:
        found = self.mementos.nearest(captures, address.moment)
        if found is None:
            last = captures[-1]
            dark = self.mementos.tombstone(captures, last)
            return self._tombstone(request, last, dark) if dark else self._nothing_kept(request, address)
        path = memento_path(found.timestamp, found.url, modifier=address.modifier)
        answer = RedirectResponse(path, status_code=302)
        answer.headers["cache-control"] = "no-cache"
        return answer

    def _tombstone(self, request: Request, capture: CaptureView, dark: access.Tombstone) -> Response:
        answer = self.pages.html(request, "tombstone.html", {"capture": capture, "dark": dark}, status=dark.status)
        answer.headers["cache-control"] = "no-store"
        if dark.status == access.UNAVAILABLE_FOR_LEGAL_REASONS:
            answer.headers["link"] = f'<{self.services.addresses.desk}/>; rel="blocked-by"'
        return answer

    def _nothing_kept(self, request: Request, address: ArchivedAddress) -> Response:
        return self.pages.html(request, "nothing.html", {"url": address.url}, status=404)
