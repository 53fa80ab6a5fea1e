"""The report on disk: ``report.html``, ``report.json`` and a static page per capture, with Jinja2."""

import json
import os
import shutil
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from linkkeeper.errors import StorageError
from linkkeeper.vocabulary.moment import to_iso
from linkkeeper.vocabulary.views import CaptureView

TEXT_SHOWN = 20_000
#: Shown by browsers by themselves; anything else is offered as a download.
PICTURES = ("screenshot-full.png", "screenshot.png")


class JinjaReport:
    """
    Writes a report folder that works wherever it is moved, without a server.

    Args:
        storage: The folder that the captures' directories are relative to.
    """

    def __init__(self, storage: Path) -> None:
        self._storage = storage
        self._templates = Environment(
            loader=PackageLoader("linkkeeper.adapters", "report_templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters["day"] = _day
        self._templates.filters["iso"] = to_iso
        self._templates.filters["words"] = lambda value: str(value).replace("_", " ")

    def write(self, out: Path, *, report: object, as_json: object, captures: Sequence[tuple[CaptureView, str]]) -> None:
        """
        Write or renew the report under *out*; files of earlier runs that still belong stay untouched.

        Args:
            report: :class:`linkkeeper.pipeline.report.Report`.
            as_json: What ``report.json`` holds.
            captures: Each with its folder relative to *out*.

        Raises:
            StorageError: *out* can't be written.
        """
        try:
            out.mkdir(parents=True, exist_ok=True)
            for capture, folder in captures:
                self._write_capture(out / folder, capture)
            _replace(out / "report.html", self._templates.get_template("report.html").render(report=report))
            _replace(out / "report.json", json.dumps(as_json, ensure_ascii=False, indent=1) + "\n")
        except OSError as error:
            raise StorageError(
                "write the report", subject=str(error.filename or out), reason=error.strerror or str(error)
            ) from error

    def _write_capture(self, folder: Path, capture: CaptureView) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        source = self._storage / capture.directory
        for name in capture.files:
            _copy(source / name, folder / name)
        page = self._templates.get_template("capture.html").render(
            capture=capture,
            up="/".join([".."] * (folder.parts[::-1].index("sources") + 1)),
            picture=next((name for name in PICTURES if name in capture.files), None),
            text=_text(source / "text.txt"),
        )
        _replace(folder / "index.html", page)


def _day(moment: datetime) -> str:
    return f"{moment.day} {moment:%B %Y}"


def _text(path: Path) -> str:
    try:
        with path.open(encoding="utf-8", errors="replace") as stream:
            return stream.read(TEXT_SHOWN)
    except FileNotFoundError:
        return ""


def _copy(source: Path, target: Path) -> None:
    if target.exists() and target.stat().st_size == source.stat().st_size:
        return
    part = target.with_name(target.name + ".part")
    shutil.copyfile(source, part)
    part.replace(target)


def _replace(target: Path, text: str) -> None:
    part = target.with_name(target.name + ".part")
    with part.open("w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    part.replace(target)
