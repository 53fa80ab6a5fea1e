"""Is it them or is it us? The guard's judgement and its witnesses."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from checks.network import Network, on
from checks.pathological_web import Web, answer, redirect, silent
from linkkeeper.checks.outage import (
    GuardRules,
    OutageGuard,
    Sample,
    Weather,
    combine,
    has_default_route,
    judge_statistics,
)
from linkkeeper.checks.pacing import PaceRules
from linkkeeper.vocabulary.observation import Evidence, Observation, ObservationKind

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
Kind = ObservationKind


def samples(good: int, failed: int) -> list[Sample]:
    return [Sample(f"good{n}", False, NOW) for n in range(good)] + [Sample(f"bad{n}", True, NOW) for n in range(failed)]


@pytest.mark.parametrize(
    ("good", "failed", "weather"),
    [
        (40, 0, Weather.GOOD),
        (36, 4, Weather.GOOD),
        (30, 10, Weather.GOOD),
        (10, 30, Weather.OUTAGE),
        (0, 8, Weather.OUTAGE),
        (0, 4, Weather.DOUBTFUL),
        (0, 2, Weather.GOOD),
        (1, 4, Weather.GOOD),
        (0, 0, Weather.GOOD),
    ],
)
def test_many_unrelated_hosts_do_not_fail_together_by_chance(good: int, failed: int, weather: Weather) -> None:
    assert judge_statistics(samples(good, failed), usual_share=0.05, rules=GuardRules()) is weather


def test_one_host_with_many_links_is_one_witness() -> None:
    many = [Sample("bad", True, NOW)] * 40
    assert judge_statistics(many, usual_share=0.05, rules=GuardRules()) is Weather.GOOD


@pytest.mark.parametrize(
    ("statistics", "canaries", "route", "weather"),
    [
        (Weather.GOOD, [], None, Weather.GOOD),
        (Weather.OUTAGE, [], None, Weather.OUTAGE),
        (Weather.OUTAGE, [False, True], True, Weather.GOOD),
        (Weather.OUTAGE, [True], False, Weather.GOOD),
        (Weather.GOOD, [False, False], True, Weather.OUTAGE),
        (Weather.GOOD, [], False, Weather.OUTAGE),
        (Weather.DOUBTFUL, [], True, Weather.DOUBTFUL),
    ],
)
def test_a_canary_outweighs_statistics_and_route(statistics, canaries, route, weather) -> None:
    assert combine(statistics, canaries, route=route) is weather


def observed(host: str, kind: Kind, *, minutes: int = 0) -> Observation:
    return Observation(
        url=f"http://{host}/",
        moment=NOW + timedelta(minutes=minutes),
        kind=kind,
        rule="x@1",
        evidence=Evidence(words="x"),
    )


def guard_on(web: Web, act, **options):
    async def run(there: Network):
        return await act(OutageGuard(there.fetch, **{"route": None} | options))

    return on(web, run)


def test_links_that_failed_before_say_nothing_of_our_network() -> None:
    """A round of retries holds nothing but failing links: that alone must never look like an outage."""

    async def act(guard: OutageGuard) -> Weather:
        for n in range(30):
            guard.saw(observed(f"h{n}.example", Kind.TIMEOUT), before=Kind.TIMEOUT)
        return await guard.weather(NOW)

    assert guard_on(Web(), act) is Weather.GOOD


def test_links_that_all_fail_anew_look_like_an_outage_until_an_hour_has_passed() -> None:
    async def act(guard: OutageGuard) -> list[Weather]:
        for n in range(30):
            guard.saw(observed(f"h{n}.example", Kind.DNS_FAILING), before=Kind.OK)
        return [await guard.weather(NOW), await guard.weather(NOW + timedelta(hours=2))]

    assert guard_on(Web(), act) == [Weather.OUTAGE, Weather.GOOD]


def test_answers_that_bring_bad_news_are_still_answers() -> None:
    async def act(guard: OutageGuard) -> Weather:
        for n in range(30):
            guard.saw(observed(f"h{n}.example", Kind.MISSING), before=Kind.OK)
        return await guard.weather(NOW)

    assert guard_on(Web(), act) is Weather.GOOD


def test_canaries_are_really_asked() -> None:
    web = Web({"/up": answer(), "/down": silent})

    async def act(guard: OutageGuard) -> Weather:
        return await guard.weather(NOW)

    assert guard_on(web, act, canaries=("http://one.example/down",)) is Weather.OUTAGE
    assert guard_on(web, act, canaries=("http://one.example/down", "http://two.example/up")) is Weather.GOOD


def test_a_captive_portal_is_no_canary() -> None:
    async def act(guard: OutageGuard) -> Weather:
        return await guard.weather(NOW)

    web = Web({"/up": redirect("http://portal.example/login", 302), "/login": answer()})
    assert guard_on(web, act, canaries=("http://one.example/up",)) is Weather.OUTAGE


def test_a_canary_is_asked_again_however_often_it_was_silent() -> None:
    web = Web({"/up": silent})

    async def act(there: Network) -> list[Weather]:
        guard = OutageGuard(there.fetch, canaries=("http://one.example/up",), route=None, forgive=there.pacer.forgive)
        seen = [await guard.weather(NOW) for _ in range(3)]
        web.answers["/up"] = answer()
        return [*seen, await guard.weather(NOW)]

    assert on(web, act, rules=PaceRules(interval_s=0.0)) == [Weather.OUTAGE] * 3 + [Weather.GOOD]


HEAD = "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\n"


@pytest.mark.parametrize(
    ("v4", "v6", "expected"),
    [
        ("eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\n", "", True),
        ("eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\n", "", False),
        ("", "0" * 32 + " 00 " + "0" * 32 + " 00 " + "f" * 32 + " 1 1 0 00000003 eth0\n", True),
        ("", "0" * 32 + " 00 " + "0" * 32 + " 00 " + "0" * 32 + " ffffffff 1 0 00200200 lo\n", False),
    ],
)
def test_a_default_route_is_read_from_the_system(tmp_path: Path, v4: str, v6: str, expected: bool) -> None:
    (tmp_path / "route").write_text(HEAD + v4)
    (tmp_path / "ipv6_route").write_text(v6)
    assert has_default_route(tmp_path / "route", tmp_path / "ipv6_route") is expected


def test_a_system_that_does_not_tell_its_routes_is_no_outage(tmp_path: Path) -> None:
    assert has_default_route(tmp_path / "none", tmp_path / "none") is None
    assert combine(Weather.GOOD, [], route=None) is Weather.GOOD
