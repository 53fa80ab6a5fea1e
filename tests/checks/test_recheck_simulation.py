"""The schedule keeps its figures: half of InternetArchiveBot's looks at most, half of its false deaths at most."""

import importlib.util
import random
import sys
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="module")
def simulation() -> ModuleType:
    path = Path(__file__).parents[2] / "benchmarks" / "recheck_policy.py"
    spec = importlib.util.spec_from_file_location("recheck_policy", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("make_web", ["lonely_web", "shared_web"])
def test_half_the_looks_and_half_the_false_deaths(simulation: ModuleType, make_web: str) -> None:
    web = getattr(simulation, make_web)(500, random.Random(4))
    ours = simulation.run(web, simulation.POLICIES["linkkeeper"])
    theirs = simulation.run(web, simulation.POLICIES["InternetArchiveBot"])
    assert ours.looks_a_year * 2 < theirs.looks_a_year
    assert ours.false_dead * 2 <= theirs.false_dead
    assert theirs.false_dead > 0
    assert ours.delay(simulation.K.MISSING, simulation.K.GONE)[0] < 14


def test_the_web_is_the_same_for_the_same_seed(simulation: ModuleType) -> None:
    one = simulation.shared_web(200, random.Random(7))
    assert one == simulation.shared_web(200, random.Random(7))
    assert sum(len(host) for host in one) == 200
