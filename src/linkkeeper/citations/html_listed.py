"""
Notes after the text of an HTML page: found by marks, by container, by links back.

One mechanism serves all families that give their notes an id (Word's
``_ftn``, MediaWiki's ``cite_note``, kramdown, Pandoc, Substack, plug-ins):
where marks point, notes begin; the block around that place is the note; what
lies between two of them belongs to the first. Lists that are named as notes
count with all their items, with or without ids.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice, pairwise, zip_longest
from statistics import median

from linkkeeper.citations.html_marks import Mark, is_note_name, is_other_name, label_in, text_before, text_between
from linkkeeper.citations.html_page import Page
from linkkeeper.pages.markup import BLOCK, unescape
from linkkeeper.pages.nodes import Element
from linkkeeper.pages.regions import names_notes

#: A note is not longer (characters of source).
MAX_NOTE = 60_000
_CEILING = frozenset({"body", "html", "main", "article"})
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
#: What parts two notes that are no neighbours: these, or so much text (characters).
_BARRIERS = _HEADINGS | {"hr", "form", "nav"}
_MUCH_TEXT = 12_000
_NO_NOTES = _HEADINGS | _CEILING
_MAX_CLIMB = 60
#: Boxes named "notes" within each other; more are hostile.
_MAX_WRAPPERS = 6
#: Marks of notes have at least so many characters of text between them.
_FAR_APART = 25
#: Nodes between a mark and the note beside it.
_MAX_BESIDE = 4
_NOTES_ROLE = re.compile(r"doc-(?:endnotes|footnotes|bibliography)|\b(?:endnotes|footnotes|rearnotes)\b", re.I)
_LEAD = re.compile(r"[\s^↑\[(.]*(?P<label>(?:note\s)?\w+|[*†‡§¶#]{1,4})")


@dataclass(slots=True)
class Place:
    """
    Where a note stands.

    Attributes:
        anchor: The element that marks point to, or the list item.
        block: What holds the note.
        marks: The marks that point here.
        position: Its number in an ordered list; None elsewhere.
    """

    anchor: Element
    block: Element
    marks: list[Mark] = field(default_factory=list)
    position: int | None = None
    start: int = 0
    end: int = 0


def find_listed(page: Page, marks: list[Mark]) -> list[Place]:
    """Return the places of notes after the text, in order, apart from each other."""
    places: dict[int, Place] = {}
    for mark in marks:
        if mark.target is not None and mark.target.name not in _NO_NOTES:
            place = places.setdefault(mark.target.index, Place(mark.target, mark.target))
            place.marks.append(mark)
    for element in _named_items(page):
        places.setdefault(element.index, Place(element, element))
    found = _apart(_climb(page, [places[index] for index in sorted(places)]))
    series = _in_series(page, marks)
    notes = [place for place, following in _with_next(found) if _is_note(page, place, following, series)]
    found = _with_list_items(page, notes)
    for place, following in _with_next(found):
        _stretch(page, place, following)
    return [place for place in found if place.end - place.start <= MAX_NOTE]


def _named_items(page: Page) -> list[Element]:
    """Return the items of lists and sections that are named as notes."""
    items: list[Element] = []
    done = -1
    around: list[int] = []
    for element in page.named:
        if element.start < done or element.name not in ("ol", "ul", "div", "section", "aside", "footer", "dl", "table"):
            continue
        words = page.words(element)
        if not (names_notes(words) or _NOTES_ROLE.search(words)):
            continue
        while around and around[-1] <= element.start:
            around.pop()
        if len(around) >= _MAX_WRAPPERS:
            continue
        around.append(element.end)
        inner = _items_of(page, element)
        if len(inner) >= 1 and all(item.name == "li" for item in inner) and _are_notes(page, element, inner):
            items += inner
            done = element.end
    return items


def _items_of(page: Page, element: Element) -> list[Element]:
    """Return the list items right below *element*, lists in wrappers included."""
    inner: list[Element] = []
    for item in page.inside_named(element, "li"):
        if not inner or item.start >= inner[-1].end:
            parent = item.parent
            if parent is not None and parent.name in ("ol", "ul"):
                inner.append(item)
    return inner


def _are_notes(page: Page, element: Element, items: list[Element]) -> bool:
    """A list named "notes" must also hold links back, ids or marks of notes: many sites call other things so."""
    if page.regions.at(element.start) is not None:
        return False
    backs = sum(
        1 for item in items[:20] if _leads_back(page, item.inner, item.end) or is_note_name(page.value(item, "id"))
    )
    return backs * 2 >= min(len(items), 20)


def _leads_back(page: Page, start: int, end: int) -> bool:
    """Tell whether a link between two places of the source leads to a place before them, or names a mark."""
    links = page.fragments
    first = bisect_left(links, start, key=_start_of)
    for place in range(first, bisect_left(links, end, first, key=_start_of)):
        link = links[place]
        name = page.fragment(link)
        target = page.names.get(name) if name else None
        if target is not None and target.start < start:
            return True
        if name and target is None and re.search(r"ref|back|anchor|mark|r\d", name, re.I):
            return True
    return False


def _start_of(element: Element) -> int:
    return element.start


def _climb(page: Page, places: list[Place]) -> list[Place]:
    """Widen each anchor to the block that holds its note."""
    for index, place in enumerate(places):
        before = places[index - 1].anchor if index else None
        after = places[index + 1].anchor if index + 1 < len(places) else None
        place.block = _block_of(page, place, before, after)
    return places


def _block_of(page: Page, place: Place, before: Element | None, after: Element | None) -> Element:
    element, best = place.anchor, place.anchor
    first_block = element if element.name in BLOCK else None
    for _ in range(_MAX_CLIMB):
        parent = element.parent
        if parent is None or parent.name in _CEILING or parent.end - parent.start > MAX_NOTE:
            break
        if before is not None and parent.start <= before.start < parent.end and before != place.anchor:
            break
        if after is not None and parent.start <= after.start < parent.end:
            break
        if any(parent.holds(mark.link) for mark in place.marks) or text_before(page, parent, place.anchor) > 40:
            break
        if first_block is not None and _headed_within(page, parent, element):
            break
        if first_block is not None and parent.name not in ("li", "tr", "td", "dd"):
            shared = parent.parent
            neighbours = shared is not None and any(
                other is not None and shared.start <= other.start < shared.end for other in (before, after)
            )
            if not neighbours:
                element = parent
                continue
        element = best = parent
        if first_block is None and parent.name in BLOCK:
            first_block = parent
    return best


def _headed_within(page: Page, parent: Element, element: Element) -> bool:
    """Tell whether a heading stands in *parent* before *element*: what is below it, are notes, not one note."""
    between = page.markup.nodes.names[max(parent.index + 1, element.index - 12) : element.index]
    return not _HEADINGS.isdisjoint(between)


def _apart(places: list[Place]) -> list[Place]:
    """Leave out places that lie within another's block (a repeated anchor of the same note)."""
    kept: list[Place] = []
    for place in places:
        if (
            kept
            and kept[-1].block.holds(place.anchor)
            and kept[-1].block.name in BLOCK
            and place.block != kept[-1].block
        ):
            kept[-1].marks += place.marks
            continue
        if kept and kept[-1].block == place.block:
            kept[-1].marks += place.marks
            continue
        kept.append(place)
    return kept


