"""Looks and cases for the tests of judging."""

from datetime import UTC, datetime

from linkkeeper.checks.case import Case
from linkkeeper.checks.judge import judge
from linkkeeper.checks.look import Answer, Failure, FailureKind, Look, Phase
from linkkeeper.vocabulary.observation import Hop, Observation

CITED = "https://www.old-institute.example/reports/2019/water"
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)

_SENTENCES = (
    "The river authority published its yearly figures on Tuesday and they differ from those of the year before.",
    "Groundwater below the northern plain fell by eleven centimetres while the reservoirs in the hills were full.",
    "Engineers explain the gap with a wet spring that ran off over hardened soil before it could sink in.",
    "Farmers near the canal had asked for permission to pump earlier, which the council granted for six weeks.",
    "A second finding concerns nitrate, of which nine among forty wells held more than the limit allows.",
    "The laboratory repeated three measurements and confirmed them within the usual tolerance.",
    "According to the hydrologist who led the survey the pattern points to a single source upstream.",
    "She asked for a closer grid of wells before anybody is blamed, and for money to keep the gauges.",
    "The council will discuss the report in March and has invited residents to send questions until then.",
    "Minutes of the earlier meetings are kept in the town library and may be read there on weekdays.",
)


def sentences(count: int, *, start: int = 0) -> str:
    return " ".join(_SENTENCES[(start + index) % len(_SENTENCES)] for index in range(count))


def page(text: str, *, title: str = "Water report 2019 - Old Institute", links: str = "") -> bytes:
    return f'<html lang="en"><head><title>{title}</title></head><body><p>{text}</p>{links}</body></html>'.encode()


ALIVE_PAGE = page(sentences(10))


def answered(
    body: bytes = ALIVE_PAGE,
    *,
    status: int = 200,
    url: str = CITED,
    final_url: str | None = None,
    hops: tuple[int, ...] = (),
    headers: tuple[tuple[str, str], ...] = (("Content-Type", "text/html; charset=utf-8"),),
    rendered_text: str | None = None,
    **flags: bool,
) -> Look:
    answer = Answer(
        url=final_url or url,
        status=status,
        headers=headers,
        body=body,
        address="192.0.2.7",
        rendered_text=rendered_text,
    )
    way = tuple(Hop(url if index == 0 else f"{url}?hop={index}", code) for index, code in enumerate(hops))
    return Look(url=url, moment=NOW, elapsed_s=0.2, hops=way, answer=answer, **flags)


def failed(kind: FailureKind, phase: Phase = Phase.CONNECT, **facts: int | str | None) -> Look:
    failure = Failure(
        kind=kind,
        phase=phase,
        words=str(facts.get("words") or ""),
        errno=_number(facts.get("errno")),
        verify_code=_number(facts.get("verify_code")),
        tls_reason=str(facts["tls_reason"]) if facts.get("tls_reason") else None,
    )
    return Look(url=CITED, moment=NOW, elapsed_s=0.2, failure=failure)


def _number(value: int | str | None) -> int | None:
    return value if isinstance(value, int) else None


def verdict(look: Look, case: Case | None = None) -> Observation:
    return judge(look, case or Case(cited=look.url))
