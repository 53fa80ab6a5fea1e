"""A clock that is moved by hand; the demo's alone."""

from datetime import UTC, datetime, timedelta


class MovableClock:
    """Goes like the system's clock, ahead of it by what it was moved; never backwards."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    def move(self, *, days: int) -> None:
        """Let *days* pass."""
        if days < 0:
            raise ValueError("time does not go back")
        self._ahead += timedelta(days=days)
