"""Mend: a lost citation with a good memento gets its archived link, as far as its source's `apply` allows."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Protocol

import structlog

from linkkeeper.errors import DatabaseError, JournalFailed, LinkkeeperError, UsageError
from linkkeeper.pipeline.location_plan import Decided, LocationPlan
from linkkeeper.pipeline.repair_cases import UriM, case_of
from linkkeeper.relinking.anchors import Words
from linkkeeper.relinking.commit_message import commit_message
from linkkeeper.relinking.decide import decide, repairs_of
from linkkeeper.relinking.files import (
    Act,
    UndonePlan,
    branch_location_of,
    carry_out,
    carry_out_undo,
    file_repair,
    location_of,
    plan_undo,
    read_file,
    repaired_urls,
)
from linkkeeper.relinking.ports import ReadCitations, RepairJournal
from linkkeeper.relinking.repair import Text, plan
from linkkeeper.vocabulary.moment import Clock
from linkkeeper.vocabulary.records import CitedLink, FollowedSource, Proposal
from linkkeeper.vocabulary.relink import Apply, FileRepair, Repair, RepairPlan, RepairPolicy

log = structlog.get_logger()


class RepairLedger(Protocol):
    """Satisfied by :class:`linkkeeper.adapters.sqlmodel_repairs.SqlRepairs`."""

    def cited_links(self, location: str, *, now: datetime) -> Sequence[CitedLink]: ...
    def to_mend(self) -> Sequence[tuple[str, FollowedSource]]: ...
    def list_proposals(self, analysis_id: int, proposals: Sequence[Proposal], *, now: datetime) -> None: ...
    def keep(self, repair: FileRepair, proposals: Sequence[Proposal], *, now: datetime) -> None: ...
    def repairs_of(self, location: str) -> Sequence[FileRepair]: ...
    def proposal(self, repair_id: int) -> tuple[str, str, Proposal]: ...
    def dismiss(self, repair_id: int, *, who: str, why: str, now: datetime) -> None: ...
    def source_of(self, location: str) -> FollowedSource | None: ...


class Branches(Protocol):
    """Commits repairs on a branch of their own; satisfied by :mod:`linkkeeper.adapters.git_tree`."""

    def read(self, tree: Path, path: Path) -> bytes:
        """The bytes of a file as HEAD has it."""
        ...

    def commit(self, tree: Path, changes: Sequence[tuple[Path, RepairPlan]], *, message: str) -> str: ...


class Mender:
    """
    Decides and carries out repairs.

    Args:
        uri_m: Address of a capture of ours; ``(capture, fetch form)``.
        own_bases: All public addresses that were ever ours.
        backups: Folder that keeps files as they were before a repair.
        branches: None where no git tree can be written.
        notes_only: Links of the running text stay as they are.
    """

    def __init__(
        self,
        *,
        ledger: RepairLedger,
        journal: RepairJournal,
        read: ReadCitations,
        words: Words,
        uri_m: UriM,
        own_bases: Sequence[str],
        backups: Path,
        clock: Clock,
        branches: Branches | None = None,
        notes_only: bool = False,
    ) -> None:
        self._ledger = ledger
        self._journal = journal
        self._read = read
        self._words = words
        self._uri_m = uri_m
        self._own_bases = own_bases
        self._backups = backups
        self._clock = clock
        self._branches = branches
        self._notes_only = notes_only

    def plan_text(
        self,
        data: bytes,
        location: str,
        *,
        policy: RepairPolicy = RepairPolicy.SWAP_WHEN_DEAD,
        apply: Apply = Apply.PROPOSE,
        uri_m: UriM | None = None,
    ) -> LocationPlan:
        """
        Plan the repair of a text with what is known of its links.

        Args:
            location: Under which its citations are stored.
            uri_m: Another way to address captures (static pages of a report).
        """
        repaired = repaired_urls(data, self._history(location))
        decided = tuple(
            Decided(link, decide(case_of(link, uri_m or self._uri_m, policy=policy, apply=apply, repaired=repaired)))
            for link in self._ledger.cited_links(location, now=self._clock.now())
        )
        wanted = repairs_of(item.decision for item in decided)
        planned = self._plan(data, location, wanted, policy=policy)
        return LocationPlan(location=location, policy=policy, plan=planned, decided=decided, repairs=wanted)

    def _plan(self, data: bytes, location: str, repairs: Sequence[Repair], *, policy: RepairPolicy) -> RepairPlan:
        text = Text(data=data, location=location, own_bases=self._own_bases)
        return plan(text, repairs, policy=policy, words=self._words, read=self._read, notes_only=self._notes_only)

    def mend(self) -> int:
        """
        One round over all followed analyses; returns how many repairs were carried out.

        A file that can't be read or replaced keeps no other from being repaired.

        Raises:
            JournalFailed, DatabaseError: an edit could not be kept; it was not made, nor any after it.
        """
        return sum(self._mend_one(location, source) for location, source in self._ledger.to_mend())

    def _mend_one(self, location: str, source: FollowedSource) -> int:
        policy, apply = RepairPolicy(source.policy), Apply(source.apply)
        path = Path(location)
        if not path.is_file():
            apply = Apply.PROPOSE
        try:
            if apply is Apply.BRANCH and self._branches is not None:
                data = self._branches.read(Path(source.location), path)
            else:
                data = read_file(path) if path.is_file() else b""
            planned = self.plan_text(data, location, policy=policy, apply=apply)
            if apply is Apply.WRITE:
                return self._write(planned, path, who="linkkeeper")
            if apply is Apply.BRANCH:
                return self._branch(planned, path, Path(source.location))
            self._propose(planned)
        except (JournalFailed, DatabaseError):
            raise
        except LinkkeeperError as error:
            log.warning("mending failed", location=location, error=str(error))
        return 0

    def write(self, location: str, *, who: str, only: frozenset[int] | None = None) -> int:
        """
        Carry out the repairs of a file now, by somebody's word.

        Args:
            only: Ids of the links to repair; None means all that are due.

        Raises:
            LinkkeeperError: the file can't be read or written, or an edit was refused.
        """
        path = Path(location)
        if not path.is_file():
            raise UsageError(
                "repair the file",
                subject=location,
                reason="it is no file on this machine",
                hint="use repairs.json with the middleware or the reader script for pages on the web",
            )
        source = self._ledger.source_of(location)
        policy = RepairPolicy(source.policy) if source else RepairPolicy.SWAP_WHEN_DEAD
        planned = self.plan_text(read_file(path), location, policy=policy)
        return self._write(planned if only is None else self._only(planned, only), path, who=who)

    def _only(self, planned: LocationPlan, links: frozenset[int]) -> LocationPlan:
        """The plan for some links, whose suggested repairs somebody agreed to."""
        decided = tuple(item for item in planned.decided if item.link.link_id in links)
        agreed = tuple(item.decision.repair for item in decided if item.decision.repair is not None)
        return self._again(replace(planned, decided=decided, repairs=agreed, whole=False), planned.plan.before)

    def _write(self, planned: LocationPlan, path: Path, *, who: str) -> int:
        done, settled = 0, frozenset[str]()
        if planned.take_back:
            done += self.undo(path, only=planned.take_back, who=who, why="the source is back for good")
            settled = planned.take_back if done else settled
            planned = self._again(planned, read_file(path))
        if planned.plan.changes:
            act = Act(who=who, moment=self._clock.now(), why=_summary(planned.plan))
            repair = carry_out(planned.plan, path, act=act, journal=self._journal, backups=self._backups)
            self._ledger.keep(repair, planned.made(repair, who=who), now=act.moment)
            done += len(repair.edits)
        self._propose(planned, settled=settled.union(edit.url for edit in planned.plan.edits))
        return done

    def _branch(self, planned: LocationPlan, path: Path, tree: Path) -> int:
        """Commit what HEAD's text needs; returns how many edits are new on the branch."""
        undone = plan_undo(planned.plan.before, self._history(planned.location), only=planned.take_back)
        made = self._again(planned, undone.after).plan if undone.parts else planned.plan
        if self._branches is None or made.after == planned.plan.before:
            self._propose(planned)
            return 0
        whole = replace(made, before=planned.plan.before)
        done = self._keep_branch(path, made, undone)
        commit = self._branches.commit(tree, [(path, whole)], message=_branch_message(path, made, undone))
        log.info("repairs committed", tree=str(tree), commit=commit, edits=done)
        self._propose(planned)
        return done

    def _again(self, planned: LocationPlan, data: bytes) -> LocationPlan:
        """The same repairs, planned for *data*."""
        made = self._plan(data, planned.location, planned.repairs, policy=planned.policy)
        return replace(planned, plan=made)

    def _keep_branch(self, path: Path, made: RepairPlan, undone: UndonePlan) -> int:
        """Journal a commit to come; the same one again, as in every round until it is merged, is nothing new."""
        location = branch_location_of(path)
        known = {(item.before_sha256, item.after_sha256) for item in self._journal.repairs_of(location)}
        act = Act(who="linkkeeper", moment=self._clock.now(), why=_summary(made))
        lines = [
            file_repair(location, act, before=undone.before, after=undone.after, edits=edits, undoes=repair.id)
            for repair, edits in undone.parts
        ]
        if made.changes:
            lines.append(file_repair(location, act, before=made.before, after=made.after, edits=made.edits))
        new = [line for line in lines if (line.before_sha256, line.after_sha256) not in known]
        for line in new:
            self._journal.add(line)
        return sum(len(line.edits) for line in new)

    def undo(self, path: Path, *, who: str, why: str, only: frozenset[str] | None = None) -> int:
        """Take repairs of a file back; returns how many edits. Those that can't be found again raise nothing."""
        undone = plan_undo(read_file(path), self._history(location_of(path)), only=only)
        for refusal in undone.refusals:
            log.warning("undo refused", file=str(path), url=refusal.url, why=refusal.words)
        if not undone.parts:
            return 0
        act = Act(who=who, moment=self._clock.now(), why=why)
        carry_out_undo(undone, path, act=act, journal=self._journal, backups=self._backups)
        return sum(len(edits) for _, edits in undone.parts)

    def _propose(self, planned: LocationPlan, *, settled: frozenset[str] = frozenset()) -> None:
        if not planned.decided or not planned.whole:
            return
        proposals = planned.proposals(settled=settled)
        self._ledger.list_proposals(planned.decided[0].link.analysis_id, proposals, now=self._clock.now())

    def approve(self, repair_id: int, *, by: str) -> int:
        """Carry out one proposed repair."""
        location, _, proposal = self._ledger.proposal(repair_id)
        done = self.write(location, who=by, only=frozenset({proposal.link_id}))
        if not done:
            raise UsageError(
                "approve the repair", subject=str(repair_id), reason="nothing in the file could be changed any more"
            )
        return done

    def dismiss(self, repair_id: int, *, by: str, reason: str) -> None:
        self._ledger.dismiss(repair_id, who=by, why=reason, now=self._clock.now())

    def undo_repair(self, repair_id: int, *, by: str, reason: str) -> int:
        """Take one made repair back."""
        location, url, proposal = self._ledger.proposal(repair_id)
        urls = {edit.url for item in self._journal.repairs_of(location) for edit in item.edits}
        spellings = {
            spelling
            for link in self._ledger.cited_links(location, now=self._clock.now())
            if link.link_id == proposal.link_id
            for spelling in link.spellings
        }
        return self.undo(Path(location), who=by, why=reason, only=frozenset({url, *spellings} & urls))

    def _history(self, location: str) -> Sequence[FileRepair]:
        """What was done to a file in place, or to a branch that may have been merged since."""
        path = Path(location)
        branch = self._journal.repairs_of(branch_location_of(path)) if path.is_file() else ()
        return sorted([*self._journal.repairs_of(location), *branch], key=lambda repair: repair.moment)


def _summary(planned: RepairPlan) -> str:
    return "; ".join(dict.fromkeys(edit.why for edit in planned.edits if edit.why)) or "repair of dead links"


def _branch_message(path: Path, made: RepairPlan, undone: UndonePlan) -> str:
    taken_back = [edit for _, edits in undone.parts for edit in edits]
    if not made.edits:
        return commit_message({path.name: taken_back}, taking_back=True)
    message = commit_message({path.name: made.edits})
    if not taken_back:
        return message
    return message + "\nAlso, the source being back:\n\n" + commit_message({path.name: taken_back}, taking_back=True)
