"""Mending with ``apply = "branch"``: on a branch, of HEAD's text; after a merge it can be taken back."""

import os
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from linkkeeper.adapters.git_tree import GitBranches
from linkkeeper.archive.journal import Journal
from linkkeeper.citations.read import read
from linkkeeper.pipeline.mend import Mender
from linkkeeper.pipeline.repair_journal import JournaledRepairs
from linkkeeper.relinking.anchors import ENGLISH
from linkkeeper.vocabulary.capture import Quality
from linkkeeper.vocabulary.records import CitedLink, FollowedSource, GoodCapture, Proposal
from linkkeeper.vocabulary.relink import FileRepair
from linkkeeper.vocabulary.state import LinkState

URL = "https://gone.example/a"
MOMENT = datetime(2026, 11, 22, 9, tzinfo=UTC)
MEMENTO = "https://keeper.example/web/20240203040506/https://gone.example/a"
TEXT = f"A claim.[^1]\n\n[^1]: Author, [Title]({URL}).\n".encode()
BRANCH = "linkkeeper/repairs"


class FixedClock:
    moment = MOMENT

    def now(self) -> datetime:
        return self.moment


class OneLink:
    """A ledger that knows one link in one file."""

    def __init__(self, location: str, source: FollowedSource) -> None:
        self.location = location
        self.source = source
        capture = GoodCapture(
            id="c1", moment=datetime(2024, 2, 3, 4, 5, 6, tzinfo=UTC), quality=Quality.COMPLETE, confirmed=True
        )
        self.link = CitedLink(
            analysis_id=1, link_id=1, citation_id=1, label="1", fetch_form=URL, spellings=(URL,), state=LinkState.DEAD,
            since=MOMENT, pinned=False, first_seen_at=MOMENT, last_ok_at=None, accessed=None, published=None,
            captures=(capture,), externals=(),
        )  # fmt: skip
        self.others: list[CitedLink] = []
        self.proposals: list[Proposal] = []

    def cited_links(self, location: str, *, now: datetime) -> Sequence[CitedLink]:
        return [self.link, *self.others]

    def to_mend(self) -> Sequence[tuple[str, FollowedSource]]:
        return [(self.location, self.source)]

    def list_proposals(self, analysis_id: int, proposals: Sequence[Proposal], *, now: datetime) -> None:
        self.proposals = list(proposals)

    def keep(self, repair: FileRepair, proposals: Sequence[Proposal], *, now: datetime) -> None:
        raise AssertionError("nothing is written in place")

    def repairs_of(self, location: str) -> Sequence[FileRepair]:
        return ()

    def proposal(self, repair_id: int) -> tuple[str, str, Proposal]:
        raise AssertionError("nobody asks")

    def dismiss(self, repair_id: int, *, who: str, why: str, now: datetime) -> None:
        raise AssertionError("nobody dismisses")

    def source_of(self, location: str) -> FollowedSource | None:
        return self.source


def git(root: Path, *arguments: str) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    identity = {
        f"GIT_{role}_{key}": "publisher@site.example" for role in ("AUTHOR", "COMMITTER") for key in ("NAME", "EMAIL")
    }
    done = subprocess.run(
        ["git", *arguments], cwd=root, env={**environment, **identity, "GIT_CONFIG_GLOBAL": os.devnull},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "site"
    root.mkdir()
    git(root, "init", "-q", "-b", "main")
    (root / "a.md").write_bytes(TEXT)
    git(root, "add", "a.md")
    git(root, "commit", "-q", "-m", "Publish")
    (root / "a.md").write_bytes(TEXT + b"\nA draft that is not committed.\n")
    return root


@pytest.fixture
def ledger(tree: Path) -> OneLink:
    source = FollowedSource(
        id=1, kind="git", location=str(tree), schedule="every 6h", apply="branch", policy="swap-when-dead"
    )
    return OneLink(str(tree / "a.md"), source)


@pytest.fixture
def mender(ledger: OneLink, tmp_path: Path) -> Mender:
    return Mender(
        ledger=ledger,
        journal=JournaledRepairs(Journal(tmp_path / "storage")),
        read=read,
        words=ENGLISH,
        uri_m=lambda capture, url: MEMENTO,
        own_bases=("https://keeper.example",),
        backups=tmp_path / "backups",
        clock=FixedClock(),
        branches=GitBranches(clock=FixedClock()),
    )


def on_branch(tree: Path) -> bytes:
    return git(tree, "cat-file", "blob", f"{BRANCH}:a.md").encode()


def test_heads_text_is_repaired_on_the_branch_and_the_working_tree_stays(mender: Mender, tree: Path) -> None:
    assert mender.mend() == 1
    assert on_branch(tree) == TEXT.replace(URL.encode(), MEMENTO.encode())
    assert (tree / "a.md").read_bytes() == TEXT + b"\nA draft that is not committed.\n"
    message = git(tree, "log", "-1", "--format=%B", BRANCH)
    assert message.startswith("Repair 1 link in 1 file") and URL in message and "the source is dead" in message


def test_the_next_round_has_nothing_new_to_do(mender: Mender, tree: Path, tmp_path: Path) -> None:
    mender.mend()
    tip = git(tree, "rev-parse", BRANCH)
    assert mender.mend() == 0
    assert git(tree, "rev-parse", BRANCH) == tip
    (journal,) = (tmp_path / "storage" / "journal").glob("*.jsonl")
    assert len(journal.read_text().splitlines()) == 1


def test_after_the_merge_a_source_that_returned_is_linked_again(mender: Mender, tree: Path, ledger: OneLink) -> None:
    mender.mend()
    git(tree, "stash", "-q")
    git(tree, "merge", "-q", BRANCH)
    assert mender.mend() == 0
    back = MOMENT + timedelta(days=3)
    ledger.link = replace(ledger.link, state=LinkState.ALIVE, since=MOMENT, last_ok_at=back)
    assert mender.mend() == 1
    assert on_branch(tree) == TEXT
    message = git(tree, "log", "-1", "--format=%B", BRANCH)
    assert message.startswith("Link 1 link to the source again")
    assert mender.mend() == 0


def test_an_unmerged_repair_is_not_taken_for_one_that_stands(mender: Mender, tree: Path) -> None:
    mender.mend()
    git(tree, "branch", "-q", "-D", BRANCH)
    mender.mend()
    assert on_branch(tree) == TEXT.replace(URL.encode(), MEMENTO.encode())


def test_a_link_given_back_does_not_change_how_another_is_repaired(mender: Mender, tree: Path, ledger: OneLink) -> None:
    other = "https://lost.example/b"
    both = TEXT + f"\nAnother.[^2]\n\n[^2]: Writer, [Work]({other}).\n".encode()
    (tree / "a.md").write_bytes(both)
    git(tree, "commit", "-q", "-am", "Say more")
    ledger.source = replace(ledger.source, policy="annotate")
    mender.mend()
    git(tree, "merge", "-q", BRANCH)
    ledger.others = [replace(ledger.link, link_id=2, citation_id=2, label="2", fetch_form=other, spellings=(other,))]
    ledger.link = replace(ledger.link, state=LinkState.ALIVE, since=MOMENT, last_ok_at=MOMENT + timedelta(days=3))
    assert mender.mend() == 2
    text = on_branch(tree)
    assert text.startswith(TEXT)
    assert f"[Work]({other})".encode() in text and MEMENTO.encode() in text
