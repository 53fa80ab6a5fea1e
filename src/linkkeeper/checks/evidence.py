"""What each kind of observation is worth: which can kill, how often, over how many days."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from linkkeeper.vocabulary.observation import Observation, ObservationKind

_Kind = ObservationKind


class Weight(StrEnum):
    """
    What an observation does to a link's standing.

    ``SUCCESS`` clears the count; ``DEATH``, ``SOFT``, ``HOSTILE``, ``DRIFT``
    and ``MOVE`` count towards their state; ``REFUSAL`` shows that the host is
    there; ``TLS`` never kills; ``SUSPICION`` warns; ``ANSWER`` shows that the
    server works, not what it has; ``NOTHING`` is no evidence.
    """

    SUCCESS = "success"
    DEATH = "death"
    SOFT = "soft"
    HOSTILE = "hostile"
    DRIFT = "drift"
    MOVE = "move"
    REFUSAL = "refusal"
    TLS = "tls"
    SUSPICION = "suspicion"
    ANSWER = "answer"
    NOTHING = "nothing"


_WEIGHTS = {
    _Kind.OK: Weight.SUCCESS,
    _Kind.EDITED: Weight.SUCCESS,
    _Kind.MOVED: Weight.MOVE,
    _Kind.DRIFTED: Weight.DRIFT,
    _Kind.MISSING: Weight.DEATH,
    _Kind.GONE: Weight.DEATH,
    _Kind.DNS_MISSING: Weight.DEATH,
    _Kind.DNS_FAILING: Weight.DEATH,
    _Kind.REFUSED: Weight.DEATH,
    _Kind.NO_ROUTE: Weight.DEATH,
    _Kind.RESET: Weight.DEATH,
    _Kind.TIMEOUT: Weight.DEATH,
    _Kind.SERVER_ERROR: Weight.DEATH,
    _Kind.EMPTY: Weight.DEATH,
    _Kind.REDIRECT_LOOP: Weight.DEATH,
    _Kind.SOFT_404: Weight.SOFT,
    _Kind.HOME_REDIRECT: Weight.SOFT,
    _Kind.PARKED: Weight.HOSTILE,
    _Kind.USURPED_SUSPECT: Weight.HOSTILE,
    _Kind.LOGIN: Weight.REFUSAL,
    _Kind.FORBIDDEN: Weight.REFUSAL,
    _Kind.BLOCKED: Weight.REFUSAL,
    _Kind.RATE_LIMITED: Weight.REFUSAL,
    _Kind.LEGAL: Weight.REFUSAL,
    _Kind.TLS_EXPIRED: Weight.TLS,
    _Kind.TLS_WRONG_HOST: Weight.TLS,
    _Kind.TLS_SELF_SIGNED: Weight.TLS,
    _Kind.TLS_CHAIN: Weight.TLS,
    _Kind.TLS_OLD: Weight.TLS,
    _Kind.SOFT_404_SUSPECT: Weight.SUSPICION,
    _Kind.JS_SHELL: Weight.ANSWER,
    _Kind.UNSUPPORTED: Weight.NOTHING,
    _Kind.FORBIDDEN_ADDRESS: Weight.NOTHING,
    _Kind.PROXY_ERROR: Weight.NOTHING,
}


def weight_of(observation: Observation) -> Weight:
    """
    Weigh one observation.

    An observation of an outage of ours is nothing. A time-out counts only
    when the patient retry timed out too: the quick pass is impatient by design.
    """
    if observation.void:
        return Weight.NOTHING
    evidence = observation.evidence
    if observation.kind is _Kind.TIMEOUT and not (evidence.patient or evidence.by_browser or observation.http_status):
        return Weight.NOTHING
    return _WEIGHTS[observation.kind]


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the evidence table: so many failures, over such a span, on so many distinct days (UTC)."""

    failures: int
    span: timedelta
    days: int


GONE_ROW = Row(2, timedelta(days=1), 2)
MISSING_ROW = Row(3, timedelta(days=3), 3)
NAME_ROW = Row(4, timedelta(days=7), 4)
SLOW_ROW = Row(6, timedelta(days=14), 6)
SOFT_ROW = Row(2, timedelta(days=3), 2)
HOSTILE_ROW = Row(2, timedelta(days=7), 2)
DRIFT_ROW = Row(2, timedelta(days=3), 2)
MOVE_ROW = Row(2, timedelta(days=7), 2)
RETURN_ROW = Row(2, timedelta(days=1), 2)

#: Refused, reset, time-out, DNS failing, server trouble, empty: all that may pass.
_DEATH_ROWS = {_Kind.GONE: GONE_ROW, _Kind.MISSING: MISSING_ROW, _Kind.DNS_MISSING: NAME_ROW}

#: Failures to reach the host at all: an answer of any kind contradicts them.
UNREACHED = frozenset({_Kind.DNS_MISSING, _Kind.DNS_FAILING, _Kind.REFUSED, _Kind.NO_ROUTE, _Kind.RESET, _Kind.TIMEOUT})

#: The server's own word that the page is not there: a refusal later on does not take it back.
SAID_GONE = frozenset({_Kind.MISSING, _Kind.GONE})


def death_row(kinds: frozenset[ObservationKind]) -> Row:
    """The row that a mix of failures must satisfy: the slowest of theirs."""
    return max((_DEATH_ROWS.get(kind, SLOW_ROW) for kind in kinds), key=lambda row: (row.span, row.failures))