def _in_series(page: Page, marks: list[Mark]) -> set[int]:
    """
    Return the targets (by index) of marks that count 1, 2, 3 … through the text, and point to places in the same order.

    Institutions of authors are counted too, but their marks stand close together.
    """
    runs: list[list[Mark]] = []
    for mark in marks:
        if mark.target is None or not mark.raised or not mark.label.isdecimal():
            continue
        if mark.label == "1":
            if all(run[0].target != mark.target for run in runs[-1:]):
                runs.append([mark])
        elif runs and _goes_on(runs[-1][-1], mark):
            runs[-1].append(mark)
    found: set[int] = set()
    for run in runs:
        gaps = [text_between(page, one.link, other.link, _FAR_APART) for one, other in pairwise(run)]
        if gaps and median(gaps) >= _FAR_APART:
            found.update(mark.target.index for mark in run if mark.target is not None)
    return found


def _goes_on(last: Mark, mark: Mark) -> bool:
    if last.target is None or mark.target is None or int(mark.label) != int(last.label) + 1:
        return False
    return mark.target.start > last.target.start


def _with_next(places: Sequence[Place]) -> Iterator[tuple[Place, Place | None]]:
    return zip_longest(places, places[1:])


def _is_note(page: Page, place: Place, following: Place | None, series: set[int]) -> bool:
    """Decide by several signs whether a place that links point to is a note."""
    if page.regions.at(place.anchor.start) is not None and not is_note_name(page.words(place.anchor)):
        return False
    if is_other_name(page.value(place.anchor, "id")) or is_other_name(page.value(place.anchor, "name")):
        return False
    if place.block.name in _HEADINGS or _holds_heading(page, place.block):
        return False
    return sum(islice(filter(None, _signs(page, place, following, series)), 2)) == 2


def _signs(page: Page, place: Place, following: Place | None, series: set[int]) -> Iterator[bool]:
    """Yield what tells for a note; the quickest to ask first, as two are enough."""
    is_raised = any(mark.raised for mark in place.marks)
    yield is_raised
    yield is_raised and place.anchor.index in series
    yield is_note_name(_names(page, place))
    _stretch(page, place, following)
    yield _is_counted(page, place) or _shown_label(page, place) is not None
    yield _leads_back(page, place.start, place.end)
    yield any(names_notes(page.words(above)) for above in _near(place.block))


