"""Seek: other archives are asked for sources that died before we had a good capture of them."""

import asyncio
import tempfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Protocol

import structlog

from linkkeeper.checks.baseline import match_note
from linkkeeper.checks.case import Case, NoteFacts
from linkkeeper.checks.judge import RULE_SET, judge
from linkkeeper.checks.look import Answer, Look
from linkkeeper.checks.standing import standing_of
from linkkeeper.checks.states import never_existed
from linkkeeper.errors import InputError, LinkkeeperError
from linkkeeper.pages.text import read_page
from linkkeeper.pipeline.editing import require_web_address
from linkkeeper.relinking.link_format import raw_form
from linkkeeper.relinking.mementos import (
    ASK_AGAIN_AFTER,
    ArchiveAnswer,
    ArchiveFetch,
    ExternalMemento,
    JudgeMemento,
    MementoVerdict,
    Search,
    SoughtLink,
)
from linkkeeper.vocabulary.moment import Clock
from linkkeeper.vocabulary.observation import Evidence, Observation, ObservationKind
from linkkeeper.vocabulary.records import LinkRecord, NoteContext
from linkkeeper.vocabulary.state import LinkState
from linkkeeper.vocabulary.uri import host_of, identity_key

log = structlog.get_logger()

#: After one that failed.
TRY_AGAIN_AFTER = timedelta(hours=6)
_SOURCE_ITSELF = frozenset({ObservationKind.OK, ObservationKind.EDITED, ObservationKind.MOVED})


class MementoLedger(Protocol):
    """What was asked of other archives; satisfied by :class:`linkkeeper.adapters.sqlmodel_mementos.SqlMementos`."""

    def to_seek(self, *, now: datetime) -> Sequence[SoughtLink]:
        """Lost links without a good memento that were not asked for lately, newest losses first."""
        ...

    def keep(self, link_id: int, found: Sequence[ExternalMemento], *, now: datetime) -> None: ...
    def notes_of(self, link_id: int) -> Sequence[NoteContext]: ...
    def link(self, link_id: int) -> LinkRecord: ...

    def conclude(
        self, before: LinkRecord, observation: Observation, *, state: LinkState, since: datetime, standing: str
    ) -> bool:
        """Move a link and keep why; False where a look or an editor came between."""
        ...


class Archives(Protocol):
    """Satisfied by :class:`linkkeeper.adapters.memento_archives.MementoArchives`."""

    async def search(self, uri_r: str, *, wanted: datetime, judge: JudgeMemento) -> Search: ...


#: Keeps a file as a capture: fetch form, identity key, file, by whom; returns the capture's id.
KeepFile = Callable[[str, str, Path, str], str]


