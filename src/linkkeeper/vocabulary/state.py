"""States: what linkkeeper holds of a link after all looks so far."""

from enum import StrEnum


class LinkState(StrEnum):
    """The state of a link; moved only by a verdict (:mod:`linkkeeper.checks.states`)."""

    NEW = "new"
    ALIVE = "alive"
    REDIRECTED = "redirected"
    MOVED = "moved"
    EDITED = "edited"
    DRIFTED = "drifted"
    RESTRICTED = "restricted"
    BLOCKED = "blocked"
    FAILING = "failing"
    SOFT_404 = "soft_404"
    PARKED = "parked"
    USURPED = "usurped"
    DEAD = "dead"
    NEVER_EXISTED = "never_existed"


#: States whose citations are repaired; ``drifted`` only when an editor confirms.
REPAIRED_STATES = frozenset({LinkState.DEAD, LinkState.SOFT_404, LinkState.PARKED, LinkState.USURPED})

#: States in which nothing that we write may link the live page.
HOSTILE_STATES = frozenset({LinkState.PARKED, LinkState.USURPED})
