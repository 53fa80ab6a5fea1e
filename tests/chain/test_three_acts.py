"""The chain in three acts on one storage: a published analysis, its sources alive, dying, and repaired."""

import json
import os
from collections.abc import Iterator
from html import escape
from pathlib import Path

import pytest

from chain.chain_playing import Played, play
from linkkeeper.archive.fixity import verify
from linkkeeper.vocabulary.capture import Quality
from linkkeeper.vocabulary.state import LinkState
from testweb import acts

REAL = "analyses/al-qaeda-and-the-taliban.txt"
REFUSALS = {"bot_wall", "rate_limited", "tls_expired", "slow", "alive"}

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


@pytest.fixture(scope="module", params=["twin", "real"])
def played(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    if request.param == "twin":
        analysis = acts.TWIN
    else:
        corpus = os.environ.get("LINKKEEPER_CORPUS")
        if not corpus:
            pytest.skip("LINKKEEPER_CORPUS is unset: the real analysis is not played")
        analysis = Path(corpus) / REAL
    yield play(analysis, tmp_path_factory.mktemp("acts"))


def test_the_analysis_is_read_as_a_careful_editor_does(played: Played) -> None:
    """14 notes, 16 URLs; note 2 is an Ibid. of 1; 10 and 13 repeat 9 without its URL."""
    notes = {note.label: note for note in played.alive.analyses[0].notes}
    assert list(notes) == [str(number) for number in range(1, 15)]
    assert len(played.alive.sources()) == 16
    assert {label: note.ibid_of for label, note in notes.items() if note.ibid_of} == {"2": "1", "10": "9", "13": "9"}
    for label in ("2", "10", "13"):
        repeated = notes[label].sources
        assert [source.is_repeat for source in repeated] == [True]
        assert repeated[0].source.url == notes[notes[label].ibid_of or ""].sources[0].source.url
    assert {label: len(note.sources) for label, note in notes.items() if len(note.sources) > 1} == {
        "5": 2,
        "7": 2,
        "12": 4,
    }


def test_no_url_takes_the_punctuation_of_its_sentence(played: Played) -> None:
    for role, source in zip(played.roles, played.alive.sources(), strict=True):
        assert source.url == role.url
        assert not source.url.endswith((".", ";", ","))


def test_every_source_is_captured_while_it_is_alive(played: Played) -> None:
    for source in played.alive.sources():
        assert source.state is LinkState.ALIVE, source.url
        assert source.capture is not None
        assert source.capture.quality is Quality.COMPLETE, (source.url, source.capture.reason)
        assert source.capture.confirmed, (source.url, source.capture.note_words)
    assert played.captures_after_first == 16


def test_every_file_of_a_capture_is_there_and_sound(played: Played) -> None:
    for source in played.alive.sources():
        assert source.capture is not None
        directory = played.folder / "storage" / source.capture.directory
        names = {path.name for path in directory.iterdir()}
        assert {"capture.wacz", "page.pdf", "text.txt", "sketches.json", "manifest.json", "manifest.sha256"} <= names
        assert names == set(source.capture.files)
        if not source.url.lower().endswith(".pdf"):
            assert "screenshot.png" in names
        assert verify(directory).sound


def test_a_pdf_source_is_kept_as_its_own_file(played: Played) -> None:
    pdfs = [source for source in played.alive.sources() if source.url.lower().endswith(".pdf")]
    assert len(pdfs) == 2
    for source in pdfs:
        assert source.capture is not None
        assert source.capture.media_type == "application/pdf"
        page = played.folder / "storage" / source.capture.directory / "page.pdf"
        assert page.read_bytes().startswith(b"%PDF-")


def test_one_round_makes_nothing_dead(played: Played) -> None:
    """After the web has aged, one look each is only the first piece of evidence."""
    states = {source.state for source in played.aged.sources()}
    assert not states & {LinkState.DEAD, LinkState.SOFT_404, LinkState.PARKED, LinkState.USURPED}
    assert played.aged.analyses[0].repairs == 0


def test_thirty_days_bring_every_source_to_the_state_of_its_fate(played: Played) -> None:
    for role, page in zip(played.roles, played.pages, strict=True):
        assert page.summary.state.value in acts.STATES[role.fate], (role.url, role.fate, page.summary.words)


def test_nothing_that_only_refused_is_ever_called_dead(played: Played) -> None:
    lost = {LinkState.DEAD, LinkState.SOFT_404, LinkState.PARKED, LinkState.USURPED, LinkState.NEVER_EXISTED}
    for role, page in zip(played.roles, played.pages, strict=True):
        if role.fate in REFUSALS:
            assert not lost & {check.state for check in page.checks}, (role.url, role.fate)


def test_every_verdict_stands_on_looks_of_different_days_with_their_evidence(played: Played) -> None:
    for role, page in zip(played.roles, played.pages, strict=True):
        for check in page.checks:
            assert check.rule.count("@") == 1
            assert check.evidence["words"]
        if page.summary.state in {LinkState.DEAD, LinkState.SOFT_404, LinkState.PARKED, LinkState.USURPED}:
            against = {check.moment.date() for check in page.checks if check.observation.value != "ok"}
            assert len(against) >= 2, role.url


def test_a_browser_visits_before_a_source_is_called_dead(played: Played) -> None:
    for role, page in zip(played.roles, played.pages, strict=True):
        if page.summary.state is LinkState.DEAD:
            assert any(check.evidence.get("by_browser") for check in page.checks), role.url


def test_the_relinked_copy_differs_only_by_archived_links_behind_dead_urls(played: Played) -> None:
    """Bare text: the URL stays; after its last character comes one bracket, and nothing else changes."""
    copy = (played.folder / "out" / "relinked" / "analysis.txt").read_bytes()
    expected = played.original
    for role, source in zip(played.roles, played.ended.sources(), strict=True):
        if role.fate not in acts.REPAIRED:
            continue
        assert source.capture is not None
        day = f"{source.capture.moment:%Y-%m-%d}"
        bracket = f" [archived {day}: ../{source.folder}/index.html]".encode()
        cited = role.url.encode()
        at = _only_place(expected, cited)
        expected = expected[: at + len(cited)] + bracket + expected[at + len(cited) :]
    assert copy == expected
    assert played.ended.analyses[0].repairs == sum(role.fate in acts.REPAIRED for role in played.roles)


def test_the_report_tells_each_note_and_leads_to_files_that_are_there(played: Played) -> None:
    out = played.folder / "out"
    told = json.loads((out / "report.json").read_text("utf-8"))
    assert [note["label"] for note in told["analyses"][0]["notes"]] == [str(number) for number in range(1, 15)]
    for note in told["analyses"][0]["notes"]:
        for source in note["sources"]:
            assert (out / source["capture"]["page"]).is_file()
            assert all((out / path).is_file() for path in source["capture"]["files"].values())
    html = (out / "report.html").read_text("utf-8")
    assert "http://localhost" not in html
    assert "<script" not in html


def test_a_hostile_address_is_named_but_not_linked(played: Played) -> None:
    html = (played.folder / "out" / "report.html").read_text("utf-8")
    for role in played.roles:
        if role.fate in {"parked", "taken_over"}:
            assert escape(role.url) in html
            assert f'href="{escape(role.url)}"' not in html
        elif role.fate == "alive":
            assert f'href="{escape(role.url)}"' in html


def test_daily_rounds_do_not_capture_again_what_has_not_changed(played: Played) -> None:
    """A moved or drifted source may be captured again; a living, unchanged one never is."""
    for role, page in zip(played.roles, played.pages, strict=True):
        if role.fate in {"alive", "slow"}:
            assert len(page.captures) == 1, role.url


def _only_place(data: bytes, cited: bytes) -> int:
    places = [
        at
        for at in range(len(data))
        if data.startswith(cited, at) and data[at + len(cited) : at + len(cited) + 1] in (b".", b";", b" ", b"\n", b"")
    ]
    assert len(places) == 1, cited
    return places[0]
