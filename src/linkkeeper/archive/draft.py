"""
A capture while it is being made: records and renderings under ``tmp/<token>/``.

Layout::

    tmp/<token>/
      data.warc.gz     every record so far
      capture/         the files that will be published
      scratch/         spooled bodies, the visit's own

The folder is locked while the draft lives. Nothing here is precious: what a
crash leaves, the sweeper removes.
"""

import asyncio
import re
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from linkkeeper.archive import cdxj
from linkkeeper.archive.exchange_fields import iana_cipher, protocols, request_key_of
from linkkeeper.archive.locks import TMP, FolderLock, sweep_lock
from linkkeeper.archive.message import header_value, media_type_of
from linkkeeper.archive.records import read_block
from linkkeeper.archive.warc import (
    REVISIT_PROFILE,
    WARC_VERSION,
    Block,
    RecordWriter,
    WrittenRecord,
    measure,
    new_record_id,
)
from linkkeeper.errors import StorageError, UsageError
from linkkeeper.vocabulary.capture import Body, Exchange, ExchangeFailure
from linkkeeper.vocabulary.digest import sha256_hex
from linkkeeper.vocabulary.moment import to_timestamp

WARC_NAME = "data.warc.gz"
#: Renderings that are files of the capture besides being records.
OWN_FILES = frozenset({"page.pdf", "screenshot.png", "screenshot-full.png", "text.txt"})

_SAFE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}")
_PACKED_TYPES = re.compile(r"(image/(?!svg|bmp)|video/|audio/|font/woff|application/(zip|gzip|pdf|x-7z|wacz))")
_T = TypeVar("_T")


def safe_name(name: str, *, what: str) -> str:
    """
    Return *name* if it may be a folder's name.

    Raises:
        UsageError: it has other characters than letters, digits, ``-``, ``_``.
    """
    if not _SAFE_NAME.fullmatch(name):
        raise UsageError("use the name", subject=name, reason=f"not a {what}")
    return name


