"""The pace of all hosts, in virtual time: never too close, never too many, longest line first."""

import asyncio
import itertools
import random
from collections import defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.virtual_time import run
from linkkeeper.checks.look import Failure, FailureKind, Phase
from linkkeeper.checks.pacing import HostDeferred, Pacer, PaceRules
from linkkeeper.checks.rounds import Outcome, run_round
from linkkeeper.errors import NameMissing

SILENCE = Failure(kind=FailureKind.TIMEOUT, phase=Phase.CONNECT, words="no connection in time")
LEAST = 0.5 * 0.98 - 1e-9


class Sent:
    """What a host would have seen: moments of requests, and how many were open."""

    def __init__(self) -> None:
        self.moments: defaultdict[str, list[float]] = defaultdict(list)
        self.open: defaultdict[str, int] = defaultdict(int)
        self.most_open: defaultdict[str, int] = defaultdict(int)
        self.order: list[str] = []

    async def request(self, pacer: Pacer, host: str, *, takes_s: float = 0.1, connects_s: float = 0.01) -> None:
        async with pacer.slot(f"http://{host}/") as slot:
            await asyncio.sleep(connects_s)
            await slot.sending()
            self.moments[host].append(asyncio.get_running_loop().time())
            self.order.append(host)
            self.open[host] += 1
            self.most_open[host] = max(self.most_open[host], self.open[host])
            await asyncio.sleep(takes_s)
            self.open[host] -= 1
            slot.answered(200, ())

    def gaps(self, host: str) -> list[float]:
        moments = sorted(self.moments[host])
        return [later - earlier for earlier, later in itertools.pairwise(moments)]


async def all_of(*work) -> None:
    async with asyncio.TaskGroup() as tasks:
        for one in work:
            tasks.create_task(one)


@settings(max_examples=40, deadline=None)
@given(looks=st.integers(0, 6), visits=st.integers(1, 4), seed=st.integers(0, 1000), asked=st.sampled_from([0.5, 2.0]))
def test_a_browser_that_sends_late_is_never_too_close_to_others(
    looks: int, visits: int, seed: int, asked: float
) -> None:
    """A visit's browser starts when it has leave, and sends when it is ready; some send nothing at all."""
    rng, sent = random.Random(seed), Sent()

    async def visit(pacer: Pacer, starts_s: float, *, sends: bool) -> None:
        async with pacer.slot("http://h.bench/") as slot:
            await slot.starting()
            await asyncio.sleep(starts_s)
            if sends:
                sent.moments["h.bench"].append(asyncio.get_running_loop().time())
                await asyncio.sleep(0.05)
                slot.sent()
            await asyncio.sleep(rng.uniform(0, 5))

    async def act() -> None:
        pacer = Pacer(PaceRules(slots=8))
        pacer.set_crawl_delay("h.bench", asked)
        await all_of(
            *(visit(pacer, rng.uniform(0, 4), sends=rng.random() < 0.8) for _ in range(visits)),
            *(sent.request(pacer, "h.bench", takes_s=rng.uniform(0, 3)) for _ in range(looks)),
        )

    run(act())
    assert all(gap >= asked * 0.98 - 1e-9 for gap in sent.gaps("h.bench"))


@settings(max_examples=40, deadline=None)
@given(
    lines=st.lists(st.integers(1, 12), min_size=1, max_size=6),
    slots=st.integers(1, 8),
    seed=st.integers(0, 1000),
)
def test_no_host_ever_sees_two_requests_too_close_or_too_many_open(lines: list[int], slots: int, seed: int) -> None:
    """However long connections and answers take, and however many places there are."""
    rng, sent = random.Random(seed), Sent()

    async def act() -> None:
        pacer = Pacer(PaceRules(slots=slots))
        await all_of(
            *(
                sent.request(pacer, f"h{n}.bench", takes_s=rng.uniform(0, 3), connects_s=rng.choice([0, 0.01, 0.7]))
                for n, count in enumerate(lines)
                for _ in range(count)
            )
        )

    run(act())
    for n, count in enumerate(lines):
        host = f"h{n}.bench"
        assert len(sent.moments[host]) == count
        assert all(gap >= LEAST for gap in sent.gaps(host))
        assert sent.most_open[host] <= 2


