"""
Notes known by their numbers: one chain 1, 2, 3 … through a text.

Serves plain text in all its shapes (one flattened line, wrapped lines, page
bottoms), and pages and Markdown whose notes have neither ids nor lists. A
chain is found for each way of writing the number; the one whose pieces read
most like notes wins, if marks in the text or a heading vouch for it.
"""

import re
from bisect import bisect_right
from collections.abc import Sequence

from linkkeeper.citations.boundaries import find_urls
from linkkeeper.citations.numbered_ends import Numbered, pieces
from linkkeeper.citations.numbered_marks import SUPERSCRIPTS, Announced, Mark, announced_share, marks_in, number_of
from linkkeeper.citations.numbered_signs import with_signed
from linkkeeper.citations.page_turns import is_within, page_turns

HEADING = re.compile(
    r"(?:^|[\s.#*=_-])(?:end-?notes?|foot-?notes?|notes?(?: and references)?|references?(?: and notes)?|sources|"
    r"citations|"
    r"works cited|anmerkungen|fußnoten|einzelnachweise|quellen|notas|referencias|note|примечания|сноски|注释|注|脚注)"
    r"[\s.:#*=_\-–—]*$",
    re.I,
)
#: Headings that name nothing but notes.
NOTES_HEADING = re.compile(
    r"(?:^|\s)(?:(?:end|foot)-?notes?|notes|anmerkungen|fußnoten|einzelnachweise|notas|сноски|примечания|脚注)[\s.:*_\-–—]*$",
    re.I,
)
_RULE = re.compile(r"(?:^|\n)[ \t]*(?:-{3,}|_{3,}|\*{3,}|={3,}|(?:- ){3,}|—{2,})[ \t]*\s*$")
_NOTE_START = re.compile(
    r"\W*(?:ibid|id\b|see\b|supra|cf\b|op\.? ?cit|loc\.? ?cit|e\.g\.|compare|author|ebd|vgl|siehe|voir)", re.I
)
_POINTING = re.compile(r"\b(?:supra|ibid|op\.? ?cit|loc\.? ?cit)\b", re.I)
_YEAR = re.compile(r"\b(?:1[5-9]|20)\d\d\b")
_URL = re.compile(r"https?:\s?//|www\.|\bdoi\b", re.I)
_QUOTED = re.compile(r"[“\"«„‘].{4,}?[”\"»“’]")
_PAGES = re.compile(r"\b(?:pp?\.|vol\.|no\.|ed\.|eds\.|trans\.|S\. \d|U\.S\.C|F\.\dd|§|\d+[–-]\d+|Press\b)")
#: A number among words, and before what may begin a citation.
_DROPPED = re.compile(r"(?<=\S )(?P<n>\d{1,4}) (?=[A-ZÀ-ÖØ-Þ“\"‘(])")
#: What parts the URLs of one note; what a repair wrote before an archived link too.
_SAME_NOTE = re.compile(
    r"[\s.;,)\]]*(?:(?:and|see|also|archived|at|via)\b[\s:,]*)*[\s\[(]*"
    r"(?:[^\W\d_][^\[\]\d]{1,40} \d{4}-\d\d-\d\d:\s*)?",
    re.I,
)
#: Behind a URL, more sources follow in the same note.
_GOES_ON = re.compile(r"[\s)\]]*(?:\([^()]{0,400}\)\s*)?(?:;|(?:see|accord|cf\.|and)\b)", re.I)
#: Notes that mean another one are short.
_SHORT_NOTE = re.compile(r"\W*(?:ibid|id\b|supra|op\.? ?cit|loc\.? ?cit|ebd)", re.I)
#: So far away a URL may stand (characters).
_REACH = 400
_BACK_ARROW = re.compile(r"[↩↵⤶⏎⮐][\ufe0e\ufe0f]?(?:\s?\^?\d{1,2}(?=\s*[↩↵])|)")

