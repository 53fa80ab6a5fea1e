"""
The one fact that a look wants of a certificate: until when it is valid.

Not by the cryptography package: that takes eight megabytes and a look only needs two dates.
"""

from collections.abc import Iterator
from datetime import UTC, datetime

_VERSION, _UTC_TIME = 0xA0, 0x17


def not_after(der: bytes) -> datetime | None:
    """
    The end of a certificate's validity; None where the bytes are no certificate.

    Source: RFC 5280 section 4.1 (``tbsCertificate``, ``validity``); years of
    two digits below 50 are of this century (4.1.2.5.1).
    """
    try:
        certificate = next(_parts(der))
        to_be_signed = next(_parts(certificate[1]))
        parts = [part for part in _parts(to_be_signed[1]) if part[0] != _VERSION]
        # Serial number, algorithm, issuer, validity.
        kind, text = list(_parts(parts[3][1]))[1]
        written = text.decode("ascii")
        if kind == _UTC_TIME:
            written = ("20" if int(written[:2]) < 50 else "19") + written
        if len(written) != 15 or not written.endswith("Z"):
            return None
        # Not strptime, which takes longer than all the rest.
        month, day, hour, minute, second = (int(written[start : start + 2]) for start in range(4, 14, 2))
        return datetime(int(written[:4]), month, day, hour, minute, second, tzinfo=UTC)
    except (ValueError, IndexError, StopIteration):
        return None


def _parts(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Tag and content of each element, in order (DER)."""
    position = 0
    while position < len(data):
        tag, length = data[position], data[position + 1]
        position += 2
        if length & 0x80:
            size = length & 0x7F
            length = int.from_bytes(data[position : position + size], "big")
            position += size
        yield tag, data[position : position + length]
        position += length
