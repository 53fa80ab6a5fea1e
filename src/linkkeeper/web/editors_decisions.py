"""The editors' desk, what it does: each form of the pages ends here and goes back where it came from."""

import re
import shutil
from datetime import UTC, datetime, time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

from fastapi import APIRouter, Depends, File, Form, HTTPException, Request, UploadFile
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from linkkeeper.errors import UsageError
from linkkeeper.vocabulary.capture import AccessLevel
from linkkeeper.vocabulary.state import LinkState
from linkkeeper.web.rendering import Pages
from linkkeeper.web.sessions import checked_form, editor, own_path

LONGEST_REASON = 2_000
LARGEST_UPLOAD = 200_000_000

Reason = Annotated[str, Form(max_length=LONGEST_REASON)]
Back = Annotated[str, Form(max_length=8_000)]


class EditorsDecisions:
    def __init__(self, pages: Pages) -> None:
        self.services = pages.services
        self.decisions = pages.services.decisions

    def router(self) -> APIRouter:
        router = APIRouter(prefix="/desk", include_in_schema=False, dependencies=[Depends(checked_form)])
        for path, action in (
            ("/captures/{capture_id}/cancel", self.cancel),
            ("/captures/{capture_id}/confirm", self.confirm),
            ("/captures/{capture_id}/withhold", self.withhold),
            ("/captures/{capture_id}/restore", self.restore),
            ("/links/{link_id}/pin", self.pin),
            ("/links/{link_id}/upload", self.upload),
            ("/links/{link_id}/import", self.import_memento),
            ("/sources", self.follow),
            ("/sources/remove", self.unfollow),
            ("/repairs/{repair_id}/approve", self.approve),
            ("/repairs/{repair_id}/dismiss", self.dismiss),
            ("/repairs/{repair_id}/undo", self.undo),
        ):
            router.add_api_route(path, action, methods=["POST"])
        return router

    def cancel(self, request: Request, capture_id: str, back: Back = "") -> Response:
        self.decisions.cancel(capture_id, by=editor(request).name)
        return _back(back, f"/desk/captures/{capture_id}")

    def confirm(self, request: Request, capture_id: str, reason: Reason = "", back: Back = "") -> Response:
        self.decisions.confirm(capture_id, by=editor(request).name, reason=reason.strip() or "seen by an editor")
        return _back(back, f"/desk/captures/{capture_id}")

    def withhold(
        self,
        request: Request,
        capture_id: str,
        level: Annotated[AccessLevel, Form()],
        reason: Reason = "",
        until: Annotated[str, Form(max_length=10)] = "",
        back: Back = "",
    ) -> Response:
        if level is AccessLevel.OPEN:
            raise HTTPException(422, "Choose private, embargo or takedown.")
        self.decisions.withhold(
            capture_id, level, by=editor(request).name, reason=_reason(reason, capture_id), until=_until(until)
        )
        return _back(back, f"/desk/captures/{capture_id}")

    def restore(self, request: Request, capture_id: str, reason: Reason = "", back: Back = "") -> Response:
        self.decisions.restore(capture_id, by=editor(request).name, reason=_reason(reason, capture_id))
        return _back(back, f"/desk/captures/{capture_id}")

    def pin(
        self, request: Request, link_id: int, state: Annotated[str, Form()] = "", reason: Reason = "", back: Back = ""
    ) -> Response:
        url = self._url_of(link_id)
        wanted = LinkState(state) if state in {known.value for known in LinkState} else None
        if state and wanted is None:
            raise HTTPException(422, "There is no such state.")
        self.decisions.pin(url, wanted, by=editor(request).name, reason=_reason(reason, url))
        return _back(back, f"/links/{link_id}")

    def upload(self, request: Request, link_id: int, file: Annotated[UploadFile, File()], back: Back = "") -> Response:
        """Keep an editor's own copy of a source."""
        url = self._url_of(link_id)
        if not file.filename or (file.size or 0) > LARGEST_UPLOAD:
            raise HTTPException(422, f"Choose a file of at most {LARGEST_UPLOAD // 1_000_000} MB.")
        self.services.scratch.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=self.services.scratch, prefix="upload-") as folder:
            kept = Path(folder) / _safe_name(file.filename)
            with kept.open("wb") as stream:
                shutil.copyfileobj(file.file, stream)
            capture_id = self.decisions.upload(url, kept, by=editor(request).name)
        return _back(back, f"/desk/captures/{capture_id}")

    async def import_memento(
        self, request: Request, link_id: int, memento: Annotated[str, Form(max_length=8_000)] = "", back: Back = ""
    ) -> Response:
        """Keep another archive's memento as a capture of ours."""
        url = await run_in_threadpool(self._url_of, link_id)
        if self.services.import_memento is None or not memento.strip().lower().startswith(("http://", "https://")):
            raise HTTPException(422, "Give the address of a memento: https://…")
        capture_id = await self.services.import_memento(url, memento.strip(), editor(request).name)
        return _back(back, f"/desk/captures/{capture_id}")

    def follow(
        self,
        request: Request,
        location: Annotated[str, Form(max_length=8_000)] = "",
        schedule: Annotated[str, Form(max_length=200)] = "",
        apply: Annotated[str, Form(max_length=20)] = "",
        policy: Annotated[str, Form(max_length=40)] = "",
    ) -> Response:
        if not location.strip():
            raise HTTPException(422, "Give the address or the folder to follow.")
        self.decisions.follow(
            location.strip(), schedule=schedule.strip() or None, apply=apply or None, policy=policy or None
        )
        return _back("", "/desk/sources")

    def unfollow(self, request: Request, location: Annotated[str, Form(max_length=8_000)]) -> Response:
        self.decisions.unfollow(location)
        return _back("", "/desk/sources")

    def approve(self, request: Request, repair_id: int, back: Back = "") -> Response:
        self.decisions.approve_repair(repair_id, by=editor(request).name)
        return _back(back, "/desk/repairs")

    def dismiss(self, request: Request, repair_id: int, reason: Reason = "", back: Back = "") -> Response:
        self.decisions.dismiss_repair(repair_id, by=editor(request).name, reason=_reason(reason, f"repair {repair_id}"))
        return _back(back, "/desk/repairs")

    def undo(self, request: Request, repair_id: int, reason: Reason = "", back: Back = "") -> Response:
        self.decisions.undo_repair(repair_id, by=editor(request).name, reason=_reason(reason, f"repair {repair_id}"))
        return _back(back, "/desk/repairs")

    def _url_of(self, link_id: int) -> str:
        page = self.services.catalogue.link(link_id)
        if page is None:
            raise HTTPException(404, "There is no such link.")
        return page.summary.url


def _back(wanted: str, otherwise: str) -> Response:
    return RedirectResponse(own_path(wanted, otherwise=otherwise), status_code=303)


def _safe_name(name: str) -> str:
    """The name that the editor's file has, without anything that a path could mean."""
    return re.sub(r"[^\w.\- ]", "_", Path(name).name).lstrip(".")[-100:] or "file"


def _reason(reason: str, subject: str) -> str:
    if not reason.strip():
        raise UsageError(
            "keep the decision", subject=subject, reason="it needs a reason", hint="say why, in a sentence"
        )
    return reason.strip()


def _until(day: str) -> datetime | None:
    if not day:
        return None
    try:
        return datetime.combine(datetime.fromisoformat(day).date(), time.min, UTC)
    except ValueError:
        raise HTTPException(422, "The date must be given as year-month-day.") from None
