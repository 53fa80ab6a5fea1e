"""HTML pages as publishers serve them: notes after the text, notes in the text, links."""

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from linkkeeper.citations.dates import byline_date, dates_of
from linkkeeper.citations.drafts import Destination, Draft, LinkDraft, NoteDraft
from linkkeeper.citations.html_beside import find_beside
from linkkeeper.citations.html_collect import prepare
from linkkeeper.citations.html_copies import add_attribute_copies, beginning, complete, copies_in_text
from linkkeeper.citations.html_counted import find_counted
from linkkeeper.citations.html_held import find_held
from linkkeeper.citations.html_inline import InlineNote, find_inline
from linkkeeper.citations.html_inline import label_of as shown_label
from linkkeeper.citations.html_listed import Place, find_listed
from linkkeeper.citations.html_marks import Mark, find_marks
from linkkeeper.citations.html_page import Page
from linkkeeper.citations.html_set_apart import numbers_set_apart
from linkkeeper.citations.html_take import Taken, take
from linkkeeper.citations.numbered import find_numbered
from linkkeeper.pages.markup import Markup
from linkkeeper.pages.nodes import Element
from linkkeeper.pages.regions import Region
from linkkeeper.vocabulary.citation import OccurrenceForm
from linkkeeper.vocabulary.uri import host_of

_LEAD = re.compile(
    r"[\s^↑*]*(?P<open>[\[(])?\s*(?P<label>\d{1,4}[a-z]?|[*†‡§]{1,3})\s*(?P<close>[\])]\.?|[.:|](?=\s))?", re.I
)
#: What a label in brackets may begin with; nothing where all is white space.
_BEFORE_LABEL = ("", "[", "(", "^", "↑", "*")
_SHARE = re.compile(
    r"(?i)^(?:https?:)?//(?:[\w-]+\.)*(?:facebook\.com/(?:sharer|share|dialog)|(?:twitter|x)\.com/(?:intent|share|home\?status)|"
    r"linkedin\.com/(?:shareArticle|sharing|cws)|reddit\.com/(?:submit|r/\w+/submit)|t\.me/share|telegram\.me/share|wa\.me/|"
    r"(?:api|web)\.whatsapp\.com/send|pinterest\.[a-z.]+/pin/create|news\.ycombinator\.com/submitlink|bsky\.app/intent|"
    r"tumblr\.com/(?:share|widgets/share)|getpocket\.com/(?:save|edit)|share\.flipboard\.com|plus\.google\.com/share|"
    r"(?:www\.)?addtoany\.com|mix\.com/add|vk\.com/share|threads\.net/intent|toot\.kytta\.dev|mastodonshare\.com|"
    r"www\.printfriendly\.com|feedly\.com/i/subscription|buffer\.com/add|digg\.com/submit|getmastodon)"
)
_IMAGE = re.compile(r"(?i)\.(?:jpe?g|png|gif|webp|svg|avif)(?:[?#]|$)")
_SHOWN = re.compile(r"[\s^↑*]*?[\[(]?\s*(?=[\w*†‡§¶#])")
_AFTER = re.compile(r"\s*(?:[\])]\s*[.:)|]?|[.:)|]|(?![\w%]))\s*")
_DOTTED = re.compile(r"[\s^↑]*(?:\.(?=\s))?\s*")
#: Structured data for search engines.
_STRUCTURED_DATE = re.compile(r'"datePublished"\s*:\s*"(\d{4}-\d\d-\d\d)')
#: Where a page's head ends, at the latest (characters of source).
_HEAD_SOURCE = 12_000
_DATES = (
    "article:published_time",
    "citation_publication_date",
    "citation_date",
    "date",
    "dc.date",
    "datepublished",
    "pubdate",
)


def read_html(markup: Markup, *, location: str = "") -> Draft:
    """Read notes, links and what the page says of itself."""
    page = prepare(markup, location)
    marks = find_marks(page)
    notes = _marked_up(page, marks)
    whole: Taken | None = None
    if not notes:
        whole = take(page, *page.regions.main, skip=_left_out(page), backs=_labels_are_links(marks))
        notes = _numbered_notes(page, marks, whole)
        beside = [_inline_note(page, note) for note in find_beside(page)]
        notes = max(notes, beside, find_held(page), key=len)
    del marks
    if whole is None or notes:
        whole = _without(page, notes)
        if copies := copies_in_text(page, notes, whole):
            for note, copy in copies:
                note.copies += (copy,)
            whole = _without(page, notes)
    head = _head(page)
    return Draft(notes, [_running(whole)], head.title, head.language, head.published or _byline(page), _own_hosts(page))


def _labels_are_links(marks: list[Mark]) -> bool:
    """
    Tell whether notes without ids have their labels linked back, as marks are linked on: both lead nowhere.

    Quirk: site builders drop the ids of a pasted text and keep its links.
    """
    counts = Counter(mark.label for mark in marks if mark.target is None and mark.raised)
    return sum(count == 2 for count in counts.values()) > len(counts) / 2


