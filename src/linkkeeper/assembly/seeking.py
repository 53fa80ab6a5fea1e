"""Other archives joined with the store and the network; the list of repairs for pages that can't be edited."""

from collections.abc import Callable, Coroutine

from linkkeeper.adapters.archive_fetch import GateArchiveFetch
from linkkeeper.adapters.memento_archives import MementoArchives
from linkkeeper.adapters.sqlmodel_mementos import SqlMementos
from linkkeeper.assembly.network import Network, open_network
from linkkeeper.assembly.store import Store, public_uri
from linkkeeper.pipeline.repair_list import REPAIRS_FILE, RepairLister
from linkkeeper.pipeline.seek import Seeker
from linkkeeper.relinking.anchors import words_of
from linkkeeper.vocabulary.relink import RepairPolicy


def seeker_of(store: Store, network: Network) -> Seeker:
    """The round that asks the archives of ``[relinking] archives``; it does nothing while there are none."""
    fetch = GateArchiveFetch(network.fetch)
    archives = MementoArchives(store.settings.relinking.archives, fetch=fetch, clock=store.clock)
    return Seeker(
        ledger=SqlMementos(store.database),
        archives=archives,
        fetch=fetch,
        keep_file=store.uploads.keep,
        clock=store.clock,
    )


def importing(store: Store) -> Callable[[str, str, str], Coroutine[None, None, str]]:
    """Imports one memento over a network of its own; see :meth:`Seeker.import_memento`."""

    async def imported(url: str, uri_m: str, by: str) -> str:
        async with open_network(store.settings, clock=store.clock) as network:
            return await seeker_of(store, network).import_memento(url, uri_m, by=by)

    return imported


def lister_of(store: Store) -> RepairLister:
    """Keeps ``repairs.json`` in the storage folder."""
    settings = store.settings
    return RepairLister(
        ledger=store.repairs,
        uri_m=public_uri(settings),
        policy=RepairPolicy(settings.sources.policy),
        words=words_of(settings.relinking.language),
        path=settings.storage.path / REPAIRS_FILE,
        clock=store.clock,
    )