def test_all_names_of_one_owner_share_a_pace_and_neighbours_on_a_platform_do_not() -> None:
    async def act() -> tuple[float, float]:
        pacer, sent, loop = Pacer(PaceRules()), Sent(), asyncio.get_running_loop()
        await all_of(sent.request(pacer, "www.owner.bench"), sent.request(pacer, "cdn.owner.bench"))
        one, start = loop.time(), loop.time()
        await all_of(sent.request(pacer, "ann.github.io"), sent.request(pacer, "bob.github.io"))
        return one, loop.time() - start

    shared, apart = run(act())
    assert shared >= 0.5
    assert apart < 0.2


def test_a_late_request_does_not_push_back_all_that_follow() -> None:
    sent = Sent()

    async def act() -> float:
        pacer = Pacer(PaceRules())
        slow_to_connect = [0.01] * 100
        slow_to_connect[5] = 0.3
        await all_of(*(sent.request(pacer, "h.bench", connects_s=wait) for wait in slow_to_connect))
        return asyncio.get_running_loop().time()

    assert run(act()) == pytest.approx(99 * 0.5 + 0.1, abs=0.15)


def test_no_place_is_held_while_waiting_for_a_host() -> None:
    async def act() -> float:
        pacer, sent = Pacer(PaceRules(slots=1, interval_s=100)), Sent()
        first = asyncio.create_task(sent.request(pacer, "slow.bench"))
        await first
        waiting = asyncio.create_task(sent.request(pacer, "slow.bench"))
        await asyncio.sleep(0.1)
        await sent.request(pacer, "other.bench")
        finished = asyncio.get_running_loop().time()
        await waiting
        return finished

    assert run(act()) < 1


def test_the_longest_line_goes_first() -> None:
    sent = Sent()

    async def act() -> None:
        pacer = Pacer(PaceRules(slots=1))
        async with pacer.slot("http://busy.bench/"):
            tasks = [
                asyncio.create_task(sent.request(pacer, host))
                for host in ("short.bench", "long.bench", "middle.bench", "long.bench", "middle.bench", "long.bench")
            ]
            await asyncio.sleep(1)
        await asyncio.gather(*tasks)

    run(act())
    assert sent.order[:3] == ["long.bench", "middle.bench", "short.bench"]


def test_expected_requests_count_for_the_length_of_a_line() -> None:
    sent = Sent()

    async def act() -> None:
        pacer = Pacer(PaceRules(slots=1))
        pacer.expect("long.bench", 10)
        async with pacer.slot("http://busy.bench/"):
            tasks = [asyncio.create_task(sent.request(pacer, host)) for host in ("short.bench", "long.bench")]
            await asyncio.sleep(1)
        await asyncio.gather(*tasks)

    run(act())
    assert sent.order == ["long.bench", "short.bench"]


def test_hosts_behind_one_address_share_its_places() -> None:
    sent = Sent()

    async def same(host: str, port: int) -> tuple[str, ...]:
        return ("192.0.2.1",)

    async def act() -> float:
        pacer = Pacer(PaceRules(per_address=2), locate=same)
        await all_of(*(sent.request(pacer, f"h{n}.bench", takes_s=10) for n in range(6)))
        return asyncio.get_running_loop().time()

    assert run(act()) >= 30


def test_a_name_that_cannot_be_found_still_gets_its_turn() -> None:
    sent = Sent()

    async def missing(host: str, port: int) -> tuple[str, ...]:
        raise NameMissing("resolve the name", subject=host, reason="no such name")

    async def act() -> None:
        await sent.request(Pacer(PaceRules(), locate=missing), "gone.bench")

    run(act())
    assert len(sent.moments["gone.bench"]) == 1


