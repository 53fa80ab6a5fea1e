"""Whole HTML pages: every occurrence of the citation and only those; nothing else changes."""

import html as html_module
from datetime import UTC, date, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from linkkeeper.relinking.places import unsplice
from linkkeeper.relinking.repair import Text, plan, standing
from linkkeeper.relinking.undo import undo
from linkkeeper.relinking.wanted import Wanted
from linkkeeper.vocabulary.citation import SourceFormat
from linkkeeper.vocabulary.relink import RefusalReason, Repair, RepairPlan, RepairPolicy
from linkkeeper.vocabulary.state import LinkState

URL = "https://gone.example/a"
MEMENTO = "https://keeper.example/web/20240203040506/https://gone.example/a"


def repair(url: str = URL, memento: str = MEMENTO, state: LinkState = LinkState.DEAD) -> Repair:
    moment = datetime(2024, 2, 3, 4, 5, 6, tzinfo=UTC)
    return Repair(url=url, uri_m=memento, moment=moment, intended=date(2024, 1, 31), state=state)


def repaired(page: str | bytes, *repairs: Repair, policy: RepairPolicy = RepairPolicy.SWAP_WHEN_DEAD) -> RepairPlan:
    data = page.encode() if isinstance(page, str) else page
    made = plan(Text(data=data, format=SourceFormat.HTML), repairs or (repair(),), policy=policy)
    assert unsplice(made.after, made.edits) == data
    assert undo(made.after, made.edits).data == data
    return made


def hrefs(data: bytes) -> list[str | None]:
    return [node.attributes.get("href") for node in LexborHTMLParser(data).css("a")]


PAGE = f"""<!DOCTYPE html>
<html><head><title>{URL}</title>
<meta property="og:see_also" content="{URL}">
<link rel="canonical" href="{URL}">
<script type="application/ld+json">{{"citation": "{URL}"}}</script>
<style>a {{ background: url({URL}) }}</style></head>
<body><nav><a href="{URL}">in navigation</a></nav>
<!-- <a href="{URL}">in a comment</a> -->
<article><p>One <a class='c' href='{URL}'>first</a> and <a href="{URL}" title="{URL}">second</a>.</p>
<p>Another <a href="{URL}/longer">page</a>, <code>{URL}</code>, <a href="https://x.example/?u={URL}">a wrapper</a></p>
<pre>{URL}</pre><textarea>{URL}</textarea><img src="{URL}" alt="{URL}">
<ol class="footnotes"><li id="fn1">Author, “Title,” {URL}. Accessed.</li>
<li id="fn2">Again: {URL}/b, {URL}; and ({URL})</li></ol></article>
<div class="sharedaddy"><a href="{URL}">share</a></div>
<div id="comments"><a href="{URL}">in a comment</a></div>
<footer><a href="{URL}">in the footer</a></footer></body></html>
"""


def test_every_occurrence_of_the_citation_and_only_those() -> None:
    made = repaired(PAGE)
    assert len(made.edits) == 5 and not made.refusals
    expected = PAGE.encode()
    for edit in reversed(made.edits):
        expected = expected[: edit.span.start] + edit.after + expected[edit.span.end :]
    assert made.after == expected
    assert [edit.form.value for edit in made.edits] == ["html_href"] * 2 + ["html_text"] * 3
    for untouched in ("nav", "code", "pre", "textarea", "footer", "script", "title"):
        before = LexborHTMLParser(PAGE).css_first(untouched)
        now = LexborHTMLParser(made.after).css_first(untouched)
        assert before is not None and now is not None and before.html == now.html


def test_a_second_repair_finds_nothing_to_do() -> None:
    once = repaired(PAGE)
    again = plan(Text(data=once.after, format=SourceFormat.HTML), [repair()])
    assert again.after == once.after and not again.edits and len(again.repaired) >= 3


