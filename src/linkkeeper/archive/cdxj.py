"""
CDXJ: one line per replayable record, sorted by key and time.

Source: the CDXJ specification of Webrecorder; field names as pywb's and
cdxj-indexer's.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from linkkeeper.vocabulary.uri import surt

REVISIT_TYPE = "warc/revisit"


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexLine:
    """
    One replayable record.

    Attributes:
        key: SURT of the URL, with the method and body of a request that is
            not GET appended.
        timestamp: 14 digits of the WARC-Date.
        offset, length: Of the gzip member in *filename*.
        digest: Payload digest, ``sha256:…``.
        main: The visit's main resource.
        whole: Not truncated.
    """

    key: str
    timestamp: str
    url: str
    media_type: str
    status: int
    digest: str
    offset: int
    length: int
    filename: str = "data.warc.gz"
    record_digest: str | None = None
    method: str | None = None
    request_body: str | None = None
    main: bool = False
    whole: bool = True

    @property
    def revisit(self) -> bool:
        return self.media_type == REVISIT_TYPE

    def as_text(self) -> str:
        fields: dict[str, Any] = {
            "url": self.url,
            "mime": self.media_type,
            "status": str(self.status),
            "digest": self.digest,
            "length": str(self.length),
            "offset": str(self.offset),
            "filename": self.filename,
        }
        if self.record_digest:
            fields["recordDigest"] = self.record_digest
        if self.method and self.method != "GET":
            fields["method"] = self.method
            fields["requestBody"] = self.request_body or ""
        return f"{self.key} {self.timestamp} {json.dumps(fields)}\n"


def index_key(url: str) -> str:
    """Return the SURT of *url*; what no parser takes for a URL is its own key."""
    try:
        key = surt(url)
    except ValueError:
        key = url.lower()
    return re.sub(r"[\x00-\x20\x7f]", lambda found: f"%{ord(found[0]):02X}", key)


def index_text(lines: Iterable[IndexLine]) -> str:
    """
    Return the sorted index of one capture.

    Left out, though their records are kept: a line that another one of the
    same key and second hides from replay (the main resource wins, then whole
    ones, then successes, then the later), and parts (206) of what is there
    whole under the same key.
    """
    chosen: dict[tuple[str, str], IndexLine] = {}
    for line in lines:
        place = (line.key, line.timestamp)
        present = chosen.get(place)
        if present is None or _rank(line) >= _rank(present):
            chosen[place] = line
    whole_keys = {line.key for line in chosen.values() if line.status == 200 and line.whole}
    kept = (line for line in chosen.values() if not (line.status == 206 and line.key in whole_keys))
    return "".join(sorted(line.as_text() for line in kept))


def _rank(line: IndexLine) -> tuple[bool, bool, bool, bool]:
    success = 200 <= line.status < 300 and line.status != 206
    return (line.main, line.whole, success, not line.revisit)


def read_line(text: str) -> IndexLine:
    """
    Read one line of an index.

    Raises:
        ValueError: not a CDXJ line with the fields that replay needs.
    """
    try:
        key, timestamp, block = text.rstrip("\n").split(" ", 2)
        fields = json.loads(block)
        return IndexLine(
            key=key,
            timestamp=timestamp,
            url=fields["url"],
            media_type=fields.get("mime", ""),
            status=int(fields.get("status") or 0),
            digest=fields.get("digest", ""),
            offset=int(fields["offset"]),
            length=int(fields["length"]),
            filename=fields.get("filename", ""),
            record_digest=fields.get("recordDigest"),
            method=fields.get("method"),
            request_body=fields.get("requestBody"),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not a CDXJ line: {error!r}") from error
