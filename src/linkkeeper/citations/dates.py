"""Dates that a note gives: when its source was published, read, archived."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan januar jänner janvier janv enero ene gennaio janeiro января",
            "february feb februar février fevrier févr febrero febbraio fevereiro февраля",
            "march mar märz maerz mrz mars marzo março марта",
            "april apr avril avr abril aprile апреля",
            "may mai mayo maggio maio мая",
            "june jun juni juin junio giugno junho июня",
            "july jul juli juillet juil julio luglio julho июля",
            "august aug août aout agosto ago августа",
            "september sep sept septembre septiembre settembre setembro сентября",
            "october oct oktober okt octobre octubre ottobre outubro октября",
            "november nov novembre noviembre novembro ноября",
            "december dec dezember dez décembre decembre déc diciembre dicembre dezembro декабря",
        ),
        start=1,
    )
    for name in names.split()
}
#: A digit first: nothing else in a text is looked at.
_YEAR = re.compile(r"\d(?<!\d\d)\d{3}(?!\d)")
_ISO = re.compile(r"(?P<y>\d{4})-(?P<m>\d\d)-(?P<d>\d\d)(?![\d-])")
#: What stands before a year: "March 3, ", "3. März ", "3.3."; whether the word is a month is asked afterwards.
_BEFORE_YEAR = re.compile(
    r"""(?<![\w/.-])(?:
        (?P<month>[^\W\d_]{3,10})\.?\s(?P<day>\d{1,2})(?:st|nd|rd|th)?,?\s
      | (?P<day2>\d{1,2})(?:st|nd|rd|th|\.|er|º)?\s(?:de\s|of\s)?(?P<month2>[^\W\d_]{3,10})\.?,?\s(?:de\s|del\s)?
      | (?P<day3>\d{1,2})\.\s?(?P<month3>\d{1,2})\.\s?
    )$""",
    re.I | re.X,
)
_ACCESSED = re.compile(
    r"(?:access(?:ed)?|\bas of|retrieved|last (?:visited|accessed|viewed|checked)|visited|viewed|consult[ée]+e?|"
    r"abgerufen|abruf|zuletzt|"
    r"zugriff|stand|geraadpleegd|consultado|acceso|visto|accessdate|access-date|дата обращения)[^.;\d\[\]]{0,25}$",
    re.I,
)
_ARCHIVED = re.compile(r"archiv(?:ed|e|iert|é|ado|ato|edate|e-date)\b[^.;\d\[\]]{0,40}$", re.I)
#: Parts of those words: asked first, as plain words are found much quicker than patterns.
_CLAIMING = (
    *("cess", "triev", "visit", "view", "check", "consult", "abruf", "abgeruf", "zuletzt", "zugriff", "stand"),
    *("raadpl", "as of", "acceso", "visto", "archiv", "дата"),
)
#: Behind the date; what another date follows belongs to that one.
_AFTERWARDS = re.compile(r"\s?\)?\s?(?:abgerufen|accessed)\b(?!(?: (?:on|am|at|le))?:?\s+(?:\d|[^\W\d_]{3,10}\.?\s\d))")
#: What stands before the date of an article; behind it may only come names.
_BYLINE = re.compile(
    r"(?:(?:^|[\s|•·])(?:by|von|par|por|di)\s+[A-ZÀ-ÖØ-Þ][^.!?\n]{2,80}|(?:published|posted|updated|date|"
    r"veröffentlicht|erschienen|publié|publicado|pubblicato)\b[^.!?\n]{0,30})[,|•·:—–\-\s]*$",
    re.I,
)
_AFTER_DATE = re.compile(r"[ \t]*(?:[|•·—–]|\n|$)")
#: An article's head is not longer (characters).
_HEAD = 1_500
#: Dates before the web can't be when something was read or archived.
_WEB = 1991


@dataclass(frozen=True, slots=True)
class NoteDates:
    published: date | None = None
    accessed: date | None = None
    archived: date | None = None


def dates_of(text: str) -> NoteDates:
    """
    Read the dates of a note.

    The first date that nothing else claims is the publication's; of several
    access dates the first counts. Dates without a day are left out.
    """
    published = accessed = archived = None
    for start, end, found in _dates(text):
        before = text[max(0, start - 45) : start]
        lower = before.lower()
        claimed = any(word in lower for word in _CLAIMING)
        if found.year < _WEB or (not claimed and not _AFTERWARDS.match(text, end)):
            published = published or found
        elif claimed and _ACCESSED.search(before):
            accessed = accessed or found
        elif claimed and _ARCHIVED.search(before):
            archived = archived or found
        elif _AFTERWARDS.match(text, end):
            accessed = accessed or found
        else:
            published = published or found
    return NoteDates(published, accessed, archived)


def byline_date(text: str) -> date | None:
    """
    Return the date at the head of an article: behind "By Name" or "Published", or in a line of its own.

    Args:
        text: Of the article from its title on; only its first lines count.
    """
    head = text[:_HEAD]
    for start, end, found in _dates(head):
        if found.year < _WEB:
            continue
        line = head.rfind("\n", 0, start) + 1
        before = head[line:start]
        if _BYLINE.search(before) or (len(before.strip(" |•·—–-")) < 3 and _AFTER_DATE.match(head, end)):
            return found
    return None


def _dates(text: str) -> Iterator[tuple[int, int, date]]:
    """Every form of a date holds its year in four digits: look around those."""
    for year in _YEAR.finditer(text):
        iso = _ISO.match(text, year.start())
        if iso is not None:
            start, end, month, day = iso.start(), iso.end(), iso["m"], iso["d"]
        else:
            left = max(0, year.start() - 30)
            if not text[year.start() - 1 : year.start()].isspace() and text[year.start() - 1 : year.start()] != ".":
                continue
            before = _BEFORE_YEAR.search(text[left : year.start()])
            if before is None:
                continue
            start, end = left + before.start(), year.end()
            month = before["month"] or before["month2"] or before["month3"]
            day = before["day"] or before["day2"] or before["day3"]
        number = int(month) if month.isdecimal() else _MONTHS.get(month.lower(), 0)
        try:
            yield start, end, date(int(year.group()), number, int(day))
        except ValueError:
            continue
