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
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_DATE = re.compile(
    rf"""(?<![\w/.-])(?:
        (?P<iso_y>\d{{4}})-(?P<iso_m>\d\d)-(?P<iso_d>\d\d)(?![\d-])
      | (?P<mdy_m>{_MONTH})\.?\s(?P<mdy_d>\d{{1,2}})(?:st|nd|rd|th)?,?\s(?P<mdy_y>\d{{4}})
      | (?P<dmy_d>\d{{1,2}})(?:st|nd|rd|th|\.|er|º)?\s(?:de\s|of\s)?
        (?P<dmy_m>{_MONTH})\.?,?\s(?:de\s|del\s)?(?P<dmy_y>\d{{4}})
      | (?P<num_d>\d{{1,2}})\.\s?(?P<num_m>\d{{1,2}})\.\s?(?P<num_y>\d{{4}})
    )(?!\d)""",
    re.I | re.X,
)
_ACCESSED = re.compile(
    r"(?:access(?:ed)?|retrieved|last (?:visited|accessed|viewed|checked)|visited|viewed|consult[ée]+e?|abgerufen|abruf|"
    r"zuletzt|"
    r"zugriff|stand|geraadpleegd|consultado|acceso|visto|accessdate|access-date|дата обращения)[^.;\d\[\]]{0,25}$",
    re.I,
)
_ARCHIVED = re.compile(r"archiv(?:ed|e|iert|é|ado|ato|edate|e-date)\b[^.;\d\[\]]{0,40}$", re.I)
_AFTERWARDS = re.compile(r"\s?\)?\s?(?:abgerufen|accessed)\b")
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
        if found.year >= _WEB and (_ACCESSED.search(before) or _AFTERWARDS.match(text, end)):
            accessed = accessed or found
        elif found.year >= _WEB and _ARCHIVED.search(before):
            archived = archived or found
        else:
            published = published or found
    return NoteDates(published, accessed, archived)


def _dates(text: str) -> Iterator[tuple[int, int, date]]:
    for match in _DATE.finditer(text):
        kind = next(name[:3] for name in ("iso_y", "mdy_y", "dmy_y", "num_y") if match[name])
        month = match[f"{kind}_m"].lower()
        try:
            found = date(int(match[f"{kind}_y"]), _MONTHS.get(month) or int(month), int(match[f"{kind}_d"]))
        except ValueError:
            continue
        yield match.start(), match.end(), found
