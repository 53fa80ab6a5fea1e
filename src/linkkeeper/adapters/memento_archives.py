"""
Other archives, asked for sources that died before we saw them.

A TimeGate negotiates by ``Accept-Datetime``; a TimeMap lists all it has. An
archive's answer alone proves nothing: each memento is fetched and judged
before it counts, as archives keep error pages, walls and parked pages too.

Source: RFC 7089; address forms of Wayback-style archives as pywb has them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from urllib.parse import urljoin

from linkkeeper.errors import LinkkeeperError
from linkkeeper.relinking.link_format import (
    Link,
    as_http_date,
    http_date,
    mementos_in,
    nearest_first,
    raw_form,
    read_links,
    shown_form,
)
from linkkeeper.relinking.mementos import ArchiveAnswer, ArchiveFetch, ExternalMemento, JudgeMemento, Search
from linkkeeper.vocabulary.memento import Memento
from linkkeeper.vocabulary.moment import Clock
from linkkeeper.vocabulary.numbers import whole_number
from linkkeeper.vocabulary.uri import host_of

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MOST_HOPS = 5
#: Mementos of one archive that are fetched before it is given up.
_MOST_TRIES = 3
_FIRST_REST = timedelta(minutes=1)
_LONGEST_REST = timedelta(hours=6)
#: A capture of a redirect may be followed to a capture that was made about then.
_LARGEST_GAP = timedelta(days=30)


class _ArchiveFailed(Exception):
    """An archive gave no usable answer; *rest* is how long it asked to be left alone."""

    def __init__(self, words: str, rest: timedelta | None = None) -> None:
        super().__init__(words)
        self.rest = rest


@dataclass(slots=True)
class _Rest:
    """How long an archive is left alone after it failed; doubles with each failure in a row."""

    failures: int = 0
    until: datetime | None = None
    words: str = ""


@dataclass(slots=True)
class MementoArchives:
    """
    A list of archives.

    Args:
        timegates: Address prefixes (``https://web.archive.org/web/``) to which
            the original is appended, or forms with ``{url}``.
        fetch: Through the egress gate.
    """

    timegates: Sequence[str]
    fetch: ArchiveFetch
    clock: Clock
    _rests: dict[str, _Rest] = field(default_factory=dict)

    async def search(self, uri_r: str, *, wanted: datetime, judge: JudgeMemento) -> Search:
        """
        Look for a memento of *uri_r* near *wanted*.

        Archives are asked in their order until one has a good memento at or
        before *wanted*; one after it is kept while the others are asked.
        """
        found: list[ExternalMemento] = []
        failed: list[tuple[str, str]] = []
        answered: list[str] = []
        for timegate in self.timegates:
            rest = self._rests.setdefault(timegate, _Rest())
            now = self.clock.now()
            if rest.until is not None and now < rest.until:
                failed.append((timegate, f"resting until {rest.until:%H:%M}: {rest.words}"))
                continue
            try:
                found += await self._ask(timegate, uri_r, wanted, judge)
                rest.failures, rest.until = 0, None
                answered.append(timegate)
            except (_ArchiveFailed, LinkkeeperError) as error:
                self._send_to_rest(rest, error, now)
                failed.append((timegate, str(error)))
            if any(one.memento.verified and one.memento.moment <= wanted for one in found):
                break
        return Search(found=tuple(found), failed=tuple(failed), answered=tuple(answered))

    def _send_to_rest(self, rest: _Rest, error: Exception, now: datetime) -> None:
        asked = error.rest if isinstance(error, _ArchiveFailed) else None
        rest.failures += 1
        rest.until = now + min(asked or _FIRST_REST * 2 ** min(rest.failures - 1, 12), _LONGEST_REST)
        rest.words = str(error)

    async def _ask(self, timegate: str, uri_r: str, wanted: datetime, judge: JudgeMemento) -> list[ExternalMemento]:
        """First what the TimeGate chose; its list only if that is bad, or from after *wanted*."""
        asked = _Asked(uri_r, wanted, judge, archive=host_of(timegate) or timegate)
        links = await self._negotiate(timegate, asked)
        named = mementos_in(links, uri_r=uri_r) + asked.chosen
        found: list[ExternalMemento] = []
        if any(memento.moment <= wanted for memento in named):
            found = await self._first_good(named, asked, found)
        if not any(one.memento.verified for one in found):
            found = await self._first_good(named + await self._listed(timegate, uri_r, links), asked, found)
        return found

    async def _first_good(
        self, named: Sequence[Memento], asked: "_Asked", found: Sequence[ExternalMemento]
    ) -> list[ExternalMemento]:
        """*found* and what was looked at further, up to the first good one."""
        known = {one.named for one in found}
        looked = list(found)
        untried = {memento.uri_m: memento for memento in named if memento.uri_m not in known}
        for memento in nearest_first(list(untried.values()), asked.wanted)[:_MOST_TRIES]:
            looked.append(await self._verify(memento, asked))
            if looked[-1].memento.verified:
                break
        return looked

    async def _negotiate(self, timegate: str, asked: "_Asked") -> list[Link]:
        """Ask the TimeGate; returns all links that it and its redirects gave."""
        address = timegate.replace("{url}", asked.uri_r) if "{url}" in timegate else timegate + asked.uri_r
        links: list[Link] = []
        for _ in range(_MOST_HOPS):
            answer = await self._get(address, {"Accept-Datetime": as_http_date(asked.wanted)})
            links += read_links(answer.header("Link") or "", base=answer.url)
            moment = http_date(answer.header("Memento-Datetime") or "")
            location = answer.header("Location")
            if moment is not None:
                asked.chosen.append(Memento(uri_r=asked.uri_r, uri_m=_own_address(answer), moment=moment))
                asked.seen[answer.url] = answer
                break
            if answer.status not in _REDIRECTS or location is None:
                break
            address = urljoin(answer.url, location)
        return links

    async def _listed(self, timegate: str, uri_r: str, links: Sequence[Link]) -> list[Memento]:
        address = next((link.target for link in links if "timemap" in link.relations), None)
        if address is None:
            if "{url}" in timegate:
                return []
            address = f"{timegate}timemap/link/{uri_r}"
        answer = await self._get(address, {"Accept": "application/link-format"})
        if answer.status != 200:
            return []
        return mementos_in(list(read_links(answer.body.decode("utf-8", "replace"), base=answer.url)), uri_r=uri_r)

    async def _verify(self, memento: Memento, asked: "_Asked") -> ExternalMemento:
        """Fetch a memento, follow captured redirects inside the archive, and judge what it shows."""
        address = memento.uri_m or ""
        for _ in range(_MOST_HOPS):
            answer = asked.seen.get(address) or await self._get(address, {})
            moment = http_date(answer.header("Memento-Datetime") or "")
            location = answer.header("Location")
            if moment is not None and abs(moment - memento.moment) > _LARGEST_GAP:
                return asked.refused(memento, f"it leads on to a capture of {moment:%Y-%m-%d}")
            if answer.status in _REDIRECTS and location is not None:
                address = urljoin(answer.url, location)
                continue
            if moment is None:
                return asked.refused(memento, f"no memento: HTTP {answer.status} without Memento-Datetime")
            verdict = asked.judge(await self._raw(answer), memento.uri_r)
            if not verdict.good:
                return asked.refused(memento, verdict.words)
            shown = replace(memento, uri_m=shown_form(_own_address(answer)), moment=moment, verified=True)
            return ExternalMemento(memento=shown, archive=asked.archive, words=verdict.words, named=memento.uri_m or "")
        return asked.refused(memento, f"more than {_MOST_HOPS} redirects")

    async def _raw(self, answer: ArchiveAnswer) -> ArchiveAnswer:
        """The captured bytes without the archive's banner, where it gives them."""
        raw = raw_form(answer.url)
        if raw is None or raw == answer.url:
            return answer
        plain = await self._get(raw, {})
        return plain if plain.status == answer.status else answer

    async def _get(self, url: str, headers: Mapping[str, str]) -> ArchiveAnswer:
        answer = await self.fetch.get(url, headers=headers)
        # An archived error page also comes with its own status, but as a memento.
        if answer.header("Memento-Datetime") is None and (answer.status in (403, 429) or answer.status >= 500):
            raise _ArchiveFailed(f"{url} answered HTTP {answer.status}", _retry_after(answer, self.clock.now))
        return answer


@dataclass(slots=True)
class _Asked:
    """One question to one archive, and what its TimeGate chose and sent by itself."""

    uri_r: str
    wanted: datetime
    judge: JudgeMemento
    archive: str
    chosen: list[Memento] = field(default_factory=list)
    seen: dict[str, ArchiveAnswer] = field(default_factory=dict)

    def refused(self, memento: Memento, words: str) -> ExternalMemento:
        return ExternalMemento(memento=memento, archive=self.archive, words=words, named=memento.uri_m or "")


def _own_address(answer: ArchiveAnswer) -> str:
    """A TimeGate that answers with the memento itself names its address in Content-Location (RFC 7089 4.1.2)."""
    place = answer.header("Content-Location")
    return urljoin(answer.url, place) if place else answer.url


def _retry_after(answer: ArchiveAnswer, now: Callable[[], datetime]) -> timedelta | None:
    value = (answer.header("Retry-After") or "").strip()
    seconds = whole_number(value)
    if seconds is not None:
        return timedelta(seconds=min(seconds, 10**6))
    moment = http_date(value)
    return max(moment - now(), timedelta()) if moment is not None else None