async def fail(pacer: Pacer, host: str, failure: Failure = SILENCE) -> None:
    async with pacer.slot(f"http://{host}/") as slot:
        await slot.sending()
        slot.failed(failure)


def test_two_silences_in_a_row_defer_the_rest_of_the_line() -> None:
    async def act() -> list[BaseException | None]:
        pacer = Pacer(PaceRules())
        return await asyncio.gather(*(fail(pacer, "dead.bench") for _ in range(9)), return_exceptions=True)

    results = run(act())
    deferred = [result for result in results if isinstance(result, HostDeferred)]
    assert len(deferred) >= 6
    assert all(rest.failure is SILENCE and not rest.asked for rest in deferred)


@pytest.mark.parametrize(
    "failure",
    [
        Failure(kind=FailureKind.RESET, phase=Phase.FIRST_BYTE, words="reset"),
        Failure(kind=FailureKind.REFUSED, phase=Phase.CONNECT, words="refused"),
        Failure(kind=FailureKind.TIMEOUT, phase=Phase.BODY, words="stalled"),
    ],
)
def test_a_host_that_says_something_is_not_silent(failure: Failure) -> None:
    async def act() -> int:
        pacer = Pacer(PaceRules())
        for _ in range(5):
            await fail(pacer, "rude.bench", failure)
        return 5

    assert run(act()) == 5


def test_a_host_that_answered_is_not_given_up() -> None:
    async def act() -> None:
        pacer = Pacer(PaceRules())
        await Sent().request(pacer, "h.bench")
        for _ in range(5):
            await fail(pacer, "h.bench")

    run(act())


def test_an_answer_of_an_earlier_pass_does_not_keep_a_dead_host_open() -> None:
    async def act() -> None:
        pacer = Pacer(PaceRules())
        await Sent().request(pacer, "h.bench")
        await asyncio.sleep(3600)
        for _ in range(2):
            await fail(pacer, "h.bench")
        with pytest.raises(HostDeferred):
            await fail(pacer, "h.bench")

    run(act())


def test_the_patient_retry_may_ask_a_silent_host_again() -> None:
    async def act() -> None:
        pacer = Pacer(PaceRules())
        for _ in range(2):
            await fail(pacer, "dead.bench")
        with pytest.raises(HostDeferred):
            await fail(pacer, "dead.bench")
        pacer.forgive("dead.bench")
        await fail(pacer, "dead.bench")

    run(act())


async def asked_to_wait(pacer: Pacer, seconds: str) -> None:
    async with pacer.slot("http://h.bench/") as slot:
        await slot.sending()
        slot.answered(429, (("Retry-After", seconds),))


def test_a_short_retry_after_is_waited_for() -> None:
    async def act() -> float:
        pacer = Pacer(PaceRules())
        await asked_to_wait(pacer, "20")
        await Sent().request(pacer, "h.bench")
        return asyncio.get_running_loop().time()

    assert run(act()) >= 20


def test_a_long_retry_after_defers_the_host_and_nobody_else() -> None:
    async def act() -> HostDeferred:
        pacer = Pacer(PaceRules())
        await asked_to_wait(pacer, "3600")
        await Sent().request(pacer, "other.bench")
        with pytest.raises(HostDeferred) as caught:
            await Sent().request(pacer, "h.bench")
        return caught.value

    rest = run(act())
    assert rest.asked
    assert rest.wait_s == pytest.approx(3600, abs=2)


def test_a_429_without_a_time_slows_the_host_down() -> None:
    sent = Sent()

    async def act() -> None:
        pacer = Pacer(PaceRules())
        async with pacer.slot("http://h.bench/") as slot:
            await slot.sending()
            slot.answered(429, ())
        for _ in range(3):
            await sent.request(pacer, "h.bench")

    run(act())
    assert sent.gaps("h.bench")[0] >= 0.86


