"""The rehearsal of replays joined with the engine's browser."""

from collections.abc import Callable

from linkkeeper.adapters.playwright_browser import PlaywrightPool
from linkkeeper.adapters.playwright_stage import PlaywrightReplays
from linkkeeper.adapters.sqlmodel_rehearsals import SqlRehearsals
from linkkeeper.assembly.store import Store
from linkkeeper.pipeline.rehearse import LOOKS, Rehearser


def rehearser_of(store: Store, pool: PlaywrightPool, *, address: Callable[[str], str], looks: int = LOOKS) -> Rehearser:
    """
    Args:
        address: Where the replay host shows a capture by its id.
        looks: How often a replay that is not like its picture is looked at.
    """
    return Rehearser(
        ledger=SqlRehearsals(store.database),
        browser=PlaywrightReplays(pool),
        storage=store.settings.storage.path,
        clock=store.clock,
        address=address,
        looks=looks,
    )
