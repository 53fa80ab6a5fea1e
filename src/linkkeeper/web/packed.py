"""Scripts and style sheets, packed once: those of replay come to two megabytes otherwise."""

import gzip
from functools import lru_cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response

#: Smaller ones gain nothing.
WORTH_PACKING_BYTES = 2_000


def file_answer(request: Request, path: Path, *, media_type: str, cache: str) -> Response:
    """A file of ours, gzipped where the browser takes that."""
    headers = {"cache-control": cache, "vary": "accept-encoding"}
    if path.stat().st_size < WORTH_PACKING_BYTES or "gzip" not in request.headers.get("accept-encoding", ""):
        return FileResponse(path, media_type=media_type, headers=headers)
    body = _packed(path, path.stat().st_mtime_ns)
    return Response(body, media_type=media_type, headers={**headers, "content-encoding": "gzip"})


@lru_cache(maxsize=64)
def _packed(path: Path, _changed_ns: int) -> bytes:
    return gzip.compress(path.read_bytes(), compresslevel=6, mtime=0)