def test_nothing_that_we_write_links_a_hostile_page() -> None:
    """Under ``annotate`` a dead link's href stays; a parked one's is swapped."""
    page = f'<p>See <a href="{URL}">here</a> for it.</p>'
    kept = repaired(page, repair(), policy=RepairPolicy.ANNOTATE)
    assert hrefs(kept.after) == [URL] and b"data-versionurl" in kept.after
    for state in (LinkState.PARKED, LinkState.USURPED):
        swapped = repaired(page, repair(state=state), policy=RepairPolicy.ANNOTATE)
        assert hrefs(swapped.after) == [MEMENTO]


def test_off_changes_nothing() -> None:
    assert repaired(PAGE, policy=RepairPolicy.OFF).after == PAGE.encode()


SPELLINGS = [
    "https://gone.example/a?x=1&amp;y=2",
    "https://gone.example/a?x=1&y=2",
    "https://gone.example/a?x=1&#38;y=2",
    "https://gone.example/a?x=1&#x26;y=2",
    "HTTPS://Gone.EXAMPLE/a?x=1&amp;y=2",
    "https://gone&#46;example/a?x=1&amp;y=2",
    "https://gone&period;example/a?x=1&amp;y=2",
    "https&colon;//gone.example/a?x=1&amp;y=2",
    "https:&#47;&#47;gone.example/a?x=1&amp;y=2",
    "  https://gone.example/a?x=1&amp;y=2\n",
    "https://gone%2Eexample/a?x=1&amp;y=2",
    "https://gone.\u200bexample/a?x=1&amp;y=2",
    "https://gone.&shy;example/a?x=1&amp;y=2",
]


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_escaped_spellings_are_the_same_destination(spelling: str) -> None:
    memento = "https://keeper.example/web/20240203040506/https://gone.example/a?x=1&y=2"
    made = repaired(f'<p>A note: <a href="{spelling}">words</a></p>', repair("https://gone.example/a?x=1&y=2", memento))
    assert hrefs(made.after) == [memento]


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_the_quick_search_never_misses_one(spelling: str) -> None:
    wanted = Wanted([repair("https://gone.example/a?x=1&y=2")])
    many = Wanted(
        [repair(f"https://other-{n}.example/") for n in range(50)] + [repair("https://gone.example/a?x=1&y=2")]
    )
    for page in (f'<a href="{spelling}">', f"<a href={spelling.strip()}>", f"<p>{spelling}</p>"):
        assert wanted.may_stand_in(page.encode())
        assert many.may_stand_in(page.encode())


def test_the_quick_search_passes_pages_without_dead_hosts() -> None:
    page = PAGE.replace("gone.example", "living.example").encode()
    assert not Wanted([repair()]).may_stand_in(page)
    assert not Wanted([repair(f"https://other-{n}.example/") for n in range(50)]).may_stand_in(page)


@pytest.mark.parametrize(
    ("encoding", "declared"),
    [("windows-1252", "windows-1252"), ("shift_jis", "shift_jis"), ("gb18030", "gb18030"), ("koi8-r", "koi8-r"),
     ("utf-8", "utf-8"), ("utf-8-sig", "utf-8")],
)  # fmt: skip
def test_the_encoding_stays(encoding: str, declared: str) -> None:
    words = {"windows-1252": "café", "shift_jis": "日本語", "gb18030": "中文", "koi8-r": "слова"}.get(
        encoding, "café 日本語"
    )
    page = (
        f'<!DOCTYPE html><meta charset="{declared}"><p>{words} <a href="{URL}">{words}</a> {words}, {URL} {words}</p>'
    )
    made = repaired(page.encode(encoding))
    text = made.after.decode(encoding)
    assert text.count(MEMENTO) == 5 and text.count(words) == 4


def test_a_page_in_utf_16_is_listed_not_guessed_at() -> None:
    made = repaired(b"\xff\xfe" + f'<p><a href="{URL}">x</a></p>'.encode("utf-16-le"))
    assert [refusal.reason for refusal in made.refusals] == [RefusalReason.UNREADABLE]


