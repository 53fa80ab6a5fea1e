"""
The list of repairs, as publishers' pages fetch it: public facts, small, asked for once a page.

It may be read by pages of any site (the reader script runs on the publisher's),
without cookies; a browser asks again only after a while, and then by its tag.
"""

import gzip
from functools import lru_cache
from pathlib import Path

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from linkkeeper.pipeline.repair_list import REPAIRS_FILE
from linkkeeper.vocabulary.digest import sha256_hex

ADDRESS = "/static/repairs.json"
_CACHED_S = 300
_HEADERS = {
    "cache-control": f"public, max-age={_CACHED_S}, stale-while-revalidate=86400",
    "access-control-allow-origin": "*",
    "cross-origin-resource-policy": "cross-origin",
    "vary": "accept-encoding",
}


class RepairListPage:
    """Answers :data:`ADDRESS`."""

    def __init__(self, storage: Path) -> None:
        self._path = storage / REPAIRS_FILE

    def router(self) -> APIRouter:
        router = APIRouter(include_in_schema=False)
        router.add_api_route(ADDRESS, self.listed, methods=["GET", "HEAD"])
        return router

    def listed(self, request: Request) -> Response:
        try:
            changed = self._path.stat().st_mtime_ns
            data, packed, digest = _read(self._path, changed)
        except FileNotFoundError as error:
            raise HTTPException(404, "No list of repairs has been made yet.") from error
        takes_gzip = "gzip" in request.headers.get("accept-encoding", "")
        headers = {**_HEADERS, "etag": f'"{digest}-gz"' if takes_gzip else f'"{digest}"'}
        known = request.headers.get("if-none-match", "")
        if digest in known:
            return Response(status_code=304, headers=headers)
        if takes_gzip:
            return Response(packed, media_type="application/json", headers={**headers, "content-encoding": "gzip"})
        return Response(data, media_type="application/json", headers=headers)


@lru_cache(maxsize=2)
def _read(path: Path, _changed_ns: int) -> tuple[bytes, bytes, str]:
    data = path.read_bytes()
    return data, gzip.compress(data, compresslevel=6, mtime=0), sha256_hex(data)[:32]
