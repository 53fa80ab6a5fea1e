"""Nothing was sent, and why."""

from linkkeeper.checks.look import Failure


class HostDeferred(Exception):
    """
    Nothing was sent: the host did not answer others, asked us to wait, or is another process's to ask.

    Attributes:
        wait_s: For how long, as far as is known now.
        asked: The host asked for it.
    """

    def __init__(self, key: str, failure: Failure, *, wait_s: float, asked: bool) -> None:
        super().__init__(f"{key}: {failure.words}")
        self.key = key
        self.failure = failure
        self.wait_s = wait_s
        self.asked = asked
