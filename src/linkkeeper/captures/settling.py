"""Waiting until a page is at rest, and longer for one that its scripts still make."""

import asyncio
from collections.abc import Awaitable, Callable

from linkkeeper.captures.ledger import Ledger
from linkkeeper.captures.limits import VisitLimits
from linkkeeper.captures.ports import Tab

#: The words that the page shows, without its frames.
SHOWN_WORDS = "() => document.body ? document.body.innerText || '' : ''"
_FIRST_WORDS = "() => (document.body ? document.body.innerText || '' : '').slice(0, 1000)"
_HAS_SCRIPTS = "() => document.scripts.length > 0"
_QUIET_S = 0.5
#: A page that shows no more words than a title and a spinner is still being made.
_FEW_WORDS = 25
_LOOK_S = 0.25


async def settle(
    tab: Tab, ledger: Ledger, limits: VisitLimits, *, again: Callable[[], Awaitable[str]] | None = None
) -> str:
    """
    Wait until nothing has been under way for a moment.

    Args:
        again: What to do once more with a page that came late; None for what is no page.

    Returns:
        What was remarkable, in words.

    Raises:
        TimeoutError: the network does not rest; some pages never do.
    """
    try:
        async with asyncio.timeout(limits.settle_timeout_s):
            await ledger.quiet(for_s=_QUIET_S)
    except TimeoutError:
        if again is None or not await _shows_little(tab, limits):
            raise
        await ledger.quiet(for_s=_QUIET_S)
    else:
        if again is None or not await _comes_late(tab, limits):
            return ""
    await again()
    await ledger.quiet(for_s=_QUIET_S)
    return "waited longer for a page that showed nothing yet"


async def _shows_little(tab: Tab, limits: VisitLimits) -> bool:
    shown = await tab.run(_FIRST_WORDS, timeout_s=limits.reading_timeout_s)
    return len(str(shown or "").split()) < _FEW_WORDS


async def _comes_late(tab: Tab, limits: VisitLimits) -> bool:
    """Give a page at rest that shows little the time to show more: some scripts only wait."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + limits.settle_timeout_s
    if not await _shows_little(tab, limits) or not await tab.run(_HAS_SCRIPTS, timeout_s=limits.reading_timeout_s):
        return False
    while loop.time() < deadline:
        await asyncio.sleep(_LOOK_S)
        if not await _shows_little(tab, limits):
            return True
    return False
