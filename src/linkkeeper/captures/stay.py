"""The part of a visit that happens in one browser page: its steps carried out."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import UTC, datetime
from html import unescape
from ssl import DER_cert_to_PEM_cert
from urllib.parse import urldefrag, urlsplit

from linkkeeper.captures import behaviours, consent, pdf_text
from linkkeeper.captures.completer import Completer
from linkkeeper.captures.kept_text import KeptText
from linkkeeper.captures.ledger import Asked, Ledger
from linkkeeper.captures.limits import LimitHit, VisitLimits
from linkkeeper.captures.loading import wait_for_load
from linkkeeper.captures.main_resource import LARGEST_DOCUMENT, own_pdf, sent_document
from linkkeeper.captures.metadata import metadata_of
from linkkeeper.captures.ports import Arrival, BrowserLease, PageTrouble, RecordSink, Tab
from linkkeeper.captures.printing import print_page
from linkkeeper.captures.quality import VisitFacts
from linkkeeper.captures.recorder import Recorder
from linkkeeper.captures.relay import NO_ANSWER_YET
from linkkeeper.captures.rendering import Rendering
from linkkeeper.captures.settling import SHOWN_WORDS, settle
from linkkeeper.captures.source_kind import SourceKind, kind_of
from linkkeeper.captures.steps import Step, StepName, StepRunner, StepSkipped, plan
from linkkeeper.pages.text import Page, read_page
from linkkeeper.vocabulary.capture import PageMetadata, StepOutcome

#: Chromium draws no picture higher than this reliably.
_HIGHEST_PICTURE = 16_000
_VIEWER_LOOKS = 12
_GREY_PICTURE_BYTES = 8_000
_RESPONSIVE_S = 1.5
_LONGEST_PDF_TEXT_PAGES = 60
_RESOURCES = frozenset(
    {"style", "script", "image", "font", "iframe", "frame", "video", "audio", "object", "embed", "track"}
)
#: Steps that a page can hold up.
_TAB_STEPS = frozenset({StepName.LOAD, StepName.CONSENT, StepName.BEHAVIOURS, StepName.TEXT, StepName.DOM})
_SHOWN_PICTURES = """() => [...document.querySelectorAll('img, svg, canvas, video, audio, object, embed, iframe')]
  .filter(element => element.getClientRects().length > 0).length"""
_HEIGHT = "() => [(document.scrollingElement || document.documentElement).scrollHeight, innerHeight]"


class Stay:
    """
    Carries out the plan in one tab and keeps what it found.

    Attributes:
        kind: Of the main resource, known after the probe.
        lost: Why the page went away before the end; "" if it did not.
    """

    def __init__(
        self, url: str, *, ledger: Ledger, limits: VisitLimits, runner: StepRunner, lease: BrowserLease
    ) -> None:
        self._url = url
        self._limits = limits
        self.ledger = ledger
        self.runner = runner
        self.lease = lease
        self.kind = SourceKind.PAGE
        self.lost = ""
        self.text = ""
        self.dom = b""
        self.body = b""
        self.metadata = PageMetadata()
        self._arrival: asyncio.Task[Arrival] | None = None
        self._arrived: Arrival | None = None
        self._trouble = ""
        self._pictures = 0
        self._pdf_share: float | None = None
        self._dom_share: float | None = None
        self._renderings: list[Rendering] = []
        self._page = Page()

    def landed(self, url: str) -> None:
        """Hear of the page's new address."""
        self.ledger.landed(url)

    async def run(self, tab: Tab, recorder: Recorder, *, consent: bool, srcset: bool, keep_renderings: bool) -> None:
        """
        Run the steps.

        Raises:
            TabLost: the page went away; what came before is kept.
        """
        self._tab = tab
        self._recorder = recorder
        self._completer = Completer(recorder, self.ledger, tab, srcset=srcset)
        actions = self._actions()
        if not consent:
            del actions[StepName.CONSENT]
        if not keep_renderings:
            for name in (StepName.PICTURE, StepName.PDF, StepName.REFETCH):
                del actions[name]
        try:
            for step in plan(self._limits):
                if step.name in actions:
                    await self._run(step, actions[step.name])
        finally:
            if self._arrival is not None:
                self._arrival.cancel()

    async def close(self, closing: Callable[[], Awaitable[None]]) -> None:
        """Close the page, as the last of the steps, and say what it wanted of its reader."""

        async def close() -> str:
            await closing()
            wanted = ((self._tab.dialogs, "dialogs dismissed"), (self._tab.popups, "popups closed"))
            return ", ".join(f"{count} {what}" for count, what in wanted if count)

        (step,) = (step for step in plan(self._limits) if step.name is StepName.CLOSE)
        await self.runner.run(step, close)

    def _actions(self) -> dict[StepName, Callable[[], Awaitable[str]]]:
        return {
            StepName.PROBE: self._probe,
            StepName.LOAD: self._load,
            StepName.DOWNLOAD: self._download,
            StepName.CONSENT: self._dismiss,
            StepName.BEHAVIOURS: self._behave,
            StepName.SETTLE: self._settle,
            StepName.TEXT: self._read_text,
            StepName.DOM: self._read_dom,
            StepName.PICTURE: self._picture,
            StepName.PDF: self._print,
            StepName.REFETCH: self._refetch,
        }

    async def _run(self, step: Step, action: Callable[[], Awaitable[str]]) -> None:
        if not self.runner.may_run(step):
            self.runner.skip(step, "the source gave no answer")
        elif self.kind not in step.kinds:
            self.runner.skip(step, f"not for a {self.kind}")
        else:
            await self.runner.run(step, action)
            if step.name is StepName.LOAD:
                self.ledger.release()
            if step.name is StepName.PROBE and self.runner.outcome(step.name) is StepOutcome.TIMED_OUT:
                self._trouble = f"{NO_ANSWER_YET}: none within {step.limit_s:g} s"
            if self.runner.out_of_time:
                self.ledger.hit(LimitHit.TOTAL_TIME, self._url)
            elif step.name in _TAB_STEPS and self.runner.outcome(step.name) is StepOutcome.TIMED_OUT:
                await self._calm()

    async def _calm(self) -> None:
        """Tell a page that keeps its script or its loading going to stop."""
        try:
            await self._tab.run("() => 1", timeout_s=_RESPONSIVE_S)
        except (TimeoutError, PageTrouble):
            await self._tab.stop_scripts()
        await self._tab.stop_loading()

    # arriving

    async def _probe(self) -> str:
        """Start the navigation and see by the answer's head what is coming: no request is made for that alone."""
        self._arrival = asyncio.create_task(self._tab.open(self._url, timeout_s=self.runner.left_s + 1))
        self._arrival.add_done_callback(lambda done: done.cancelled() or done.exception())
        head = asyncio.create_task(self.ledger.main_head.wait())
        try:
            await asyncio.wait({self._arrival, head}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            head.cancel()
        if self.ledger.main is None and self._arrival.done():
            self._arrived = self._arrival.result()
        main = self.ledger.main
        if main is None or main.answer is None:
            self._trouble = self._why_no_answer()
            raise PageTrouble(self._trouble)
        self.kind = kind_of(main.answer)
        return f"{self.kind}: {main.answer.media_type or 'no media type'}, status {main.answer.status}"

    def _why_no_answer(self) -> str:
        if LimitHit.REDIRECTS in self.ledger.hits or "ERR_TOO_MANY_REDIRECTS" in self._tab.trouble:
            self.ledger.hit(LimitHit.REDIRECTS, self._url)
            return str(LimitHit.REDIRECTS)
        failures = self.ledger.failures
        wanted = {urldefrag(self._url)[0], *(asked.url for asked in self.ledger.asked if asked.main)}
        own = [failure for failure in failures if failure.url in wanted] or failures
        return own[-1].reason if own else self._tab.trouble or "the source gave no answer"

    async def _load(self) -> str:
        assert self._arrival is not None, "the probe comes first"
        self._arrived = await asyncio.shield(self._arrival)
        if self._arrived is Arrival.COMMITTED:
            return await wait_for_load(self._tab, self._recorder, self.ledger, kind=self.kind, limits=self._limits)
        if self._arrived is Arrival.DOWNLOAD:
            # No type that browsers show, whatever the header promised.
            self.kind = SourceKind.FILE
            await self.ledger.main_done.wait()
            return "the browser took it for a download"
        main = self.ledger.main
        if main is not None and main.answer is not None and main.answer.status in (204, 205):
            raise StepSkipped(f"status {main.answer.status} has no content")
        raise PageTrouble(self._tab.trouble)

    async def _download(self) -> str:
        assert self._arrival is not None, "the probe comes first"
        self._arrived = await asyncio.shield(self._arrival)
        await self.ledger.main_done.wait()
        main = self.ledger.main
        self.ledger.release()
        return f"{main.body_bytes} bytes" if main is not None else ""

    def _need_page(self) -> None:
        """Pictures and text are of the source only: the browser's own error page is none."""
        if self._arrived is not Arrival.COMMITTED:
            raise StepSkipped("the browser shows no page")
        if self._tab.address().startswith("chrome-error:"):
            raise PageTrouble("the page left for an address that gave no answer")

    # the page

    async def _dismiss(self) -> str:
        self._need_page()
        framed = any(asked.destination == "iframe" and consent.FRAMES.search(asked.url) for asked in self.ledger.asked)
        done = await consent.dismiss(self._tab, timeout_s=self._limits.consent_timeout_s, in_frames=framed)
        if done is None:
            raise StepSkipped("no consent banner")
        return str(done)

    async def _behave(self) -> str:
        self._need_page()
        return await behaviours.behave(self._tab, timeout_s=self._limits.behaviour_timeout_s)

    async def _settle(self) -> str:
        return await settle(self._tab, self.ledger, self._limits, again=self._behave if self._is_page() else None)

    def _is_page(self) -> bool:
        return self._arrived is Arrival.COMMITTED and self.kind is SourceKind.PAGE

    async def _read_text(self) -> str:
        if self.kind is SourceKind.PDF:
            pdf = own_pdf(self.ledger, limit=self._limits.max_body_bytes)
            self.text = await asyncio.to_thread(pdf_text.text_of, pdf, most_pages=_LONGEST_PDF_TEXT_PAGES)
            title = await asyncio.to_thread(pdf_text.title_of, pdf)
            self.metadata = PageMetadata(title=title, media_type="application/pdf")
        else:
            self._need_page()
            self.text = await self._tab.text(timeout_s=self._limits.reading_timeout_s)
            self._pictures = int(await self._tab.run(_SHOWN_PICTURES, timeout_s=self._limits.reading_timeout_s) or 0)
        self._keep("text.txt", self.text.encode("utf-8", "replace"), "text/plain; charset=utf-8")
        return f"{len(self.text.split())} words"

    async def _read_dom(self) -> str:
        self.body = sent_document(self.ledger)
        self._need_page()
        document = await self._tab.dom(timeout_s=self._limits.reading_timeout_s)
        self.dom = document.encode("utf-8", "replace")
        self._page = await asyncio.to_thread(read_page, self.dom, "text/html; charset=utf-8")
        main = self.ledger.main
        media_type = main.answer.media_type if main is not None and main.answer is not None else ""
        self.metadata = metadata_of(self._page, document, media_type=media_type)
        self._keep("dom.html", self.dom, "text/html; charset=utf-8")
        shown = await self._tab.run(SHOWN_WORDS, timeout_s=self._limits.reading_timeout_s)
        self._dom_share = await asyncio.to_thread(_share_in_document, str(shown or ""), document)
        return f"{len(self.dom)} bytes"

    async def _picture(self) -> str:
        if self.kind is SourceKind.FILE:
            raise StepSkipped("nothing to show")
        self._need_page()
        limit = self._limits.picture_timeout_s
        if self.kind is SourceKind.PDF:
            self._keep("screenshot.png", await self._viewer_picture(), "image/png")
            return "of the viewer"
        picture = await self._tab.picture(full_height=None, timeout_s=limit)
        self._keep("screenshot.png", picture, "image/png")
        height, screen = await self._tab.run(_HEIGHT, timeout_s=limit)
        if height > screen:
            picture = await self._tab.picture(full_height=min(int(height), _HIGHEST_PICTURE), timeout_s=limit)
        self._keep("screenshot-full.png", picture, "image/png")
        return f"cut at {_HIGHEST_PICTURE} of {height} pixels" if height > _HIGHEST_PICTURE else ""

    async def _viewer_picture(self) -> bytes:
        """
        A picture of the PDF viewer once it stays the same.

        Quirk: the viewer has no load event; until it draws, its picture is one grey.
        """
        limit = self._limits.picture_timeout_s
        picture, same = b"", 0
        for _ in range(_VIEWER_LOOKS):
            latest = await self._tab.picture(full_height=None, timeout_s=limit)
            same = same + 1 if latest == picture and len(latest) > _GREY_PICTURE_BYTES else 0
            picture = latest
            if same == 2:
                break
            await asyncio.sleep(0.2)
        return picture

    async def _print(self) -> str:
        if self.kind is SourceKind.PDF:
            pdf = own_pdf(self.ledger, limit=self._limits.max_body_bytes)
            self._keep("page.pdf", pdf, "application/pdf", conversion=False)
            return "the source's own file"
        if self.kind not in (SourceKind.PAGE, SourceKind.PICTURE):
            raise StepSkipped(f"not for a {self.kind}")
        self._need_page()
        printed = await print_page(self._tab, self.text, timeout_s=self._limits.pdf_timeout_s)
        self._pdf_share = printed.share
        self._keep("page.pdf", printed.pdf, "application/pdf")
        return printed.way

    async def _refetch(self) -> str:
        return await self._completer.run()

    def _keep(self, name: str, data: bytes, media_type: str, *, conversion: bool = True) -> None:
        self._renderings.append(
            Rendering(name=name, data=data, media_type=media_type, moment=datetime.now(UTC), conversion=conversion)
        )

    # afterwards

    async def hand_over(self, sink: RecordSink) -> None:
        """Give renderings and metadata to the sink; the exchanges are there already."""
        main = self.ledger.main
        if main is None:
            return
        for item in self._renderings:
            await item.hand_over(sink, target=main.url)
        now = datetime.now(UTC)
        facts = {"url": main.url, "requested": self._url, **asdict(self.metadata)}
        facts["steps"] = [asdict(report) for report in self.runner.reports]
        text = json.dumps(facts, ensure_ascii=False, indent=1).encode("utf-8")
        await sink.metadata(text, media_type="application/json", target=main.url, moment=now)
        if main.certificate is not None:
            chain = (main.certificate, *main.chain)
            pem = "".join(DER_cert_to_PEM_cert(certificate) for certificate in chain).encode("ascii")
            await sink.metadata(pem, media_type="application/pem-certificate-chain", target=main.url, moment=now)

    def facts(self) -> VisitFacts:
        """What the quality is judged by."""
        main = self.ledger.main
        if main is None or main.answer is None:
            return VisitFacts(trouble=self._trouble or self.lost, steps=tuple(self.runner.reports))
        resources = [asked for asked in self.ledger.asked if _belongs_to_page(asked)]
        missing = [asked for asked in resources if _is_missing(asked)]
        return VisitFacts(
            status=main.answer.status,
            headers=tuple((key.lower(), value) for key, value in main.answer.text_fields()),
            landed=main.url,
            asked_url=self._url,
            kind=self.kind,
            dom=self.dom,
            page=self._page,
            text=self.text,
            pictures=self._pictures,
            resources=len(resources),
            missing=len(missing),
            missing_styles=sum(1 for asked in missing if asked.destination == "style"),
            pdf_share=self._pdf_share,
            dom_share=self._dom_share,
            body_bytes=main.body_bytes,
            truncated=main.truncated,
            hits=tuple(self.ledger.hits),
            steps=tuple(self.runner.reports),
            lost=self.lost,
        )


def _share_in_document(shown: str, document: str) -> float | None:
    """Of the text that the page shows, without its frames, the share that its document has."""
    kept = KeptText(shown)
    kept.meet(unescape(document[:LARGEST_DOCUMENT]))
    return kept.share


def _is_missing(asked: Asked) -> bool:
    """Whether the page had to do without it; what the browser itself gave up or never ends is no loss."""
    if asked.answer is None or asked.answer.status >= 400:
        return True
    return asked.truncated is not None and not asked.left and not asked.streaming


def _belongs_to_page(asked: Asked) -> bool:
    """Whether the page shows it; browsers ask for ``/favicon.ico`` by themselves, named by the page or not."""
    return asked.destination in _RESOURCES and not asked.by_us and urlsplit(asked.url).path != "/favicon.ico"
