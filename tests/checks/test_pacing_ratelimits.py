"""What hosts ask of our pace in their headers."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkkeeper.checks.ratelimits import LONGEST_PAUSE_S, pause_asked

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "headers", "seconds"),
    [
        (429, {"Retry-After": "120"}, 120),
        (503, {"retry-after": "Sun, 22 Nov 2026 09:10:00 GMT"}, 600),
        (503, {"Retry-After": "Sun, 22 Nov 2026 08:00:00 GMT"}, 0),
        (429, {"Retry-After": "99999999999"}, LONGEST_PAUSE_S),
        (429, {"Retry-After": "soon"}, 0),
        (429, {"Retry-After": "-5"}, 0),
        (200, {"Retry-After": "120"}, 0),
        (429, {}, 0),
        (200, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "30"}, 30),
        (200, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(NOW.timestamp()) + 45)}, 45),
        (200, {"X-RateLimit-Remaining": "5", "X-RateLimit-Reset": "30"}, 0),
        (200, {"RateLimit-Remaining": "0", "RateLimit-Reset": "7"}, 7),
        (200, {"RateLimit": '"default";r=0;t=12'}, 12),
        (200, {"RateLimit": '"default";r=3;t=12'}, 0),
    ],
)
def test_a_wish_is_read(status: int, headers: dict[str, str], seconds: float) -> None:
    assert pause_asked(status, tuple(headers.items()), now=NOW) == seconds


@given(st.text(max_size=40), st.text(max_size=40), st.sampled_from([200, 429, 503]))
def test_no_header_breaks_the_reading(retry: str, reset: str, status: int) -> None:
    headers = (
        ("Retry-After", retry),
        ("X-RateLimit-Remaining", "0"),
        ("X-RateLimit-Reset", reset),
        ("RateLimit", reset),
    )
    assert 0 <= pause_asked(status, headers, now=NOW) <= LONGEST_PAUSE_S