#: What may stand before a number in its line; site builders leave invisible characters there.
_INDENT = r"^[ \t\u00a0\u200b\u200e\u200f\ufeff]*"
_RAISED = "[⁰¹²³⁴⁵⁶⁷⁸⁹]"
#: Some write the word before the number.
_WORDED = re.compile(
    _INDENT + r"[\[(]?(?:(?:foot|end)?-?note|fn|ftn|anm|anmerkung|fußnote|nota)s?\.?[ \t\u00a0]?(?:no\.?|nr\.?|n°)?"
    r"[ \t\u00a0]?(?P<n>\d{1,4})[\])]?[ \t]?[.:)–—-]?[ \t\u00a0]+(?=\S)",
    re.M | re.I,
)
#: A line end within a paragraph.
_SOFT_BREAK = re.compile(r"(?<!\n)\n(?!\n)")
#: How a note's number is written: name, pattern, whether it needs lines, and what a text must hold for it (asked
#: first, it is much quicker). Patterns that begin with a character are searched much faster than with what is before.
_STYLES: tuple[tuple[str, re.Pattern[str], bool, str], ...] = (
    ("bracket", re.compile(r"\[(?<![\w\[]\[)(?P<n>\d{1,4})\](?:[ \t]?[.:](?=\s))?[ \t\u00a0]*(?=\S)"), False, "["),
    ("bracketed", re.compile(_INDENT + r"\[(?P<n>\d{1,4})\](?:[ \t]?[.:](?=\s))?[ \t\xa0]*(?=\S)", re.M), True, "["),
    ("roman", re.compile(r"\[(?<!\S\[)(?P<n>[ivxlc]{1,7})\](?: ?[.:](?=\s))?[ \t\u00a0]*(?=\S)", re.M), False, "["),
    ("pipe", re.compile(r"(?P<n>\d(?<!\S\d)\d{0,3}) ?\| ?(?=\S)"), False, "|"),
    ("worded", _WORDED, True, "nNfFaA"),
    ("dot", re.compile(_INDENT + r"(?P<n>\d{1,4})\s?[.)][ \t\u00a0]+(?=\S)", re.M), True, "\n"),
    ("paren", re.compile(_INDENT + r"\((?P<n>\d{1,4})\)[ \t\u00a0]*(?=\S)", re.M), True, "("),
    ("star", re.compile(_INDENT + r"[*^](?P<n>\d{1,4})[.:]?[ \t\u00a0]*(?=\S)", re.M), True, "*^"),
    ("bare", re.compile(_INDENT + r'(?P<n>\d{1,4})(?:[ \t\xa0]+|(?=[A-Z“"‘]))(?=[^\d\s.,;:|)\]%–-])', re.M), True, " "),
    ("alone", re.compile(_INDENT + r"(?P<n>\d{1,4})[ \t\xa0]*\n(?:[ \t\xa0]*\n)?[ \t\xa0]*(?=\S)", re.M), True, "\n"),
    ("caret", re.compile(r"[\^↑](?<!\S[\^↑]) ?(?P<n>\d{1,4})[.:]? (?=\S)"), False, "^↑"),
    ("superscript", re.compile(rf"(?P<n>{_RAISED}(?<!\S{_RAISED}){_RAISED}{{0,3}})[ \t\u00a0]*(?=\S)"), False, "¹²"),
    ("flat", re.compile(r"(?P<n>\d(?<=\S \d)\d{0,3}) (?=[^\d\s.,;:|)\]%–-])"), False, " "),
    ("flatparen", re.compile(r"\((?P<n>\d(?<=\S \(\d)\d{0,3})\) (?=[^\d\s.,;:])"), False, "("),
    ("flatdot", re.compile(r"(?P<n>\d(?<=\S \d)\d{0,3})\. (?=[^\d\s.,;:])"), False, " "),
)  # fmt: skip
#: A number may be missing; more than this in a row and the chain is broken.
_MAX_GAP = 2
#: Chains tried for one style: starts beyond these are body text.
_MAX_STARTS = 12
#: Pieces of a long chain that are looked at; evenly spread.
_SAMPLE = 60


def find_numbered(
    text: str,
    *,
    vouched: Sequence[str] = (),
    given: Sequence[Mark] = (),
    counted: bool = False,
    paged: bool = False,
) -> list[Numbered]:
    """
    Find the notes of *text*; empty when nothing vouches for any.

    Args:
        vouched: Labels that links in the text already announce.
        given: Numbers that the markup sets apart at the head of a line, whatever stands behind them.
        counted: Lists are numbered when they are shown: "1." before every item means 1, 2, 3 …
        paged: The text may be that of a print, with running headers.
    """
    lines = _is_wrapped(text)
    flowing = (_SOFT_BREAK.sub(" ", text) if lines else text).replace("\u00a0", " ")
    turns = page_turns(text) if paged and lines else []
    known = Announced({} if vouched else marks_in(text), frozenset(vouched))
    best = _best_chain(text, list(given), "given", known) if given else None
    for name, pattern, needs_lines, signs in _STYLES:
        if (needs_lines and not lines) or not any(sign in text for sign in signs):
            continue
        marks = [
            Mark(number, shown, m.start(), m.end())
            for m in pattern.finditer(text if needs_lines else flowing)
            if (number := number_of(shown := m["n"].translate(SUPERSCRIPTS)))
            and (not name.startswith("flat") or _after_sentence(text, m.start()))
            and not (turns and is_within(turns, m.start("n")))
        ]
        if counted and name == "dot":
            marks = _as_counted(text, marks)
        scored = _best_chain(text, marks, name, known)
        if scored is not None and (best is None or scored[0] > best[0]):
            best = scored
    arrows = _by_arrows(text)
    if best is None or len(arrows) > 1.5 * len(best[1]):
        return with_signed(text, arrows or _dropped(flowing))
    return with_signed(text, pieces(text, best[1], known, turns))