class Draft:
    """
    Satisfies :class:`linkkeeper.captures.ports.RecordSink`.

    The async methods may be called from many tasks: one thread of the draft's
    own writes in the order of the calls, and a cancelled caller returns only
    when its write has ended, as the spooled body is the caller's.

    Attributes:
        records: Written so far, in file order.
        lines: Index lines of the replayable ones.
        failures: Exchanges that failed, in order.
        main: The visit's main response, once it is written.
    """

    def __init__(self, folder: Path, *, token: str, capture_id: str, url: str, software: str, lock: FolderLock) -> None:
        self.folder = folder
        self._lock = lock
        self.token = token
        self.capture_id = capture_id
        self.url = url
        self.software = software
        self.opened_at = datetime.now(UTC)
        self.lines: list[cdxj.IndexLine] = []
        self.failures: list[ExchangeFailure] = []
        self.main: WrittenRecord | None = None
        self.main_line: cdxj.IndexLine | None = None
        self._seen: dict[tuple[str, str], tuple[WrittenRecord, str]] = {}
        self._broken: str | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="draft")
        self._file = (folder / WARC_NAME).open("xb")
        self._writer = RecordWriter(self._file)
        self._warcinfo = new_record_id()

    @classmethod
    def open(cls, root: Path, *, token: str, capture_id: str, url: str, software: str) -> "Draft":
        """
        Start a capture in ``<root>/tmp/<token>/``.

        Args:
            url: The fetch form that is visited.
            software: Name and versions, for the warcinfo record and the manifest.

        Raises:
            StorageError: the folder is there already or can't be written.
        """
        safe_name(capture_id, what="capture id")
        folder = root / TMP / safe_name(token, what="token")
        try:
            (root / TMP).mkdir(parents=True, exist_ok=True)
            with sweep_lock(root):
                folder.mkdir()
                lock = FolderLock(folder)
            (folder / "capture").mkdir()
            (folder / "scratch").mkdir()
            draft = cls(folder, token=token, capture_id=capture_id, url=url, software=software, lock=lock)
        except OSError as error:
            raise StorageError("start a capture", subject=str(folder), reason=str(error)) from error
        try:
            draft._write(draft._write_warcinfo)
        except StorageError:
            draft.abandon()
            raise
        return draft

    @property
    def records(self) -> tuple[WrittenRecord, ...]:
        return tuple(self._writer.records)

    @property
    def broken(self) -> str | None:
        """Why nothing more can be written, None while all is well."""
        return self._broken

    @property
    def warc(self) -> Path:
        return self.folder / WARC_NAME

    @property
    def files(self) -> Path:
        """The folder that becomes the capture."""
        return self.folder / "capture"

    @property
    def size(self) -> int:
        """Bytes of the WARC so far."""
        return self._writer.size

    @property
    def warc_sha256(self) -> str:
        """Of the WARC's bytes as they were written, not as they stand on the disk."""
        return self._writer.sha256

    async def exchange(self, exchange: Exchange) -> None:
        await self._run(lambda: self.write_exchange(exchange))

    async def failure(self, failure: ExchangeFailure) -> None:
        self.failures.append(failure)

    async def rendering(
        self, name: str, data: bytes, *, media_type: str, target: str, moment: datetime, conversion: bool
    ) -> None:
        await self._run(
            lambda: self.write_rendering(
                name, data, media_type=media_type, target=target, moment=moment, conversion=conversion
            )
        )

    async def metadata(self, data: bytes, *, media_type: str, target: str, moment: datetime) -> None:
        await self._run(lambda: self.write_metadata(data, media_type=media_type, target=target, moment=moment))

    def scratch(self) -> Path:
        return self.folder / "scratch"

    def abandon(self) -> None:
        """Remove everything of this draft; nothing was published."""
        self.close()
        self.remove()

    def remove(self) -> None:
        """Remove the folder and let it go; what can't be removed is the sweeper's."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self._lock.close()

    def close(self) -> None:
        """End writing; safe to call twice."""
        self._thread.shutdown(wait=True)
        try:
            self._file.close()
        except OSError as error:
            # What stood in the file's buffer is lost: this WARC must not be published.
            self._broken = self._broken or str(error)

    def write_exchange(self, exchange: Exchange) -> WrittenRecord:
        """Write response (or revisit) and request; the blocking form of :meth:`exchange`."""
        return self._write(lambda: self._write_exchange(exchange))

    def write_rendering(
        self, name: str, data: bytes, *, media_type: str, target: str, moment: datetime, conversion: bool
    ) -> WrittenRecord:
        """Keep a rendering as file and record; the blocking form of :meth:`rendering`."""

        def work() -> WrittenRecord:
            if name in OWN_FILES:
                (self.files / name).write_bytes(data)
            if not conversion and self.main is not None and self.main.payload_digest == sha256_hex(data):
                # The source's own file: the response holds these very bytes.
                return self.main
            kind = "conversion" if conversion else "resource"
            address = _not_replayed(target, name=name)
            return self._write_plain(kind, data, media_type=media_type, target=address, moment=moment)

        return self._write(work)

    def write_metadata(self, data: bytes, *, media_type: str, target: str, moment: datetime) -> WrittenRecord:
        """Write a metadata record; the blocking form of :meth:`metadata`."""
        return self._write(
            lambda: self._write_plain(
                "metadata", data, media_type=media_type, target=_not_replayed(target, name="metadata"), moment=moment
            )
        )

    def write_source(self, data: bytes, *, media_type: str, url: str, moment: datetime, name: str | None) -> None:
        """Keep a source that was not fetched (an upload): a resource record that is the main one."""

        def work() -> None:
            if name is not None:
                (self.files / name).write_bytes(data)
            record = self._write_plain("resource", data, media_type=media_type, target=url, moment=moment)
            line = cdxj.IndexLine(
                key=cdxj.index_key(url),
                timestamp=to_timestamp(moment),
                url=url,
                media_type=media_type,
                status=200,
                digest=f"sha256:{record.payload_digest}",
                offset=record.offset,
                length=record.length,
                record_digest=f"sha256:{record.record_digest}",
                main=True,
            )
            self.lines.append(line)
            self.main, self.main_line = record, line

        self._write(work)

    def copy_record(self, header: bytes, body: Body, *, payload_digest: str, packed: bool) -> WrittenRecord:
        """Take over a record of another's WARC; its index line is the caller's to add."""
        return self._write(lambda: self._writer.copy(header, body, payload_digest=payload_digest, packed=packed))

    def set_main(self, record: WrittenRecord, line: cdxj.IndexLine) -> None:
        """Choose the record that replay starts from, where no exchange was marked as such."""
        self.main, self.main_line = record, line

    def read_back(self, record: WrittenRecord) -> tuple[bytes, bytes]:
        """Return header and block of a record just written."""
        with self.warc.open("rb") as stream:
            return read_block(stream, offset=record.offset, length=record.length)

    async def _run(self, work: Callable[[], object]) -> None:
        future = asyncio.get_running_loop().run_in_executor(self._thread, work)
        try:
            await asyncio.shield(future)
        except asyncio.CancelledError:
            # The write may be reading the caller's spooled body: let it end first.
            await asyncio.wait([future])
            raise

    def _write(self, work: Callable[[], _T]) -> _T:
        if self._broken is not None:
            raise StorageError("write to a capture", subject=str(self.folder), reason=self._broken)
        try:
            return work()
        except (OSError, ValueError) as error:
            # A torn record can't be followed by another: the draft ends here.
            self._broken = str(error)
            raise StorageError("write to a capture", subject=str(self.folder), reason=str(error)) from error

    def _write_warcinfo(self) -> WrittenRecord:
        fields = {
            "software": self.software,
            "format": f"WARC File Format {WARC_VERSION.removeprefix('WARC/')}",
            "conformsTo": "http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/",
            "isPartOf": self.capture_id,
            "description": f"One visit to {self.url}",
        }
        text = "".join(f"{name}: {value}\r\n" for name, value in fields.items()).encode("utf-8")
        return self._writer.write(
            "warcinfo",
            measure(b"", Body(length=len(text), data=text)),
            fields=[("WARC-Filename", WARC_NAME)],
            content_type="application/warc-fields",
            moment=self.opened_at,
            record_id=self._warcinfo,
        )

    def _write_exchange(self, exchange: Exchange) -> WrittenRecord:
        common = [("WARC-Warcinfo-ID", self._warcinfo), ("WARC-IP-Address", exchange.address)]
        common += [("WARC-Protocol", name) for name in protocols(exchange)]
        cipher = iana_cipher(exchange.tls_cipher)
        common += [("WARC-Cipher-Suite", cipher)] if cipher else []
        answer = measure(exchange.response_head, exchange.response_body)
        response = self._write_response(exchange, answer, common)
        request = self._writer.write(
            "request",
            measure(exchange.request_head, exchange.request_body),
            fields=[*common, ("WARC-Concurrent-To", response.record_id)],
            content_type="application/http; msgtype=request",
            moment=exchange.moment,
            url=exchange.url,
        )
        del request
        line = self._line(exchange, response)
        self.lines.append(line)
        if exchange.main:
            self.main, self.main_line = response, line
        return response

    def _write_response(self, exchange: Exchange, answer: Block, common: list[tuple[str, str]]) -> WrittenRecord:
        fields = list(common)
        identity = (answer.body_digest, answer.payload_digest)
        earlier = None if exchange.main or exchange.truncated else self._seen.get(identity)
        if exchange.truncated:
            fields.append(("WARC-Truncated", exchange.truncated.value))
        if earlier is not None:
            original, original_url = earlier
            fields += [
                ("WARC-Profile", REVISIT_PROFILE),
                ("WARC-Refers-To", original.record_id),
                ("WARC-Refers-To-Target-URI", original_url),
                ("WARC-Refers-To-Date", original.date),
            ]
        media_type = media_type_of(exchange.response_head) or ""
        written = self._writer.write(
            "response" if earlier is None else "revisit",
            answer if earlier is None else answer.head_alone(),
            fields=fields,
            content_type="application/http; msgtype=response",
            moment=exchange.moment,
            url=exchange.url,
            packed=bool(header_value(exchange.response_head, "Content-Encoding") or _PACKED_TYPES.match(media_type)),
        )
        if earlier is None and not exchange.truncated and answer.payload_length and exchange.status == 200:
            self._seen.setdefault(identity, (written, exchange.url))
        return written

    def _write_plain(self, kind: str, data: bytes, *, media_type: str, target: str, moment: datetime) -> WrittenRecord:
        fields = [("WARC-Warcinfo-ID", self._warcinfo)]
        if self.main is not None:
            # WARC 1.1 section 5.7 forbids WARC-Refers-To in resource records.
            name = "WARC-Concurrent-To" if kind == "resource" else "WARC-Refers-To"
            fields.append((name, self.main.record_id))
        return self._writer.write(
            kind,
            measure(b"", Body(length=len(data), data=data)),
            fields=fields,
            content_type=media_type,
            moment=moment,
            url=target,
            packed=bool(_PACKED_TYPES.match(media_type)),
        )

    def _line(self, exchange: Exchange, response: WrittenRecord) -> cdxj.IndexLine:
        method, suffix, query = request_key_of(exchange)
        revisit = response.kind == "revisit"
        return cdxj.IndexLine(
            key=cdxj.index_key(exchange.url + suffix),
            timestamp=to_timestamp(exchange.moment),
            url=exchange.url,
            media_type=cdxj.REVISIT_TYPE if revisit else media_type_of(exchange.response_head) or "unk",
            status=exchange.status,
            digest=f"sha256:{response.payload_digest}",
            offset=response.offset,
            length=response.length,
            record_digest=f"sha256:{response.record_digest}",
            method=method,
            request_body=query,
            main=exchange.main,
            whole=exchange.truncated is None,
        )


def _not_replayed(target: str, *, name: str) -> str:
    """
    Return an address that no reader asks for.

    Quirk: pywb and cdxj-indexer index conversion, resource and metadata
    records as visits of their target, so that an import of our WARC would show
    a certificate or a picture instead of the page. Which page they belong to
    says WARC-Refers-To.
    """
    return f"urn:linkkeeper:{name}:{target}" if target.startswith(("http://", "https://")) else target
