"""One observation of a link: look, judge, and follow what the judge asks for, each thing once."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import structlog

from linkkeeper.checks.case import Case, Need
from linkkeeper.checks.judge import RULE_SET, asks, judge
from linkkeeper.checks.landing import jump_of
from linkkeeper.checks.look import Answer, FailureKind, Look
from linkkeeper.checks.pacing import HostDeferred
from linkkeeper.checks.ports import BrowserLook, Fetch, SiblingMemory, Slots
from linkkeeper.checks.robots import RobotsOfHosts
from linkkeeper.checks.siblings import Siblings
from linkkeeper.checks.specials import at_target, stand_in_url
from linkkeeper.errors import BrowserError
from linkkeeper.vocabulary.moment import Clock
from linkkeeper.vocabulary.observation import Evidence, Hop, Observation, ObservationKind
from linkkeeper.vocabulary.uri import host_of, politeness_key

log = structlog.get_logger()

#: Cheap questions first; a browser is the last resort.
_ORDER = (Need.JUMP, Need.STAND_IN, Need.SIBLINGS, Need.BROWSER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """
    What observing a link brought.

    Attributes:
        look: The look that the observation rests on; None when robots.txt forbade it.
        browsed: A browser was asked, whether that helped or not.
        wants_patience: It timed out in the quick pass: only a patient retry may count.
        wants_browser: A browser would settle it, and none was allowed.
    """

    observation: Observation
    look: Look | None
    browsed: bool = False
    wants_patience: bool = False
    wants_browser: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Leave:
    """
    What one observation may do.

    Attributes:
        patient: Look with the long limits of the retry after a time-out.
        browser: Ask a browser when the rules want one (once per link in 30 days).
        siblings: Ask addresses beside the cited one.
    """

    patient: bool = False
    browser: bool = False
    siblings: bool = True


class Observer:
    """
    Observes links.

    Args:
        fetch: Sends polite requests.
        slots: The pace that fetch keeps too; a browser's visit waits in the same line.
        clock: Gives "now" for what is remembered.
        browser: None where there is none.
        memory: Of sibling answers.
        robots: Asked before each look; None means that robots.txt is not read.
        crawl_delay: Told of each host's wish, by politeness key.
    """

    def __init__(
        self,
        fetch: Fetch,
        *,
        slots: Slots,
        clock: Clock,
        memory: SiblingMemory,
        browser: BrowserLook | None = None,
        robots: RobotsOfHosts | None = None,
        crawl_delay: Callable[[str, float], None] | None = None,
    ) -> None:
        self._fetch = fetch
        self._slots = slots
        self._clock = clock
        self._browser = browser
        self._siblings = Siblings(fetch, memory)
        self._robots = robots
        self._crawl_delay = crawl_delay
        self._told_of_no_browser = False

    async def observe(
        self,
        case: Case,
        *,
        leave: Leave | None = None,
        forms: tuple[str, ...] = (),
        validators: tuple[str | None, str | None] = (None, None),
    ) -> Observed:
        """
        Observe ``case.cited``.

        Args:
            forms: Other fetch forms under which the same source is cited; a
                failure counts only after they failed too.
            validators: ETag and Last-Modified of the last full look.

        Returns:
            The observation and what it rests on; void when nothing was
            learned (the host rests, the proxy failed).
        """
        allowed = leave or Leave()
        observed = await self._observe_form(case, allowed, validators)
        for form in forms:
            if not _may_be_elsewhere(observed.observation):
                break
            other = await self._observe_form(replace(case, cited=form), allowed, (None, None))
            if not _may_be_elsewhere(other.observation) and not other.observation.void:
                observed = other
        return observed

    async def visit(self, case: Case) -> Observed | None:
        """
        Look with a browser only, as is always done before a link is called dead.

        Returns:
            None where there is no browser or it failed, or the host rests.
        """
        look = await self._browse(case.cited)
        if look is None:
            return None
        settled = await self._settle(look, case, Leave(browser=False))
        return replace(settled, browsed=True)

    async def _observe_form(self, case: Case, leave: Leave, validators: tuple[str | None, str | None]) -> Observed:
        refusal = await self._forbidden_by_robots(case)
        if refusal is not None:
            return Observed(observation=refusal, look=None)
        look = await self._fetch.look(case.cited, validators=validators, patient=leave.patient)
        return await self._settle(look, case, leave)

    async def _settle(self, look: Look, case: Case, leave: Leave) -> Observed:
        observation = judge(look, case)
        tried: set[Need] = set()
        while not look.deferred:
            open_needs = asks(observation, look, case) - tried
            need = next((one for one in _ORDER if one in open_needs and self._may(one, leave)), None)
            if need is None:
                break
            tried.add(need)
            look, case = await self._follow(need, look, case)
            observation = judge(look, case)
        void = look.deferred or observation.kind is ObservationKind.PROXY_ERROR
        left = asks(observation, look, case) - tried
        return Observed(
            observation=replace(observation, void=True) if void else observation,
            look=look,
            browsed=Need.BROWSER in tried,
            wants_patience=Need.PATIENT_RETRY in left or look.deferred,
            wants_browser=Need.BROWSER in left,
        )

    def _may(self, need: Need, leave: Leave) -> bool:
        if need is Need.BROWSER:
            return leave.browser and self._browser is not None
        if need is Need.JUMP:
            return True
        return leave.siblings

    async def _follow(self, need: Need, look: Look, case: Case) -> tuple[Look, Case]:
        """Carry out one wish of the judge; whatever brings nothing leaves things as they were."""
        if need is Need.JUMP:
            return await self._jump(look), case
        if need is Need.SIBLINGS:
            cited = at_target(look, case).cited
            return look, replace(case, siblings=await self._siblings.of(cited, now=self._clock.now()))
        if need is Need.STAND_IN:
            address = stand_in_url(at_target(look, case).cited)
            return look, replace(case, stand_in=await self._fetch.look(address) if address else None)
        seen = await self._browse(case.cited)
        return (seen if seen is not None and seen.answer is not None else look), case

    async def _jump(self, look: Look) -> Look:
        """The look that goes on where the page sends its readers; the same one where it sends them nowhere."""
        answer = look.answer
        target = jump_of(answer) if answer is not None else None
        if answer is None or target is None:
            return look
        there = await self._fetch.look(target, patient=look.patient)
        if there.deferred or (there.failure is not None and there.failure.kind in _OUR_OWN):
            return look
        hops = (*look.hops, Hop(answer.url, answer.status), *there.hops)
        return replace(there, url=look.url, moment=look.moment, hops=hops, answer=_unconditional(there.answer))

    async def _browse(self, url: str) -> Look | None:
        """One visit in the host's line; None where there is no browser, or the host rests."""
        if self._browser is None:
            return None
        try:
            async with self._slots.slot(url) as slot:
                await slot.starting()
                return await self._browser.look(url)
        except HostDeferred:
            return None
        except BrowserError as error:
            # Said once: without a browser this is every wall's and every shell's lot.
            told, self._told_of_no_browser = self._told_of_no_browser, True
            tell = log.debug if told else log.warning
            tell("the browser could not look", url=url, reason=error.reason, hint=error.hint)
            return None

    async def _forbidden_by_robots(self, case: Case) -> Observation | None:
        if self._robots is None:
            return None
        now = self._clock.now()
        robots = await self._robots.of(case.cited, now=now)
        if robots.crawl_delay_s and self._crawl_delay is not None:
            self._crawl_delay(politeness_key(host_of(case.cited)), robots.crawl_delay_s)
        if robots.allows(case.cited):
            return None
        words = "the site's robots.txt names linkkeeper and asks it to stay away from this address"
        return Observation(
            url=case.cited,
            moment=now,
            kind=ObservationKind.BLOCKED,
            rule=f"robots@{RULE_SET}",
            evidence=Evidence(words=words, vendor="robots.txt"),
        )


