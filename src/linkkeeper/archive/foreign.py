"""
Reading WARCs that others made, packed per record or not, record by record.

Their digests are checked where they have any: with or without chunk framing,
in hexadecimal or base 32, by any usual algorithm.
"""

import tempfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed

from linkkeeper.archive.records import RecordScan
from linkkeeper.errors import InputError
from linkkeeper.vocabulary.capture import Body

_PIECE_BYTES = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignRecord:
    """
    One record as it stands, header lines in their order.

    Attributes:
        block: Spooled to a file that is gone when the next record is asked for.
    """

    header: bytes
    block: Body


def read_foreign(stream: IO[bytes], *, name: str, scratch: Path) -> Iterator[ForeignRecord]:
    """
    Read every record of a WARC.

    Args:
        stream: Of a WARC, gzip or plain.
        name: For the words of errors.
        scratch: Folder for spooled blocks.

    Raises:
        InputError: no WARC, cut off, or a record is not what its digests say.
    """
    records = ArchiveIterator(stream, no_record_parse=True)
    number = 0
    try:
        for record in records:
            number += 1
            if record.format != "warc":
                raise InputError("upload", subject=name, reason=f"record {number} is no WARC record")
            header = record.rec_headers.to_bytes(encoding="utf-8")
            with tempfile.NamedTemporaryFile(dir=scratch) as spool:
                scan = RecordScan()
                scan.feed(header)
                length = 0
                while piece := record.raw_stream.read(_PIECE_BYTES):
                    length += len(piece)
                    spool.write(piece)
                    scan.feed(piece)
                scan.feed(b"\r\n\r\n")
                spool.flush()
                if problem := scan.problem():
                    raise InputError("upload", subject=name, reason=f"record {number} is damaged: {problem}")
                yield ForeignRecord(header=header, block=Body(length=length, path=Path(spool.name)))
    except (ArchiveLoadFailed, EOFError, ValueError, zlib.error) as error:
        raise InputError("upload", subject=name, reason=f"after record {number}: {error}") from error
    if not number:
        raise InputError("upload", subject=name, reason="it holds no record")
