"""Dates that a note gives: when its source was published, read, archived."""

import re
from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

#: By month; English, German, French, Spanish, Italian, Portuguese, Dutch, Swedish, Polish, Czech, Turkish, Russian.
_NAMES = (
    "january jan januar jänner janvier janv enero ene gennaio janeiro januari stycznia ledna ocak января січня",
    "february feb februar février fevrier févr febrero febbraio fevereiro februari lutego února şubat февраля лютого",
    "march mar märz maerz mrz mars marzo março maart marca března mart марта березня",
    "april apr avril avr abril aprile kwietnia dubna nisan апреля квітня",
    "may mai mayo maggio maio mei maj maja května mayıs мая травня",
    "june jun juni juin junio giugno junho czerwca června haziran июня червня",
    "july jul juli juillet juil julio luglio julho lipca července temmuz июля липня",
    "august aug août aout agosto ago augustus augusti sierpnia srpna ağustos августа серпня",
    "september sep sept septembre septiembre settembre setembro września září eylül сентября вересня",
    "october oct oktober okt octobre octubre ottobre outubro października října ekim октября жовтня",
    "november nov novembre noviembre novembro listopada listopadu kasım ноября листопада",
    "december dec dezember dez décembre decembre déc diciembre dicembre dezembro grudnia prosince aralık декабря",
)
_MONTHS = {name: number for number, names in enumerate(_NAMES, start=1) for name in names.split()}
#: A digit first: nothing else in a text is looked at.
_YEAR = re.compile(r"\d(?<!\d\d)\d{3}(?!\d)")
#: Dates that begin with their year; with slashes none within an address.
_YEAR_FIRST = re.compile(
    r"(?P<y>\d{4})(?:-(?P<m>\d\d)-(?P<d>\d\d)(?![\d-])|(?<![\w/]\d{4})/(?P<m2>\d\d?)/(?P<d2>\d\d?)(?![\w/])"
    r"|[年년] ?(?P<m3>\d\d?)[月월] ?(?P<d3>\d\d?)[日일])"
)
#: What stands before a year: "March 3, ", "3. März ", "3.3."; whether the word is a month is asked afterwards.
_BEFORE_YEAR = re.compile(
    r"""(?<![\w/.-])(?:
        (?P<month>[^\W\d_]{3,10})\.?\s(?P<day>\d{1,2})(?:st|nd|rd|th)?,?\s
      | (?P<day2>\d{1,2})(?:st|nd|rd|th|\.|er|º)?\s(?:de\s|of\s)?(?P<month2>[^\W\d_]{3,12})\.?,?\s(?:de\s|del\s)?
      | (?P<day3>\d{1,2})\.\s?(?P<month3>\d{1,2})\.\s?
      | (?P<day4>1[3-9]|2\d|3[01])/(?P<month4>\d{1,2})/
      | (?P<month5>\d{1,2})/(?P<day5>1[3-9]|2\d|3[01])/
    )$""",
    re.I | re.X,
)
_MONTH_GROUPS = ("month", "month2", "month3", "month4", "month5")
_DAY_GROUPS = ("day", "day2", "day3", "day4", "day5")
_JOINS = (".", "/")
_ACCESSED = re.compile(
    r"(?:access(?:ed)?|\bas of|retrieved|last (?:visited|accessed|viewed|checked)|visited|viewed|consult[ée]+e?|"
    r"consulta|abgerufen|abruf|zuletzt|zugriff|stand|geraadpleegd|consultado|acceso|acesso|visto|dostęp|hämtad|läst|"
    r"besøkt|lest|navštíveno|erişim|accessdate|access-date|дата обращения|访问|アクセス)[^.;\d\[\]]{0,25}$",
    re.I,
)
_ARCHIVED = re.compile(
    r"(?:archiv(?:ed|e|iert|é|ado|ato|eerd|edate|e-date)|arkiverad|zarchiwizowano|архивировано|存档)\b[^.;\d\[\]]{0,40}$",
    re.I,
)
#: Parts of those words: asked first, as plain words are found much quicker than patterns.
_CLAIMING = (
    *("cess", "triev", "visit", "view", "check", "consult", "abruf", "abgeruf", "zuletzt", "zugriff", "stand"),
    *("raadpl", "as of", "acces", "aces", "visto", "dost", "hämt", "läst", "besøkt", "lest", "navšt", "eriş"),
    *("archiv", "arkiv", "archiw", "архив", "дата", "访问", "存档", "アクセス"),
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


class NoteDates(NamedTuple):
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
        claimed = any(map(lower.__contains__, _CLAIMING))
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
        first = _YEAR_FIRST.match(text, year.start())
        if first is not None:
            start, end = first.span()
            month, day = first["m"] or first["m2"] or first["m3"], first["d"] or first["d2"] or first["d3"]
        else:
            left = max(0, year.start() - 30)
            if (
                not text[year.start() - 1 : year.start()].isspace()
                and text[year.start() - 1 : year.start()] not in _JOINS
            ):
                continue
            before = _BEFORE_YEAR.search(text[left : year.start()])
            if before is None:
                continue
            start, end = left + before.start(), year.end()
            month = next(filter(None, before.group(*_MONTH_GROUPS)))
            day = next(filter(None, before.group(*_DAY_GROUPS)))
        number = int(month) if month.isdecimal() else _MONTHS.get(month.lower(), 0)
        try:
            yield start, end, date(int(year.group()), number, int(day))
        except ValueError:
            continue
