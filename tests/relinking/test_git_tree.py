"""A git tree: repairs on a branch of their own; working tree, index, HEAD and hooks untouched, nothing pushed."""

import hashlib
import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from linkkeeper.adapters.git_tree import GitBranches, GitTree
from linkkeeper.errors import InputError, RelinkRefused
from linkkeeper.relinking.commit_message import commit_message
from linkkeeper.relinking.repair import Text, plan
from linkkeeper.vocabulary.citation import SourceFormat
from linkkeeper.vocabulary.moment import SystemClock
from linkkeeper.vocabulary.relink import Repair, RepairPlan

URL = "https://gone.example/a"
MEMENTO = "https://keeper.example/web/20240203040506/https://gone.example/a"
MOMENT = datetime(2026, 11, 22, 9, tzinfo=UTC)
PAGE = f'<!DOCTYPE html>\r\n<p>See <a href="{URL}">the source</a>.</p>\r\n'.encode()
BRANCH = "linkkeeper/repairs"


def git(root: Path, *arguments: str, given: str | None = None) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environment |= {
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_AUTHOR_NAME": "A Publisher",
        "GIT_AUTHOR_EMAIL": "publisher@site.example",
        "GIT_COMMITTER_NAME": "A Publisher",
        "GIT_COMMITTER_EMAIL": "publisher@site.example",
    }
    done = subprocess.run(
        ["git", *arguments], cwd=root, env=environment, input=given, capture_output=True, text=True, check=True
    )
    return done.stdout


