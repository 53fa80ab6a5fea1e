"""Digests: SHA-256 in hexadecimal for files and rows, ``sha256:`` prefixed in WARC and WACZ."""

import hashlib
from pathlib import Path

CHUNK_BYTES = 1 << 20


def sha256_hex(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def sha256_of_file(path: Path) -> str:
    """Hash a file in chunks, so that a large one costs no memory."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def short_digest(sha256: str) -> int:
    """The first 64 bits of a SHA-256 (hex), signed as databases hold numbers: enough to see that bytes changed."""
    return int.from_bytes(bytes.fromhex(sha256[:16]), "big", signed=True)
