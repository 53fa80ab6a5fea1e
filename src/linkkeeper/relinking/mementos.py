"""Other archives' mementos: what was asked, what they answered, and what a look at it showed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Protocol

from linkkeeper.vocabulary.memento import Memento

#: After a search that found nothing good, archives are asked again: they get captures from others later.
ASK_AGAIN_AFTER = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class SoughtLink:
    """A lost link without a good capture of ours; *intended* is the date to match."""

    link_id: int
    fetch_form: str
    intended: date


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveAnswer:
    """One answer; *body* is decoded and may be cut at the fetcher's limit."""

    url: str
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str | None:
        """The values of *name*, joined as HTTP lets them be."""
        values = [value for key, value in self.headers if key.lower() == name.lower()]
        return ", ".join(values) if values else None


class ArchiveFetch(Protocol):
    """Sends one polite GET through the egress gate; redirects come back as they are."""

    async def get(self, url: str, *, headers: Mapping[str, str]) -> ArchiveAnswer:
        """
        Ask once.

        Raises:
            LinkkeeperError: no answer came.
        """
        ...


@dataclass(frozen=True, slots=True)
class MementoVerdict:
    """Whether a memento shows the source that was cited, and why, in words."""

    good: bool
    words: str


class JudgeMemento(Protocol):
    """Judges a copy as if the source had answered so: no error, wall or parked page; matches the note."""

    def __call__(self, answer: ArchiveAnswer, uri_r: str) -> MementoVerdict: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ExternalMemento:
    """
    A memento that an archive named, after a look at it.

    Attributes:
        memento: Its ``verified`` tells whether it may be linked.
        words: Why, or why not.
        named: The address under which the archive named it.
    """

    memento: Memento
    archive: str
    words: str
    named: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """
    What all archives together said.

    Attributes:
        found: Verified and refused ones, in the order they were tried.
        failed: Archives that gave no usable answer, each with the reason;
            while there are any, "nothing found" is no final word.
        answered: Archives that did.
    """

    found: tuple[ExternalMemento, ...] = ()
    failed: tuple[tuple[str, str], ...] = ()
    answered: tuple[str, ...] = ()

    @property
    def held_nowhere(self) -> bool:
        """Whether archives were asked, all of them answered, and none named any copy, not even a bad one."""
        return bool(self.answered) and not self.failed and not self.found

    @property
    def verified(self) -> tuple[Memento, ...]:
        return tuple(one.memento for one in self.found if one.memento.verified)