def snapshot(root: Path) -> dict[str, tuple[str, int]]:
    """Everything but objects, logs and our branch: digest and time of change of each file."""
    left_out = (".git/objects", ".git/logs/refs/heads/linkkeeper", ".git/refs/heads/linkkeeper")
    found: dict[str, tuple[str, int]] = {}
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        if path.is_file() and not name.startswith(left_out):
            found[name] = (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime_ns)
    return found


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Two texts committed, one of them changed in the working tree, another staged; every hook leaves a trace."""
    root = tmp_path / "site"
    root.mkdir()
    git(root, "init", "-q", "-b", "main")
    git(root, "config", "core.autocrlf", "true")
    (root / "posts").mkdir()
    (root / "posts" / "a b.html").write_bytes(PAGE)
    (root / "posts" / "run.sh").write_bytes(b"#!/bin/sh\n")
    (root / "posts" / "run.sh").chmod(0o755)
    (root / "link.html").symlink_to("posts/a b.html")
    (root / ".gitattributes").write_text("* -text\n")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "Publish")
    (root / "posts" / "a b.html").write_bytes(PAGE + b"<p>Half a sentence that is not yet</p>")
    (root / "staged.html").write_bytes(PAGE)
    git(root, "add", "staged.html")
    for hook in ("pre-commit", "commit-msg", "post-commit", "reference-transaction", "post-checkout", "pre-push"):
        path = root / ".git" / "hooks" / hook
        path.write_text(f"#!/bin/sh\ntouch '{tmp_path}/hook-{hook}'\nexit 1\n")
        path.chmod(0o755)
    git(root, "remote", "add", "origin", str(tmp_path / "nowhere.git"))
    return root


def repaired(page: bytes = PAGE, memento: str = MEMENTO) -> bytes:
    moment = datetime(2024, 2, 3, 4, 5, 6, tzinfo=UTC)
    return plan(Text(data=page, format=SourceFormat.HTML), [Repair(url=URL, uri_m=memento, moment=moment)]).after


def test_it_reads_the_blobs_of_head_not_the_working_tree(repository: Path) -> None:
    tree = GitTree(repository)
    files = {file.path: file for file in tree.files()}
    assert set(files) == {".gitattributes", "posts/a b.html", "posts/run.sh"}
    assert tree.read(files["posts/a b.html"]) == PAGE


def test_a_commit_touches_nothing_of_the_publishers(repository: Path, tmp_path: Path) -> None:
    before, head = snapshot(repository), git(repository, "rev-parse", "HEAD")
    made = GitTree(repository).commit(
        {"posts/a b.html": repaired()}, branch=BRANCH, message="Repair 1 link\n", moment=MOMENT
    )
    assert made is not None and made.branch == BRANCH
    assert snapshot(repository) == before
    assert git(repository, "rev-parse", "HEAD") == head
    assert git(repository, "symbolic-ref", "HEAD").strip() == "refs/heads/main"
    assert list(tmp_path.glob("hook-*")) == []


def test_the_branch_holds_exactly_the_repair(repository: Path) -> None:
    made = GitTree(repository).commit(
        {"posts/a b.html": repaired()}, branch=BRANCH, message="M\n\nWhy\n", moment=MOMENT
    )
    assert made is not None
    shown = subprocess.run(
        ["git", "cat-file", "blob", f"{made.commit}:posts/a b.html"], cwd=repository, capture_output=True, check=True
    )
    assert shown.stdout == repaired()
    assert git(repository, "diff", "--name-only", f"main..{BRANCH}").strip() == "posts/a b.html"
    assert git(repository, "log", "-1", "--format=%B%an %ct", BRANCH).strip() == "M\n\nWhy\nlinkkeeper 1795338000"
    modes = git(repository, "ls-tree", "-r", BRANCH)
    assert "100755 blob" in modes and "120000 blob" in modes


def test_the_same_again_is_no_new_commit(repository: Path) -> None:
    tree = GitTree(repository)
    first = tree.commit({"posts/a b.html": repaired()}, branch=BRANCH, message="M\n", moment=MOMENT)
    assert tree.commit({"posts/a b.html": repaired()}, branch=BRANCH, message="M\n", moment=MOMENT) is None
    assert first is not None and git(repository, "rev-parse", BRANCH).strip() == first.commit


def test_our_own_branch_is_carried_on(repository: Path) -> None:
    """With HEAD unchanged, moved on, or after a merge: never a rewritten history."""
    tree = GitTree(repository)
    first = tree.commit({"posts/a b.html": repaired()}, branch=BRANCH, message="1\n", moment=MOMENT)
    second = tree.commit(
        {"posts/a b.html": repaired(memento=MEMENTO + "?2")}, branch=BRANCH, message="2\n", moment=MOMENT
    )
    assert first is not None and second is not None
    assert git(repository, "rev-parse", f"{BRANCH}^").strip() == first.commit
    commit = git(repository, "commit-tree", "HEAD^{tree}", "-p", "HEAD", given="More\n").strip()
    git(repository, "-c", "core.hooksPath=/dev/null", "update-ref", "refs/heads/main", commit)
    third = tree.commit(
        {"posts/a b.html": repaired(memento=MEMENTO + "?3")}, branch=BRANCH, message="3\n", moment=MOMENT
    )
    assert third is not None and third.branch == BRANCH
    assert git(repository, "log", "-1", "--format=%P", BRANCH).split() == [second.commit, commit]


def test_a_branch_that_somebody_works_on_is_left_to_them(repository: Path) -> None:
    tree = GitTree(repository)
    tree.commit({"posts/a b.html": repaired()}, branch=BRANCH, message="1\n", moment=MOMENT)
    theirs = git(repository, "commit-tree", f"{BRANCH}^{{tree}}", "-p", BRANCH, given="By hand\n").strip()
    git(repository, "-c", "core.hooksPath=/dev/null", "update-ref", f"refs/heads/{BRANCH}", theirs)
    made = tree.commit(
        {"posts/a b.html": repaired(memento=MEMENTO + "?2")}, branch=BRANCH, message="2\n", moment=MOMENT
    )
    assert made is not None and made.branch == f"{BRANCH}-2"
    assert git(repository, "rev-parse", BRANCH).strip() == theirs


def test_a_branch_that_is_checked_out_is_never_moved(repository: Path) -> None:
    made = GitTree(repository).commit({"posts/a b.html": repaired()}, branch="main", message="M\n", moment=MOMENT)
    assert made is not None and made.branch == "main-2"


def test_a_bare_repository_works_too(repository: Path, tmp_path: Path) -> None:
    bare = tmp_path / "bare.git"
    git(tmp_path, "clone", "-q", "--bare", str(repository), str(bare))
    made = GitTree(bare).commit({"posts/a b.html": repaired()}, branch=BRANCH, message="M\n", moment=MOMENT)
    assert made is not None


@pytest.mark.parametrize("path", ["missing.html", "link.html", "../outside.html"])
def test_only_plain_files_of_head_are_written(repository: Path, path: str) -> None:
    with pytest.raises(RelinkRefused, match="no plain file of HEAD"):
        GitTree(repository).commit({path: b"x"}, branch=BRANCH, message="M\n", moment=MOMENT)


def test_a_folder_that_is_no_repository_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="git rev-parse"):
        GitTree(tmp_path).head()


def test_a_foreign_environment_does_not_lead_astray(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run from another repository's hook, git would otherwise work on that one."""
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    monkeypatch.setenv("GIT_INDEX_FILE", "/nowhere/index")
    assert GitTree(repository).head() == git(repository, "rev-parse", "HEAD").strip()


