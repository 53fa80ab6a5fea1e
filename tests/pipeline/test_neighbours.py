"""A link found missing brings its neighbours' looks forward: sites lose pages together."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from linkkeeper.checks.states import advance, new_standing
from linkkeeper.pipeline.neighbours import bring_forward
from linkkeeper.vocabulary.observation import Evidence, Observation, ObservationKind
from linkkeeper.vocabulary.records import LinkRecord, LookResult
from linkkeeper.vocabulary.state import LinkState

K = ObservationKind
START = datetime(2026, 1, 1, 8, 0, tzinfo=UTC)
NOW = START + timedelta(days=9)


def seen(kind: ObservationKind, moment: datetime) -> Observation:
    return Observation(url="https://a.example/b", moment=moment, kind=kind, rule="test@1", evidence=Evidence(words=""))


def living(number: int, *, host: str = "a.example") -> LinkRecord:
    standing = advance(new_standing(moment=START), seen(K.OK, START))
    return LinkRecord(
        id=number,
        identity_key=f"https://{host}/{number}",
        fetch_form=f"https://{host}/{number}",
        host=host,
        state=LinkState.ALIVE,
        standing=standing.to_json(),
        first_seen_at=START,
        last_checked_at=START,
        last_ok_at=START,
        next_check_at=NOW + timedelta(days=5),
        looks=1,
        confirmed=True,
    )


def result_of(link: LinkRecord, kind: ObservationKind) -> LookResult:
    return LookResult(
        link_id=link.id,
        observation=seen(kind, NOW),
        state=LinkState.FAILING,
        since=NOW,
        standing=None,
        next_check_at=NOW,
        is_ok=False,
        kept=True,
        evidence_class=kind.value,
    )


class Ledger:
    """Links in a list."""

    def __init__(self, *links: LinkRecord) -> None:
        self.links = {link.id: link for link in links}

    def due(self, host: str, *, now: datetime, limit: int = 200) -> list[LinkRecord]:
        found = [link for link in self.links.values() if link.host == host and link.next_check_at is not None]
        return [link for link in found if link.next_check_at and link.next_check_at <= now][:limit]

    def postpone_each(self, moments: dict[int, datetime]) -> None:
        for number, until in moments.items():
            self.links[number] = replace(self.links[number], next_check_at=until)


def test_living_neighbours_come_forward_to_within_a_day() -> None:
    ledger = Ledger(living(1), living(2), living(3, host="b.example"))
    assert bring_forward(ledger, [result_of(ledger.links[1], K.MISSING)], dict(ledger.links)) == 1
    moved = ledger.links[2].next_check_at
    assert moved is not None
    assert NOW < moved < NOW + timedelta(days=1)
    assert ledger.links[3].next_check_at == NOW + timedelta(days=5)


def test_a_time_out_or_a_second_failure_moves_nobody() -> None:
    ledger = Ledger(living(1), living(2))
    assert bring_forward(ledger, [result_of(ledger.links[1], K.TIMEOUT)], dict(ledger.links)) == 0
    standing = advance(new_standing(moment=START), seen(K.MISSING, START))
    failing = replace(living(1), standing=standing.to_json())
    assert bring_forward(ledger, [result_of(failing, K.MISSING)], {1: failing}) == 0