def _names(page: Page, place: Place) -> str:
    return " ".join((page.words(place.anchor), page.value(place.anchor, "name"), page.words(place.block)))


def _near(element: Element) -> list[Element]:
    above: list[Element] = []
    for parent in element.ancestors():
        above.append(parent)
        if len(above) == 3 or parent.name in _CEILING:
            break
    return [parent for parent in above if parent.name not in _CEILING]


def _holds_heading(page: Page, block: Element) -> bool:
    return not _HEADINGS.isdisjoint(page.names_in(block))


def _shown_label(page: Page, place: Place) -> str | None:
    markup = page.markup
    first = bisect_left(markup.starts, place.start)
    last = min(first + 20, bisect_left(markup.starts, place.end))
    places = (index for index in range(first, last) if markup.nodes.names[index] is None)
    texts = [markup.text[markup.starts[index] : markup.ends[index]] for index in places]
    lead = _LEAD.match(unescape("".join(texts)[:200]))
    shown = {lead["label"].casefold()} if lead else set()
    # An element of its own parts a number from the word that follows it.
    shown.update((label_in(text) or "").casefold() for text in [text for text in texts if text.strip()][:1])
    return next((mark.label for mark in place.marks if mark.label.casefold() in shown), None)


def _is_counted(page: Page, place: Place) -> bool:
    """Tell whether the place of an item in its list is what its mark shows."""
    item = place.block
    if item.name != "li" or item.parent is None or item.parent.name != "ol":
        return False
    labels = {mark.label for mark in place.marks}
    return str(page.position_of(item)) in labels


def _with_list_items(page: Page, places: list[Place]) -> list[Place]:
    """
    Give list items their number, and add the items between that lost their id.

    Quirk: editors delete an id or a mark together with its sentence; the
    list goes on counting.
    """
    by_list: dict[int, list[Place]] = {}
    for place in places:
        item = place.block
        if item.name == "li" and item.parent is not None and item.parent.name in ("ol", "ul"):
            by_list.setdefault(item.parent.index, []).append(place)
    complete = list(places)
    for members in by_list.values():
        parent = members[0].block.parent
        if parent is None:
            continue
        known = {place.block.index: place for place in members}
        items = [child for child in page.markup.children(parent) if child.name == "li"]
        for item in items:
            number = page.position_of(item) if parent.name == "ol" else None
            if item.index in known:
                known[item.index].position = number
            elif len(members) >= 2 and members[0].block.start < item.start and page.text_of(item, 40):
                complete.append(Place(item, item, position=number))
    return sorted(complete, key=lambda place: place.block.start)


def _stretch(page: Page, place: Place, next_place: Place | None) -> None:
    """Say where a note ends: what lies before the next note of the same list still belongs to it."""
    block = place.block
    place.start, place.end = block.start, block.end
    if _stands_beside(page, place):
        return
    following = next_place.block if next_place is not None else None
    if following is not None and following.parent == block.parent:
        if not _barrier(page, block, following):
            place.end = following.start
    elif block.name not in BLOCK or not _text_beyond_label(page, block):
        place.end = _end_of_run(page, block, following)


def _stands_beside(page: Page, place: Place) -> bool:
    """Tell whether a note stands in the running text, right behind its mark: it ends with its element."""
    block = place.block
    if block.name in BLOCK or not _text_beyond_label(page, block):
        return False
    return any(
        0 <= block.index - mark.link.stop <= _MAX_BESIDE and not text_between(page, mark.link, block, 1)
        for mark in place.marks
    )


def _barrier(page: Page, block: Element, following: Element) -> bool:
    """Tell whether a heading, a rule or long running text stands between two notes."""
    markup = page.markup
    between = range(block.stop, following.index)
    if not _BARRIERS.isdisjoint(markup.nodes.names[between.start : between.stop]):
        return True
    if following.start - block.end <= _MUCH_TEXT or block.name not in BLOCK:
        return False
    texts = (index for index in between if markup.nodes.names[index] is None)
    return sum(markup.ends[index] - markup.starts[index] for index in texts) > _MUCH_TEXT


def _text_beyond_label(page: Page, block: Element) -> bool:
    text = page.text_of(block, 60)
    return bool(text) and label_in(text) is None


def _end_of_run(page: Page, block: Element, following: Element | None) -> int:
    """For a note that begins with an inline anchor or an empty block: the end of what follows it."""
    parent = block.parent
    limit = parent.inner_end if parent is not None else len(page.markup.text)
    if following is not None:
        limit = min(limit, following.start) if following.start > block.start else limit
    markup = page.markup
    for index in range(block.stop, bisect_left(markup.starts, limit, block.stop)):
        node = markup.nodes.element(index)
        if node is not None and node.name in BLOCK and node.parent == parent:
            return node.end if block.name in BLOCK and node.name not in _HEADINGS else node.start
    return limit
