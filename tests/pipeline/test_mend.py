"""Mending followed analyses: proposed, approved, written, taken back, and every edit a row and a journal line."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from linkkeeper.assembly import Store, open_store
from linkkeeper.assembly.engine import collector_of
from linkkeeper.errors import JournalFailed, UsageError
from linkkeeper.pipeline.collect import Collector
from linkkeeper.pipeline.poll import read_file
from linkkeeper.settings import load
from linkkeeper.vocabulary.observation import Evidence, Observation, ObservationKind
from linkkeeper.vocabulary.records import LookResult
from linkkeeper.vocabulary.state import LinkState

URL = "https://www.river.example/ice"
PIECE = f"# A piece\n\nIce.[^1]\n\n[^1]: Ann Bell, [Ice on the river]({URL}), Post.\n".encode()
OTHER = "https://www.mill.example/closes"
TWO_SOURCES = PIECE + f"\nThe mill.[^2]\n\n[^2]: Ben Cole, [The mill closes]({OTHER}), Post.\n".encode()
PAGE = "<!doctype html><title>Ice on the river</title><p>The river froze early this year, said the warden.</p>"


class MovedClock:
    def __init__(self) -> None:
        self.at = datetime.now(UTC)

    def now(self) -> datetime:
        return self.at


class House:
    """A store that follows one folder with one piece, whose source has a good capture."""

    def __init__(
        self,
        folder: Path,
        *,
        apply: str = "propose",
        policy: str = "swap-when-dead",
        public: bool = True,
        piece: bytes = PIECE,
        more: str = "",
    ) -> None:
        self.folder = folder
        self.clock = MovedClock()
        self.piece = folder / "pieces" / "piece.md"
        self.piece.parent.mkdir()
        self.piece.write_bytes(piece)
        (folder / "page.html").write_text(PAGE, "utf-8")
        self._more = more
        self._web = (
            'public_url = "https://sources.pub.example"\nreplay_url = "https://replay.example"\n' if public else ""
        )
        with self.store() as store:
            source = store.following.follow(str(self.piece.parent), apply=apply, policy=policy)
            _collector(store).take_in(read_file(self.piece, now=self.clock.now()), source_id=source.id)
            self.capture = store.editing.upload(URL, folder / "page.html", by="ed")

    @contextmanager
    def store(self) -> Iterator[Store]:
        config = self.folder / "config.toml"
        storage = f'[storage]\npath = "{self.folder / "storage"}"\nmin_free_bytes = 0\n'
        config.write_text(f"{storage}{self._more}[web]\n{self._web}", "utf-8")
        with open_store(load(config, environment={}), clock=self.clock) as store:
            yield store

    def look(self, store: Store, kind: ObservationKind, state: LinkState, *, since: datetime, url: str = URL) -> None:
        """Write one look as the watch round does; the state machine has its own tests."""
        page = store.catalogue.link_of_url(url)
        assert page is not None
        now = self.clock.now()
        observation = Observation(url=url, moment=now, kind=kind, rule="test@1", evidence=Evidence(words="a test"))
        store.checks.record(
            [
                LookResult(
                    link_id=page.summary.id,
                    observation=observation,
                    state=state,
                    since=since,
                    standing=None,
                    next_check_at=now + timedelta(days=1),
                    is_ok=kind is ObservationKind.OK,
                    kept=True,
                    evidence_class=kind.value,
                )
            ]
        )

    def die(self, store: Store, url: str = URL) -> None:
        self.look(store, ObservationKind.GONE, LinkState.DEAD, since=self.clock.now(), url=url)

    def uri_m(self, store: Store) -> str:
        view = store.catalogue.capture(self.capture)
        assert view is not None
        return f"https://sources.pub.example/web/{view.timestamp}/{URL}"

    def journal(self) -> list[dict[str, object]]:
        lines = [path.read_text("utf-8") for path in sorted((self.folder / "storage" / "journal").glob("*.jsonl"))]
        return [json.loads(line) for line in "".join(lines).splitlines()]


def _collector(store: Store) -> Collector:
    return collector_of(store.settings, store)


def test_a_living_link_is_left_alone(tmp_path: Path) -> None:
    house = House(tmp_path, apply="write")
    with house.store() as store:
        assert store.mender.mend() == 0
        assert store.catalogue.repairs() == []
    assert house.piece.read_bytes() == PIECE


def test_a_dead_link_is_proposed_and_nothing_is_written(tmp_path: Path) -> None:
    house = House(tmp_path)
    with house.store() as store:
        house.die(store)
        assert store.mender.mend() == 0
        (repair,) = store.catalogue.repairs(state="proposed")
        assert (repair.url, repair.uri_m, repair.label) == (URL, house.uri_m(store), "1")
        assert f"+ {house.uri_m(store)}" in repair.diff
        store.mender.mend()
        assert [one.id for one in store.catalogue.repairs()] == [repair.id]
    assert house.piece.read_bytes() == PIECE


def test_one_click_repairs_and_another_takes_it_back(tmp_path: Path) -> None:
    house = House(tmp_path)
    with house.store() as store:
        house.die(store)
        store.mender.mend()
        (proposed,) = store.catalogue.repairs(state="proposed")
        store.editing.approve_repair(proposed.id, by="ed")
        assert house.piece.read_bytes() == PIECE.replace(URL.encode(), house.uri_m(store).encode())
        (made,) = store.catalogue.repairs(state="made")
        assert made.who == "ed"
        store.editing.undo_repair(made.id, by="ed", reason="the author objects")
    assert house.piece.read_bytes() == PIECE
    assert [line["kind"] for line in house.journal()] == ["edit", "undo"]
    assert [line["actor"] for line in house.journal()] == ["ed", "ed"]


def test_apply_write_repairs_by_itself_and_gives_the_link_back_after_two_proofs(tmp_path: Path) -> None:
    house = House(tmp_path, apply="write")
    with house.store() as store:
        house.die(store)
        assert store.mender.mend() == 1
        assert store.mender.mend() == 0
        assert URL.encode() + b")" in house.piece.read_bytes()
        assert house.piece.read_bytes() != PIECE
        house.clock.at += timedelta(days=30)
        since = house.clock.now()
        house.look(store, ObservationKind.OK, LinkState.ALIVE, since=since)
        assert store.mender.mend() == 0
        house.clock.at += timedelta(days=1)
        house.look(store, ObservationKind.OK, LinkState.ALIVE, since=since)
        assert store.mender.mend() == 1
        assert store.mender.mend() == 0
    assert house.piece.read_bytes() == PIECE


def test_one_click_on_one_repair_leaves_the_other_proposals_listed(tmp_path: Path) -> None:
    house = House(tmp_path, piece=TWO_SOURCES)
    with house.store() as store:
        store.editing.upload(OTHER, tmp_path / "page.html", by="ed")
        house.die(store)
        house.die(store, OTHER)
        store.mender.mend()
        first, second = store.catalogue.repairs(state="proposed")
        store.editing.approve_repair(first.id, by="ed")
        assert [one.id for one in store.catalogue.repairs(state="proposed")] == [second.id]
        store.editing.approve_repair(second.id, by="ed")
        assert store.catalogue.repairs(state="proposed") == []
        assert len(store.catalogue.repairs(state="made")) == 2
    assert house.piece.read_bytes().count(b"https://sources.pub.example/web/") == 2


def test_one_round_gives_a_link_back_and_repairs_another_in_the_same_file(tmp_path: Path) -> None:
    house = House(tmp_path, apply="write", piece=TWO_SOURCES)
    with house.store() as store:
        store.editing.upload(OTHER, tmp_path / "page.html", by="ed")
        house.die(store)
        assert store.mender.mend() == 1
        house.clock.at += timedelta(days=30)
        since = house.clock.now() - timedelta(days=1)
        house.look(store, ObservationKind.OK, LinkState.ALIVE, since=since)
        house.die(store, OTHER)
        assert store.mender.mend() == 2
        assert store.catalogue.repairs(state="proposed") == []
        assert store.mender.mend() == 0
    text = house.piece.read_text("utf-8")
    assert f"[Ice on the river]({URL})" in text
    assert f"/{OTHER})" in text and f"]({OTHER})" not in text


def test_undo_is_exact_after_unrelated_edits_elsewhere(tmp_path: Path) -> None:
    house = House(tmp_path, apply="write")
    with house.store() as store:
        house.die(store)
        store.mender.mend()
        edited = b"\xef\xbb\xbfA new first line.\r\n" + house.piece.read_bytes() + b"And a last one.\n"
        house.piece.write_bytes(edited)
        assert store.mender.undo(house.piece, who="ed", why="asked") == 1
    assert house.piece.read_bytes() == b"\xef\xbb\xbfA new first line.\r\n" + PIECE + b"And a last one.\n"


def test_without_a_public_address_repairs_wait_for_the_setting(tmp_path: Path) -> None:
    house = House(tmp_path, apply="write", public=False)
    with house.store() as store:
        house.die(store)
        assert store.mender.mend() == 0
        (repair,) = store.catalogue.repairs(state="waiting")
        assert "public_url" in repair.why
    assert house.piece.read_bytes() == PIECE


def test_a_withheld_capture_is_never_linked(tmp_path: Path) -> None:
    from linkkeeper.vocabulary.capture import AccessLevel

    house = House(tmp_path, apply="write")
    with house.store() as store:
        store.editing.withhold(house.capture, AccessLevel.TAKEDOWN, by="ed", reason="court order")
        house.die(store)
        assert store.mender.mend() == 0
        (repair,) = store.catalogue.repairs(state="waiting")
        assert "no good copy" in repair.why
    assert house.piece.read_bytes() == PIECE


def test_the_policy_off_repairs_nothing(tmp_path: Path) -> None:
    house = House(tmp_path, apply="write", policy="off")
    with house.store() as store:
        house.die(store)
        assert store.mender.mend() == 0
    assert house.piece.read_bytes() == PIECE


def test_a_dismissed_proposal_stays_dismissed(tmp_path: Path) -> None:
    house = House(tmp_path)
    with house.store() as store:
        house.die(store)
        store.mender.mend()
        (proposed,) = store.catalogue.repairs(state="proposed")
        store.editing.dismiss_repair(proposed.id, by="ed", reason="we keep the dead link")
        store.mender.mend()
        assert [one.state for one in store.catalogue.repairs()] == ["dismissed"]


def test_a_repaired_edition_gives_the_same_citations(tmp_path: Path) -> None:
    """Our own archived link is read as the URL that it stands for, and never becomes a link."""
    house = House(tmp_path, apply="write")
    with house.store() as store:
        house.die(store)
        before = store.catalogue.analysis_at(str(house.piece))
        store.mender.mend()
        _collector(store).take_in(read_file(house.piece, now=house.clock.now()))
        after = store.catalogue.analysis_at(str(house.piece))
        assert before is not None
        assert after is not None
        assert [[one.id for one in note.citations] for note in after.notes] == [
            [one.id for one in note.citations] for note in before.notes
        ]
        assert len(store.catalogue.links()) == 1
        assert store.mender.mend() == 0


def test_an_edit_whose_row_a_crash_ate_is_known_again_if_the_file_shows_it(tmp_path: Path) -> None:
    house = House(tmp_path, apply="write")
    with house.store() as store:
        house.die(store)
        store.mender.mend()
    for path in (tmp_path / "storage").glob("linkkeeper.db*"):
        path.unlink()
    with house.store() as store:
        assert len(store.repairs.repairs_of(str(house.piece))) == 1
        assert store.mender.undo(house.piece, who="ed", why="asked") == 1
    assert house.piece.read_bytes() == PIECE


def test_an_edit_that_never_reached_the_file_is_not_counted(tmp_path: Path) -> None:
    house = House(tmp_path, apply="write")
    with house.store() as store:
        house.die(store)
        store.mender.mend()
    house.piece.write_bytes(PIECE)
    for path in (tmp_path / "storage").glob("linkkeeper.db*"):
        path.unlink()
    with house.store() as store:
        assert store.repairs.repairs_of(str(house.piece)) == []


@pytest.mark.parametrize("apply", ["write", "branch"])
def test_an_edit_that_can_not_be_journaled_is_not_made_and_stops_the_round(tmp_path: Path, apply: str) -> None:
    house = House(tmp_path, apply=apply)
    tree = house.piece.parent
    _commit(tree)
    with house.store() as store:
        house.die(store)
        journal = tmp_path / "storage" / "journal"
        journal.rename(tmp_path / "journal before") if journal.exists() else None
        journal.write_text("no folder")
        with pytest.raises(JournalFailed, match="nothing was changed"):
            store.mender.mend()
        assert house.piece.read_bytes() == PIECE
        assert _git(tree, "branch", "--list", "linkkeeper/repairs") == ""
        journal.unlink()
        assert store.mender.mend() == 1


def test_links_of_the_text_stay_where_only_notes_are_watched(tmp_path: Path) -> None:
    twice = PIECE.replace(b"Ice.", f"Ice, as [they say]({URL}).".encode())
    house = House(tmp_path, apply="write", piece=twice, more='[citations]\nscope = "notes"\n')
    with house.store() as store:
        house.die(store)
        assert store.mender.mend() == 1
        assert house.piece.read_bytes().count(b"https://sources.pub.example/") == 1


def test_a_page_on_the_web_can_only_be_proposed(tmp_path: Path) -> None:
    house = House(tmp_path)
    with house.store() as store, pytest.raises(UsageError, match=r"repairs\.json"):
        store.mender.write("https://www.pub.example/piece", who="ed")


def _git(folder: Path, *arguments: str) -> str:
    ran = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, check=True)
    return ran.stdout.strip()


def _commit(tree: Path) -> None:
    _git(tree, "init", "-q", "-b", "main")
    _git(tree, "-c", "user.name=a", "-c", "user.email=a@example.org", "add", "piece.md")
    _git(tree, "-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-q", "-m", "A piece")


def test_apply_branch_commits_on_a_branch_of_its_own_and_touches_nothing_else(tmp_path: Path) -> None:
    house = House(tmp_path, apply="branch")
    tree = house.piece.parent
    _commit(tree)
    head = _git(tree, "rev-parse", "HEAD")
    with house.store() as store:
        house.die(store)
        assert store.mender.mend() == 1
        wanted = PIECE.replace(URL.encode(), house.uri_m(store).encode())
    assert house.piece.read_bytes() == PIECE
    assert _git(tree, "rev-parse", "HEAD") == head
    assert _git(tree, "status", "--porcelain") == ""
    assert _git(tree, "show", "linkkeeper/repairs:piece.md").encode() == wanted.strip()
    assert "Repair 1 link" in _git(tree, "log", "-1", "--format=%B", "linkkeeper/repairs")
    with house.store() as store:
        store.mender.mend()
    assert _git(tree, "rev-list", "--count", "main..linkkeeper/repairs") == "1"
