"""The proof of a repaired page sees a wrong address and every change beside the repair."""

from datetime import UTC, date, datetime

import pytest

from linkkeeper.relinking.prove import proves_html
from linkkeeper.relinking.repair import Text, plan
from linkkeeper.vocabulary.citation import SourceFormat
from linkkeeper.vocabulary.relink import Repair, RepairPlan, RepairPolicy

URL = "https://gone.example/a"
MEMENTO = "https://keeper.example/web/20240203040506/https://gone.example/a"
OTHER = 'data-versionurl="https://else.example/1 2020-01-01" data-versiondate="2020-01-01"'
PAGE = (
    f'<!DOCTYPE html><p>See <a href="{URL}">here</a>, {URL}, and <a href="https://b.example/" {OTHER}>there</a>.</p>'
    f'<p><a href="https://c.example/" data-versiondate="2024-01-31">C</a></p>'
)


def made(page: str = PAGE, policy: RepairPolicy = RepairPolicy.SWAP_WHEN_DEAD) -> RepairPlan:
    moment = datetime(2024, 2, 3, 4, 5, 6, tzinfo=UTC)
    repair = Repair(url=URL, uri_m=MEMENTO, moment=moment, intended=date(2024, 1, 31))
    return plan(Text(data=page.encode(), format=SourceFormat.HTML), [repair], policy=policy)


def proves(plan: RepairPlan, after: bytes) -> bool:
    return proves_html(plan.before, after, plan.edits, encoding="utf-8")


@pytest.mark.parametrize("policy", [RepairPolicy.SWAP_WHEN_DEAD, RepairPolicy.ANNOTATE])
def test_the_repair_itself_is_proven(policy: RepairPolicy) -> None:
    one = made(policy=policy)
    assert len(one.edits) == 2 and not one.refusals
    assert proves(one, one.after)


@pytest.mark.parametrize("policy", [RepairPolicy.SWAP_WHEN_DEAD, RepairPolicy.ANNOTATE])
@pytest.mark.parametrize("address", ["https://wrong.example/", MEMENTO + "b", ""])
def test_a_link_that_leads_elsewhere_is_no_repair(policy: RepairPolicy, address: str) -> None:
    one = made(policy=policy)
    href = URL if policy is RepairPolicy.ANNOTATE else MEMENTO
    wrong = one.after.replace(f'href="{href}"'.encode(), f'href="{address}"'.encode(), 1)
    assert wrong != one.after and not proves(one, wrong)


def test_a_kept_address_is_no_swapped_one() -> None:
    one, kept = made(), made(policy=RepairPolicy.ANNOTATE)
    assert not proves(one, kept.after) and not proves(kept, one.after)


def test_the_added_link_must_lead_to_the_memento_too() -> None:
    one = made()
    wrong = f'[<a href="{URL}"'.encode().join(one.after.split(f'[<a href="{MEMENTO}"'.encode()))
    assert wrong != one.after and not proves(one, wrong)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (f" {OTHER}", ""),
        ("2020-01-01", "2021-01-01"),
        ('"https://else.example/1 ', '"https://else.example/2 '),
        (' data-versiondate="2024-01-31">C', ">C"),
        ('"https://c.example/"', '"https://c.example/" data-versionurl="x"'),
    ],
)
def test_a_change_of_another_link_is_seen(before: str, after: str) -> None:
    one = made()
    assert proves(one, one.after)
    changed = one.after.replace(before.encode(), after.encode(), 1)
    assert changed != one.after and not proves(one, changed)


def test_a_link_keeps_a_date_of_its_own() -> None:
    for own in ("2020-01-01", "2024-01-31"):
        one = made(f'<!DOCTYPE html><p><a href="{URL}" data-versiondate="{own}">here</a> and more</p>')
        assert len(one.edits) == 1 and one.after.count(b"data-versiondate") == 1, own