def _marked_up(page: Page, marks: list[Mark]) -> list[NoteDraft]:
    """Return the notes that the page's markup tells."""
    listed = find_listed(page, marks)
    starts = [place.start for place in listed]
    inline = find_inline(page, lambda element: _overlaps(element, listed, starts))
    notes = _joined(
        [_listed_note(page, place, index) for index, place in enumerate(listed)],
        [_inline_note(page, note) for note in inline],
    )
    add_attribute_copies(page, notes, marks)
    complete(page, notes)
    return notes or [_listed_note(page, place, index) for index, place in enumerate(find_counted(page))]


def _without(page: Page, notes: Sequence[NoteDraft]) -> Taken:
    """Take the text of the page without its notes and their copies."""
    copies = (copy for note in notes for copy in note.copies if copy.text_form is not OccurrenceForm.ATTRIBUTE_COPY)
    spans = [(part.start, part.end) for parts in (notes, copies) for part in parts]
    return take(page, *page.regions.main, skip=_union([*_left_out(page), *spans]))


def _overlaps(element: Element, places: Sequence[Place], starts: Sequence[int]) -> bool:
    """Tell whether an element lies in the place of a note, or holds one."""
    index = bisect_right(starts, element.start) - 1
    if index >= 0 and element.end <= places[index].end:
        return True
    return index + 1 < len(starts) and starts[index + 1] < element.end


def _listed_note(page: Page, place: Place, index: int) -> NoteDraft:
    start = place.block.inner if place.block.index in page.hidden else place.start
    taken = take(page, start, place.end, skip=_boxes_between(page, place))
    label, numbered = label_of(page, place, taken, index)
    return NoteDraft(
        label=label,
        flat=taken.flat,
        start=place.start,
        end=place.end,
        destinations=taken.destinations,
        text_form=OccurrenceForm.HTML_TEXT,
        numbered=numbered,
        begin=after_label(taken.flat.text, label),
    )


def _boxes_between(page: Page, place: Place) -> list[tuple[int, int]]:
    """Return adverts and the like that stand between this note and the next one, and adverts within it."""
    if not page.regions.parts:
        return []
    return [
        (start, end)
        for start, end, kind in _parts_in(page, place.start, place.end)
        if start >= place.block.end or (kind in (Region.ADVERT, Region.SHARE) and end <= place.block.inner_end)
    ]


def _parts_in(page: Page, start: int, end: int) -> Iterator[tuple[int, int, Region]]:
    """Yield the parts of the page that are not its text and begin between two places of the source."""
    parts = page.regions.parts
    for index in range(bisect_left(parts, start, key=lambda part: part[0]), len(parts)):
        if parts[index][0] >= end:
            break
        yield parts[index]


def label_of(page: Page, place: Place, taken: Taken, index: int) -> tuple[str, bool]:
    """
    Return the label as the reader sees it, and whether any is shown.

    The number that stands marked up at the note itself counts most; then the
    mark in the text; then a bare number; then the place in the list. Ids are
    never asked: editors insert notes and ids keep their old numbers.
    """
    marked = _marked(place)
    lead = _LEAD.match(taken.flat.text[:60])
    if marked is not None and lead is None and page.text_of(place.block, 1)[:1] not in _BEFORE_LABEL:
        return marked, True
    whole = page.text_of(place.block, 60) or taken.flat.text[:60]
    lead = lead or _LEAD.match(whole)
    if lead is not None and lead["open"] and lead["close"]:
        return lead["label"], True
    if marked is not None:
        return marked, True
    if place.position is not None:
        return str(place.position), True
    if lead is not None and (lead["close"] or whole[lead.end() : lead.end() + 1] in ("", " ", "\u00a0")):
        return lead["label"], True
    return str(index + 1), False


def _marked(place: Place) -> str | None:
    """Return the label that most marks of a note show."""
    if len(place.marks) == 1:
        return place.marks[0].label
    labels = Counter(mark.label for mark in place.marks)
    return labels.most_common(1)[0][0] if labels else None


def after_label(text: str, label: str) -> int:
    """Return where the text of a note begins, after its label and what surrounds it."""
    match = _SHOWN.match(text)
    if match is None or not text.startswith(label, match.end()):
        match = _DOTTED.match(text)
        return match.end() if match else 0
    rest = _AFTER.match(text, match.end() + len(label))
    return rest.end() if rest else 0


def _inline_note(page: Page, note: InlineNote) -> NoteDraft:
    element = note.element
    taken = take(page, element.inner, element.inner_end, skip=note.skip)
    if not taken.flat.text.strip():
        # The button alone is shown; pressed, it shows the largest of what is hidden.
        hidden = (inner for inner in page.elements_in(element) if inner.index in page.hidden)
        folded = max(hidden, key=lambda inner: inner.end - inner.start, default=element)
        taken = take(page, folded.inner, folded.inner_end, skip=shown_label(page, folded)[1])
    return NoteDraft(
        label=note.label,
        flat=taken.flat,
        start=element.start,
        end=element.end,
        destinations=taken.destinations,
        text_form=OccurrenceForm.HTML_TEXT,
        numbered=not note.counted,
    )


