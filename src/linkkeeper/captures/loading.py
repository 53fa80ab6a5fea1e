"""Waiting for a page to load, in the end without what hangs."""

import asyncio

from linkkeeper.captures.ledger import Ledger
from linkkeeper.captures.limits import VisitLimits
from linkkeeper.captures.ports import Tab
from linkkeeper.captures.recorder import Recorder
from linkkeeper.captures.source_kind import SourceKind

#: Of the time for loading: after it, what does not come is given up.
_PATIENT_SHARE = 0.7
#: Then, what the page asks for late is given this long before nothing of it has come.
_HANGING_S = 3.0
_LOOK_S = 0.25


async def wait_for_load(tab: Tab, recorder: Recorder, ledger: Ledger, *, kind: SourceKind, limits: VisitLimits) -> str:
    """
    Wait for the load event, which never comes for a file that breaks off.

    Returns:
        What was remarkable, in words.

    Raises:
        TimeoutError: the page did not load within its limit.
        TabLost: the page went away.
    """
    loaded = asyncio.ensure_future(tab.loaded(timeout_s=limits.load_timeout_s))
    whole = asyncio.ensure_future(ledger.main_done.wait())
    hanging = asyncio.ensure_future(_hang_up_in_the_end(recorder, patience_s=limits.load_timeout_s * _PATIENT_SHARE))
    try:
        await asyncio.wait({loaded, whole}, return_when=asyncio.FIRST_COMPLETED)
        main = ledger.main
        broken = main is not None and main.truncated is not None
        if loaded.done() or not broken or kind is SourceKind.PAGE:
            await loaded
            return "the document broke off" if broken else ""
    finally:
        for task in (loaded, whole, hanging):
            task.cancel()
    await tab.stop_loading()
    return "the file broke off"


async def _hang_up_in_the_end(recorder: Recorder, *, patience_s: float) -> None:
    """A script on a host that is gone holds up, in a browser for minutes, all that stands after it."""
    await asyncio.sleep(patience_s)
    recorder.hang_up(idle_s=patience_s)
    while True:
        await asyncio.sleep(_LOOK_S)
        recorder.hang_up(idle_s=_HANGING_S)
