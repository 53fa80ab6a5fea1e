"""What a visit leaves, as values: the page that later looks compare with, and the capture's own facts."""

from dataclasses import replace
from datetime import timedelta

from linkkeeper.archive.manifest import CaptureAbout
from linkkeeper.captures.ports import SandboxMode
from linkkeeper.captures.visit import MainAnswer, Visit
from linkkeeper.checks.baseline import NoteMatch
from linkkeeper.checks.case import baseline_of
from linkkeeper.pages.text import Page, read_page
from linkkeeper.vocabulary.records import ClaimedRequest, LinkRecord, NewCapture
from linkkeeper.vocabulary.uri import IDENTITY_RULES


def page_of(made: Visit) -> Page:
    """
    The page that later looks are compared with.

    The document as the server sent it, because that is what looks see; what
    scripts make of it only where there is nothing else.
    """
    if made.main is not None and made.body:
        declared = next((value for name, value in made.main.headers if name.lower() == "content-type"), None)
        return read_page(made.body, declared)
    if made.dom:
        return read_page(made.dom, "text/html; charset=utf-8")
    return read_page(made.text.encode(), "text/plain; charset=utf-8")


def with_match(capture: NewCapture, match: NoteMatch | None) -> NewCapture:
    if match is None:
        return capture
    return replace(capture, note_score=match.score, note_words=match.words, confirmed=match.matched)


def about_capture(request: ClaimedRequest, link: LinkRecord, made: Visit, page: Page) -> CaptureAbout:
    main = made.main
    sketches = baseline_of(page, final_url=main.url if main else None, rendered_text=made.text or None)
    return CaptureAbout(
        url=request.url,
        identity_key=link.identity_key,
        identity_rules=IDENTITY_RULES,
        reason=request.reason.value,
        quality=made.quality,
        quality_reason=made.reason,
        started_at=made.started,
        finished_at=made.started + timedelta(seconds=made.elapsed_s),
        recorder=made.recorder,
        status=main.status if main else None,
        final_url=main.url if main else None,
        media_type=main.media_type if main else None,
        redirects=made.hops,
        page=made.metadata,
        steps=made.steps,
        limits=tuple(hit.value for hit in made.hits),
        browser=made.browser_version,
        sandboxed=made.sandbox != SandboxMode.OFF,
        sketches=sketches.to_json(),
        text=made.text,
    )


def same_as(
    last: NewCapture, request: ClaimedRequest, made: Visit, main: MainAnswer, match: NoteMatch | None
) -> NewCapture:
    """A record "same as capture X at time T": a later visit found the same text, so no new directory is made."""
    return NewCapture(
        id=request.id,
        link_id=last.link_id,
        url=request.url,
        moment=main.moment,
        quality=made.quality,
        reason=f"the text is that of capture {last.id}",
        directory=last.directory,
        files=last.files,
        manifest_sha256=last.manifest_sha256,
        total_bytes=0,
        title=made.metadata.title,
        media_type=main.media_type,
        language=made.metadata.language,
        http_status=main.status,
        final_url=main.url,
        text_sha256=last.text_sha256,
        note_score=match.score if match else None,
        note_words=match.words if match else "",
        confirmed=last.confirmed,
        same_as=last.id,
    )
