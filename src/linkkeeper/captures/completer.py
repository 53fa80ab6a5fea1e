"""Fetches in full what the page only took in part, and picture sizes that it left out."""

import asyncio
from urllib.parse import urljoin, urlsplit

from linkkeeper.captures.ledger import Asked, Ledger
from linkkeeper.captures.messages import RequestHead, read_request, without_fields
from linkkeeper.captures.ports import Tab
from linkkeeper.captures.recorder import Recorder
from linkkeeper.vocabulary.capture import Truncation

_PARTIAL_FIELDS = frozenset({b"range", b"if-range"})
_AT_ONCE = 4
_MOST_SIZES = 200
_SIZES = """() => [...document.querySelectorAll('img[srcset], source[srcset]')].flatMap(
  element => element.srcset.split(/,\\s+/).map(part => part.trim().split(/\\s+/)[0]).filter(Boolean)
).map(url => new URL(url, document.baseURI).href)"""


class Completer:
    """
    Args:
        srcset: Also fetch the picture sizes that the page offers and the browser did not choose.
    """

    def __init__(self, recorder: Recorder, ledger: Ledger, tab: Tab, *, srcset: bool) -> None:
        self._recorder = recorder
        self._ledger = ledger
        self._tab = tab
        self._srcset = srcset

    async def run(self) -> str:
        """Fetch what is missing; returns what was done, in words."""
        parts = in_part(self._ledger.asked)
        wanted = [(asked.url, whole_request(asked)) for asked in parts]
        sizes = await self._sizes() if self._srcset else []
        gate = asyncio.Semaphore(_AT_ONCE)

        async def one(url: str, request: RequestHead) -> None:
            async with gate:
                await self._recorder.fetch(url, request)

        await asyncio.gather(*(one(url, request) for url, request in [*wanted, *sizes]))
        said = f"{len(parts)} in full" if parts else ""
        return ", ".join(filter(None, (said, f"{len(sizes)} picture sizes" if sizes else "")))

    async def _sizes(self) -> list[tuple[str, RequestHead]]:
        known = {asked.url for asked in self._ledger.asked}
        images = [asked for asked in self._ledger.asked if asked.destination == "image"]
        found = await self._tab.run(_SIZES, timeout_s=5.0)
        main = self._ledger.main
        example = images[0] if images else main
        if example is None or not isinstance(found, list):
            return []
        urls = dict.fromkeys(urljoin(example.url, str(url)).split("#")[0] for url in found)
        new = [url for url in urls if url not in known and url.startswith(("http://", "https://"))]
        return [(url, _for_other_url(example, url)) for url in new[:_MOST_SIZES]]


def in_part(asked: list[Asked]) -> list[Asked]:
    """
    The requests, one a URL, whose resource was never received whole.

    Streams, and bodies that the server itself cut, are as whole as they get.
    """
    whole = {one.url for one in asked if one.answer is not None and one.answer.status == 200 and one.truncated is None}
    found: dict[str, Asked] = {}
    for one in asked:
        if one.answer is None or one.method != "GET" or one.streaming or one.url in whole:
            continue
        left = one.answer.status == 200 and one.truncated is Truncation.DISCONNECT and one.left
        if one.answer.status == 206 or left:
            found.setdefault(one.url, one)
    return list(found.values())


def whole_request(asked: Asked) -> RequestHead:
    """The same request for the whole resource."""
    head = read_request(asked.head)
    return read_request(without_fields(head, _PARTIAL_FIELDS))


def _for_other_url(example: Asked, url: str) -> RequestHead:
    """A request like *example*'s for *url*; cookies go to the same host only."""
    head = read_request(example.head)
    parts = urlsplit(url)
    same_host = urlsplit(example.url).netloc == parts.netloc
    dropped = {b"host", *_PARTIAL_FIELDS, *(() if same_host else (b"cookie",))}
    lines = without_fields(head, frozenset(dropped)).split(b"\r\n")
    return read_request(b"\r\n".join([lines[0], b"Host: " + parts.netloc.encode("ascii", "ignore"), *lines[1:]]))
