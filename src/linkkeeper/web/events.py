"""Server-sent events: the steps of captures while they are made (WHATWG HTML, section 9.2)."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import StreamingResponse

from linkkeeper.pipeline.status import capture_object
from linkkeeper.vocabulary.capture import RequestState
from linkkeeper.web.services import WebServices

POLL_S = 0.5
#: Silence after which a comment is sent, so that proxies keep the stream open.
KEEP_ALIVE_S = 15.0
#: A stream ends after this long; the browser's EventSource then asks again by itself.
LONGEST_S = 300.0
ENDED = frozenset({RequestState.DONE.value, RequestState.FAILED.value, RequestState.CANCELLED.value})


def capture_state(services: WebServices, capture_id: str) -> dict[str, Any] | None:
    """What the API tells of one capture; None where the id is unknown."""
    request = services.catalogue.request(capture_id)
    capture = services.catalogue.capture(capture_id)
    return capture_object(request, capture, storage=services.storage) if request or capture else None


def stream(request: Request, services: WebServices, ids: Sequence[str]) -> StreamingResponse:
    """
    Send a ``capture`` event whenever one of *ids* changes, and ``end`` when all have ended.

    Each event's data is the object of ``GET /api/captures/<id>``.
    """
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    return StreamingResponse(_events(request, services, ids), media_type="text/event-stream", headers=headers)


async def _events(request: Request, services: WebServices, ids: Sequence[str]) -> AsyncIterator[str]:
    seen: dict[str, str] = {}
    number, silent_s, total_s = 0, 0.0, 0.0
    yield "retry: 2000\n\n"
    while total_s < LONGEST_S and not await request.is_disconnected():
        states = await run_in_threadpool(_states, services, ids)
        for key, said in states.items():
            if seen.get(key) != said:
                seen[key] = said
                number, silent_s = number + 1, 0.0
                yield f"event: capture\nid: {number}\ndata: {said}\n\n"
        if all(json.loads(said)["request_state"] in ENDED for said in states.values()):
            yield "event: end\ndata: {}\n\n"
            return
        if silent_s >= KEEP_ALIVE_S:
            silent_s = 0.0
            yield ": still here\n\n"
        await asyncio.sleep(POLL_S)
        silent_s, total_s = silent_s + POLL_S, total_s + POLL_S


def _states(services: WebServices, ids: Sequence[str]) -> dict[str, str]:
    found = ((key, capture_state(services, key)) for key in ids)
    return {key: json.dumps(state) for key, state in found if state is not None}
