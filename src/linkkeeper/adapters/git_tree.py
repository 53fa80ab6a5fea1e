"""
A git tree whose texts are repaired on a branch of their own.

Blobs of HEAD are read from the object store, the commit is built with a
temporary index, and one reference is moved: the working tree, the index, HEAD
and the hooks of the publisher are never touched, and nothing is ever pushed.
"""

import os
import subprocess
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from linkkeeper.errors import InputError, RelinkRefused, StorageError
from linkkeeper.vocabulary.moment import Clock
from linkkeeper.vocabulary.relink import RepairPlan

_TEXT_MODES = frozenset({"100644", "100755"})
_OUR_NAME = "linkkeeper"
_OUR_ADDRESS = "linkkeeper@localhost"
_NO_COMMIT = "0" * 40
_MOST_BRANCHES = 1000


@dataclass(frozen=True, slots=True)
class TreeFile:
    """A file of the tree: its path, mode and blob."""

    path: str
    mode: str
    blob: str


@dataclass(frozen=True, slots=True)
class TreeCommit:
    """A commit that was made, and the branch that now ends in it."""

    commit: str
    branch: str


class GitTree:
    """
    The tree of HEAD of a repository.

    Args:
        root: Its working tree, or a bare repository.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        self._environment |= {"LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0"}

    def head(self) -> str:
        """
        Return the commit that HEAD names.

        Raises:
            InputError: this is no repository, or it has no commit yet.
        """
        return self._run("rev-parse", "--verify", "HEAD^{commit}").decode().strip()

    def files(self, *, at: str | None = None) -> Sequence[TreeFile]:
        """Every plain file of a commit (HEAD by default), by path; links and submodules are left out."""
        listing = self._run("ls-tree", "-r", "-z", "--full-tree", at or self.head())
        found: list[TreeFile] = []
        for line in listing.split(b"\0"):
            about, tab, path = line.partition(b"\t")
            if tab:
                mode, kind, blob = about.decode().split(" ")
                if kind == "blob" and mode in _TEXT_MODES:
                    found.append(TreeFile(os.fsdecode(path), mode, blob))
        return found

    def top(self) -> Path:
        """The folder that the tree's paths start from."""
        return Path(os.fsdecode(self._run("rev-parse", "--show-toplevel").rstrip(b"\n"))).resolve()

    def read(self, file: TreeFile) -> bytes:
        """The exact bytes of a blob, without any filter."""
        return self._run("cat-file", "blob", file.blob)

    def commit(self, changes: Mapping[str, bytes], *, branch: str, message: str, moment: datetime) -> TreeCommit | None:
        """
        Put changed files on a branch of their own, beside those that it repaired before.

        Args:
            changes: New bytes of files of HEAD, by path; HEAD's own bytes take
                an earlier repair of the branch back.
            branch: Short name. While its commits are all ours it is carried
                on; if somebody else worked on it, or has it checked out, the
                next free name with a number is taken.

        Returns:
            None if the branch holds exactly this already.

        Raises:
            RelinkRefused: a path is no plain file of HEAD, or the branch moved meanwhile.
            StorageError: git could not write.
        """
        head = self.head()
        files = {file.path: file for file in self.files(at=head)}
        for path in changes:
            if path not in files:
                raise RelinkRefused("commit the repair", subject=path, reason="no plain file of HEAD")
        name, tip = self._free_branch(branch, head)
        entries = {file.path: file for file in self._carried(head, tip, files)}
        entries |= {path: replace(files[path], blob=self._write_blob(data)) for path, data in changes.items()}
        tree = self._write_tree(head, entries.values())
        if tree == self._tree_of(tip or head):
            return None
        commit = self._write_commit(tree, self._parents(head, tip), message=message, moment=moment)
        self._run(
            *("update-ref", "-m", "linkkeeper: repair links", f"refs/heads/{name}", commit, tip or _NO_COMMIT),
            failing=RelinkRefused,
        )
        return TreeCommit(commit, name)

    def _carried(self, head: str, tip: str | None, files: Mapping[str, TreeFile]) -> Sequence[TreeFile]:
        """Earlier repairs on the branch that HEAD does not have, of files that HEAD did not change since."""
        if tip is None:
            return []
        base = self._run("merge-base", head, tip).decode().strip()
        then = {file.path: file for file in self.files(at=base)}
        return [
            file
            for file in self.files(at=tip)
            if file.path in files and file != then.get(file.path) and files[file.path] == then.get(file.path)
        ]

    def _write_tree(self, head: str, entries: Iterable[TreeFile]) -> str:
        with tempfile.TemporaryDirectory(prefix="linkkeeper-index-") as folder:
            index = {"GIT_INDEX_FILE": str(Path(folder) / "index")}
            self._run("read-tree", head, environment=index)
            lines = b"".join(f"{file.mode} {file.blob}\t".encode() + os.fsencode(file.path) + b"\0" for file in entries)
            self._run("update-index", "-z", "--index-info", given=lines, environment=index, failing=StorageError)
            return self._run("write-tree", environment=index, failing=StorageError).decode().strip()

    def _write_blob(self, data: bytes) -> str:
        return (
            self._run("hash-object", "-w", "--no-filters", "--stdin", given=data, failing=StorageError).decode().strip()
        )

    def _write_commit(self, tree: str, parents: Sequence[str], *, message: str, moment: datetime) -> str:
        when = f"@{int(moment.timestamp())} +0000"
        identity = {
            f"GIT_{role}_{key}": value
            for role in ("AUTHOR", "COMMITTER")
            for key, value in (("NAME", _OUR_NAME), ("EMAIL", _OUR_ADDRESS), ("DATE", when))
        }
        named = [piece for parent in parents for piece in ("-p", parent)]
        arguments = ("commit-tree", "--no-gpg-sign", tree, *named, "-F", "-")
        return (
            self._run(*arguments, given=message.encode(), environment=identity, failing=StorageError).decode().strip()
        )

    def _parents(self, head: str, tip: str | None) -> Sequence[str]:
        """HEAD, and the branch's own tip where that holds repairs that HEAD doesn't have yet."""
        if tip is None or self._is_ancestor(tip, head):
            return [head]
        return [tip] if self._is_ancestor(head, tip) else [tip, head]

    def _free_branch(self, branch: str, head: str) -> tuple[str, str | None]:
        """The branch to write to and its tip, None if it is new."""
        used = self._checked_out()
        for number in range(1, _MOST_BRANCHES):
            name = branch if number == 1 else f"{branch}-{number}"
            tip = self.tip(name)
            if f"refs/heads/{name}" in used:
                continue
            if tip is None or self._is_ours(tip, head):
                return name, tip
        raise RelinkRefused("commit the repair", subject=branch, reason="every branch of this name is taken")

    def tip(self, branch: str) -> str | None:
        """The commit that a branch ends in; None if there is no such branch."""
        self._run("check-ref-format", "--branch", branch)
        found = self._try("rev-parse", "--verify", "--quiet", f"refs/heads/{branch}^{{commit}}")
        return found.stdout.decode().strip() if found.returncode == 0 else None

    def _is_ours(self, tip: str, head: str) -> bool:
        """True if all that the branch holds beyond HEAD was committed by us."""
        authors = self._run("log", "--format=%ae", f"{head}..{tip}", "--").decode().split()
        return all(author == _OUR_ADDRESS for author in authors)

    def _checked_out(self) -> frozenset[str]:
        """Branches that a working tree stands on: moving one would make its files look changed."""
        listing = self._run("worktree", "list", "--porcelain").decode("utf-8", "replace")
        return frozenset(line.removeprefix("branch ") for line in listing.splitlines() if line.startswith("branch "))

    def _is_ancestor(self, one: str, other: str) -> bool:
        return self._try("merge-base", "--is-ancestor", one, other).returncode == 0

    def _tree_of(self, commit: str) -> str:
        return self._run("rev-parse", "--verify", f"{commit}^{{tree}}").decode().strip()

    def _run(
        self,
        *arguments: str,
        given: bytes | None = None,
        environment: Mapping[str, str] | None = None,
        failing: type[InputError] | type[StorageError] | type[RelinkRefused] = InputError,
    ) -> bytes:
        done = self._try(*arguments, given=given, environment=environment)
        if done.returncode != 0:
            reason = done.stderr.decode("utf-8", "replace").strip() or f"git ended with {done.returncode}"
            raise failing(f"run git {arguments[0]}", subject=str(self.root), reason=reason)
        return done.stdout

    def _try(
        self, *arguments: str, given: bytes | None = None, environment: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[bytes]:
        # The reference-transaction hook would run on update-ref; a hook of the publisher is none of ours.
        command = ["git", "-c", f"core.hooksPath={os.devnull}", "-c", "core.fsmonitor=false", *arguments]
        try:
            return subprocess.run(
                command,
                cwd=self.root,
                input=given if given is not None else b"",
                capture_output=True,
                env={**self._environment, **(environment or {})},
                check=False,
            )
        except OSError as error:
            hint = "install git, or follow the folder instead"
            reason = error.strerror or str(error)
            raise InputError("read the git tree", subject=str(self.root), reason=reason, hint=hint) from error


class GitBranches:
    """
    Repairs of working trees, each on a branch of its own; satisfies :class:`linkkeeper.pipeline.mend.Branches`.

    Args:
        branch: Short name of the branch, the same in every tree.
    """

    def __init__(self, *, clock: Clock, branch: str = "linkkeeper/repairs") -> None:
        self._clock = clock
        self._branch = branch

    def read(self, tree: Path, path: Path) -> bytes:
        """
        The bytes of a file as HEAD has it, whatever stands in the working tree.

        Raises:
            InputError: no repository, or HEAD has no such file.
        """
        git = GitTree(tree)
        return git.read(_file_of(git, path))

    def commit(self, tree: Path, changes: Sequence[tuple[Path, RepairPlan]], *, message: str) -> str:
        """
        Commit plans that were made of the bytes that HEAD has.

        Returns:
            The commit that holds them, be it new or not.

        Raises:
            RelinkRefused: HEAD has other bytes than a plan was made of.
        """
        git = GitTree(tree)
        files = [(_file_of(git, path), plan) for path, plan in changes]
        for file, plan in files:
            if git.read(file) != plan.before:
                reason = "HEAD has another text than the one that was to be repaired"
                raise RelinkRefused(
                    "commit the repair", subject=file.path, reason=reason, hint="commit or undo your changes"
                )
        after = {file.path: plan.after for file, plan in files}
        made = git.commit(after, branch=self._branch, message=message, moment=self._clock.now())
        return made.commit if made is not None else git.tip(self._branch) or git.head()


def _file_of(git: GitTree, path: Path) -> TreeFile:
    top = git.top()
    try:
        name = path.resolve().relative_to(top).as_posix()
    except ValueError:
        raise InputError("read the git tree", subject=str(path), reason=f"not below {top}") from None
    found = next((file for file in git.files() if file.path == name), None)
    if found is None:
        raise InputError("read the git tree", subject=str(path), reason="HEAD has no such file", hint="commit it first")
    return found
