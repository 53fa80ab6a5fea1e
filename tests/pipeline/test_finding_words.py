"""The report says how far the evidence is counted: ``missing, look 1 of 3, next on 24 November``."""

from datetime import UTC, datetime, timedelta

import pytest

from linkkeeper.checks.states import advance, looks_counted, new_standing
from linkkeeper.pipeline.report import Report, ReportedAnalysis, finding_words, source_found
from linkkeeper.vocabulary.observation import Evidence, Observation, ObservationKind
from linkkeeper.vocabulary.state import LinkState
from linkkeeper.vocabulary.views import LinkPage, LinkSummary

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


def page_after(*kinds: ObservationKind) -> LinkPage:
    standing = new_standing(moment=NOW)
    for number, kind in enumerate(kinds):
        moment = NOW + timedelta(hours=number)
        evidence = Evidence(words="")
        look = Observation(url="https://a.example/b", moment=moment, kind=kind, rule="test@1", evidence=evidence)
        standing = advance(standing, look)
    summary = LinkSummary(
        id=1,
        url="https://a.example/b",
        host="a.example",
        state=standing.state,
        since=standing.since,
        words="",
        pinned=False,
        confirmed=True,
        last_checked_at=NOW,
        last_ok_at=None,
        next_check_at=NOW + timedelta(days=2),
        capture=None,
        counted=looks_counted(standing),
    )
    return LinkPage(summary=summary, checks=(), captures=(), cited_in=(), rule="", evidence={})


@pytest.mark.parametrize(
    ("kinds", "words"),
    [
        ((ObservationKind.MISSING,), "failing: missing, look 1 of 3, next on 24 November"),
        ((ObservationKind.PARKED,), "failing: parked, look 1 of 2, next on 24 November"),
        ((ObservationKind.FORBIDDEN,), "restricted, next on 24 November"),
        ((ObservationKind.OK,), "alive"),
    ],
)
def test_the_finding_tells_state_progress_and_next_look(kinds: tuple[ObservationKind, ...], words: str) -> None:
    page = page_after(*kinds)
    assert finding_words(page) == words
    assert page.summary.state is not LinkState.DEAD


def test_beside_its_mark_the_state_is_not_told_again() -> None:
    found = source_found(page_after(ObservationKind.MISSING))
    assert found.progress == "missing, look 1 of 3, next on 24 November"
    assert source_found(page_after(ObservationKind.OK)).progress == ""


@pytest.mark.parametrize(
    ("locations", "names"),
    [
        (["/srv/a/texts/one.md"], ["one.md"]),
        (["/srv/a/one.md", "/srv/a/b/two.md"], ["one.md", "b/two.md"]),
        (["/srv/a/one.md", "https://think.example/piece"], ["one.md", "https://think.example/piece"]),
    ],
)
def test_a_report_names_no_folder_of_this_machine(locations: list[str], names: list[str]) -> None:
    analyses = tuple(
        ReportedAnalysis(title="", location=one, notes=(), links=(), relinked=None, repairs=0, refusals=())
        for one in locations
    )
    report = Report(moment=NOW, version="1", analyses=analyses)
    assert [report.name_of(one) for one in analyses] == names
