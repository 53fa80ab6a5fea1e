"""An observer with the way out and a browser behind it, for looks of which nothing is kept."""

import contextlib
from collections.abc import AsyncIterator

from linkkeeper.adapters.browser_look import PlaywrightLook
from linkkeeper.adapters.playwright_browser import PlaywrightPool
from linkkeeper.assembly.engine import browser_options, visit_limits
from linkkeeper.assembly.network import open_network
from linkkeeper.checks.observe import Observer
from linkkeeper.checks.siblings import SiblingsInMemory
from linkkeeper.settings import Settings
from linkkeeper.vocabulary.moment import Clock, SystemClock


@contextlib.asynccontextmanager
async def open_observer(settings: Settings, *, clock: Clock | None = None) -> AsyncIterator[Observer]:
    """
    Open an observer; its browser starts with the first page that needs one.

    Raises:
        ConfigurationError: a setting of ``[network]`` can't be used.
    """
    now = clock or SystemClock()
    async with open_network(settings, clock=now) as network, PlaywrightPool(browser_options(settings, True)) as pool:
        limits = visit_limits(settings.captures)
        browser = PlaywrightLook(browser=pool, gate=network.gate, tls=network.tls, limits=limits, clock=now)
        yield network.observer(memory=SiblingsInMemory(), clock=now, browser=browser)
