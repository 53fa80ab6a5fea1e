"""Requests to other archives, through the same client, gate and pace as every look."""

from collections.abc import Mapping

from linkkeeper.adapters.httpx_fetch import HttpxFetch
from linkkeeper.relinking.mementos import ArchiveAnswer


class GateArchiveFetch:
    """Satisfies :class:`linkkeeper.relinking.mementos.ArchiveFetch`."""

    def __init__(self, client: HttpxFetch) -> None:
        self._client = client

    async def get(self, url: str, *, headers: Mapping[str, str]) -> ArchiveAnswer:
        answer = await self._client.ask(url, headers=headers)
        return ArchiveAnswer(url=answer.url, status=answer.status, headers=answer.headers, body=answer.body)
