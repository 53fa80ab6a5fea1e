"""Poll: followed sources are read on their schedules; new and changed editions are taken in."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol

import structlog

from linkkeeper.errors import InputError, LinkkeeperError
from linkkeeper.pipeline.collect import Collected, Collector
from linkkeeper.pipeline.following import NextTime
from linkkeeper.pipeline.ports import SourceLedger
from linkkeeper.vocabulary.digest import sha256_hex
from linkkeeper.vocabulary.download import Download
from linkkeeper.vocabulary.edition import Edition
from linkkeeper.vocabulary.listing import Listing, ListingKind
from linkkeeper.vocabulary.moment import Clock
from linkkeeper.vocabulary.records import FollowedSource

log = structlog.get_logger()

#: What a folder's files must end with to be read as analyses.
SUFFIXES = (".html", ".htm", ".xhtml", ".md", ".markdown", ".mdx", ".txt", ".rst", ".org", ".wiki", ".docx", ".pdf")
MAX_EDITION_BYTES = 50_000_000
#: Pages of one feed or sitemap that are read at one poll.
MAX_PAGES = 5_000
MAX_SITEMAPS = 50

ReadListing = Callable[[bytes, str], Listing | None]


class Downloads(Protocol):
    """Satisfied by :class:`linkkeeper.adapters.httpx_fetch.HttpxFetch`."""

    async def download(self, url: str, *, max_bytes: int = ...) -> Download: ...


class Poller:
    """Reads sources; one that fails is said with its reason, and the others go on."""

    def __init__(
        self,
        *,
        sources: SourceLedger,
        collector: Collector,
        downloads: Downloads,
        read_listing: ReadListing,
        next_time: NextTime,
        clock: Clock,
    ) -> None:
        self._sources = sources
        self._collector = collector
        self._downloads = downloads
        self._read_listing = read_listing
        self._next_time = next_time
        self._clock = clock

    async def poll_due(self) -> int:
        """Poll every source whose time has come; returns how many changed editions came of it."""
        due = await asyncio.to_thread(self._sources.due, now=self._clock.now())
        return sum([await self._poll(source) for source in due])

    async def _poll(self, source: FollowedSource) -> int:
        changed, unread = 0, []
        try:
            async for found in self.editions(source):
                taken = await asyncio.to_thread(self._take_in, found, source)
                if isinstance(taken, InputError):
                    unread.append(str(taken))
                else:
                    changed += taken.changed
        except LinkkeeperError as failure:
            unread.append(str(failure))
        now, error = self._clock.now(), _in_words(unread)
        next_at = self._next_time(source.schedule, now)
        await asyncio.to_thread(self._sources.polled, source.id, now=now, next_at=next_at, error=error)
        log.info("source polled", location=source.location, changed=changed, error=error)
        return changed

    def _take_in(self, found: Edition | InputError, source: FollowedSource) -> Collected | InputError:
        """One analysis that can't be read must not keep the others of its source from being read."""
        if isinstance(found, InputError):
            return found
        try:
            return self._collector.take_in(found, source_id=source.id)
        except InputError as error:
            return error

    async def editions(self, source: FollowedSource) -> AsyncIterator[Edition | InputError]:
        """
        Every analysis of a source as it stands now; the error in place of one that can't be read.

        Raises:
            InputError: the source itself can't be read.
        """
        if source.kind in ("file", "folder", "git"):
            for path in await asyncio.to_thread(analysis_files, Path(source.location)):
                yield await asyncio.to_thread(self._file, path)
            return
        first = await self._get(source.location)
        listing = self._read_listing(first.body, first.final_url)
        if listing is None:
            if source.kind in ("feed", "sitemap"):
                raise InputError(
                    f"read the {source.kind}", subject=source.location, reason="the answer is not XML of that kind"
                )
            yield _edition(first, now=self._clock.now())
            return
        async for url in self._pages(listing):
            yield await self._page(url)

    def _file(self, path: Path) -> Edition | InputError:
        try:
            return read_file(path, now=self._clock.now())
        except InputError as error:
            return error

    async def _page(self, url: str) -> Edition | InputError:
        try:
            return _edition(await self._get(url), now=self._clock.now())
        except InputError as error:
            return error

    async def _pages(self, listing: Listing) -> AsyncIterator[str]:
        if listing.kind is not ListingKind.SITEMAP_INDEX:
            for url in listing.pages[:MAX_PAGES]:
                yield url
            return
        for address in listing.pages[:MAX_SITEMAPS]:
            answer = await self._get(address)
            inner = self._read_listing(answer.body, answer.final_url)
            for url in inner.pages[:MAX_PAGES] if inner else ():
                yield url

    async def _get(self, url: str) -> Download:
        answer = await self._downloads.download(url, max_bytes=MAX_EDITION_BYTES)
        if answer.status != 200:
            raise InputError("read the analysis", subject=url, reason=f"the server answered {answer.status}")
        return answer


def analysis_files(place: Path) -> list[Path]:
    """
    The files that are read as analyses: *place* itself, or those below it by name, sorted.

    Raises:
        InputError: there is nothing at *place*.
    """
    if place.is_file():
        return [place]
    if not place.is_dir():
        raise InputError("read the source", subject=str(place), reason="no such file or folder")
    found: list[Path] = []
    for folder, names, files in os.walk(place):
        names[:] = sorted(name for name in names if not name.startswith(".") and not _is_ours(Path(folder) / name))
        found += [Path(folder) / name for name in files if not name.startswith(".")]
    return sorted(path for path in found if path.suffix.lower() in SUFFIXES)


def _is_ours(folder: Path) -> bool:
    """Whether linkkeeper made it: its storage and its reports hold copies of sources, not analyses."""
    storage = (folder / "captures").is_dir() and (folder / "editions").is_dir()
    return storage or ((folder / "report.json").is_file() and (folder / "report.html").is_file())


def read_file(path: Path, *, now: datetime) -> Edition:
    """
    One analysis from a file.

    Raises:
        InputError: missing, unreadable, or over 50 MB.
    """
    try:
        size = path.stat().st_size
        if size > MAX_EDITION_BYTES:
            raise InputError(
                "read the analysis", subject=str(path), reason=f"{size:,} bytes; over {MAX_EDITION_BYTES:,} are refused"
            )
        data = path.read_bytes()
    except OSError as error:
        raise InputError("read the analysis", subject=str(path), reason=error.strerror or str(error)) from error
    return Edition(location=str(path.absolute()), sha256=sha256_hex(data), moment=now, data=data)


def _in_words(unread: Sequence[str]) -> str | None:
    if len(unread) < 2:
        return unread[0] if unread else None
    return f"{unread[0]} ({len(unread) - 1} more could not be read)"


def _edition(answer: Download, *, now: datetime) -> Edition:
    declared = next((value for name, value in answer.headers if name.lower() == "content-type"), None)
    return Edition(
        location=answer.url, sha256=sha256_hex(answer.body), moment=now, data=answer.body, declared_type=declared
    )
