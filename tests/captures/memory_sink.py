"""A sink that keeps everything in memory, for comparison with the truth."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from linkkeeper.archive.message import PayloadDigest, is_chunked
from linkkeeper.captures.spool import content
from linkkeeper.vocabulary.capture import Exchange, ExchangeFailure


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """An exchange with its body hashed while it was there."""

    exchange: Exchange
    body_sha256: str
    payload_sha256: str
    request_body: bytes


@dataclass(slots=True)
class MemorySink:
    """Satisfies ``captures.ports.RecordSink``."""

    folder: Path
    kept: list[Kept] = field(default_factory=list)
    failures: list[ExchangeFailure] = field(default_factory=list)
    renderings: dict[str, bytes] = field(default_factory=dict)
    metadata_records: dict[str, bytes] = field(default_factory=dict)

    async def exchange(self, exchange: Exchange) -> None:
        body = content(exchange.response_body)
        whole = hashlib.sha256(body).hexdigest()
        payload = PayloadDigest()
        if is_chunked(exchange.response_head):
            payload.update(body)
        self.kept.append(
            Kept(
                exchange=exchange,
                body_sha256=whole,
                payload_sha256=payload.hexdigest() if is_chunked(exchange.response_head) else whole,
                request_body=content(exchange.request_body),
            )
        )

    async def failure(self, failure: ExchangeFailure) -> None:
        self.failures.append(failure)

    async def rendering(
        self, name: str, data: bytes, *, media_type: str, target: str, moment: datetime, conversion: bool
    ) -> None:
        assert name not in self.renderings, f"{name} came twice"
        self.renderings[name] = data

    async def metadata(self, data: bytes, *, media_type: str, target: str, moment: datetime) -> None:
        self.metadata_records[media_type] = data

    def scratch(self) -> Path:
        return self.folder

    def spooled(self) -> list[Path]:
        """Bodies that still lie in the scratch folder."""
        return list(self.folder.iterdir())

    def urls(self) -> list[str]:
        return [kept.exchange.url for kept in self.kept]
