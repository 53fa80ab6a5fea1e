"""
``manifest.json``: what a capture is, readable without any database.

Rows of captures are rebuilt from manifests alone, so everything that a row
needs is in here. Canonical JSON; a reader passes over keys that it doesn't know.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from pathlib import Path
from typing import Any

from linkkeeper.errors import FixityError
from linkkeeper.vocabulary.capture import ExchangeFailure, PageMetadata, Quality, StepOutcome, StepReport
from linkkeeper.vocabulary.moment import from_iso, to_iso
from linkkeeper.vocabulary.observation import Hop

MANIFEST = "manifest.json"
MANIFEST_DIGEST = "manifest.sha256"
FORMAT = "linkkeeper-capture"
VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureAbout:
    """
    What the archive can't see in the records: why, how and how well.

    Attributes:
        url: The fetch form that was visited.
        identity_key, identity_rules: Of the link, with the rule's version.
        reason: Why the capture was asked for.
        quality_reason: A sentence for an editor.
        status, final_url, media_type, redirects: Of the main resource.
        limits: Limits that bit, a phrase each.
        recorder: Which recorder made the records, with its version.
        sandboxed: Whether the browser ran in its sandbox; None without one.
        sketches: For drift; JSON-ready, becomes ``sketches.json``.
        text: Readable text, becomes ``text.txt`` unless that is there.
        uploaded_by, uploaded_name: Set when an editor gave the file.
    """

    url: str
    identity_key: str
    identity_rules: int
    reason: str
    quality: Quality
    quality_reason: str
    started_at: datetime
    finished_at: datetime
    recorder: str
    status: int | None = None
    final_url: str | None = None
    media_type: str | None = None
    redirects: tuple[Hop, ...] = ()
    page: PageMetadata = field(default_factory=PageMetadata)
    steps: tuple[StepReport, ...] = ()
    limits: tuple[str, ...] = ()
    browser: str | None = None
    sandboxed: bool | None = None
    sketches: Mapping[str, Any] | None = None
    text: str | None = None
    uploaded_by: str | None = None
    uploaded_name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptFile:
    """A file of the capture: SHA-256 in hexadecimal and size."""

    sha256: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WarcPlace:
    """Where the WARC stands in ``capture.wacz``: a stored member, so offsets are absolute."""

    member: str
    offset: int
    length: int
    records: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MainRecord:
    """
    The record that replay starts from.

    Attributes:
        date: WARC-Date.
        offset, length: Of its gzip member, relative to the WARC.
        payload_digest: ``sha256:…``.
    """

    url: str
    date: str
    record_id: str
    offset: int
    length: int
    payload_digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """
    The whole manifest.

    Attributes:
        moment: 14 digits of the main record's WARC-Date (of the start where
            there is no main record).
        about: Without sketches and text, which are files.
        exchanges: Exchanges recorded.
    """

    capture_id: str
    token: str
    moment: str
    software: str
    about: CaptureAbout
    warc: WarcPlace
    main: MainRecord | None
    exchanges: int
    failures: tuple[ExchangeFailure, ...]
    files: Mapping[str, KeptFile]

    @property
    def total_bytes(self) -> int:
        return sum(kept.size for kept in self.files.values())

    def as_bytes(self) -> bytes:
        """Canonical JSON: sorted keys, no needless spaces, UTF-8, one line."""
        return canonical_json(
            {
                "format": FORMAT,
                "version": VERSION,
                "capture_id": self.capture_id,
                "request_token": self.token,
                "moment": self.moment,
                "software": self.software,
                "warc": _plain(self.warc),
                "main": None if self.main is None else _plain(self.main),
                "exchanges": self.exchanges,
                "failures": [_plain(failure) for failure in self.failures],
                "files": {name: {"sha256": kept.sha256, "bytes": kept.size} for name, kept in self.files.items()},
                **_about_json(self.about),
            }
        )


def canonical_json(value: object) -> bytes:
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    # Lone surrogates come from broken pages; they have no UTF-8 form.
    return text.encode("utf-8", "backslashreplace") + b"\n"


def digest_line(sha256: str) -> bytes:
    """The content of ``manifest.sha256``, as ``sha256sum -c`` reads it."""
    return f"{sha256}  {MANIFEST}\n".encode("ascii")


def read_manifest(directory: Path) -> Manifest:
    """
    Read the manifest of a published capture.

    Raises:
        FixityError: missing, unreadable, not JSON, of a newer version, or without what is needed.
    """
    path = directory / MANIFEST
    try:
        return parse_manifest(path.read_bytes())
    except (OSError, ValueError) as error:
        raise FixityError("read the manifest", subject=str(path), reason=str(error)) from error


def parse_manifest(data: bytes) -> Manifest:
    """
    Read a manifest.

    Raises:
        ValueError: not JSON, another format, a newer version, or incomplete.
    """
    try:
        content = json.loads(data)
        if content["format"] != FORMAT or content["version"] > VERSION:
            raise ValueError(f"{content['format']} {content['version']} is not {FORMAT} up to {VERSION}")
        return Manifest(
            capture_id=content["capture_id"],
            token=content["request_token"],
            moment=content["moment"],
            software=content["software"],
            about=_about_from(content),
            warc=_value(WarcPlace, content["warc"]),
            main=_value(MainRecord, content["main"]) if content["main"] else None,
            exchanges=content["exchanges"],
            failures=tuple(_failure_from(item) for item in content["failures"]),
            files={
                name: KeptFile(sha256=kept["sha256"], size=kept["bytes"]) for name, kept in content["files"].items()
            },
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"the manifest is incomplete: {error!r}") from error


def _plain(value: Any) -> dict[str, Any]:
    """A flat dataclass as JSON-ready pairs; moments in ISO 8601."""
    pairs = ((item.name, getattr(value, item.name)) for item in fields(value))
    return {name: to_iso(content) if isinstance(content, datetime) else content for name, content in pairs}


def _value(kind: Any, content: Mapping[str, Any]) -> Any:
    known = {item.name for item in fields(kind)}
    return kind(**{key: value for key, value in content.items() if key in known})


_NOT_STORED = frozenset({"sketches", "text"})
_NESTED = frozenset({"quality", "quality_reason", "page", "steps", "redirects"})


def _about_json(about: CaptureAbout) -> dict[str, Any]:
    flat = {key: value for key, value in _plain(about).items() if key not in _NOT_STORED | _NESTED}
    return {
        **flat,
        "limits": list(about.limits),
        "quality": {"value": about.quality.value, "reason": about.quality_reason},
        "page": _plain(about.page) | {"authors": list(about.page.authors)},
        "steps": [_plain(step) | {"outcome": step.outcome.value} for step in about.steps],
        "redirects": [_plain(hop) for hop in about.redirects],
    }


def _about_from(content: Mapping[str, Any]) -> CaptureAbout:
    page = content["page"]
    flat = {
        item.name: content[item.name]
        for item in fields(CaptureAbout)
        if item.name in content and item.name not in _NOT_STORED | _NESTED
    }
    flat |= {
        "started_at": from_iso(content["started_at"]),
        "finished_at": from_iso(content["finished_at"]),
        "limits": tuple(content["limits"]),
        "quality": Quality(content["quality"]["value"]),
        "quality_reason": content["quality"]["reason"],
        "page": _value(PageMetadata, {**page, "authors": tuple(page.get("authors", ()))}),
        "steps": tuple(
            _value(StepReport, {**step, "outcome": StepOutcome(step["outcome"])}) for step in content["steps"]
        ),
        "redirects": tuple(_value(Hop, hop) for hop in content["redirects"]),
    }
    return CaptureAbout(**flat)


def _failure_from(content: Mapping[str, Any]) -> ExchangeFailure:
    failure: ExchangeFailure = _value(ExchangeFailure, {**content, "moment": from_iso(content["moment"])})
    return failure
