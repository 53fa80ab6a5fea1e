"""Two processes never break politeness together: nobody sends to a host that another holds."""

import contextlib
from collections.abc import AsyncIterator

import pytest

from checks.virtual_time import run
from linkkeeper.checks.leases import LeasedSlots
from linkkeeper.checks.pacing import HostDeferred, Pacer, PaceRules


class Holds:
    def __init__(self, *elsewhere: str) -> None:
        self.elsewhere = set(elsewhere)
        self.held: list[str] = []

    @contextlib.asynccontextmanager
    async def hold(self, key: str) -> AsyncIterator[bool]:
        if key in self.elsewhere:
            yield False
            return
        self.held.append(key)
        try:
            yield True
        finally:
            self.held.remove(key)


def test_a_request_holds_its_host_for_as_long_as_it_lasts() -> None:
    async def act() -> None:
        holds = Holds()
        async with LeasedSlots(Pacer(PaceRules()), holds).slot("http://www.owner.bench/a") as slot:
            await slot.sending()
            assert holds.held == ["owner.bench"]
        assert holds.held == []

    run(act())


def test_a_host_held_elsewhere_is_not_asked() -> None:
    async def act() -> None:
        slots = LeasedSlots(Pacer(PaceRules()), Holds("owner.bench"))
        with pytest.raises(HostDeferred, match="another process"):
            async with slots.slot("http://www.owner.bench/a"):
                raise AssertionError("leave was given")
        async with slots.slot("http://other.bench/"):
            pass

    run(act())
