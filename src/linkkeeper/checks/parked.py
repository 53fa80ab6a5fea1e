"""Parked and offered domains: a page that answers, but sells the address."""

import re
from urllib.parse import urlsplit

from linkkeeper.checks.scene import Finding, Scene
from linkkeeper.pages.parking import parking_marks
from linkkeeper.vocabulary.observation import Evidence, ObservationKind
from linkkeeper.vocabulary.uri import host_of, registrable_domain, same_site

_ONE_MARK_WORDS = 600
#: ``ww25.example.org/…?subid1=…``: where a large parking service sends visitors.
_NUMBERED_HOST = re.compile(r"ww\d{1,3}\.")
_COUNTED = re.compile(r"[?&]sub(?:id)?1=")

#: Registrable domains that sell domains; who lands there looked for a name that is for sale.
_SALES = frozenset(
    {
        "above.com",
        "afternic.com",
        "atom.com",
        "bodis.com",
        "brandbucket.com",
        "brandpa.com",
        "buydomains.com",
        "dan.com",
        "domainmarket.com",
        "domainnamesales.com",
        "domainsponsor.com",
        "dynadot.com",
        "efty.com",
        "expireddomains.com",
        "grit.com",
        "hugedomains.com",
        "namebright.com",
        "namecheap.com",
        "nicsell.com",
        "parkingcrew.net",
        "parklogic.com",
        "perfectdomain.com",
        "porkbun.com",
        "sav.com",
        "sedo.com",
        "sedoparking.com",
        "squadhelp.com",
        "undeveloped.com",
        "uniregistry.com",
        "voodoo.com",
    }
)


def judge_parked(scene: Scene) -> Finding | None:
    """
    Rule 5: two marks, or one mark on a page with little to read.

    Source: marks of parking services as documented by Zirngibl et al., TMA 2022
    ("Domain parking: largely present, rarely considered!"), and seen in the wild.
    """
    host = host_of(scene.landed)
    seller = registrable_domain(host)
    if seller in _SALES and not same_site(scene.case.cited, scene.landed):
        return _finding(f"the address leads to {host}, which sells domains", marks=(host,))
    if scene.jumped and urlsplit(scene.landed).path.rstrip("/").endswith("/lander"):
        return _finding("the page only jumps to /lander, as parked domains do", marks=("/lander",))
    if _NUMBERED_HOST.match(host) and _COUNTED.search(scene.landed) and same_site(scene.case.cited, scene.landed):
        return _finding(f"the address leads to {host}, where parked domains count their visitors", marks=(host,))
    marks = parking_marks(scene.answer.body, scene.page, host=host_of(scene.answer.url))
    if len(marks) >= 2 or (marks and scene.words < _ONE_MARK_WORDS):
        return _finding(f"the page offers or parks the domain: {', '.join(marks[:3])}", marks=marks)
    return None


def _finding(words: str, *, marks: tuple[str, ...]) -> Finding:
    return Finding(ObservationKind.PARKED, "parked", Evidence(words=words, marks=marks))
