"""
The only place where ports meet adapters.

``open_store`` gives what needs no network (status, decisions, accounts);
``open_network`` the way out; ``open_engine`` joins both with the browser and
the rounds. All open and close everything through one exit stack.
"""

from linkkeeper.assembly.engine import Engine, open_engine
from linkkeeper.assembly.network import Network, examine, open_network
from linkkeeper.assembly.store import Store, open_known_repairs, open_store

__all__ = ["Engine", "Network", "Store", "examine", "open_engine", "open_known_repairs", "open_network", "open_store"]