class Seeker:
    """
    Asks other archives.

    Args:
        keep_file: Keeps an imported memento as a capture of ours.
    """

    def __init__(
        self, *, ledger: MementoLedger, archives: Archives, fetch: ArchiveFetch, keep_file: KeepFile, clock: Clock
    ) -> None:
        self._ledger = ledger
        self._archives = archives
        self._fetch = fetch
        self._keep_file = keep_file
        self._clock = clock
        #: When a link may be asked for again. An archive that has nothing leaves no row, and a
        #: restart may ask it once more.
        self._again: dict[int, datetime] = {}

    async def seek(self, *, limit: int = 20) -> int:
        """One round over at most *limit* lost links; returns how many verified mementos were found."""
        now, found = self._clock.now(), 0
        due = [link for link in self._ledger.to_seek(now=now) if self._again.get(link.link_id, now) <= now]
        for link in due[:limit]:
            try:
                found += await self.seek_one(link)
            except LinkkeeperError as error:
                # The round goes on; the link comes up again.
                log.warning("seeking failed", url=link.fetch_form, error=str(error))
        return found

    async def seek_one(self, link: SoughtLink) -> int:
        """Ask for one link; what was found, good or not, is kept with its reason."""
        wanted = datetime.combine(link.intended, time.max, UTC)
        notes = self._ledger.notes_of(link.link_id)
        search = await self._archives.search(link.fetch_form, wanted=wanted, judge=memento_judge(notes, self._clock))
        now = self._clock.now()
        wait = TRY_AGAIN_AFTER if search.failed and not search.verified else ASK_AGAIN_AFTER
        self._again[link.link_id] = now + wait
        self._ledger.keep(link.link_id, search.found, now=now)
        if search.held_nowhere:
            self._doubt(link.link_id, search, now=now)
        log.info(
            "sought",
            url=link.fetch_form,
            verified=len(search.verified),
            looked_at=len(search.found),
            failed=[f"{archive}: {words}" for archive, words in search.failed],
        )
        return len(search.verified)

    def _doubt(self, link_id: int, search: Search, *, now: datetime) -> None:
        """A dead link that nobody ever saw alive, neither we nor any archive: its author is asked instead."""
        link = self._ledger.link(link_id)
        before = standing_of(link.standing, first_seen=link.first_seen_at)
        after = never_existed(before, moment=now)
        if after is before:
            return
        asked = ", ".join(host_of(archive) or archive for archive in search.answered)
        observation = Observation(
            url=link.fetch_form,
            moment=now,
            kind=ObservationKind(link.evidence_class or ObservationKind.MISSING),
            rule=f"no-archive@{RULE_SET}",
            evidence=Evidence(words=f"{after.words} (asked: {asked})"),
        )
        if self._ledger.conclude(link, observation, state=after.state, since=after.since, standing=after.to_json()):
            log.info("never existed", url=link.fetch_form, asked=asked)

    async def import_memento(self, url: str, uri_m: str, *, by: str) -> str:
        """
        Keep another archive's memento as a capture of our own, marked with where it came from.

        Returns:
            The capture's id.

        Raises:
            InputError: the archive does not give it, or it is no kind of file that can be kept.
        """
        fetch = require_web_address(url)
        raw = raw_form(uri_m)
        answer = await self._fetch.get(raw or uri_m, headers={})
        if raw is not None and answer.status != 200:
            answer = await self._fetch.get(uri_m, headers={})
        if answer.status != 200:
            raise InputError("import the memento", subject=uri_m, reason=f"the archive answers HTTP {answer.status}")
        if answer.header("Memento-Datetime") is None:
            hint = "give the address of one memento, as https://web.archive.org/web/20200501100000/https://…"
            raise InputError("import the memento", subject=uri_m, reason="it is no memento of an archive", hint=hint)
        with tempfile.TemporaryDirectory(prefix="linkkeeper-import-") as folder:
            file = Path(folder) / f"memento{_suffix(answer)}"
            file.write_bytes(answer.body)
            moment = answer.header("Memento-Datetime")
            note = f"{by}, from {uri_m} of {moment}"
            return await asyncio.to_thread(self._keep_file, fetch, identity_key(fetch), file, note)


def memento_judge(notes: Sequence[NoteContext], clock: Clock) -> JudgeMemento:
    """
    Judge a memento by the rules for living pages, as if the source had answered so, and by its notes.

    A copy of an error, a wall or a parked page is none of the source; where
    notes cite it, one of them must match.
    """

    def judged(answer: ArchiveAnswer, uri_r: str) -> MementoVerdict:
        looked = Answer(url=uri_r, status=answer.status, headers=_captured(answer), body=answer.body)
        look = Look(url=uri_r, moment=clock.now(), elapsed_s=0.0, answer=looked)
        observation = judge(look, Case(cited=uri_r))
        if observation.kind not in _SOURCE_ITSELF:
            return MementoVerdict(False, f"a copy of {observation.kind.value}: {observation.evidence.words}")
        return _matched(answer, uri_r, notes)

    return judged


def _matched(answer: ArchiveAnswer, uri_r: str, notes: Sequence[NoteContext]) -> MementoVerdict:
    media_type = (answer.header("Content-Type") or "").partition(";")[0].strip().lower()
    if media_type and "html" not in media_type:
        return MementoVerdict(True, f"the archived file itself ({media_type})")
    page = read_page(answer.body, answer.header("Content-Type"))
    matches = [
        match_note(page, NoteFacts(text=note.text, passages=note.passages), url=uri_r) for note in notes if note.text
    ]
    if not matches:
        return MementoVerdict(True, "a whole page; no note to compare it with")
    best = max(matches, key=lambda match: (match.matched, match.score))
    return MementoVerdict(best.matched, best.words)


def _captured(answer: ArchiveAnswer) -> tuple[tuple[str, str], ...]:
    """The captured headers: archives of the Wayback kind give them with a prefix, beside their own."""
    prefixed = [(name[15:], value) for name, value in answer.headers if name.lower().startswith("x-archive-orig-")]
    own = [(name, value) for name, value in answer.headers if name.lower() in ("content-type", "content-language")]
    return tuple(prefixed or own)


def _suffix(answer: ArchiveAnswer) -> str:
    media_type = (answer.header("Content-Type") or "").partition(";")[0].strip().lower()
    return {"application/pdf": ".pdf", "image/png": ".png", "image/jpeg": ".jpg"}.get(media_type, ".html")