#: Failures that say nothing of the page that was jumped to.
_OUR_OWN = frozenset({FailureKind.FORBIDDEN_ADDRESS, FailureKind.PROXY_ERROR, FailureKind.UNSUPPORTED})
#: Kinds after which another cited form of the same source is worth a look.
_ELSEWHERE = frozenset(
    {
        ObservationKind.MISSING,
        ObservationKind.GONE,
        ObservationKind.SERVER_ERROR,
        ObservationKind.EMPTY,
        ObservationKind.SOFT_404,
        ObservationKind.SOFT_404_SUSPECT,
        ObservationKind.HOME_REDIRECT,
        ObservationKind.DNS_MISSING,
        ObservationKind.DNS_FAILING,
        ObservationKind.REFUSED,
        ObservationKind.NO_ROUTE,
        ObservationKind.RESET,
        ObservationKind.TIMEOUT,
        ObservationKind.REDIRECT_LOOP,
    }
)


def _may_be_elsewhere(observation: Observation) -> bool:
    return observation.kind in _ELSEWHERE


def _unconditional(answer: Answer | None) -> Answer | None:
    """Without validators: the next look begins at the page that jumps, and they speak of another."""
    if answer is None:
        return None
    kept = tuple(field for field in answer.headers if field[0].lower() not in ("etag", "last-modified"))
    return replace(answer, headers=kept)
