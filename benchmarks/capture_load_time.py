"""
Load time through the recorder against plain browsing, paired.

One browser serves both; each round loads the same page once plainly and once
through a recorder, in alternating order. Printed is the median of the rounds'
ratios. Run: ``python benchmarks/capture_load_time.py [ROUNDS]``.
"""

import asyncio
import statistics
import sys
import tempfile
import time
from pathlib import Path

from capture_web import Web, running_web
from playwright.async_api import Browser

from linkkeeper.adapters.browser_look import ForgetfulSink
from linkkeeper.adapters.playwright_browser import BrowserOptions, PlaywrightPool, RunningBrowser
from linkkeeper.captures.ledger import Ledger
from linkkeeper.captures.limits import VisitLimits
from linkkeeper.captures.recorder import Recorder
from linkkeeper.egress.gate import EgressGate, EgressRules
from linkkeeper.egress.resolver import Resolver
from linkkeeper.egress.tls import client_context

URL = "https://www.truth.example/hundred"


def flags(web: Web) -> tuple[str, ...]:
    rules = ", ".join(f"MAP {name} {target}" for name, target in web.connect_to.items())
    return (f"--host-resolver-rules={rules}",)


async def plain(browser: Browser) -> float:
    context = await browser.new_context(ignore_https_errors=True, viewport={"width": 1280, "height": 900})
    page = await context.new_page()
    started = time.perf_counter()
    await page.goto(URL, wait_until="load")
    elapsed = time.perf_counter() - started
    await context.close()
    return elapsed


async def recorded(lease: RunningBrowser, gate: EgressGate, web: Web, folder: Path) -> float:
    limits = VisitLimits()
    ledger = Ledger(sink=ForgetfulSink(folder), limits=limits)
    tls = client_context(web.ca_file)
    recorder = Recorder(gate=gate, tls=tls, key=lease.key, ledger=ledger, limits=limits, folder=folder)
    async with recorder, lease.tab(recorder.proxy, service_workers=False, on_landing=ledger.landed) as tab:
        started = time.perf_counter()
        await tab.open(URL, timeout_s=30)
        await tab.loaded(timeout_s=30)
        elapsed = time.perf_counter() - started
    assert ledger.exchanges >= 101, ledger.exchanges
    return elapsed


async def main(rounds: int) -> None:
    with running_web() as web, tempfile.TemporaryDirectory() as folder:
        rules = EgressRules.read(allow_addresses=("127.0.0.0/8",), connect_to=web.connect_to)
        gate = EgressGate(rules, Resolver())
        async with PlaywrightPool(BrowserOptions(flags=flags(web))) as pool, pool.lease() as lease:
            times: list[tuple[float, float]] = []
            for number in range(rounds + 1):
                if number % 2:
                    one = await plain(lease._browser)
                    two = await recorded(lease, gate, web, Path(folder))
                else:
                    two = await recorded(lease, gate, web, Path(folder))
                    one = await plain(lease._browser)
                if number:
                    times.append((one, two))
        gate.close()
    ratios = [two / one for one, two in times]
    print(f"plain     {statistics.median(one for one, _ in times):.3f} s")
    print(f"recorded  {statistics.median(two for _, two in times):.3f} s")
    print(f"ratio     {statistics.median(ratios):.2f} (min {min(ratios):.2f}, max {max(ratios):.2f}, {rounds} rounds)")


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 9))
