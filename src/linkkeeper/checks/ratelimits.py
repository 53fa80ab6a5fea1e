"""What a host asks of our pace in its headers: ``Retry-After`` and the rate-limit families."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

#: Longer waits are not believed.
LONGEST_PAUSE_S = 7 * 86_400.0
_LIMITING = frozenset({429, 503})
_PARAMETER = re.compile(r"\b(r|t)\s*=\s*(\d+)")


def pause_asked(status: int, headers: Sequence[tuple[str, str]], *, now: datetime | None = None) -> float:
    """
    Return for how many seconds the host asks to be left alone; 0 when it does not.

    Args:
        now: To read dates against; None means the system's clock.

    Source: RFC 9110 section 10.2.3; draft-ietf-httpapi-ratelimit-headers in its
    older (``RateLimit-Remaining``) and newer (``RateLimit``) form, and the
    ``X-RateLimit-*`` custom with a delay or an epoch.
    """
    values = {name.lower(): value.strip() for name, value in headers}
    moment = now or datetime.now(UTC)
    pause = _retry_after(values.get("retry-after", ""), moment) if status in _LIMITING else 0.0
    return min(LONGEST_PAUSE_S, max(pause, _exhausted(values, moment)))


def _retry_after(text: str, now: datetime) -> float:
    if text.isascii() and text.isdigit():
        return float(text[:12])
    try:
        until = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return 0.0
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return max(0.0, (until - now).total_seconds())


def _exhausted(values: dict[str, str], now: datetime) -> float:
    """Seconds until a spent allowance is renewed."""
    newer = dict(_PARAMETER.findall(values.get("ratelimit", "")))
    if newer.get("r") == "0" and "t" in newer:
        return float(newer["t"][:12])
    for family in ("ratelimit", "x-ratelimit", "x-rate-limit"):
        reset = values.get(f"{family}-reset", "")
        if values.get(f"{family}-remaining") == "0" and reset.isascii() and reset.isdigit():
            seconds = float(reset[:12])
            # An epoch, not a delay: no allowance is renewed after thirty years.
            return max(0.0, seconds - now.timestamp()) if seconds > 1e9 else seconds
    return 0.0