def test_the_message_explains_each_repair() -> None:
    moment = datetime(2024, 2, 3, 4, 5, 6, tzinfo=UTC)
    repair = Repair(url=URL, uri_m=MEMENTO, moment=moment, why="the source is dead since 2026-11-01")
    made = plan(Text(data=PAGE + PAGE, format=SourceFormat.HTML), [repair])
    message = commit_message({"posts/a.html": made.edits})
    assert message.splitlines()[0] == "Repair 1 link in 1 file"
    assert f"- {URL} (2 places)" in message and f"now {MEMENTO}" in message
    assert "the source is dead since 2026-11-01" in message
    assert commit_message({"a": made.edits}, taking_back=True).startswith("Link 1 link to the source again")


class TestTheMendersBranches:
    """The port that the round of mending uses: plans of HEAD's bytes, one file at a time."""

    def plan_of(self, data: bytes) -> RepairPlan:
        moment = datetime(2024, 2, 3, 4, 5, 6, tzinfo=UTC)
        return plan(Text(data=data, format=SourceFormat.HTML), [Repair(url=URL, uri_m=MEMENTO, moment=moment)])

    def test_each_file_joins_those_repaired_before(self, repository: Path) -> None:
        (repository / "second.html").write_bytes(PAGE)
        git(repository, "-c", "core.hooksPath=/dev/null", "commit", "-q", "-m", "More", "staged.html")
        branches = GitBranches(clock=SystemClock())
        for name in ("posts/a b.html", "staged.html"):
            data = branches.read(repository, repository / name)
            branches.commit(repository, [(repository / name, self.plan_of(data))], message="M\n")
        changed = git(repository, "diff", "--name-only", f"main..{BRANCH}").split("\n")
        assert changed == ["posts/a b.html", "staged.html", ""]

    def test_head_is_read_not_the_working_tree(self, repository: Path) -> None:
        branches = GitBranches(clock=SystemClock())
        path = repository / "posts" / "a b.html"
        assert branches.read(repository / "posts", path) == PAGE != path.read_bytes()
        with pytest.raises(RelinkRefused, match="another text"):
            branches.commit(repository, [(path, self.plan_of(path.read_bytes()))], message="M\n")

    def test_the_same_again_gives_the_same_commit(self, repository: Path) -> None:
        branches = GitBranches(clock=SystemClock())
        path = repository / "posts" / "a b.html"
        changes = [(path, self.plan_of(PAGE))]
        assert branches.commit(repository, changes, message="M\n") == branches.commit(
            repository, changes, message="M\n"
        )

    @pytest.mark.parametrize("name", ["uncommitted.html", "../elsewhere.html"])
    def test_a_file_that_head_has_not_is_named(self, repository: Path, name: str) -> None:
        with pytest.raises(InputError):
            GitBranches(clock=SystemClock()).read(repository, repository / name)
