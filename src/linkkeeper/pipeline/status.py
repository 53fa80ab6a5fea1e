"""The objects of ``status --json`` and ``capture --json``, which the API gives too."""

from datetime import datetime
from pathlib import Path
from typing import Any

from linkkeeper.vocabulary.capture import RequestState
from linkkeeper.vocabulary.memento import memento_path
from linkkeeper.vocabulary.moment import to_iso
from linkkeeper.vocabulary.views import CaptureView, CheckView, LinkPage, PinView, RequestView


def status_object(page: LinkPage, *, public_url: str) -> dict[str, Any]:
    """
    Tell everything of one link, JSON-ready.

    Args:
        page: Its checks, captures and pins keep their order, newest first.
        public_url: Address of the reading room; while it is empty no capture
            has a URI-M.
    """
    link = page.summary
    return {
        "url": link.url,
        "state": link.state.value,
        "since": to_iso(link.since),
        "pinned": link.pinned,
        "rule": page.rule,
        "evidence": page.evidence,
        "last_checked_at": _iso(link.last_checked_at),
        "last_ok_at": _iso(link.last_ok_at),
        "next_check_at": _iso(link.next_check_at),
        "checks": [_check(check) for check in page.checks],
        "captures": [_capture(capture, public_url) for capture in page.captures],
        "pins": [_pin(pin) for pin in page.pins],
        "cited_in": [{"file": cited.file, "label": cited.label} for cited in page.cited_in],
    }


def _iso(moment: datetime | None) -> str | None:
    return to_iso(moment) if moment else None


def _check(check: CheckView) -> dict[str, Any]:
    return {
        "moment": to_iso(check.moment),
        "observation": check.observation.value,
        "rule": check.rule,
        "evidence": check.evidence,
        "state": check.state.value,
    }


def _pin(pin: PinView) -> dict[str, Any]:
    return {
        "moment": to_iso(pin.moment),
        "by": pin.actor,
        "reason": pin.reason,
        "state": pin.state.value if pin.state else None,
    }


def _capture(capture: CaptureView, public_url: str) -> dict[str, Any]:
    base = public_url.rstrip("/")
    return {
        "capture_id": capture.id,
        "moment": to_iso(capture.moment),
        "quality": capture.quality.value,
        "uri_m": base + memento_path(capture.timestamp, capture.url) if base else None,
    }


def capture_object(
    request: RequestView | None, capture: CaptureView | None, *, storage: Path = Path()
) -> dict[str, Any]:
    """
    The object of ``capture --json``, with ``request_state`` and ``steps``.

    Args:
        request: None for a capture that was never asked for here (uploaded, adopted).
        capture: None while it waits or runs, and where the visit left nothing.
        storage: The storage folder, that the capture's directory is in.

    Raises:
        ValueError: neither is given.
    """
    if request is None and capture is None:
        raise ValueError("there is neither a request nor a capture")
    steps = request.steps if request else ()
    return {
        "url": request.url if request else capture.url if capture else None,
        "capture_id": request.capture_id if request else capture.id if capture else None,
        "quality": capture.quality.value if capture else None,
        "reason": capture.reason if capture else request.words if request else "",
        "directory": str((storage / capture.directory).absolute()) if capture else None,
        "files": list(capture.files) if capture else [],
        "replay_score": capture.replay_score if capture else None,
        "elapsed_s": round(sum(step.elapsed_s for step in steps), 3),
        "request_state": request.state.value if request else RequestState.DONE.value,
        "steps": [
            {"name": step.name, "outcome": step.outcome, "elapsed_s": step.elapsed_s, "detail": step.detail}
            for step in steps
        ],
    }
