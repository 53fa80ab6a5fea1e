"""The steps of a visit, in order, each with its limit and when it runs."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum

from linkkeeper.captures.limits import VisitLimits
from linkkeeper.captures.ports import PageTrouble, TabLost
from linkkeeper.captures.source_kind import SourceKind
from linkkeeper.vocabulary.capture import StepOutcome, StepReport

_ALL = frozenset(SourceKind)
_SHOWN = frozenset({SourceKind.PAGE, SourceKind.PICTURE, SourceKind.MEDIA})
_PAGES = frozenset({SourceKind.PAGE})


class StepName(StrEnum):
    PROBE = "probe"
    LOAD = "load"
    DOWNLOAD = "download"
    CONSENT = "consent"
    BEHAVIOURS = "behaviours"
    SETTLE = "settle"
    TEXT = "text"
    DOM = "dom"
    PICTURE = "picture"
    PDF = "pdf"
    REFETCH = "refetch"
    CLOSE = "close"


class StepSkipped(Exception):
    """The step has nothing to do; the argument says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """
    Attributes:
        kinds: Main resources that it applies to.
        needs: It does not run if this earlier one failed or ran out of time;
            a failure of any other step does not keep it from running.
        overtime: It runs though the visit's own time is over.
    """

    name: StepName
    limit_s: float
    kinds: frozenset[SourceKind] = _ALL
    needs: StepName | None = StepName.PROBE
    overtime: bool = False


def plan(limits: VisitLimits) -> tuple[Step, ...]:
    """All steps of a visit within *limits*."""
    return (
        Step(name=StepName.PROBE, limit_s=limits.load_timeout_s, needs=None),
        Step(name=StepName.LOAD, limit_s=limits.load_timeout_s, kinds=_SHOWN),
        Step(name=StepName.DOWNLOAD, limit_s=limits.total_timeout_s, kinds=_ALL - _SHOWN),
        Step(name=StepName.CONSENT, limit_s=limits.consent_timeout_s, kinds=_PAGES),
        Step(name=StepName.BEHAVIOURS, limit_s=limits.behaviour_timeout_s, kinds=_SHOWN),
        Step(name=StepName.SETTLE, limit_s=limits.settle_timeout_s + limits.load_timeout_s, kinds=_SHOWN),
        Step(name=StepName.TEXT, limit_s=limits.reading_timeout_s),
        Step(name=StepName.DOM, limit_s=limits.reading_timeout_s, kinds=_PAGES),
        Step(name=StepName.PICTURE, limit_s=limits.picture_timeout_s),
        Step(name=StepName.PDF, limit_s=limits.pdf_timeout_s),
        Step(name=StepName.REFETCH, limit_s=limits.total_timeout_s, kinds=_ALL),
        Step(name=StepName.CLOSE, limit_s=limits.close_timeout_s, needs=None, overtime=True),
    )


class StepRunner:
    """
    Runs steps within their limits and that of the visit.

    Args:
        total_s: Limit of all steps together.
        on_step: Hears of every step when it ends.

    Attributes:
        out_of_time: The visit's own limit cut a step short or left one out.
    """

    def __init__(self, *, total_s: float, on_step: Callable[[StepReport], None]) -> None:
        self._total_s = total_s
        self._deadline = asyncio.get_running_loop().time() + total_s
        self._on_step = on_step
        self.reports: list[StepReport] = []
        self.out_of_time = False

    @property
    def left_s(self) -> float:
        return max(0.0, self._deadline - asyncio.get_running_loop().time())

    def may_run(self, step: Step) -> bool:
        """False if a step that it needs did not succeed."""
        return step.needs is None or self.outcome(step.needs) not in (StepOutcome.FAILED, StepOutcome.TIMED_OUT)

    def outcome(self, name: StepName) -> StepOutcome | None:
        """How the step ended the last time; None if it did not run."""
        return next((report.outcome for report in reversed(self.reports) if report.name == name), None)

    def skip(self, step: Step, why: str) -> None:
        self._report(step, StepOutcome.SKIPPED, 0.0, why)

    async def run(self, step: Step, work: Callable[[], Awaitable[str]]) -> None:
        """
        Run *work* as *step*; what it returns is the detail of the report.

        Raises:
            TabLost: the page is gone; the report is made.
        """
        limit = step.limit_s if step.overtime else min(step.limit_s, self.left_s)
        if limit <= 0:
            self.out_of_time = True
            self.skip(step, f"the visit's {self._total_s:g} s were over")
            return
        started = asyncio.get_running_loop().time()

        def elapsed() -> float:
            return asyncio.get_running_loop().time() - started

        try:
            async with asyncio.timeout(limit):
                detail = await work()
        except StepSkipped as why:
            self._report(step, StepOutcome.SKIPPED, elapsed(), str(why))
        except TimeoutError:
            self.out_of_time = self.out_of_time or (not step.overtime and self.left_s <= 0)
            self._report(step, StepOutcome.TIMED_OUT, elapsed(), f"not done in {limit:.3g} s")
        except TabLost as error:
            self._report(step, StepOutcome.FAILED, elapsed(), str(error))
            raise
        except PageTrouble as error:
            self._report(step, StepOutcome.FAILED, elapsed(), str(error))
        else:
            self._report(step, StepOutcome.DONE, elapsed(), detail)

    def _report(self, step: Step, outcome: StepOutcome, elapsed_s: float, detail: str) -> None:
        report = StepReport(name=step.name, outcome=outcome, elapsed_s=round(elapsed_s, 3), detail=detail)
        self.reports.append(report)
        self._on_step(report)