def _as_counted(text: str, marks: list[Mark]) -> list[Mark]:
    """Count the items of lists that repeat one number; a paragraph between two of them begins a new list."""
    kept: list[Mark] = []
    before = 0
    for mark in marks:
        number = mark.number
        if kept and number == before and not re.search(r"\n[^\S\n]*+\n\s*+\S", text[kept[-1].end : mark.start]):
            number = kept[-1].number + 1
        before = mark.number
        kept.append(mark if number == mark.number else Mark(number, str(number), mark.start, mark.end))
    return kept


def _after_sentence(text: str, position: int) -> bool:
    """Tell whether a sentence, a URL or a heading ends right before *position*."""
    before = text[max(0, position - 300) : position].rstrip().rsplit(None, 1)
    last = before[-1] if before else ""
    return last[-1:] in tuple('.!?”"’)]/…»*') or last.startswith(("http", "www.")) or bool(HEADING.search(" " + last))


def _is_wrapped(text: str) -> bool:
    return "\n" in text.strip()


def _best_chain(text: str, marks: list[Mark], style: str, known: Announced) -> tuple[float, list[Mark]] | None:
    places: dict[int, list[int]] = {}
    for index, mark in enumerate(marks):
        places.setdefault(mark.number, []).append(index)
    best: tuple[float, list[Mark]] | None = None
    starts = [*places.get(1, [])[-_MAX_STARTS:], *places.get(2, [])[-5:]]
    for start in sorted(starts, reverse=True):
        chain = _chain_from(marks, places, start)
        if chain[0].number == 2:
            first = _bare_first(text, chain[0].start)
            if first is None:
                continue
            chain.insert(0, first)
        score = _score(text, chain, style, known)
        if score is not None and (best is None or score > 1.05 * best[0]):
            best = (score, chain)
    return best


def _bare_first(text: str, before: int) -> Mark | None:
    """Quirk: some lists write "1 Author" first and only then "2 | Author"; a heading must stand before it."""
    place = None
    for match in re.compile(r"(?:^|(?<=\s))1[.)]? (?=\S)", re.M).finditer(text, max(0, before - 3_000), before):
        if _headed(text, match.start()):
            place = match
    return Mark(1, "1", place.start(), place.end()) if place else None


def _chain_from(marks: list[Mark], places: dict[int, list[int]], start: int) -> list[Mark]:
    """Follow 1, 2, 3 … from *start*, always to the next place of the next number."""
    chain, index, number = [marks[start]], start, marks[start].number
    while True:
        for gap in range(_MAX_GAP + 1):
            candidates = places.get(number + 1 + gap, [])
            at = bisect_right(candidates, index)
            following = candidates[at] if at < len(candidates) else -1
            if following >= 0 and (gap == 0 or _plausible_gap(marks, index, following)):
                break
        else:
            return chain
        index, number = following, number + 1 + gap
        chain.append(marks[index])


def _plausible_gap(marks: list[Mark], index: int, following: int) -> bool:
    return marks[following].start - marks[index].end < 6_000


