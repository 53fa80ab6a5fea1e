"""No page reaches an address that the gate forbids, whichever way it tries; all targets are on loopback."""

import dataclasses
from collections.abc import Iterator

import pytest

from captures.intrusion_web import INSIDE, WAYS, WAYS_URL, Inside, intrusion_web
from captures.truth_web import MAIN
from captures.visiting import TIGHT, Visitor
from linkkeeper.egress.gate import EgressGate, EgressRules
from linkkeeper.vocabulary.capture import Quality

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def inside() -> Iterator[Inside]:
    service = Inside().start()
    yield service
    service.stop()


@pytest.fixture(scope="module")
def visitor(inside: Inside) -> Iterator[Visitor]:
    names = {"inside.example": INSIDE}
    visitor = Visitor(intrusion_web(inside), allow=("127.0.0.1/32",), names=names, limits=TIGHT).open()
    yield visitor
    visitor.close()


@pytest.fixture(autouse=True)
def nothing_reached(inside: Inside) -> None:
    inside.connections = inside.datagrams = 0
    inside.asked.clear()


def test_no_way_leads_inside_and_every_refusal_is_recorded(visitor: Visitor, inside: Inside) -> None:
    visited = visitor.visit(WAYS_URL, service_workers=True)
    assert (inside.connections, inside.datagrams) == (0, 0)
    refused = {failure.url for failure in visited.sink.failures if failure.refused_by_gate}
    for way in WAYS:
        if way not in ("service worker",):  # needs a secure origin; tried by its own test
            mark = way.replace(" ", "-")
            assert any(f"way={mark}" in url for url in refused), f"the refusal of {way} was not recorded"
    assert visited.visit.main is not None
    assert visited.visit.main.status == 200


def test_unguarded_the_same_page_gets_in(visitor: Visitor, inside: Inside) -> None:
    """The control: with inside allowed, the ways work, so that the test above can fail."""
    guarded = visitor.gate
    rules = EgressRules.read(
        allow_addresses=("127.0.0.0/8",), connect_to={**visitor.web.connect_to, "inside.example": INSIDE}
    )
    visitor.gate = EgressGate(rules, guarded._resolver)
    try:
        visitor.visit(WAYS_URL)
    finally:
        visitor.gate = guarded
    reached = {line.partition("way=")[2].split(" ")[0] for line in inside.asked}
    assert {"image", "decimal", "name", "redirect", "frame", "fetch", "post", "socket", "beacon", "worker"} <= reached


def test_a_service_worker_does_not_get_inside(visitor: Visitor, inside: Inside) -> None:
    visited = visitor.visit(f"https://{MAIN}/ways", service_workers=True)
    assert (inside.connections, inside.datagrams) == (0, 0)
    assert any("way=service-worker" in failure.url for failure in visited.sink.failures)


@pytest.mark.parametrize("path", ["/moved-inside", "/jump-inside"])
def test_a_source_that_moves_inside_is_not_followed(visitor: Visitor, inside: Inside, path: str) -> None:
    visited = visitor.visit(f"http://{MAIN}{path}")
    assert inside.connections == 0
    assert any(failure.refused_by_gate for failure in visited.sink.failures)
    if path == "/moved-inside":
        assert visited.visit.quality is Quality.ERROR
        assert "our own address rules" in visited.visit.reason
        assert visited.sink.renderings == {}


@pytest.mark.parametrize("path", ["/paper.pdf", "/file.zip"])
def test_a_source_that_stands_inside_is_not_fetched(visitor: Visitor, inside: Inside, path: str) -> None:
    visited = visitor.visit(f"http://{INSIDE}:{inside.port}{path}")
    assert inside.connections == 0
    assert visited.visit.quality is Quality.ERROR
    assert visited.visit.main is None


@dataclasses.dataclass
class ChangingResolver:
    """Answers with our own address first, and with one inside from then on."""

    asked: int = 0

    async def resolve(self, name: str) -> tuple[str, ...]:
        self.asked += 1
        return ("127.0.0.1",) if self.asked == 1 else (INSIDE,)

    def close(self) -> None:
        pass


def test_a_name_that_changes_its_address_gets_nowhere(visitor: Visitor, inside: Inside) -> None:
    """DNS rebinding: every connection is judged by the address that it goes to."""
    guarded = visitor.gate
    resolver = ChangingResolver()
    visitor.gate = EgressGate(EgressRules.read(allow_addresses=("127.0.0.1/32",)), resolver)  # type: ignore[arg-type]
    try:
        first = visitor.visit(f"http://rebind.example:{visitor.web.ports['http']}/one")
        second = visitor.visit(f"http://rebind.example:{inside.port}/two")
    finally:
        visitor.gate = guarded
    assert first.visit.main is not None
    assert "rebound" in first.visit.text
    assert inside.connections == 0
    assert second.visit.main is None
    assert all(failure.refused_by_gate for failure in second.sink.failures)
