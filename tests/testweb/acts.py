"""
The three acts that the chain is tested with: who plays each cited URL, and what becomes of it.

The real analysis and its committed twin have the same shape, so one cast serves
both: roles go by the order of the URLs, and what a page says is made from its
own note. Nothing of the real analysis stands here.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from urllib.parse import urlsplit

from testweb import CertificateFault, TestWeb, behaviours

TWIN = Path(__file__).parents[1] / "chain" / "twin.txt"

_NOTE = re.compile(r"^\[(\d+)\] (.+)$", re.MULTILINE)
_URL = re.compile(r"https?://\S+?(?=[.;,]?(?:\s|$))")
_QUOTED = re.compile("“([^”]+?),?”")
_DATED = re.compile(
    r"(January|February|March|April|May|June|July|August|September|October|November|December) \d{1,2}, \d{4}"
)

#: What becomes of the n-th URL in the second act. Fates of a whole host fall on hosts that are cited once.
FATES = (
    "missing",  # note 1, and with it the Ibid. of note 2
    "soft_404",  # 3
    "taken_over",  # 4
    "bot_wall",  # 5, first
    "moved_home",  # 5, second
    "name_gone",  # 6
    "gone",  # 7, a post
    "alive",  # 7, a post with a query string
    "parked",  # 8, a PDF
    "tls_expired",  # 9, a PDF; 10 and 13 repeat it
    "moved",  # 11
    "missing",  # 12, first
    "rate_limited",  # 12, second
    "slow",  # 12, third
    "alive",  # 12, fourth
    "alive",  # 14
)

#: State of each URL once 30 days of daily rounds have passed, where the rules leave one answer.
STATES = {
    "missing": {"dead"},
    "gone": {"dead"},
    "soft_404": {"soft_404", "dead"},
    "moved_home": {"soft_404", "dead"},
    "parked": {"parked"},
    "taken_over": {"usurped"},
    "name_gone": {"dead"},
    "moved": {"moved"},
    "bot_wall": {"blocked"},
    "rate_limited": {"blocked"},
    "tls_expired": {"alive", "failing"},
    "slow": {"alive"},
    "alive": {"alive"},
}

#: Fates whose citations are repaired in the third act.
REPAIRED = frozenset({"missing", "gone", "soft_404", "moved_home", "parked", "taken_over", "name_gone"})


@dataclass(frozen=True, slots=True)
class Role:
    """One cited URL: the note that cites it, what its page says, and its fate."""

    url: str
    label: str
    title: str
    author: str
    published: date
    fate: str

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""

    @property
    def moved_to(self) -> str:
        return f"https://{self.host}/moved{urlsplit(self.url).path}"


def cast(analysis: str) -> tuple[Role, ...]:
    """The sixteen roles of *analysis*, in the order of its notes."""
    pieces = [
        (label, note[start : found.start()], found.group())
        for label, note in _NOTE.findall(analysis)
        for start, found in _with_starts(note)
    ]
    return tuple(
        Role(url, label, *_told(before), fate) for (label, before, url), fate in zip(pieces, FATES, strict=True)
    )


def _with_starts(note: str) -> list[tuple[int, re.Match[str]]]:
    found = list(_URL.finditer(note))
    starts = [0, *(match.end() for match in found)]
    return list(zip(starts, found, strict=False))


def _told(before: str) -> tuple[str, str, date]:
    """Title, author and date that a note gives ahead of its URL."""
    words = before.lstrip(" ;").removeprefix("and ")
    quoted, dated = _QUOTED.search(words), _DATED.search(words)
    title = quoted.group(1) if quoted else words.rstrip(" ,")
    author = words.split(", “")[0].split(",")[0] if quoted and not words.startswith("“") else words.split(",")[0]
    published = datetime.strptime(dated.group(), "%B %d, %Y").date() if dated else date(2016, 9, 1)  # noqa: DTZ007
    return title, author.strip("“”"), published


def first_act(web: TestWeb, roles: tuple[Role, ...]) -> None:
    """Everything is alive."""
    for role in roles:
        web.place(role.url, _living(role))


def _living(role: Role) -> behaviours.Alive | behaviours.AlivePdf | behaviours.Post:
    site = role.host.removeprefix("www.")
    told = behaviours.article(role.title, author=role.author, site=site, published=role.published)
    if role.url.lower().endswith(".pdf"):
        return behaviours.AlivePdf(told)
    if "/status/" in role.url:
        return behaviours.Post(told)
    return behaviours.Alive(told)


def second_act(web: TestWeb, roles: tuple[Role, ...]) -> None:
    """Every role meets its fate. Ask for ``connect_to`` anew afterwards."""
    for role in roles:
        _age(web, role)


def _age(web: TestWeb, role: Role) -> None:
    match role.fate:
        case "parked":
            web.take_over(role.host, behaviours.Parked())
        case "taken_over":
            web.take_over(role.host, behaviours.TakenOver())
        case "name_gone":
            web.forget_name(role.host)
        case "tls_expired":
            web.certificate(role.host, CertificateFault.EXPIRED)
        case "moved":
            web.place(role.moved_to, _living(role))
            web.age(role.url, behaviours.MovedTo(role.moved_to))
        case "slow":
            web.age(role.url, behaviours.Slow(_living(role), wait_s=1.0, pause_s=0.01, piece_bytes=1024))
        case "alive":
            pass
        case fate:
            web.age(role.url, _AT_THE_ADDRESS[fate])


_AT_THE_ADDRESS = {
    "missing": behaviours.Missing(),
    "gone": behaviours.Gone(),
    "soft_404": behaviours.SoftNotFound(),
    "moved_home": behaviours.MovedHome(),
    "bot_wall": behaviours.BotWall(),
    "rate_limited": behaviours.RateLimited(retry_after="1"),
}