def test_line_ends_and_byte_order_mark_stay() -> None:
    data = b"\xef\xbb\xbf" + PAGE.replace("\n", "\r\n").encode()
    made = repaired(data)
    assert made.after.startswith(b"\xef\xbb\xbf<!DOCTYPE") and made.after.count(b"\r\n") == data.count(b"\r\n")
    assert len(made.edits) == 5


def test_bare_urls_broken_over_lines_get_the_link_behind_their_last_piece() -> None:
    page = "<p>Author, “Title,” https://gone.example/a-long-<br>\npath/to/it.html. Accessed.</p>"
    made = repaired(page, repair("https://gone.example/a-long-path/to/it.html"))
    assert len(made.edits) == 1
    assert made.after.startswith(page[: page.index(". Accessed")].encode() + b" [<a href=")


@pytest.mark.parametrize(
    "text",
    [
        f"{URL}/more",
        f"{URL}b",
        f"{URL}?q",
        f"{URL}.html",
        f"x{URL}",
        f"https://web.example/{URL}",
        f"{URL}-2",
        f"{URL}é",
    ],
)
def test_a_part_of_a_longer_url_is_another_url(text: str) -> None:
    assert repaired(f"<p>See {text} there</p>").edits == ()


def test_hostile_markup_is_refused_or_repaired_but_never_broken() -> None:
    page = f'<p><a href=\'{URL}\' href="{URL}"><a href={URL}<b>x</a><a href="{URL}">' * 20
    made = repaired(page)
    assert html_module.unescape(unsplice(made.after, made.edits).decode()) == html_module.unescape(page)


def test_standing_names_unrepaired_places_only() -> None:
    text = Text(data=PAGE.encode(), format=SourceFormat.HTML)
    assert len(standing(text, [repair()])) == 5
    once = plan(text, [repair()])
    assert standing(Text(data=once.after, format=SourceFormat.HTML), [repair()]) == ()


LINKS = [
    f'<a href="{URL}">',
    f"<a href='{URL}'>",
    f"<a href={URL}>",
    "</a>",
    f'<a href="{URL}" data-originalurl="{URL}">',
]
TEXTS = [f"<p>{URL}.</p>", f" {URL} ", f"{URL}/b", "text", "&amp;", "\r\n", "é", "\u200b", "\x00"]
TRAPS = [
    f"<!-- {URL} -->",
    f"<script>{URL}</script>",
    f'<img src="{URL}">',
    f"<svg><a href='{URL}'></a></svg>",
    "<nav>",
    "</nav>",
]
BROKEN = [
    "<p>",
    "</p>",
    "<li>",
    "</ul>",
    "<",
    ">",
    '"',
    "'",
    "=",
    "<textarea>",
    "<title>",
    "</",
    "<!",
    "<table><tr><td>",
]
pieces = st.sampled_from([*LINKS, *TEXTS, *TRAPS, *BROKEN, '<a href="https://other.example/">'])


@given(st.lists(pieces | st.text(max_size=8), max_size=25))
@example([f"<a href={URL}>", "<", f" {URL} "])
def test_for_any_page_undoing_is_the_identity_and_nothing_else_changes(parts: list[str]) -> None:
    data = "".join(parts).encode("utf-8", "surrogatepass")
    for policy in (RepairPolicy.SWAP_WHEN_DEAD, RepairPolicy.ANNOTATE):
        made = repaired(data, policy=policy)
        old = new = 0
        for edit in made.edits:
            at = edit.span.start + edit.shift
            assert made.after[new:at] == data[old : edit.span.start]
            assert MEMENTO.encode() in edit.after
            old, new = edit.span.end, at + len(edit.after)
        assert made.after[new:] == data[old:]


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_any_bytes_around_a_link_stay(before: bytes, behind: bytes) -> None:
    data = before + f'<p><a href="{URL}">x</a></p>'.encode() + behind
    made = repaired(data)
    for edit in made.edits:
        assert edit.span.of(data) == edit.before