def test_a_host_that_was_slowed_down_gets_its_pace_back() -> None:
    sent = Sent()

    async def act() -> None:
        pacer = Pacer(PaceRules())
        async with pacer.slot("http://h.bench/") as slot:
            await slot.sending()
            slot.answered(429, ())
        for _ in range(20):
            await sent.request(pacer, "h.bench")

    run(act())
    assert sent.gaps("h.bench")[-1] == pytest.approx(0.5, abs=0.03)


def test_a_crawl_delay_is_kept_to_the_full() -> None:
    """Also where the first request was late: only our own interval may make up for that."""
    sent = Sent()

    async def act() -> None:
        pacer = Pacer(PaceRules())
        pacer.set_crawl_delay("h.bench", 10)
        async with pacer.slot("http://h.bench/") as slot:
            waiting = [asyncio.create_task(sent.request(pacer, "h.bench")) for _ in range(3)]
            await asyncio.sleep(0.2)
            await slot.sending()
            late = asyncio.get_running_loop().time()
        await asyncio.gather(*waiting)
        assert sent.moments["h.bench"][0] - late >= 10 - 1e-9

    run(act())
    assert all(gap >= 10 - 1e-9 for gap in sent.gaps("h.bench"))


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_cancelled_requests_lose_no_place(seed: int) -> None:
    rng, sent = random.Random(seed), Sent()

    async def act() -> float:
        pacer = Pacer(PaceRules(slots=2, per_address=2), locate=_one_address)
        tasks = [asyncio.create_task(sent.request(pacer, f"h{rng.randrange(3)}.bench")) for _ in range(12)]
        for task in tasks:
            if rng.random() < 0.5:
                await asyncio.sleep(rng.uniform(0, 0.4))
                task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        started = asyncio.get_running_loop().time()
        await all_of(*(sent.request(pacer, f"new{n}.bench", takes_s=10) for n in range(4)))
        return asyncio.get_running_loop().time() - started

    assert run(act()) == pytest.approx(20, abs=1)


async def _one_address(host: str, port: int) -> tuple[str, ...]:
    return ("192.0.2.1",)


def test_a_host_is_handed_over_after_the_requests_in_flight() -> None:
    sent = Sent()

    async def act() -> float:
        pacer = Pacer(PaceRules())
        tasks = [asyncio.create_task(sent.request(pacer, "h.bench", takes_s=5)) for _ in range(6)]
        await asyncio.sleep(1)
        await pacer.let_go("h.bench")
        moment = asyncio.get_running_loop().time()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        assert sum(isinstance(result, HostDeferred) for result in results) == 4
        return moment

    assert 5 <= run(act()) < 7
    assert len(sent.moments["h.bench"]) == 2


def test_a_round_asks_again_patiently_what_timed_out_one_at_a_time() -> None:
    passes: list[tuple[str, bool]] = []
    together: list[int] = [0]

    async def act() -> None:
        pacer = Pacer(PaceRules())

        async def work(url: str, patient: bool) -> Outcome:
            passes.append((url, patient))
            together[0] += patient
            assert together[0] <= 1
            await asyncio.sleep(1)
            together[0] -= patient
            return Outcome.SLOW if "slow" in url and not patient else Outcome.ANSWERED

        urls = ["http://h.bench/slow1", "http://h.bench/a", "http://h.bench/slow2", "http://o.bench/b"]
        await run_round(urls, work, address=str, pace=pacer)

    run(act())
    assert sorted(url for url, patient in passes if not patient) == sorted(
        ["http://h.bench/slow1", "http://h.bench/a", "http://h.bench/slow2", "http://o.bench/b"]
    )
    assert [url for url, patient in passes if patient] == ["http://h.bench/slow1", "http://h.bench/slow2"]


