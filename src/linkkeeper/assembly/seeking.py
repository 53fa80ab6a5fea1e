"""Other archives joined with the store and the network."""

from linkkeeper.adapters.archive_fetch import GateArchiveFetch
from linkkeeper.adapters.memento_archives import MementoArchives
from linkkeeper.adapters.sqlmodel_mementos import SqlMementos
from linkkeeper.assembly.network import Network
from linkkeeper.assembly.store import Store
from linkkeeper.pipeline.seek import Seeker


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
