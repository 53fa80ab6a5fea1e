"""The demo: the whole chain on the bundled analyses, with a real browser, offline."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from command_line import Ran, linkkeeper
from linkkeeper.demo import content
from linkkeeper.demo.content import Fate
from linkkeeper.demo.run import MARK, changed_lines, prepare_folder
from linkkeeper.errors import UsageError

#: Eleven captures and sixteen rounds: well under a minute on a quiet machine, more on a busy one.
pytestmark = pytest.mark.timeout(400)

STATES = {
    Fate.ALIVE: "alive",
    Fate.MISSING: "dead",
    Fate.GONE: "dead",
    Fate.NAME_GONE: "dead",
    Fate.SOFT_404: "soft_404",
    Fate.PARKED: "parked",
    Fate.TAKEN_OVER: "usurped",
    Fate.MOVED: "moved",
    Fate.BOT_WALL: "blocked",
}


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Ran, Path]]:
    folder = tmp_path_factory.mktemp("demo") / "out"
    yield linkkeeper("demo", "--out", folder), folder


@pytest.fixture
def report(shown: tuple[Ran, Path]) -> dict[str, object]:
    ran, folder = shown
    assert ran.status == 0, ran.err
    read: dict[str, object] = json.loads((folder / "report" / "report.json").read_text("utf-8"))
    return read


def sources_of(report: dict[str, object]) -> dict[str, dict[str, object]]:
    analyses: list[dict[str, object]] = report["analyses"]  # type: ignore[assignment]
    notes = [note for analysis in analyses for note in analysis["notes"]]  # type: ignore[attr-defined]
    cited = [source for note in notes for source in note["sources"]]
    cited += [source for analysis in analyses for source in analysis["links"]]  # type: ignore[attr-defined]
    return {source["url"]: source for source in cited}


@pytest.mark.browser
def test_every_source_ends_as_its_fate_says(report: dict[str, object]) -> None:
    states = {url: source["state"] for url, source in sources_of(report).items()}
    assert states == {source.url: STATES[source.fate] for source in content.sources()}


@pytest.mark.browser
def test_every_source_was_captured_while_it_lived(report: dict[str, object], shown: tuple[Ran, Path]) -> None:
    for url, source in sources_of(report).items():
        capture = source["capture"]
        assert isinstance(capture, dict), url
        assert capture["quality"] == "complete", url
        assert (shown[1] / "report" / capture["page"]).is_file()


@pytest.mark.browser
def test_the_dead_are_repaired_and_nobody_else(report: dict[str, object], shown: tuple[Ran, Path]) -> None:
    """A page that only refused us, moved or lives on keeps its link."""
    _, folder = shown
    lost = {Fate.MISSING, Fate.GONE, Fate.NAME_GONE, Fate.SOFT_404, Fate.PARKED, Fate.TAKEN_OVER}
    for name in content.ANALYSES:
        original, copy = folder / "analyses" / name, folder / "report" / "relinked" / name
        changed = {line.before for line in changed_lines(original, copy)}
        for source in content.sources():
            lines = [line for line in original.read_text("utf-8").splitlines() if source.url in line]
            assert all((line in changed) == (source.fate in lost) for line in lines), source.url


@pytest.mark.browser
def test_repaired_links_lead_to_pages_in_the_folder(shown: tuple[Ran, Path]) -> None:
    _, folder = shown
    for name in content.ANALYSES:
        copy = folder / "report" / "relinked" / name
        for target in re.findall(r"\.\./sources/[^\s\"<>)]+\.html", copy.read_text("utf-8")):
            assert (copy.parent / target).is_file(), target


@pytest.mark.browser
def test_the_newcomer_sees_before_and_after(shown: tuple[Ran, Path]) -> None:
    ran, _ = shown
    assert "Before and after, in the published texts:" in ran.out
    assert "for reading, not for publishing" in " ".join(ran.out.split())
    assert "60 days pass (the clock is moved)" in ran.err


@pytest.mark.browser
def test_the_originals_stay_as_they_were(shown: tuple[Ran, Path], tmp_path: Path) -> None:
    _, folder = shown
    for bundled in content.copy_analyses(tmp_path):
        assert (folder / "analyses" / bundled.name).read_bytes() == bundled.read_bytes()


def test_a_folder_that_is_not_the_demo_s_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine", "utf-8")
    with pytest.raises(UsageError, match="not from an earlier demo"):
        prepare_folder(tmp_path)
    assert (tmp_path / "thesis.txt").read_text("utf-8") == "mine"


def test_an_earlier_demo_is_replaced(tmp_path: Path) -> None:
    folder = prepare_folder(tmp_path / "demo")
    (folder / "old").write_text("x", "utf-8")
    assert [path.name for path in prepare_folder(folder).iterdir()] == [MARK]


def test_changed_lines_stand_side_by_side(tmp_path: Path) -> None:
    before, after = tmp_path / "a.md", tmp_path / "b.md"
    before.write_text("one\ntwo\nthree\n", "utf-8")
    after.write_text("one\nTWO\nthree\n", "utf-8")
    (line,) = changed_lines(before, after)
    assert (line.file, line.before, line.after) == ("a.md", "two", "TWO")
