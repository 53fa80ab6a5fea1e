"""What the two web applications are given; joined in :mod:`linkkeeper.assembly`."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

from linkkeeper.pipeline.catalogue import Catalogue
from linkkeeper.pipeline.decisions import Accounts, Decisions
from linkkeeper.vocabulary.moment import Clock
from linkkeeper.web.addresses import Addresses

#: Keeps another archive's memento as a capture: URL, address of the memento, by whom; returns the capture's id.
ImportMemento = Callable[[str, str, str], Awaitable[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class WebServices:
    """
    Everything that pages read from and act through.

    Attributes:
        storage: The storage folder; ``CaptureView.directory`` is relative to it.
        scratch: Folder for uploads on their way; on the storage's file system.
        addresses: Public and local addresses of the two listeners.
        replay: Offer replay through ReplayWeb.page.
        note: A sentence shown on every page (the demo tells here that its
            clock is moved); empty for none.
        import_memento: None where the web can't be reached from here.
    """

    catalogue: Catalogue
    decisions: Decisions
    accounts: Accounts
    clock: Clock
    storage: Path
    addresses: Addresses = field(default_factory=Addresses)
    replay: bool = True
    note: str = ""
    import_memento: ImportMemento | None = None

    @property
    def scratch(self) -> Path:
        return self.storage / "tmp"
