"""The same bytes as last time end the judging early, but never hide a move."""

import hashlib
from dataclasses import replace

from checks.judging import ALIVE_PAGE, CITED, NOW, answered, verdict
from checks.pathological_web import Web, answer, redirect
from checks.test_observe_fetch import look
from linkkeeper.checks.case import Case, baseline_of
from linkkeeper.checks.look import Look
from linkkeeper.pages.text import read_page
from linkkeeper.vocabulary.digest import short_digest
from linkkeeper.vocabulary.observation import ObservationKind

ELSEWHERE = "https://www.old-institute.example/archive/water-2019"


def known() -> Case:
    """A link whose last look found ALIVE_PAGE at the cited address."""
    return Case(
        cited=CITED,
        baseline=baseline_of(read_page(ALIVE_PAGE, "text/html"), final_url=CITED),
        last_hash=short_digest(hashlib.sha256(ALIVE_PAGE).hexdigest()),
        last_kind=ObservationKind.OK,
    )


def test_the_same_bytes_at_the_same_address_are_unchanged() -> None:
    assert verdict(answered(), known()).rule.startswith("unchanged@")


def test_the_same_bytes_of_an_edited_page_are_still_edited() -> None:
    """Also where the server says it: a link would else go from edited to alive and back."""
    edited = replace(known(), last_kind=ObservationKind.EDITED)
    assert verdict(answered(), edited).kind is ObservationKind.EDITED
    unchanged = Look(url=CITED, moment=NOW, elapsed_s=0.1, not_modified=True)
    assert verdict(unchanged, edited).kind is ObservationKind.EDITED


def test_the_same_bytes_behind_a_permanent_redirect_have_moved() -> None:
    """A page that is moved is often served byte for byte as before."""
    found = verdict(answered(final_url=ELSEWHERE, hops=(301,)), known())
    assert (found.kind, found.final_url) == (ObservationKind.MOVED, ELSEWHERE)


def test_validators_are_not_sent_on_to_another_address() -> None:
    """They speak of the address asked first; a 304 from the new one would hide the move."""
    web = Web({"/": redirect("/new"), "/new": answer()})
    look(web, validators=('"abc"', None))
    first, second = web.arrivals
    assert first.headers["if-none-match"] == '"abc"'
    assert "if-none-match" not in second.headers
