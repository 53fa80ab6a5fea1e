"""Steps: a visible list, each within its limit and that of the visit."""

import asyncio

import pytest

from linkkeeper.captures.limits import VisitLimits
from linkkeeper.captures.messages import read_response
from linkkeeper.captures.ports import PageTrouble, TabLost
from linkkeeper.captures.source_kind import SourceKind, kind_of
from linkkeeper.captures.steps import Step, StepName, StepRunner, StepSkipped, plan
from linkkeeper.settings import CaptureSettings
from linkkeeper.vocabulary.capture import StepOutcome, StepReport


def outcomes(work: object, *, limit_s: float = 5.0, total_s: float = 5.0) -> StepReport:
    """The report of one step that does *work*."""

    async def run() -> StepReport:
        heard: list[StepReport] = []
        runner = StepRunner(total_s=total_s, on_step=heard.append)
        await runner.run(Step(name=StepName.PDF, limit_s=limit_s), work)  # type: ignore[arg-type]
        assert heard == runner.reports
        return heard[0]

    return asyncio.run(run())


async def done() -> str:
    return "as it should"


async def forever() -> str:
    await asyncio.Event().wait()
    return "never"


async def troubled() -> str:
    raise PageTrouble("the page refused")


async def idle() -> str:
    raise StepSkipped("nothing to do")


def test_a_step_that_succeeds_says_what_it_did() -> None:
    report = outcomes(done)
    assert (report.name, report.outcome, report.detail) == ("pdf", StepOutcome.DONE, "as it should")


def test_a_step_ends_at_its_limit() -> None:
    report = outcomes(forever, limit_s=0.05)
    assert (report.outcome, report.detail) == (StepOutcome.TIMED_OUT, "not done in 0.05 s")


def test_no_step_outlives_the_visit() -> None:
    assert outcomes(forever, limit_s=60, total_s=0.05).outcome is StepOutcome.TIMED_OUT
    assert outcomes(done, total_s=0.0).outcome is StepOutcome.SKIPPED


def test_it_is_told_when_the_visits_own_time_ran_out() -> None:
    async def run(work: object, *, limit_s: float, total_s: float) -> bool:
        runner = StepRunner(total_s=total_s, on_step=lambda report: None)
        await runner.run(Step(name=StepName.PDF, limit_s=limit_s), work)  # type: ignore[arg-type]
        return runner.out_of_time

    assert asyncio.run(run(forever, limit_s=60, total_s=0.05))
    assert asyncio.run(run(done, limit_s=60, total_s=0.0))
    assert not asyncio.run(run(forever, limit_s=0.05, total_s=60))


def test_only_closing_runs_over_time_and_whatever_failed_before() -> None:
    """Every other step needs the answer that the probe waits for, and no other step."""
    steps = plan(VisitLimits())
    assert [step.name for step in steps if step.overtime] == [StepName.CLOSE]
    assert [step.name for step in steps if step.needs is None] == [StepName.PROBE, StepName.CLOSE]

    async def run() -> list[bool]:
        runner = StepRunner(total_s=5, on_step=lambda report: None)
        await runner.run(steps[0], troubled)
        after_no_answer = [runner.may_run(step) for step in steps[1:]]
        await runner.run(steps[0], done)
        await runner.run(steps[1], troubled)
        return [*after_no_answer, *(runner.may_run(step) for step in steps[2:])]

    ran = asyncio.run(run())
    assert ran == [False] * 10 + [True] + [True] * 10


def test_the_page_is_closed_after_the_visits_time() -> None:
    async def run() -> StepReport:
        runner = StepRunner(total_s=0, on_step=lambda report: None)
        await runner.run(plan(VisitLimits())[-1], done)
        assert not runner.out_of_time
        return runner.reports[0]

    assert asyncio.run(run()).outcome is StepOutcome.DONE


def test_trouble_with_the_page_is_a_fact_of_the_step() -> None:
    assert outcomes(troubled).outcome is StepOutcome.FAILED
    assert outcomes(idle).outcome is StepOutcome.SKIPPED


def test_a_lost_page_is_reported_and_passed_on() -> None:
    async def lost() -> str:
        raise TabLost("the browser died", crashed=True)

    async def run() -> StepReport:
        runner = StepRunner(total_s=5, on_step=lambda report: None)
        with pytest.raises(TabLost):
            await runner.run(Step(name=StepName.DOM, limit_s=5), lost)
        return runner.reports[0]

    assert asyncio.run(run()).outcome is StepOutcome.FAILED


def test_the_plan_names_every_step_once_and_in_order() -> None:
    names = [step.name for step in plan(VisitLimits())]
    assert names == list(StepName)


def test_limits_default_to_the_settings() -> None:
    """What config.toml promises is what a visit does."""
    settings = CaptureSettings()
    for name in VisitLimits.__dataclass_fields__:
        if name in CaptureSettings.model_fields:
            assert getattr(VisitLimits(), name) == getattr(settings, name), name


@pytest.mark.parametrize(
    ("lines", "kind"),
    [
        ("Content-Type: text/html; charset=utf-8", SourceKind.PAGE),
        ("Content-Type: APPLICATION/PDF", SourceKind.PDF),
        ("Content-Type: application/pdf\r\nContent-Disposition: attachment; filename=a.pdf", SourceKind.PDF),
        ("Content-Type: text/html\r\nContent-Disposition: Attachment; filename=a.html", SourceKind.FILE),
        ("Content-Type: text/csv", SourceKind.FILE),
        ("Content-Type: image/svg+xml", SourceKind.PAGE),
        ("Content-Type: image/png", SourceKind.PICTURE),
        ("Content-Type: video/mp4", SourceKind.MEDIA),
        ("Content-Type: application/vnd.ms-excel", SourceKind.FILE),
        ("X-No-Type: 1", SourceKind.PAGE),
    ],
)
def test_the_kind_of_a_source_follows_its_head(lines: str, kind: SourceKind) -> None:
    assert kind_of(read_response(f"HTTP/1.1 200 OK\r\n{lines}\r\n\r\n".encode())) is kind
