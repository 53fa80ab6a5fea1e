"""Drift against our own first capture: same, edited, replaced, another's; moved for good."""

import os
import re
from pathlib import Path

import pytest

from linkkeeper.checks.case import Baseline, Case, NoteFacts, baseline_of
from linkkeeper.checks.judge import judge
from linkkeeper.checks.look import Look
from linkkeeper.pages.shingles import kept_share, shingles_of, sketch
from linkkeeper.pages.text import read_page
from linkkeeper.vocabulary.observation import Observation, ObservationKind

from .judging import CITED, answered, page, sentences

K = ObservationKind
LINKS = "".join(f'<a href="https://data.example/set{number}">set</a>' for number in range(10))
BEFORE = page(sentences(10), links=LINKS)


def baseline(body: bytes = BEFORE, *, final_url: str = CITED) -> Baseline:
    return baseline_of(read_page(body, None), final_url=final_url)


def seen(body: bytes, *, known: Baseline | None = None, note: NoteFacts | None = None) -> Observation:
    return judge(answered(body), Case(cited=CITED, baseline=known or baseline(), note=note))


def test_an_unchanged_page_is_ok() -> None:
    observation = seen(BEFORE)
    assert (observation.kind, observation.evidence.kept_share) == (K.OK, 1.0)


def test_a_changed_frame_around_the_text_is_no_drift() -> None:
    menu, foot = "New menu entry. " * 40, "Other words. " * 60
    framed = page(f"<nav>{menu}</nav><main><p>{sentences(10)}</p>{LINKS}</main><footer>{foot}</footer>")
    assert seen(framed).kind is K.OK


def test_half_of_the_text_is_edited() -> None:
    observation = seen(page(f"{sentences(5)} {'Quite other words came in their place. ' * 9}", links=LINKS))
    assert observation.kind is K.EDITED
    assert 0.3 <= (observation.evidence.kept_share or 0) < 0.8


