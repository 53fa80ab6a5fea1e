"""Something made from the page: a picture, a PDF, its text or its document."""

from dataclasses import dataclass
from datetime import datetime

from linkkeeper.captures.ports import RecordSink


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendering:
    """
    Held until the exchanges are written, so that a second try after a crash replaces the first one's.

    Attributes:
        conversion: Made by us, as opposed to the source's own bytes.
    """

    name: str
    data: bytes
    media_type: str
    moment: datetime
    conversion: bool

    async def hand_over(self, sink: RecordSink, *, target: str) -> None:
        await sink.rendering(
            self.name,
            self.data,
            media_type=self.media_type,
            target=target,
            moment=self.moment,
            conversion=self.conversion,
        )
