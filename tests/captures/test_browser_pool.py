"""Browsers: found, shared, recycled, replaced when they die, kept in their sandbox."""

import asyncio
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from captures.truth_web import CASES, truth_web
from captures.visiting import Visited, Visitor
from linkkeeper.adapters import chromium
from linkkeeper.adapters.playwright_browser import BrowserOptions, PlaywrightPool
from linkkeeper.captures.ports import SandboxMode
from linkkeeper.errors import BrowserError
from linkkeeper.vocabulary.capture import Quality, StepOutcome

URL = CASES["redirects"]


@pytest.fixture
def visitor(request: pytest.FixtureRequest) -> Iterator[Visitor]:
    options = getattr(request, "param", BrowserOptions(allow_unsandboxed=True))
    visitor = Visitor(truth_web(), options=options).open()
    yield visitor
    visitor.close()


def test_the_setting_goes_before_everything_else(tmp_path: Path) -> None:
    program = tmp_path / "my-browser"
    program.write_text("#!/bin/sh\n")
    with pytest.raises(BrowserError, match="not a program"):
        chromium.find_browser(str(program))
    program.chmod(0o755)
    assert chromium.find_browser(str(program)) == program


def test_playwrights_own_goes_before_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own, other = tmp_path / "own", tmp_path / "chromium"
    for program in (own, other):
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert chromium.find_browser("", playwrights_own=own) == own
    assert chromium.find_browser("", playwrights_own=tmp_path / "absent") == other
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    with pytest.raises(BrowserError, match="not found"):
        chromium.find_browser("")


@pytest.mark.browser
def test_one_browser_serves_many_visits(visitor: Visitor) -> None:
    visitor.visit(URL)
    first = visitor.pool._current
    visitor.visit(URL)
    assert visitor.pool._current is first


@pytest.mark.browser
@pytest.mark.parametrize("visitor", [BrowserOptions(recycle_after=1, allow_unsandboxed=True)], indirect=True)
def test_a_spent_browser_is_replaced(visitor: Visitor) -> None:
    async def leased() -> object:
        async with visitor.pool.lease() as browser:
            return browser

    first, second = visitor.run(leased()), visitor.run(leased())
    assert first is not second
    assert not first.alive  # type: ignore[attr-defined]


@pytest.mark.browser
def test_signals_to_our_process_group_do_not_reach_the_browser(visitor: Visitor) -> None:
    """Ctrl-C ends us; the browser goes on, so that the visits under way can end in order."""

    async def sessions() -> set[int]:
        async with visitor.pool.lease() as browser:
            return {os.getsid(pid) for pid in (*drivers(), *chromium.processes_of(browser.marker))}

    def drivers() -> list[int]:
        children = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text("ascii").split()
        found = [int(pid) for pid in children if b"run-driver" in Path(f"/proc/{pid}/cmdline").read_bytes()]
        assert found
        return found

    assert os.getsid(0) not in visitor.run(sessions())
    assert "PLAYWRIGHT_NODEJS_PATH" not in os.environ


@pytest.mark.browser
def test_pools_that_start_at_once_leave_the_environment_as_it_was() -> None:
    """Each starts the driver itself, none through the other's wrapper."""

    async def start() -> list[str]:
        async with PlaywrightPool(BrowserOptions()) as one, PlaywrightPool(BrowserOptions()) as other:
            await asyncio.gather(one.executable(), other.executable())
            return [(pool._folder / "apart").read_text("utf-8") for pool in (one, other)]

    before = dict(os.environ)
    first, second = asyncio.run(start())
    assert first == second
    assert dict(os.environ) == before


@pytest.mark.browser
def test_memory_of_a_browser_is_that_of_all_its_processes(visitor: Visitor) -> None:
    async def measured() -> int:
        async with visitor.pool.lease() as browser:
            return chromium.memory_of(browser.marker)

    assert visitor.run(measured()) > 50_000_000
    assert chromium.memory_of("--no-such-argument") == 0


@pytest.mark.browser
def test_a_browser_that_dies_fails_only_what_runs_and_that_is_tried_again(visitor: Visitor) -> None:
    """Killed while the page loads; the second try in a fresh browser succeeds."""
    killed: list[int] = []

    async def visit_and_kill() -> Visited:
        async with visitor.pool.lease() as browser:
            marker = browser.marker
        original = visitor.web._handler

        async def handler(request, answer):  # type: ignore[no-untyped-def]
            if not killed:
                killed.extend(chromium.processes_of(marker))
                os.kill(killed[0], signal.SIGKILL)
            await original(request, answer)

        visitor.web._handler = handler
        return await visitor.attend(URL)

    visited = visitor.run(visit_and_kill())
    assert killed
    assert visited.visit.quality is Quality.COMPLETE, visited.visit.reason
    assert any(step.outcome is StepOutcome.FAILED for step in visited.visit.steps)
    assert visited.sink.renderings["page.pdf"]


@pytest.mark.browser
@pytest.mark.skipif(os.geteuid() != 0, reason="the browser only changes its user when we are root")
def test_started_by_root_the_browser_runs_as_nobody_in_its_sandbox(visitor: Visitor) -> None:
    def owners(marker: str) -> set[int]:
        return {Path(f"/proc/{pid}").stat().st_uid for pid in chromium.processes_of(marker)}

    async def users() -> tuple[SandboxMode, set[int]]:
        async with visitor.pool.lease() as browser:
            return browser.sandbox, owners(browser.marker)

    mode, uids = visitor.run(users())
    if mode is SandboxMode.OFF:
        pytest.skip("no sandbox can be made here (a chroot, or a container that forbids namespaces)")
    assert mode is SandboxMode.UNPRIVILEGED_USER
    assert 0 not in uids


@pytest.mark.browser
def test_without_a_user_to_become_nothing_starts_unless_that_is_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chromium, "we_are_root", lambda: True)
    monkeypatch.setattr(chromium, "unprivileged_user", lambda: None)

    async def start(options: BrowserOptions) -> SandboxMode:
        async with PlaywrightPool(options) as pool, pool.lease() as browser:
            return browser.sandbox

    with pytest.raises(BrowserError, match="ordinary user"):
        asyncio.run(start(BrowserOptions()))
    with pytest.raises(BrowserError):
        asyncio.run(start(BrowserOptions(sandbox="on", allow_unsandboxed=True)))
    assert asyncio.run(start(BrowserOptions(allow_unsandboxed=True))) is SandboxMode.OFF
    assert asyncio.run(start(BrowserOptions(sandbox="off"))) is SandboxMode.OFF