def _numbered_notes(page: Page, marks: list[Mark], taken: Taken) -> list[NoteDraft]:
    """
    Find notes by their numbers alone, on the page's text.

    Serves pages whose notes have no ids at all (site builders, texts pasted
    as paragraphs): marks whose target is missing still vouch for the labels.
    """
    labels = [mark.label for mark in marks if mark.target is None and mark.raised]
    notes: list[NoteDraft] = []
    text = taken.flat.text
    for found in find_numbered(text, vouched=labels, given=numbers_set_apart(page, taken.flat)):
        body = text[found.start : found.end].rstrip()
        stop = found.start + len(body)
        if stop <= found.body:
            stop = found.end
        part = _part(page, taken, found.start, stop)
        notes.append(
            NoteDraft(
                label=found.label,
                flat=part.flat,
                start=part.start,
                end=part.end,
                destinations=part.destinations,
                text_form=OccurrenceForm.HTML_TEXT,
                numbered=not found.counted,
                begin=_begin(text[found.start : found.body], part.flat.text, found.label),
            )
        )
    return notes


def _begin(shown: str, text: str, label: str) -> int:
    """Return where a note's text begins: after the number as it was found, glued to its word or not."""
    return len(shown) if text.startswith(shown) else after_label(text, label)


@dataclass(slots=True)
class _Part(Taken):
    start: int = 0
    end: int = 0


def _part(page: Page, taken: Taken, start: int, end: int) -> _Part:
    """Take again the stretch of the source that a stretch of the text came from."""
    left, right = taken.flat.source_range(start, max(end, start + 1))
    again = take(page, left, max(left, right), skip=[part[:2] for part in _parts_in(page, left, right)])
    return _Part(again.flat, again.destinations, left, max(left, right))


def _joined(listed: list[NoteDraft], inline: list[NoteDraft]) -> list[NoteDraft]:
    """Put both kinds in order; a note that stands twice (margin and end list) becomes one."""
    by_beginning = {_beginning(note): note for note in reversed(listed)} if inline else {}
    kept = list(listed)
    for note in inline:
        twin = by_beginning.get(_beginning(note))
        if twin is not None and (twin.label == note.label or not note.numbered):
            twin.copies += (note,)
        else:
            kept.append(note)
    return sorted(kept, key=lambda note: note.start)


def _beginning(note: NoteDraft) -> str:
    return beginning(note.flat.text[note.begin :])


def _left_out(page: Page) -> list[tuple[int, int]]:
    comments = (element for name, element in page.names.items() if name.startswith("cmnt") and name[4:].isdecimal())
    return [
        *((start, end) for start, end, _ in page.regions.parts),
        *((block.start, block.end) for element in comments if (block := _block_around(element)) is not None),
    ]


def _block_around(element: Element) -> Element | None:
    """Quirk: word processors on the web export what reviewers wrote in the margin below the text."""
    return next((above for above in element.ancestors() if above.name in ("p", "div", "li")), None)


def _running(taken: Taken) -> LinkDraft:
    links = taken.destinations
    dropped = {
        index
        for index, (url, _) in enumerate(links.urls())
        if _SHARE.match(url.strip()) or (_IMAGE.search(url) and _shows_nothing(links[index]))
    }
    return LinkDraft(taken.flat, links.without(dropped) if dropped else links, OccurrenceForm.HTML_TEXT)


def _shows_nothing(link: Destination) -> bool:
    """Quirk: blogs wrap each picture in a link to its larger file."""
    return link.start == link.end


def _union(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _byline(page: Page) -> date | None:
    """Return the date that stands with the author's name, for pages that don't tell it to machines."""
    structured = _STRUCTURED_DATE.search(page.markup.text)
    if structured is not None:
        return dates_of(structured.group(1)).published
    names = page.markup.nodes.names
    start = max(page.regions.main[0], page.markup.starts[names.index("h1")] if "h1" in names else 0)
    return byline_date(take(page, start, start + _HEAD_SOURCE).flat.text.lstrip())


@dataclass(frozen=True, slots=True)
class _Head:
    title: str | None
    language: str | None
    published: date | None


def _head(page: Page) -> _Head:
    title: str | None = None
    language: str | None = None
    published: date | None = None
    for element in page.head:
        if element.name == "html":
            language = page.value(element, "lang") or page.value(element, "xml:lang") or None
        elif element.name == "title" and title is None:
            title = page.text_of(element) or None
        elif element.name == "meta":
            name = (page.value(element, "property") or page.value(element, "name")).lower()
            if name == "og:title":
                title = page.value(element, "content").strip() or title
            elif name in _DATES and published is None:
                published = dates_of(page.value(element, "content")[:10]).published
        elif element.name == "time" and published is None:
            published = dates_of(page.value(element, "datetime")[:10]).published
    return _Head(title, language, published)


def _own_hosts(page: Page) -> frozenset[str]:
    host = host_of(page.base)
    return frozenset({host}) if host else frozenset()