def _score(text: str, chain: list[Mark], style: str, known: Announced) -> float | None:
    step = max(1, len(chain) // _SAMPLE)
    measured = [
        likeness(text[chain[index].end : _next_start(chain, index, text)]) for index in range(0, len(chain), step)
    ]
    average = sum(measured) / len(measured)
    first = chain[0].start
    heading = _headed(text, first)
    announced = announced_share(chain, known)
    if len(chain) == 1 and not (heading and announced):
        return None
    needed = 0.55
    if heading or announced > 0.6:
        # Both together are as good as certain: only a list of bare words is none.
        needed = 0.05 if heading and announced > 0.6 else 0.2 if heading and announced > 0.3 else 0.3
    if average < needed or (not heading and announced < 0.3 and len(chain) < 4):
        return None
    if (
        style in ("flat", "flatdot", "flatparen", "given", "dot", "bare", "paren", "alone")
        and not heading
        and announced < 0.3
    ):
        return None
    return len(chain) * (average + 0.5 * announced + (0.3 if heading else 0.0))


def _next_start(chain: list[Mark], index: int, text: str) -> int:
    return min(chain[index + 1].start if index + 1 < len(chain) else len(text), chain[index].end + 1_200)


def likeness(piece: str) -> float:
    """Say how much *piece* reads like a note, 0 to 1."""
    if _NOTE_START.match(piece):
        return 1.0
    head = piece[:700]
    score = 0.45 if _URL.search(head) else 0.0
    score += 0.4 if _POINTING.search(head) else 0.0
    score += 0.25 if _YEAR.search(head) else 0.0
    score += 0.2 if _QUOTED.search(head) else 0.0
    score += 0.2 if _PAGES.search(head) else 0.0
    return min(1.0, score)


def _headed(text: str, position: int) -> bool:
    before = text[max(0, position - 80) : position].rstrip(" \t\r\n")
    return bool(HEADING.search(before) or _RULE.search(text[max(0, position - 80) : position]))


def _dropped(text: str) -> list[Numbered]:
    """
    Find notes that were dropped into the sentences where their marks were, with nothing that says where they end.

    Flattening a page whose notes unfold in the text gives such texts. Each
    note must read like a citation and hold a URL, behind which it ends.
    """
    marks: list[Mark] = []
    places: dict[int, list[int]] = {}
    for match in _DROPPED.finditer(text):
        piece = text[match.end() : match.end() + 400]
        enough = 0.4 if _after_sentence(text, match.start()) else 0.6 if _URL.search(piece) else 1.0
        if likeness(piece) >= enough:
            places.setdefault(int(match["n"]), []).append(len(marks))
            marks.append(Mark(int(match["n"]), match["n"], match.start(), match.end()))
    chains = [_chain_from(marks, places, start) for start in places.get(1, [])[:_MAX_STARTS]]
    chain = max(chains, key=len, default=[])
    if len(chain) < 3:
        return []
    notes: list[Numbered] = []
    for index, mark in enumerate(chain):
        limit = min(chain[index + 1].start if index + 1 < len(chain) else len(text), mark.end + 1_500)
        notes.append(Numbered(mark.shown, mark.start, mark.end, _end_of_dropped(text, mark.end, limit)))
    return notes


def _end_of_dropped(text: str, start: int, limit: int) -> int:
    """Return where a note without an end mark ends: behind its URLs, or with its sentence where it has none."""
    urls = find_urls(text[start:limit])
    far = _NOTE_START.match(text, start) and (_SHORT_NOTE.match(text, start) or (urls and urls[0].start > _REACH))
    if not urls or far:
        sentence = re.compile(r"[.!?](?=\s|$)").search(text, start, limit)
        return sentence.end() if sentence else limit
    end = start + urls[0].end
    for url in urls[1:]:
        goes_on = start + url.start - end <= _REACH and _GOES_ON.match(text, end)
        if not goes_on and not _SAME_NOTE.fullmatch(text, end, start + url.start):
            break
        end = start + url.end
    closing = re.compile(r"(?:\s?[.;)\]]){1,6}").match(text, end, limit)
    return closing.end() if closing else end


def _by_arrows(text: str) -> list[Numbered]:
    """Notes without numbers, each ended by an arrow back to the text."""
    arrows = list(_BACK_ARROW.finditer(text))
    if not arrows:
        return []
    headings = [
        m.end()
        for m in re.compile(r"(?:end-?notes?|foot-?notes?|\bnotes|references)\b[\s.:]*", re.I).finditer(
            text, 0, arrows[0].start()
        )
    ]
    line = text.rfind("\n", 0, arrows[0].start()) + 1
    start = max([line, *headings[-1:]])
    notes: list[Numbered] = []
    for arrow in arrows:
        body = re.compile(r"[\s↩\ufe0e]*").match(text, start, max(start, arrow.start()))
        begin = body.end() if body else start
        if begin < arrow.start():
            notes.append(Numbered(str(len(notes) + 1), begin, begin, arrow.start(), counted=True))
        start = arrow.end()
    return notes