def test_a_lost_link_is_an_edit_although_the_text_is_the_same() -> None:
    observation = seen(page(sentences(10), links=LINKS.replace("set7", "gone")))
    assert observation.evidence.kept_share == 1.0
    assert seen(page(sentences(10), links=LINKS[: len(LINKS) // 2])).kind is K.EDITED


def test_another_text_under_the_same_name_is_drifted() -> None:
    other = page("Our shop sells garden furniture made of oak and teak. " * 8, links=LINKS)
    assert seen(other).kind is K.DRIFTED


CASINO = page("Play roulette and poker with a welcome bonus of four hundred. " * 8, title="Best casino bonus")
NAMED = BEFORE.replace(b"</title>", b'</title><meta property="og:site_name" content="Old Institute">')


def test_another_text_title_and_links_are_anothers_content_where_the_publisher_is_known() -> None:
    note = NoteFacts(text="Ada Weller, “Water report 2019”, Old Institute.", passages=("Water report 2019",))
    for observation in (seen(CASINO, note=note), seen(CASINO, known=baseline(NAMED))):
        assert observation.kind is K.USURPED_SUSPECT
        assert "another's content" in observation.evidence.words


def test_a_publisher_that_replaces_its_own_page_has_drifted() -> None:
    own = CASINO.replace(b"welcome bonus", b"bonus of the Old Institute")
    assert seen(own, known=baseline(NAMED)).kind is K.DRIFTED
    assert seen(CASINO).kind is K.DRIFTED


def test_a_quoted_passage_that_still_stands_keeps_the_link_alive() -> None:
    quote = "nine among forty wells held more than the limit allows"
    note = NoteFacts(text="A note.", passages=(quote,))
    rewritten = page(f"{'All else was written anew for the new edition. ' * 9} Still {quote}.")
    observation = seen(rewritten, note=note)
    assert (observation.kind, observation.evidence.quote_found) == (K.EDITED, True)


def test_short_pages_are_compared_by_title_and_whole_text() -> None:
    short = page("Reading of the third of June: 2.41 m above datum.", title="Gauge 17 at the old bridge")
    now = page("Reading of the ninth of May: 2.17 m over zero.", title="Gauge 17 at the old bridge")
    assert seen(now, known=baseline(short)).kind is K.EDITED


def moved(hops: tuple[int, ...], body: bytes = BEFORE) -> Look:
    return answered(body, final_url="https://www.old-institute.example/library/water-2019", hops=hops)


@pytest.mark.parametrize(("hops", "expected"), [((301,), K.MOVED), ((308, 301), K.MOVED), ((301, 302), K.OK)])
def test_only_permanent_redirects_with_the_same_text_are_a_move(
    hops: tuple[int, ...], expected: ObservationKind
) -> None:
    assert judge(moved(hops), Case(cited=CITED, baseline=baseline())).kind is expected


def test_a_redirect_that_the_capture_followed_too_is_no_move() -> None:
    known = baseline(final_url="https://www.old-institute.example/library/water-2019")
    assert judge(moved((301,)), Case(cited=CITED, baseline=known)).kind is K.OK


def test_another_site_with_another_text_is_anothers_content() -> None:
    look = answered(
        page("Cheap flights and hotels for every purse. " * 12, title="Fly away"),
        final_url="https://new.example/a",
        hops=(301,),
    )
    assert judge(look, Case(cited=CITED, baseline=baseline())).kind is K.USURPED_SUSPECT


def test_the_landing_page_of_an_identifier_is_compared_by_title() -> None:
    doi = "https://doi.org/10.1000/182"
    final = "https://publisher.example/182"
    case = Case(cited=doi, baseline=baseline(final_url=final))
    redesigned = page("New layout, new words all over the page. " * 9)
    assert judge(answered(redesigned, url=doi, final_url=final, hops=(302,)), case).kind is K.OK
    other = page("New layout, new words all over the page. " * 9, title="Quite another article")
    assert judge(answered(other, url=doi, final_url=final, hops=(302,)), case).kind is K.DRIFTED


def test_a_capture_by_browser_is_compared_with_what_a_browser_shows() -> None:
    shell = b'<html><title>App</title><body><div id="root"></div><script src="a.js"></script></body></html>'
    known = baseline_of(read_page(shell, None), final_url=CITED, rendered_text=sentences(10))
    assert judge(answered(shell), Case(cited=CITED, baseline=known)).kind is K.JS_SHELL
    look = answered(shell, rendered_text=sentences(10), by_browser=True)
    assert judge(look, Case(cited=CITED, baseline=known)).evidence.kept_share == 1.0


def test_a_page_of_plain_text_is_compared_too() -> None:
    headers = (("Content-Type", "text/plain"),)
    known = baseline_of(read_page(sentences(10).encode(), "text/plain"), final_url=CITED)
    case = Case(cited=CITED, baseline=known)
    assert judge(answered(sentences(10).encode(), headers=headers), case).evidence.kept_share == 1.0
    assert judge(answered(b"Other words entirely. " * 40, headers=headers), case).kind is not K.OK


def test_where_the_captured_text_still_stands_no_mark_condemns() -> None:
    body = page(sentences(10), links='<script src="https://www.google.com/adsense/domains/caf.js"></script>')
    assert judge(answered(body), Case(cited=CITED)).kind is K.PARKED
    assert seen(body, known=baseline(body)).kind is K.OK


def test_markup_that_lacks_what_scripts_added_is_no_drift() -> None:
    frame = (
        b"<html><title>App</title><body><p>Menu and a few words of the frame.</p><script src='a.js'></script></body>"
    )
    known = baseline_of(read_page(frame, None), final_url=CITED, rendered_text=sentences(10))
    look = answered(frame)
    assert judge(look, Case(cited=CITED, baseline=known)).kind is K.JS_SHELL
    seen_by_browser = answered(frame, rendered_text="Another page came in its place. " * 9, by_browser=True)
    assert judge(seen_by_browser, Case(cited=CITED, baseline=known)).kind in {K.DRIFTED, K.USURPED_SUSPECT}


def test_a_baseline_survives_being_kept() -> None:
    assert Baseline.from_json(baseline().to_json()) == baseline()


def test_a_baseline_of_another_version_is_refused() -> None:
    with pytest.raises(ValueError, match="version 9"):
        Baseline.from_json(baseline().to_json() | {"version": 9})


def test_unrelated_real_pages_share_next_to_nothing() -> None:
    """Measured on real articles: at most 0.02 of 4-word shingles, while each keeps its own main text."""
    root = os.environ.get("LINKKEEPER_CORPUS")
    files = sorted((Path(root or "/nonexistent") / "corpus" / "pages" / "documents").glob("ok-*.html"))
    if not files:
        pytest.skip("LINKKEEPER_CORPUS names no folder with corpus/pages/documents")
    pages = [read_page(file.read_bytes(), None) for file in files]
    shown = [shingles_of(one.visible_text) for one in pages]
    sketches = [sketch(one.main_text) for one in pages]
    for index, known in enumerate(sketches):
        shares = [kept_share(known, other) for other in shown]
        assert shares[index] > 0.9
        assert max(share for at, share in enumerate(shares) if at != index) < 0.02


def test_removing_paragraphs_of_a_real_page_lowers_the_share_as_much() -> None:
    words = re.findall(r"\S+", " ".join(sentences(10, start=start) for start in range(10)))
    text = " ".join(f"{word}{index}" for index, word in enumerate(words))
    halved = " ".join(text.split()[: len(text.split()) // 2])
    assert kept_share(sketch(text), shingles_of(halved)) == pytest.approx(0.5, abs=0.1)
