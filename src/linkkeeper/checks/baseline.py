"""
Does the captured page match its note? Only then may it stand for what was cited.

A back catalogue is full of addresses whose owner changed before we saw them:
a capture of today proves what is there today, not what was cited.
"""

import re
from dataclasses import dataclass
from datetime import date
from urllib.parse import unquote, urlsplit

from linkkeeper.checks.case import NoteFacts
from linkkeeper.pages.shingles import words_of
from linkkeeper.pages.text import Page
from linkkeeper.vocabulary.uri import host_of, registrable_domain, text_fragment_quotes

#: A page that scores less against its note is foreign to it.
FOREIGN_SCORE = 0.25
_ENOUGH = 0.5
_TITLE_ENOUGH = 0.75
_QUOTE_WORDS = 5
_LEAD_WORDS = 400
_URL = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
#: Words that notes and pages share whatever they are about, in the languages met most.
_COMMON = """
a an and are as at available accessed access ago archived at august april be by can com de december der des die das
dem den doi ed eds el en et february for from had has he her his html http https ibid id in is it its january july
june la last le les los march may mit nd no note november october of on online or org p page pages pdf pp press
retrieved s see september she source su supra that the their this to und url um van via viewed vol was were with
www ein eine im ist zu am vom zum aus abgerufen zugriff stand siehe ebd hier auf
"""
_STOP = frozenset(_COMMON.split())
_DATE = re.compile(r"\b(\d{4})-(\d{2})-(\d{2})|\b(\d{4})/(\d{2})/(\d{2})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """
    One comparison.

    Attributes:
        name: ``quote``, ``title``, ``address``, ``words``, ``author``, ``site`` or ``date``.
        score: 0 (contradicts) to 1 (matches).
        weight: Of this part among the others.
        words: What was compared, for an editor.
    """

    name: str
    score: float
    weight: float
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteMatch:
    """
    How well a captured page matches its note.

    Attributes:
        score: Weighted mean of the parts, 0 to 1.
        matched: Whether the capture may become the baseline.
        words: The reason, for an editor.
        parts: Only those that could be compared.
    """

    score: float
    matched: bool
    words: str
    parts: tuple[Part, ...]


def match_note(page: Page, note: NoteFacts, *, url: str, text: str | None = None) -> NoteMatch:
    """
    Compare a captured page with the note that cites it.

    Args:
        page: As captured.
        note: What the note says.
        url: As cited.
        text: Visible text after scripts, where a browser saw the page.

    Returns:
        Matched if a quoted passage stands on the page, the titles agree, or
        the weighed parts speak for it. Where note and address say nothing
        that could be compared, a page that names its own host matches.
    """
    shown = text if text and len(text) > len(page.visible_text) else page.visible_text
    candidates = (
        _quote(shown, note, url),
        _title(page, shown, note),
        _address(page, shown, url),
        _words(page, shown, note),
        _author(page, note),
        _site(page, shown, note, url),
        _date(page, shown, note),
    )
    parts = tuple(part for part in candidates if part is not None)
    total = sum(part.weight for part in parts)
    score = sum(part.score * part.weight for part in parts) / total if total else 0.0
    by_name = {part.name: part.score for part in parts}
    matched = bool(parts) and (
        by_name.get("quote", 0.0) == 1.0 or by_name.get("title", 0.0) >= _TITLE_ENOUGH or score >= _ENOUGH
    )
    return NoteMatch(score=round(score, 3), matched=matched, words=_reason(parts, matched), parts=parts)


def _reason(parts: tuple[Part, ...], matched: bool) -> str:
    if not parts:
        return "the page has nothing that could be compared with the note"
    telling = sorted(parts, key=lambda part: -part.weight * (part.score if matched else 1 - part.score))
    verdict = "the page matches its note" if matched else "the page does not match its note"
    return f"{verdict}: {'; '.join(part.words for part in telling[:3])}"


def _distinct(text: str) -> set[str]:
    return {word for word in words_of(text) if word not in _STOP and (len(word) > 2 or not word.isascii())}


def _note_text(note: NoteFacts) -> str:
    return _URL.sub(" ", note.text)


def _quote(shown: str, note: NoteFacts, url: str) -> Part | None:
    wanted = [
        words
        for passage in (*note.passages, *text_fragment_quotes(url))
        if len(words := words_of(passage)) >= _QUOTE_WORDS
    ]
    if not wanted:
        return None
    running = f" {' '.join(words_of(shown))} "
    found = next((words for words in wanted if f" {' '.join(words)} " in running), None)
    if found is None:
        # A title shortened by the author, or a passage with an ellipsis: weak evidence against.
        return Part(name="quote", score=0.0, weight=1.0, words="no quoted passage stands on the page")
    said = " ".join(found[:12])
    return Part(name="quote", score=1.0, weight=6.0, words=f"the quoted “{said}…” stands on the page")


def _title(page: Page, shown: str, note: NoteFacts) -> Part | None:
    """The note's quoted title in the page's title and headings; else the page's title in the note's text."""
    prominent = _distinct(" ".join((page.title, *page.headings)))
    if not prominent:
        return None
    quoted = [words for passage in note.passages if len(words := _distinct(passage)) >= 2]
    shares = [len(words & prominent) / len(words) for words in quoted]
    own = _distinct(_longest_segment(page.title))
    said = _distinct(_note_text(note))
    if len(own) >= 2 and said:
        shares.append(len(own & said) / len(own))
    if not shares:
        return None
    best = max(shares)
    verb = "agrees with" if best >= _TITLE_ENOUGH else "partly agrees with" if best >= 0.4 else "differs from"
    return Part(name="title", score=best, weight=5.0, words=f"the page's title “{page.title[:80]}” {verb} the note")


def _longest_segment(title: str) -> str:
    """Without the site's name, which stands before or after a separator."""
    return max(re.split(r"\s+[|·•»«–—-]+\s+|\s*\|\s*", title), key=len)


def _address(page: Page, shown: str, url: str) -> Part | None:
    """Words of the cited address: sites make them of the title."""
    path = unquote(urlsplit(url).path)
    last = next((part for part in reversed(path.split("/")) if re.search(r"[^\W\d]{3,}", part)), "")
    slug = {word for word in _distinct(re.sub(r"\.\w{1,5}$", "", last).replace("_", " ")) if not word.isdigit()}
    if len(slug) < 3:
        return None
    near = _distinct(" ".join((page.title, *page.headings, " ".join(shown.split()[:_LEAD_WORDS]))))
    share = len(slug & near) / len(slug)
    verb = "stand" if share >= 0.6 else "hardly stand"
    return Part(name="address", score=share, weight=3.0, words=f"the words of the cited address {verb} on the page")


def _words(page: Page, shown: str, note: NoteFacts) -> Part | None:
    said = {word for word in _distinct(_note_text(note)) if not word.isdigit()}
    if len(said) < 3:
        return None
    lead = " ".join((page.title, page.site_name, page.description, *page.headings, *page.authors))
    near = _distinct(f"{lead} {' '.join(shown.split()[:_LEAD_WORDS])}")
    share = len(said & near) / len(said)
    return Part(name="words", score=share, weight=2.5, words=f"{share:.0%} of the note's words stand on the page")


def _author(page: Page, note: NoteFacts) -> Part | None:
    names = [name for name in page.authors if not name.startswith("http") and 1 <= len(name.split()) <= 5]
    if not names:
        return None
    said = set(words_of(_note_text(note)))
    surnames = [words[-1] for name in names if (words := words_of(name))]
    found = next((name for name in surnames if name in said and len(name) > 2), None)
    if found:
        return Part(name="author", score=1.0, weight=2.0, words=f"its author {found.title()} is named in the note")
    # Notes often leave the author out: next to nothing follows from silence.
    return Part(name="author", score=0.0, weight=0.3, words=f"its author {names[0][:40]} is not named in the note")


def _site(page: Page, shown: str, note: NoteFacts, url: str) -> Part | None:
    """Does the site still call itself what its address, or the note, calls it?"""
    host = note.host or host_of(url)
    label = registrable_domain(host).split(".")[0].replace("-", "")
    if len(label) < 4 or not shown:
        return None
    named = _squeezed(f"{page.title} {page.site_name} {' '.join(page.headings)}")
    if label in named:
        return Part(name="site", score=1.0, weight=1.5, words=f"the page calls itself {label}, as its address does")
    if label in _initials(f"{page.title} {page.site_name}"):
        return Part(name="site", score=0.8, weight=1.0, words=f"{label} abbreviates the site's name")
    if label in _squeezed(shown):
        # Many labels are plain words: somewhere in the text they mean little.
        return Part(name="site", score=0.4, weight=0.7, words=f"{label} stands somewhere in the text")
    return Part(name="site", score=0.0, weight=1.0, words=f"the page nowhere calls itself {label}")


def _squeezed(text: str) -> str:
    return re.sub(r"[\W_]+", "", text.lower())


def _initials(text: str) -> str:
    return "".join(word[0] for word in re.findall(r"\w+", text.lower()))


def _date(page: Page, shown: str, note: NoteFacts) -> Part | None:
    if note.published is None:
        return None
    published = _published(page)
    if published is None:
        if str(note.published.year) in shown:
            words = f"the year {note.published.year} stands on the page"
            return Part(name="date", score=1.0, weight=0.7, words=words)
        return None
    apart = abs((published - note.published).days)
    score = 1.0 if apart <= 3 else 0.6 if apart <= 62 else 0.3 if apart <= 400 else 0.0
    words = f"the page is dated {published.isoformat()}, the note says {note.published.isoformat()}"
    return Part(name="date", score=score, weight=1.5, words=words)


def _published(page: Page) -> date | None:
    match = _DATE.search(page.published or "")
    if match is None:
        return None
    numbers = [int(group) for group in match.groups() if group is not None]
    try:
        return date(*numbers)
    except ValueError:
        return None