def test_a_slow_page_of_a_host_that_answers_is_asked_again_beside_the_others() -> None:
    ended: dict[str, float] = {}

    async def act() -> None:
        pacer = Pacer(PaceRules())
        sent = Sent()

        async def work(url: str, patient: bool) -> Outcome:
            slow = "slow" in url
            await sent.request(pacer, "h.bench", takes_s=(30.0 if patient else 5.0) if slow else 0.1)
            ended[f"{url} {patient}"] = asyncio.get_running_loop().time()
            return Outcome.SLOW if slow and not patient else Outcome.ANSWERED

        urls = ["http://h.bench/slow", *(f"http://h.bench/{number}" for number in range(100))]
        await run_round(urls, work, address=str, pace=pacer)

    run(act())
    assert 35 <= ended["http://h.bench/slow True"] < 40
    # The other place keeps the host's pace: a hundred starts half a second apart.
    assert max(ended.values()) < 52


def test_a_host_that_stays_silent_is_asked_once_patiently() -> None:
    asked: list[bool] = []

    async def act() -> float:
        pacer = Pacer(PaceRules())

        async def work(url: str, patient: bool) -> Outcome:
            try:
                async with pacer.slot(url) as slot:
                    await slot.sending()
                    asked.append(patient)
                    await asyncio.sleep(30.0 if patient else 5.0)
                    slot.failed(Failure(kind=FailureKind.TIMEOUT, phase=Phase.CONNECT, words="silent"))
            except HostDeferred:
                pass
            return Outcome.NOTHING if patient else Outcome.SLOW

        urls = [f"http://dead.bench/{number}" for number in range(40)]
        await run_round(urls, work, address=str, pace=pacer)
        return asyncio.get_running_loop().time()

    assert run(act()) <= 40
    assert asked == [False, False, False, True]


def test_what_is_no_answer_does_not_send_slow_pages_to_a_host_that_rests() -> None:
    """Of a host whose breaker is open, they would all be refused, and none asked patiently."""
    asked: list[str] = []

    async def act() -> None:
        pacer = Pacer(PaceRules())

        async def work(url: str, patient: bool) -> Outcome:
            if "forbidden" in url:
                # Robots.txt, a lease held elsewhere or a missing name: nothing was sent.
                return Outcome.NOTHING
            try:
                async with pacer.slot(url) as slot:
                    await slot.sending()
                    if patient:
                        asked.append(url)
                        await asyncio.sleep(20.0)
                        slot.answered(200, ())
                        return Outcome.ANSWERED
                    await asyncio.sleep(5.0)
                    slot.failed(Failure(kind=FailureKind.TIMEOUT, phase=Phase.CONNECT, words="silent"))
            except HostDeferred:
                pass
            return Outcome.NOTHING if patient else Outcome.SLOW

        slow = [f"http://h.bench/slow{number}" for number in range(5)]
        await run_round([*slow, "http://h.bench/forbidden"], work, address=str, pace=pacer)

    run(act())
    assert sorted(asked) == [f"http://h.bench/slow{number}" for number in range(5)]


def test_a_round_of_a_thousand_links_ends_within_five_percent_of_the_least_possible() -> None:
    """A Zipf-like list in virtual time; the bound is the longest line of starts (benchmarks measure the real thing)."""
    rng = random.Random(4)
    lines = {f"h{n}.bench": max(1, min(60, round(200 / (n + 1) ** 0.8))) for n in range(200)}
    urls = [f"http://{host}/{n}" for host, count in lines.items() for n in range(count)]
    rng.shuffle(urls)
    sent = Sent()

    async def act() -> float:
        pacer = Pacer(PaceRules(slots=20))

        async def work(url: str, patient: bool) -> Outcome:
            await sent.request(pacer, url.split("/")[2], takes_s=rng.uniform(0.05, 0.3), connects_s=0.02)
            return Outcome.ANSWERED

        await run_round(urls, work, address=str, pace=pacer)
        return asyncio.get_running_loop().time()

    places = len(urls) * (0.175 + 0.02) / 20
    starts = (max(lines.values()) - 1) * 0.5 + 0.05
    assert len(urls) > 1000
    assert run(act()) <= max(places, starts) * 1.05
