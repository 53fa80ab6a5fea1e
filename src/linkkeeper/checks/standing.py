"""Where a link stands: its state and the evidence that is being counted. One short JSON text in its row."""

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from linkkeeper.checks.evidence import Row
from linkkeeper.vocabulary.observation import ObservationKind
from linkkeeper.vocabulary.state import LinkState

#: Evidence kept per link: more than any row of the table needs.
MOST_COUNTED = 16
_PLAIN_RULE = "answers"
#: Rules whose words say nothing that a living link's row must keep.
_PLAIN_RULES = frozenset({_PLAIN_RULE, "drift", "unchanged", "quote", "identifier", "stand-in"})
_PLAIN_WORDS = "the source answers"


@dataclass(frozen=True, slots=True)
class Counted:
    """One observation that counts, with its moment (whole seconds)."""

    kind: ObservationKind
    moment: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """An editor's decision: the state holds until it is unpinned."""

    by: str
    reason: str
    moment: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """
    All that the state machine knows of a link.

    Attributes:
        rule, words: Of the verdict that set the state.
        failures: Counted since the last success towards ``dead``, oldest first.
        proofs: Counted since the last success towards ``soft_404``,
            ``parked``, ``usurped``, ``drifted`` or ``moved``, oldest first.
        successes: While a citation is repaired: successes on the way back.
        visited: A browser visit confirmed the failures being counted.
        last_alive: Of the last success; None if there never was one.
        tls_since: Since when certificate trouble hides the content.
        quiet: Successes in a row; sets the interval of looks.
        looked_at: Of the last look that was evidence of anything.
    """

    state: LinkState = LinkState.NEW
    since: datetime
    rule: str = "new"
    words: str = "not looked at yet"
    failures: tuple[Counted, ...] = ()
    proofs: tuple[Counted, ...] = ()
    successes: tuple[datetime, ...] = ()
    visited: bool = False
    last_alive: datetime | None = None
    tls_since: datetime | None = None
    quiet: int = 0
    looked_at: datetime | None = None
    pinned: Pin | None = None

    @property
    def counting(self) -> bool:
        """Whether evidence against the link is being counted."""
        return bool(self.failures or self.proofs)

    def to_json(self) -> str:
        """Compact; under 60 characters for a link that is simply alive."""
        data: dict[str, Any] = {"s": self.state.value, "t": _seconds(self.since)}
        rule = self.rule.partition("@")[0]
        if self.state is LinkState.ALIVE and not self.counting and rule in _PLAIN_RULES:
            data = {"t": data["t"]} | ({} if rule == _PLAIN_RULE else {"r": rule})
        else:
            data |= {"r": self.rule, "w": self.words}
        optional = {
            "f": [[item.kind.value, _seconds(item.moment)] for item in self.failures],
            "p": [[item.kind.value, _seconds(item.moment)] for item in self.proofs],
            "k": [_seconds(moment) for moment in self.successes],
            "v": int(self.visited),
            "a": _seconds(self.last_alive) if self.last_alive else 0,
            "c": _seconds(self.tls_since) if self.tls_since else 0,
            "q": self.quiet,
            "l": _seconds(self.looked_at) if self.looked_at and self.looked_at != self.last_alive else 0,
            "x": [self.pinned.by, self.pinned.reason, _seconds(self.pinned.moment)] if self.pinned else [],
        }
        return json.dumps(data | {key: value for key, value in optional.items() if value}, separators=(",", ":"))

    @classmethod
    def from_json(
        cls, text: str | None, *, state: LinkState = LinkState.NEW, since: datetime | None = None
    ) -> "Standing":
        """
        The inverse of :meth:`to_json`.

        Args:
            state, since: Of the link's row, for a link without a text: one
                that was never looked at.

        Raises:
            ValueError: neither a text nor *since*.
        """
        if text is None:
            if since is None:
                raise ValueError("a link without a standing needs the moment when it was added")
            return cls(state=state, since=since.replace(microsecond=0))
        data = json.loads(text)
        pin = data.get("x")
        last_alive = _moment(data.get("a"))
        return cls(
            state=LinkState(data.get("s", LinkState.ALIVE.value)),
            since=datetime.fromtimestamp(data["t"], UTC),
            rule=data.get("r", _PLAIN_RULE),
            words=data.get("w", _PLAIN_WORDS),
            failures=_counted(data.get("f", ())),
            proofs=_counted(data.get("p", ())),
            successes=tuple(datetime.fromtimestamp(value, UTC) for value in data.get("k", ())),
            visited=bool(data.get("v")),
            last_alive=last_alive,
            tls_since=_moment(data.get("c")),
            quiet=data.get("q", 0),
            looked_at=_moment(data.get("l")) or last_alive,
            pinned=Pin(by=pin[0], reason=pin[1], moment=datetime.fromtimestamp(pin[2], UTC)) if pin else None,
        )


def new_standing(*, moment: datetime) -> Standing:
    """Of a link that was just added."""
    return Standing(since=moment.replace(microsecond=0))


def standing_of(text: str | None, *, first_seen: datetime) -> Standing:
    """The standing that a row holds; of a link that was never looked at where it holds none."""
    return Standing.from_json(text) if text else new_standing(moment=first_seen)


def satisfies(row: Row, moments: tuple[datetime, ...]) -> bool:
    """Whether evidence at *moments* (ascending) is enough, long enough and on enough days for *row*."""
    if len(moments) < row.failures or moments[-1] - moments[0] < row.span:
        return False
    return len({moment.date() for moment in moments}) >= row.days


def count(items: tuple[Counted, ...], item: Counted) -> tuple[Counted, ...]:
    """Add *item*; of too many the first and the newest are kept, as the span hangs on the first."""
    joined = (*items, item)
    return joined if len(joined) <= MOST_COUNTED else (joined[0], *joined[-(MOST_COUNTED - 1) :])


def cleared(standing: Standing) -> Standing:
    """Without anything counted against the link."""
    return replace(standing, failures=(), proofs=(), successes=(), visited=False, tls_since=None)


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())


def _moment(value: int | None) -> datetime | None:
    return datetime.fromtimestamp(value, UTC) if value else None


def _counted(pairs: list[list[Any]]) -> tuple[Counted, ...]:
    return tuple(Counted(ObservationKind(kind), datetime.fromtimestamp(seconds, UTC)) for kind, seconds in pairs)
